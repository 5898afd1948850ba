using IdLcm.Domain.Matching;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Life;

public sealed class MatchingTests
{
    [Fact]
    public async Task A_person_with_another_address_is_matched_by_the_configured_attribute_and_keeps_the_id()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Put("a.byron@old.test");
        gateway.External.Set("a.byron@old.test", "jobTitle", "E-4711");
        await gateway.SyncAsync();
        var unmatched = await UnmatchedAsync(gateway);
        await gateway.DoAsync(HttpMethod.Patch, "", """{"matchBy":["jobTitle"]}""");

        var id = await gateway.CreateAsync("ada@acme.test", ""","title":"E-4711" """);
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        Assert.Equal(unmatched["a.byron@old.test"], id);
        Assert.Equal(["UpdateUser a.byron@old.test"], gateway.External.Audit);
        Assert.Empty(await UnmatchedAsync(gateway));
    }

    [Fact]
    public async Task Two_accounts_of_the_same_value_are_for_a_person_to_tell_apart()
    {
        await using var gateway = await RunningGateway.StartAsync(i => i with { MatchBy = ["jobTitle"] });
        foreach (var name in new[] { "one@old.test", "two@old.test" })
        {
            gateway.External.Put(name);
            gateway.External.Set(name, "jobTitle", "E-4711");
        }

        await gateway.SyncAsync();
        await gateway.CreateAsync("ada@acme.test", ""","title":"E-4711" """);
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        Assert.Contains("CreateUser ada@acme.test", gateway.External.Audit);
        Assert.Equal(2, (await UnmatchedAsync(gateway)).Count);
    }

    [Fact]
    public async Task A_person_matches_an_account_to_somebody_whose_own_could_not_be_made()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Put("a.byron@old.test");
        await gateway.SyncAsync();
        gateway.External.FailNext(Domain.Connectors.FailureCode.NotEnoughSeats);
        var owner = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.ProvisioningFailed);
        var unmatched = (await UnmatchedAsync(gateway))["a.byron@old.test"];

        await gateway.DoAsync(HttpMethod.Post, $"/unmatched/{unmatched}/match", $$"""{"userId":"{{owner}}"}""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        Assert.NotNull(gateway.External.Find("ada@acme.test"));
        Assert.Null(gateway.External.Find("a.byron@old.test"));
        Assert.Equal(owner, (await gateway.AccountAsync("ada@acme.test"))!.UserId);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await gateway.SendAsync(HttpMethod.Get, $"Users/{unmatched}")).StatusCode);
        Assert.Single(await gateway.ActivityAsync("User matched"));
        Assert.Equal(404, (await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/unmatched/{unmatched}/match", $$"""{"userId":"{{owner}}"}""")).Status);
    }

    [Fact]
    public async Task An_account_can_await_somebody_who_is_still_to_come()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Put("a.byron@old.test");
        await gateway.SyncAsync();
        var unmatched = (await UnmatchedAsync(gateway))["a.byron@old.test"];
        await gateway.DoAsync(HttpMethod.Post, $"/unmatched/{unmatched}/match", """{"userName":"Ada@acme.test"}""");

        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        Assert.Equal(unmatched, id);
        Assert.DoesNotContain(gateway.External.Audit, a => a.StartsWith("CreateUser", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_exemption_has_a_reason_and_an_end()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Put("robot@acme.test");
        await gateway.SyncAsync();
        var robot = (await UnmatchedAsync(gateway))["robot@acme.test"];
        Assert.Equal(400, (await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/unmatched/{robot}/exempt", "{}")).Status);

        var until = gateway.Clock.GetUtcNow().AddDays(7).ToString("O");
        await gateway.DoAsync(HttpMethod.Post, $"/unmatched/{robot}/exempt", $$"""{"reason":"used by the build","expiresAt":"{{until}}"}""");
        Assert.Empty((await gateway.DoAsync(HttpMethod.Get, "/unmatched?exempted=false"))["items"]!.AsArray());

        gateway.Clock.Leap(TimeSpan.FromDays(8));
        Assert.Single((await gateway.DoAsync(HttpMethod.Get, "/unmatched?exempted=false"))["items"]!.AsArray());
        await RunningGateway.UntilAsync(async () => (await gateway.ActivityAsync("Exemption ended")).Count == 1, "Nobody is told that it ended.");
        var ended = Assert.Single(await gateway.ActivityAsync("Exemption ended"));
        Assert.Equal(("system", "robot@acme.test", robot), ((string?)ended["actor"], (string?)ended["target"], (string?)ended["userId"]));
        Assert.Contains("used by the build", (string?)ended["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exemption_that_was_ended_or_given_another_end_does_not_end_again()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Put("robot@acme.test");
        gateway.External.Put("claimed@acme.test");
        await gateway.SyncAsync();
        var unmatched = await UnmatchedAsync(gateway);
        foreach (var (name, days) in new[] { ("robot@acme.test", 1), ("robot@acme.test", 30), ("claimed@acme.test", 1) })
        {
            var until = gateway.Clock.GetUtcNow().AddDays(days).ToString("O");
            await gateway.DoAsync(HttpMethod.Post, $"/unmatched/{unmatched[name]}/exempt", $$"""{"reason":"for now","expiresAt":"{{until}}"}""");
        }

        // The identity provider claims one of them while it is exempted.
        await gateway.CreateAsync("claimed@acme.test");
        var ends = gateway.Services.GetRequiredService<ExemptionEnds>();
        gateway.Clock.Leap(TimeSpan.FromDays(2));
        Assert.Equal(0, await ends.RunDueAsync(gateway.Integration.Id, TestContext.Current.CancellationToken));
        Assert.Empty(await gateway.ActivityAsync("Exemption ended"));
        Assert.Single((await gateway.DoAsync(HttpMethod.Get, "/unmatched?exempted=true"))["items"]!.AsArray());
        Assert.Empty((await gateway.Store.QueryAsync(gateway.Partition, new Domain.Storage.RowRange("xe:", "xe:" + Rows.Time(gateway.Clock.GetUtcNow())), 10, cancellationToken: TestContext.Current.CancellationToken)).Records);
    }

    [Fact]
    public async Task An_unmatched_account_is_removed_with_approval_and_the_service_account_never()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Put("ghost@acme.test");
        gateway.External.Put("claimed@acme.test");
        gateway.External.Put("admin@acme.test", "Owner");
        await gateway.SyncAsync();
        var unmatched = await UnmatchedAsync(gateway);

        Assert.Equal(409, (await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/unmatched/{unmatched["admin@acme.test"]}/remove", """{"reason":"tidy"}""")).Status);
        var ghost = await gateway.DoAsync(HttpMethod.Post, $"/unmatched/{unmatched["ghost@acme.test"]}/remove", """{"reason":"left years ago"}""");
        var claimed = await gateway.DoAsync(HttpMethod.Post, $"/unmatched/{unmatched["claimed@acme.test"]}/remove", """{"reason":"unknown"}""");
        Assert.Equal("removal_asked", (string?)(await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/unmatched/{unmatched["ghost@acme.test"]}/remove", """{"reason":"again"}""")).Body["code"]);
        Assert.Empty(gateway.External.Audit);

        // Somebody claims it while a person thinks about it.
        await gateway.CreateAsync("claimed@acme.test");
        await gateway.SettledAsync("claimed@acme.test", ProvisioningState.Onboarded);
        await gateway.DoAsync(HttpMethod.Post, $"/approvals/{(string)ghost["id"]!}/approve", """{"reason":"yes"}""");
        await gateway.DoAsync(HttpMethod.Post, $"/approvals/{(string)claimed["id"]!}/approve", """{"reason":"yes"}""");
        await gateway.SettledAsync("ghost@acme.test", ProvisioningState.Deleted);

        Assert.Null(gateway.External.Find("ghost@acme.test"));
        Assert.NotNull(gateway.External.Find("claimed@acme.test"));
    }

    private static async Task<Dictionary<string, string>> UnmatchedAsync(RunningGateway gateway) =>
        (await gateway.DoAsync(HttpMethod.Get, "/unmatched"))["items"]!.AsArray().ToDictionary(u => (string)u!["identifier"]!, u => (string)u!["userId"]!);
}
