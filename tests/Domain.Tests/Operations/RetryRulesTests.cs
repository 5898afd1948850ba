using IdLcm.Domain.Connectors;
using IdLcm.Domain.Operations;

namespace IdLcm.Domain.Tests.Operations;

public sealed class RetryRulesTests
{
    private static readonly RetryRules Rules = new();

    [Fact]
    public void Every_code_has_a_nature_and_an_action()
    {
        Assert.Equal(Enum.GetValues<FailureCode>().Order(), FailureCodes.All.Select(info => info.Code).Order());
        Assert.All(FailureCodes.All, info =>
        {
            Assert.EndsWith(".", info.Meaning, StringComparison.Ordinal);
            Assert.EndsWith(".", info.Action, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Only_what_may_mend_itself_is_tried_again_and_not_for_ever()
    {
        foreach (var info in FailureCodes.All)
        {
            Assert.Equal(info.Retryable, Rules.DelayAfter(info.Code, 1, 0.5) is not null);
            Assert.Null(Rules.DelayAfter(info.Code, Rules.InfrastructureAttempts, 0.5));
        }
    }

    [Fact]
    public void An_app_that_is_down_is_waited_for_longer_than_one_refused_change()
    {
        var down = Total(FailureCode.AppUnavailable);
        Assert.InRange(down, TimeSpan.FromMinutes(10), TimeSpan.FromHours(1));
        Assert.InRange(Total(FailureCode.VerificationFailed), TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void Waits_grow_are_spread_and_have_an_end()
    {
        var previous = TimeSpan.Zero;
        for (var attempt = 1; attempt < Rules.InfrastructureAttempts; attempt++)
        {
            var low = Rules.DelayAfter(FailureCode.Timeout, attempt, 0)!.Value;
            var high = Rules.DelayAfter(FailureCode.Timeout, attempt, 1)!.Value;
            Assert.True(low < high && low >= previous);
            Assert.True(high <= Rules.MaxDelay * 1.2);
            previous = low;
        }
    }

    private static TimeSpan Total(FailureCode code)
    {
        var total = TimeSpan.Zero;
        for (var attempt = 1; Rules.DelayAfter(code, attempt, 0.5) is { } delay; attempt++)
        {
            total += delay;
        }

        return total;
    }
}
