using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Users;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Lifecycle;

/// <summary>Changes in quick succession, and clocks that do not only go forward.</summary>
public sealed class BurstTests
{
    private static string Role(string value) => $$"""{"op":"replace","path":"roles","value":[{"value":"{{value}}"}]}""";

    [Fact]
    public async Task A_role_that_changes_three_times_within_a_second_costs_one_visit()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var visits = gateway.External.Visits;
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;

        // The first begins a visit at once; the others come while it lasts.
        await gateway.PatchAsync(id, Role("Editor"));
        await RunningGateway.UntilAsync(async () => (await gateway.AccountAsync("ada@acme.test"))!.State == ProvisioningState.UpdateOngoing, "Nothing runs.");
        await gateway.PatchAsync(id, Role("Viewer"));
        await gateway.PatchAsync(id, Role("Owner"));
        gate.SetResult();

        var account = await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Equal("""["Owner"]""", gateway.External.Find("ada@acme.test")!["roles"]!.ToJsonString());
        Assert.Equal(visits + 1, gateway.External.Visits);
        Assert.Null((await gateway.EndedAsync(account.LastOperationId!))["successorId"]);
        Assert.Equal(3, (await gateway.ActivityAsync("User update requested")).Count);
    }

    [Fact]
    public async Task Somebody_who_leaves_during_a_visit_is_deactivated_by_it()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var visits = gateway.External.Visits;
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;
        await gateway.PatchAsync(id, Role("Editor"));
        await RunningGateway.UntilAsync(async () => (await gateway.AccountAsync("ada@acme.test"))!.State == ProvisioningState.UpdateOngoing, "Nothing runs.");
        await gateway.PatchAsync(id, """{"op":"replace","path":"active","value":false}""");
        gate.SetResult();

        Assert.False((await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded)).Observed!.Active);
        Assert.Equal(visits + 1, gateway.External.Visits);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_and_forth_loses_and_repeats_nothing()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var log = gateway.Services.GetRequiredService<ActivityLog>();
        string[] people = ["p0@acme.test", "p1@acme.test", "p2@acme.test", "p3@acme.test"];
        TimeSpan[] leaps = [TimeSpan.FromHours(-1), TimeSpan.FromHours(2), TimeSpan.FromMinutes(-30), TimeSpan.FromDays(1)];
        foreach (var (person, leap) in people.Zip(leaps))
        {
            gateway.External.FailNext(FailureCode.AppUnavailable);
            var id = await gateway.CreateAsync(person);
            await RunningGateway.UntilAsync(async () => (await gateway.AccountAsync(person))!.LastFailure is not null || gateway.External.Find(person) is not null, "It does not fail.");
            gateway.Clock.Leap(leap);
            if (leap < TimeSpan.Zero)
            {
                // Set back while an attempt waits: the wait is over when the clock has caught up, or a person retries; here it catches up.
                gateway.Clock.Leap(-leap);
            }

            await gateway.SettledAsync(person, ProvisioningState.Onboarded);
            gateway.Clock.Leap(leap < TimeSpan.Zero ? leap : TimeSpan.Zero);
            await gateway.PatchAsync(id, Role("Editor"));
            await gateway.SettledAsync(person, ProvisioningState.Onboarded);
            await log.SealAsync(gateway.Integration.Id, TestContext.Current.CancellationToken);
        }

        Assert.Equal(people.Select(person => $"CreateUser {person}"), gateway.External.Audit.Where(entry => entry.StartsWith("CreateUser", StringComparison.Ordinal)));
        Assert.Equal(people.Length, gateway.External.RoleSets.Count);
        var verified = await log.VerifyAsync(gateway.Integration.Id, TestContext.Current.CancellationToken);
        Assert.True(verified.Intact, verified.Message);
        Assert.Equal(people.Length, (await gateway.ActivityAsync("User invited")).Count);
    }
}
