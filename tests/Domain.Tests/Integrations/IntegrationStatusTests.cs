using IdLcm.Domain.Integrations;

namespace IdLcm.Domain.Tests.Integrations;

public sealed class IntegrationStatusTests
{
    [Fact]
    public void Every_combination_of_facts_has_the_status_that_the_precedence_says()
    {
        bool[] both = [false, true];
        bool?[] maybe = [null, false, true];
        var seen = new HashSet<IntegrationStatus>();
        foreach (var underValidation in both)
        foreach (var validating in both)
        foreach (var running in both)
        foreach (var retrying in both)
        foreach (var task in both)
        foreach (var validated in maybe)
        foreach (var failed in maybe)
        foreach (var since in both)
        {
            var status = IntegrationStatuses.Derive(new IntegrationFacts(underValidation, validating, running, retrying, task, validated, failed, since));

            seen.Add(status);
            var expected =
                underValidation ? "Under validation"
                : validating ? "Validating"
                : running ? "In progress"
                : retrying ? "Retrying"
                : task ? "Under review"
                : validated != true ? "Validation failed"
                : failed == true && since ? "Failed"
                : failed == false && since ? "Up to date"
                : "Validated";
            Assert.Equal($"\"{expected}\"", System.Text.Json.JsonSerializer.Serialize(status));
        }

        Assert.Equal(Enum.GetValues<IntegrationStatus>().Length, seen.Count);
    }
}
