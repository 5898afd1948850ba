using System.Text.Json.Nodes;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Sync;
using IdLcm.Domain.Users;
using IdLcm.Domain.Workflows;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Lifecycle;

public sealed class SyncPlanTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_plan_is_kept_and_its_diff_can_be_read_before_and_after_it_is_applied()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Put("ada@acme.test", "Editor");
        gateway.External.Put("bob@acme.test");
        await gateway.SyncAsync();
        gateway.External.Put("ada@acme.test", "Viewer");
        gateway.External.Put("cyd@acme.test");
        gateway.External.Remove("bob@acme.test");

        var sync = await gateway.SyncAsync();
        var plan = await gateway.DoAsync(HttpMethod.Get, $"/sync-plans/{(string)sync["id"]!}");

        Assert.Equal("Applied", (string?)plan["status"]);
        Assert.Equal((1, 1, 1, 1), ((int)plan["counts"]!["new"]!, (int)plan["counts"]!["changed"]!, (int)plan["counts"]!["gone"]!, (int)plan["counts"]!["lostAssignments"]!));
        var lines = (await gateway.DoAsync(HttpMethod.Get, $"/sync-plans/{(string)sync["id"]!}/lines"))["items"]!.AsArray();
        var ada = lines.Single(line => (string?)line!["identifier"] == "ada@acme.test")!;
        Assert.Equal(("Changed", "roles", "Editor", "Viewer"), ((string?)ada["kind"], (string?)ada["differences"]![0]!["attribute"], (string?)ada["differences"]![0]!["before"], (string?)ada["differences"]![0]!["after"]));
        Assert.Equal("Editor", (string?)ada["lost"]![0]);
        Assert.Contains(lines, line => (string?)line!["kind"] == "Gone" && (string?)line["identifier"] == "bob@acme.test");
        Assert.Equal(2, (await gateway.DoAsync(HttpMethod.Get, "/sync-plans"))["items"]!.AsArray().Count);
        Assert.NotEmpty(await gateway.ActivityAsync("Sync plan ready"));
    }

    [Fact]
    public async Task A_halted_plan_is_shown_beside_the_status_and_allowed_once_by_a_person_with_a_reason()
    {
        await using var gateway = await StartWithPeopleAsync(20);
        RemoveFirst(gateway, 5);
        gateway.External.Put("new@acme.test");
        var halted = (string)(await gateway.SyncAsync("Halted"))["id"]!;
        Assert.Equal(halted, (string?)(await gateway.DoAsync(HttpMethod.Get, ""))["haltedPlanId"]);

        Assert.Equal(400, (await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/sync-plans/{halted}/allow", "{}")).Status);
        var decided = await gateway.DoAsync(HttpMethod.Post, $"/sync-plans/{halted}/allow", """{"reason":"The team was dissolved."}""");
        var applied = await gateway.EndedAsync((string)decided["operationId"]!);

        Assert.Equal("Succeeded", (string?)applied["status"]);
        Assert.Equal(["read 16 accounts: 1 new, 0 changed, 5 gone"], applied["changes"]!.AsArray().Select(c => (string?)c));
        Assert.Equal(ProvisioningState.Deleted, (await gateway.AccountAsync("p0@acme.test"))!.State);
        var plan = await gateway.DoAsync(HttpMethod.Get, $"/sync-plans/{halted}");
        Assert.Equal(("Applied", "First owner", "The team was dissolved."), ((string?)plan["status"], (string?)plan["decision"]!["by"], (string?)plan["decision"]!["reason"]));
        Assert.Null((await gateway.DoAsync(HttpMethod.Get, ""))["haltedPlanId"]);
        Assert.Contains("The team was dissolved.", (string?)Assert.Single(await gateway.ActivityAsync("Sync plan allowed once"))["detail"], StringComparison.Ordinal);

        // Once is once.
        Assert.Equal(409, (await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/sync-plans/{halted}/allow", """{"reason":"again"}""")).Status);
    }

    [Fact]
    public async Task A_rejected_plan_is_never_applied()
    {
        await using var gateway = await StartWithPeopleAsync(20);
        RemoveFirst(gateway, 5);
        var halted = (string)(await gateway.SyncAsync("Halted"))["id"]!;

        var decided = await gateway.DoAsync(HttpMethod.Post, $"/sync-plans/{halted}/reject", """{"reason":"The list was filtered."}""");

        Assert.Equal(("Rejected", null), ((string?)decided["plan"]!["status"], (string?)decided["operationId"]));
        Assert.Equal(ProvisioningState.Onboarded, (await gateway.AccountAsync("p0@acme.test"))!.State);
        Assert.Single(await gateway.ActivityAsync("Sync plan rejected"));
    }

    [Fact]
    public async Task An_old_plan_is_checked_against_a_new_read_and_nothing_beside_it_is_applied()
    {
        await using var gateway = await StartWithPeopleAsync(20);
        RemoveFirst(gateway, 5);
        var halted = (string)(await gateway.SyncAsync("Halted"))["id"]!;

        gateway.Clock.Leap(TimeSpan.FromHours(2));
        gateway.External.Put("p0@acme.test");
        gateway.External.Remove("p9@acme.test");
        var decided = await gateway.DoAsync(HttpMethod.Post, $"/sync-plans/{halted}/allow", """{"reason":"They left."}""");
        await gateway.EndedAsync((string)decided["operationId"]!);

        Assert.Equal(ProvisioningState.Onboarded, (await gateway.AccountAsync("p0@acme.test"))!.State);
        Assert.Equal(ProvisioningState.Deleted, (await gateway.AccountAsync("p1@acme.test"))!.State);
        Assert.Equal(ProvisioningState.Onboarded, (await gateway.AccountAsync("p9@acme.test"))!.State);
        Assert.Equal(1, (int)(await gateway.DoAsync(HttpMethod.Get, $"/sync-plans/{halted}"))["dropped"]!);
    }

    [Fact]
    public async Task A_newer_plan_takes_the_place_of_one_that_nobody_decided_about()
    {
        await using var gateway = await StartWithPeopleAsync(20);
        RemoveFirst(gateway, 5);
        var older = (string)(await gateway.SyncAsync("Halted"))["id"]!;
        gateway.External.Put("p0@acme.test");
        gateway.External.Put("p1@acme.test");

        await gateway.SyncAsync();

        Assert.Equal("Superseded", (string?)(await gateway.DoAsync(HttpMethod.Get, $"/sync-plans/{older}"))["status"]);
        Assert.Equal(409, (await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/sync-plans/{older}/allow", """{"reason":"late"}""")).Status);
    }

    [Fact]
    public async Task Lost_assignments_have_a_safeguard_of_their_own()
    {
        await using var gateway = await StartWithPeopleAsync(20);
        await gateway.DoAsync(HttpMethod.Patch, "", """{"safeguard":{"percent":90,"absolute":100,"assignments":{"percent":10,"absolute":100,"minimumPopulation":5}}}""");
        for (var i = 0; i < 5; i++)
        {
            gateway.External.Put($"p{i}@acme.test", status: "suspended");
        }

        var operation = await gateway.SyncAsync("Halted");

        Assert.Contains("5 of 20 assignments would be recorded as lost; the safeguard allows 10 %.", (string?)operation["cancelReason"], StringComparison.Ordinal);
        Assert.True((await gateway.AccountAsync("p0@acme.test"))!.Observed!.Active);
    }

    [Fact]
    public async Task A_read_that_is_not_proved_complete_records_nothing()
    {
        await using var gateway = await StartWithPeopleAsync(20);
        await gateway.DoAsync(HttpMethod.Patch, "", """{"retry":{"attempts":{"IncompleteRead":1}}}""");
        gateway.External.IncompleteReads = 1;

        var operation = await gateway.SyncAsync("Failed");

        Assert.Equal("IncompleteRead", (string?)operation["failure"]!["code"]);
        Assert.Equal(ProvisioningState.Onboarded, (await gateway.AccountAsync("p5@acme.test"))!.State);
    }

    [Fact]
    public async Task Somebody_who_may_not_use_the_integration_decides_nothing()
    {
        await using var gateway = await StartWithPeopleAsync(20);
        RemoveFirst(gateway, 5);
        var halted = (string)(await gateway.SyncAsync("Halted"))["id"]!;
        var store = gateway.Services.GetRequiredService<IntegrationStore>();
        var other = gateway.Integration with { Id = "another2" };
        await store.AddAsync(other, [], Stop);
        var (_, key) = await gateway.ApiAsync(HttpMethod.Post, "keys", """{"label":"Grace","role":"IntegrationManager","integrationIds":["another2"]}""");

        var (status, problem) = await gateway.ApiAsync(
            HttpMethod.Post, $"integrations/{gateway.Integration.Id}/sync-plans/{halted}/allow", """{"reason":"mine"}""", (string)key["key"]!);

        Assert.Equal((403, "integration_not_given"), (status, (string?)problem["code"]));
    }

    [Fact]
    public async Task An_apply_that_is_stopped_between_its_steps_goes_on_where_it_was()
    {
        await using var gateway = await RunningGateway.StartAsync();
        for (var i = 0; i < 650; i++)
        {
            gateway.External.Put($"p{i}@acme.test");
        }

        var sync = (string)(await gateway.DoAsync(HttpMethod.Post, "/sync"))["operationId"]!;
        for (var stop = 1; stop <= 3; stop++)
        {
            var known = stop * 130;
            await RunningGateway.UntilAsync(async () => (await KnownAsync(gateway)) >= known, "The sync does not go on.");
            await gateway.RestartAsync();
        }

        var operation = await gateway.EndedAsync(sync);
        Assert.Equal("Succeeded", (string?)operation["status"]);
        Assert.Equal(650, await KnownAsync(gateway));
        Assert.Equal(1, gateway.External.Visits);
    }

    [Fact]
    public async Task A_schedule_opens_a_sync_when_its_time_has_come_and_only_then()
    {
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.DoAsync(HttpMethod.Patch, "", """{"sync":{"schedule":{"cron":"30 2 * * *","timeZone":"Europe/Berlin"}}}""");
        var timer = gateway.Services.GetRequiredService<SyncTimer>();
        Assert.Null(await timer.RunDueAsync(gateway.Integration.Id, Stop));
        Assert.Empty((await gateway.DoAsync(HttpMethod.Get, "/operations?kind=Sync"))["items"]!.AsArray());

        gateway.Clock.Leap(TimeSpan.FromHours(25));
        await RunningGateway.UntilAsync(
            async () =>
            {
                await timer.RunDueAsync(gateway.Integration.Id, Stop);
                return (await gateway.DoAsync(HttpMethod.Get, "/operations?kind=Sync&status=Succeeded"))["items"]!.AsArray().Count == 1;
            },
            "The scheduled sync does not come.");

        Assert.Null(await timer.RunDueAsync(gateway.Integration.Id, Stop));
        var sync = (await gateway.DoAsync(HttpMethod.Get, "/operations?kind=Sync"))["items"]!.AsArray().Single()!;
        Assert.Equal("schedule", (string?)sync["requestedBy"]!["actor"]);
        Assert.Equal(400, (await gateway.ApiAsync(HttpMethod.Patch, $"integrations/{gateway.Integration.Id}", """{"sync":{"schedule":{"cron":"61 * * * *","timeZone":"Mars/Olympus"}}}""")).Status);
    }

    [Fact]
    public async Task A_schedule_keeps_to_the_clock_of_its_time_zone_when_that_is_changed()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var spring = ClockChange(gateway.Clock.GetUtcNow());
        gateway.Clock.Leap(spring.AddHours(-13) - gateway.Clock.GetUtcNow());
        await gateway.DoAsync(HttpMethod.Patch, "", """{"sync":{"schedule":{"cron":"30 4 * * *","timeZone":"Europe/Berlin"}}}""");

        // Half past four by the clock in Berlin: an hour earlier by UTC from that night on.
        Assert.Equal(spring.AddHours(1.5), await NextAsync());
        gateway.Clock.Leap(TimeSpan.FromDays(-1));
        Assert.Equal(spring.AddDays(-1).AddHours(2.5), await NextAsync());

        gateway.Clock.Leap(TimeSpan.FromDays(1));
        var timer = gateway.Services.GetRequiredService<SyncTimer>();
        await timer.RunDueAsync(gateway.Integration.Id, Stop);
        gateway.Clock.Leap(TimeSpan.FromHours(13 + 1.4));
        await timer.RunDueAsync(gateway.Integration.Id, Stop);
        Assert.Empty((await gateway.DoAsync(HttpMethod.Get, "/operations?kind=Sync"))["items"]!.AsArray());
        gateway.Clock.Leap(TimeSpan.FromHours(0.2));
        await RunningGateway.UntilAsync(
            async () =>
            {
                await timer.RunDueAsync(gateway.Integration.Id, Stop);
                return (await gateway.DoAsync(HttpMethod.Get, "/operations?kind=Sync&status=Succeeded"))["items"]!.AsArray().Count == 1;
            },
            "The scheduled sync does not come.");

        async Task<DateTimeOffset> NextAsync() => (DateTimeOffset)(await gateway.DoAsync(HttpMethod.Get, ""))["nextSync"]!;

        // The last Sunday of March, one o'clock UTC (Directive 2000/84/EC), not before next week.
        static DateTimeOffset ClockChange(DateTimeOffset now)
        {
            for (var year = now.Year; ; year++)
            {
                var last = new DateTimeOffset(year, 3, 31, 1, 0, 0, TimeSpan.Zero);
                var sunday = last.AddDays(-(int)last.DayOfWeek);
                if (sunday > now.AddDays(7))
                {
                    return sunday;
                }
            }
        }
    }

    [Fact]
    public async Task Failures_in_a_row_have_a_sync_look_what_is_there()
    {
        await using var gateway = await RunningGateway.StartAsync(i => i with { Sync = new SyncSettings { AfterFailures = 3 } });
        for (var i = 0; i < 3; i++)
        {
            gateway.External.FailNext(Domain.Connectors.FailureCode.RoleNotAssignable);
            await gateway.CreateAsync($"p{i}@acme.test");
            await gateway.SettledAsync($"p{i}@acme.test", ProvisioningState.ProvisioningFailed);
        }

        await RunningGateway.UntilAsync(
            async () => (await gateway.DoAsync(HttpMethod.Get, "/operations?kind=Sync&status=Succeeded"))["items"]!.AsArray().Count == 1, "No sync was opened.");
    }

    [Fact]
    public async Task Drift_is_reported_in_both_directions_and_corrected_when_a_person_asks()
    {
        await using var gateway = await RunningGateway.StartAsync();
        foreach (var name in new[] { "gone", "changed", "back" })
        {
            await gateway.CreateAsync($"{name}@acme.test", ""","roles":[{"value":"Editor"}]""");
            await gateway.SettledAsync($"{name}@acme.test", ProvisioningState.Onboarded);
        }

        var back = await FindIdAsync(gateway, "back@acme.test");
        await gateway.PatchAsync(back, """{"op":"Replace","path":"active","value":false}""");
        await gateway.SettledAsync("back@acme.test", ProvisioningState.Onboarded);
        gateway.External.Put("stranger@acme.test");
        gateway.External.Remove("gone@acme.test");
        gateway.External.Set("changed@acme.test", "roles", new JsonArray("Viewer"));
        gateway.External.Set("back@acme.test", "status", "active");
        await gateway.SyncAsync();

        var drift = (await gateway.DoAsync(HttpMethod.Get, "/drift"))["items"]!.AsArray().ToDictionary(d => (string)d!["identifier"]!, d => (string)d!["kind"]!);
        Assert.Equal("missing", drift["gone@acme.test"]);
        Assert.Equal("differs", drift["changed@acme.test"]);
        Assert.Equal("unwanted", drift["back@acme.test"]);
        Assert.Equal("unmatched", drift["stranger@acme.test"]);

        // Seen by a sync is not made again by it.
        Assert.Null(gateway.External.Find("gone@acme.test"));
        var opened = await gateway.DoAsync(HttpMethod.Post, "/drift/correct", """{"reason":"Somebody clicked in the app.","includeUnwanted":true}""");
        Assert.Equal(3, (int)opened["operations"]!);
        await gateway.SettledAsync("gone@acme.test", ProvisioningState.Onboarded);
        Assert.False((await gateway.SettledAsync("back@acme.test", ProvisioningState.Onboarded)).Observed!.Active);
        Assert.Equal(["Editor"], (await gateway.SettledAsync("changed@acme.test", ProvisioningState.Onboarded)).Observed!.Roles);
        Assert.NotNull(gateway.External.Find("stranger@acme.test"));
    }

    [Fact]
    public async Task An_integration_may_correct_drift_after_each_sync_but_takes_no_access_away_so()
    {
        await using var gateway = await RunningGateway.StartAsync(i => i with { Sync = new SyncSettings { Drift = DriftAction.Correct } });
        await gateway.CreateAsync("ada@acme.test", ""","roles":[{"value":"Editor"}]""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        gateway.External.Set("ada@acme.test", "roles", new JsonArray("Owner"));

        await gateway.SyncAsync();

        await RunningGateway.UntilAsync(() => Task.FromResult((string?)gateway.External.Find("ada@acme.test")!["roles"]![0] == "Editor"), "The role was not corrected.");
        Assert.Single(await gateway.ActivityAsync("Drift correction requested"));
    }

    [Fact]
    public async Task A_stale_list_does_not_bring_a_deleted_account_back_but_a_second_one_is_believed()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var stale = gateway.External.Everybody();
        await gateway.SendAsync(HttpMethod.Delete, $"Users/{id}");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Deleted);
        gateway.External.StaleList = stale;

        await gateway.SyncAsync();
        Assert.Equal(ProvisioningState.Deleted, (await gateway.AccountAsync("ada@acme.test"))!.State);

        gateway.External.StaleList = null;
        await gateway.SyncAsync();
        gateway.External.Put("ada@acme.test");
        await gateway.SyncAsync();
        Assert.Equal(ProvisioningState.Deleted, (await gateway.AccountAsync("ada@acme.test"))!.State);
        await gateway.SyncAsync();
        Assert.Equal(ProvisioningState.Onboarded, (await gateway.AccountAsync("ada@acme.test"))!.State);
        Assert.DoesNotContain(gateway.External.Audit.Skip(2), a => a.StartsWith("Delete", StringComparison.Ordinal));
    }

    private static async Task<RunningGateway> StartWithPeopleAsync(int count)
    {
        var gateway = await RunningGateway.StartAsync();
        for (var i = 0; i < count; i++)
        {
            gateway.External.Put($"p{i}@acme.test");
        }

        await gateway.SyncAsync();
        return gateway;
    }

    private static void RemoveFirst(RunningGateway gateway, int count)
    {
        for (var i = 0; i < count; i++)
        {
            gateway.External.Remove($"p{i}@acme.test");
        }
    }

    private static async Task<int> KnownAsync(RunningGateway gateway) =>
        (await gateway.Store.QueryAsync(gateway.Partition, Domain.Storage.RowRange.Prefix(Rows.Accounts), 1000, null, Stop)).Records.Count;

    private static async Task<string> FindIdAsync(RunningGateway gateway, string userName) =>
        (string)(await gateway.DoAsync(HttpMethod.Get, $"/users/{userName}"))["id"]!;
}
