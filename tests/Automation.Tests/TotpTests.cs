using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using IdLcm.Automation.Totp;
using IdLcm.Domain.Secrets;

namespace IdLcm.Automation.Tests;

public sealed class TotpTests
{
    /// <summary>RFC 6238 appendix B.</summary>
    [Theory]
    [InlineData("1970-01-01T00:00:59Z", "SHA1", "94287082")]
    [InlineData("1970-01-01T00:00:59Z", "SHA256", "46119246")]
    [InlineData("1970-01-01T00:00:59Z", "SHA512", "90693936")]
    [InlineData("2005-03-18T01:58:29Z", "SHA1", "07081804")]
    [InlineData("2005-03-18T01:58:29Z", "SHA256", "68084774")]
    [InlineData("2005-03-18T01:58:29Z", "SHA512", "25091201")]
    [InlineData("2005-03-18T01:58:31Z", "SHA1", "14050471")]
    [InlineData("2009-02-13T23:31:30Z", "SHA1", "89005924")]
    [InlineData("2033-05-18T03:33:20Z", "SHA1", "69279037")]
    [InlineData("2603-10-11T11:33:20Z", "SHA1", "65353130")]
    [InlineData("2603-10-11T11:33:20Z", "SHA512", "47863826")]
    public void Codes_are_those_of_the_test_vectors(string at, string hash, string code)
    {
        var length = hash switch { "SHA256" => 32, "SHA512" => 64, _ => 20 };
        var secret = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("1234567890", 7))[..length]);
        var time = DateTimeOffset.Parse(at, CultureInfo.InvariantCulture);
        Assert.Equal(code, TotpCode.At(secret, TotpCode.StepAt(time), digits: 8, new HashAlgorithmName(hash)));
    }

    [Theory]
    [InlineData("GEZDGNBVGY3TQOJQ", "1234567890")]
    [InlineData("gezd gnbv-gy3t qojq", "1234567890")]
    [InlineData("MZXW6YTBOI======", "foobar")]
    public void Secrets_are_read_as_people_copy_them(string text, string expected) =>
        Assert.Equal(expected, Encoding.ASCII.GetString(TotpCode.DecodeSecret(text)!));

    [Theory]
    [InlineData("")]
    [InlineData("0189!")]
    public void What_is_not_Base32_is_refused(string text) => Assert.Null(TotpCode.DecodeSecret(text));

    [Fact]
    public async Task A_code_is_never_given_twice_and_a_fresh_one_is_awaited_near_its_end()
    {
        var secret = TotpCode.DecodeSecret("GEZDGNBVGY3TQOJQ")!;
        var clock = new Clock(DateTimeOffset.FromUnixTimeSeconds(30 * 1000 + 10));
        using var source = new TotpSource(clock);
        Assert.Equal(TotpCode.At(secret, 1000), await source.NextAsync(secret, CancellationToken.None));

        var second = source.NextAsync(secret, CancellationToken.None);
        Assert.False(second.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(TotpCode.At(secret, 1001), await second);

        clock.Advance(TimeSpan.FromSeconds(30 + 26));
        var third = source.NextAsync(secret, CancellationToken.None);
        Assert.False(third.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(TotpCode.At(secret, 1003), await third);
    }

    [Fact]
    public async Task A_code_used_before_a_restart_is_not_used_again()
    {
        var secret = TotpCode.DecodeSecret("GEZDGNBVGY3TQOJQ")!;
        var clock = new Clock(DateTimeOffset.FromUnixTimeSeconds(30 * 1000));
        using var source = new TotpSource(clock);
        source.Restore(1000);
        var next = source.NextAsync(secret, CancellationToken.None);
        Assert.False(next.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(TotpCode.At(secret, 1001), await next);
    }

    /// <summary>A clock that moves when told, and fires the timers that are due then.</summary>
    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        private readonly List<Timer> timers = [];

        private DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(() => callback(state), dueTime == Timeout.InfiniteTimeSpan ? DateTimeOffset.MaxValue : Now + dueTime);
            timers.Add(timer);
            return timer;
        }

        public void Advance(TimeSpan by)
        {
            Now += by;
            foreach (var timer in timers.Where(t => t.Due <= Now).ToList())
            {
                timers.Remove(timer);
                timer.Fire();
            }
        }

        private sealed class Timer(Action fire, DateTimeOffset due) : ITimer
        {
            public DateTimeOffset Due { get; private set; } = due;

            public void Fire() => fire();

            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() => Due = DateTimeOffset.MaxValue;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
