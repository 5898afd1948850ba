using System.Text.Json.Nodes;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Life;

public sealed class ActivityLifeTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Activity_is_exported_as_lines_and_as_a_table_with_its_filters()
    {
        await using var gateway = await RunningGateway.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            await gateway.CreateAsync($"p{i}@acme.test");
            await gateway.SettledAsync($"p{i}@acme.test", ProvisioningState.Onboarded);
        }

        var all = (string)(await ExportAsync(gateway, "format=jsonl"))!;
        var events = all.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal((await gateway.ActivityAsync()).Count, events.Count);
        var invited = (string)(await ExportAsync(gateway, "format=csv&event=User%20invited&actor=system"))!;
        var rows = invited.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("id,date,actor,event,target,userId,operationId,detail", rows[0]);
        Assert.Equal(3, rows.Length - 1);
        Assert.Equal(400, (await gateway.ApiAsync(HttpMethod.Get, $"integrations/{gateway.Integration.Id}/activity/export?format=xml")).Status);
    }

    [Fact]
    public async Task Pages_go_on_where_one_ended_across_blocks_and_lose_nothing_that_was_committed_late_or_sealed_meanwhile()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var log = gateway.Services.GetRequiredService<ActivityLog>();
        Task NoteAsync(int number) => log.NoteAsync(
            "paged", new ActivityEvent { Id = $"{number:x32}", Date = gateway.Clock.GetUtcNow(), Actor = "somebody", Event = ActivityKind.SettingsChanged, Target = $"{number:x}" }, Stop);
        foreach (var number in (int[])[0x100, 0x110, 0x120, 0x130])
        {
            await NoteAsync(number);
        }

        // One that was begun before those that are sealed already.
        await log.SealAsync("paged", Stop);
        foreach (var number in (int[])[0x115, 0x140, 0x150])
        {
            await NoteAsync(number);
        }

        await log.SealAsync("paged", Stop);
        await NoteAsync(0x160);
        await NoteAsync(0x170);
        string[] all = ["170", "160", "150", "140", "115", "130", "120", "110", "100"];
        foreach (var (limit, maxExamined) in ((int, int)[])[(1, 100), (2, 100), (3, 100), (4, 100), (9, 100), (5, 2), (1, 1)])
        {
            Assert.Equal(all, await ReadAsync(_ => true, limit, maxExamined));
        }

        Assert.Equal(["150", "110"], await ReadAsync(item => item.Target is "150" or "110", 1, 3));
        Assert.Equal(all, await ReadAsync(_ => true, 1, 100, seal: true));

        async Task<List<string>> ReadAsync(Func<ActivityEvent, bool> matches, int limit, int maxExamined, bool seal = false)
        {
            var found = new List<string>();
            string? cursor = null;
            do
            {
                var page = await log.ListAsync("paged", matches, limit, cursor, maxExamined, Stop);
                Assert.True(page.Items.Count <= limit);
                found.AddRange(page.Items.Select(item => item.Target));
                cursor = page.Cursor;
                if (seal)
                {
                    await log.SealAsync("paged", Stop);
                }
            }
            while (cursor is not null);
            return found;
        }
    }

    [Fact]
    public async Task A_name_that_a_spreadsheet_would_run_is_only_text()
    {
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.CreateAsync("=cmd@acme.test");
        await gateway.SettledAsync("=cmd@acme.test", ProvisioningState.Onboarded);

        var csv = (string)(await ExportAsync(gateway, "format=csv&event=User%20invited"))!;

        Assert.Contains(",'=cmd@acme.test,", csv, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retention_removes_old_blocks_and_the_chain_still_proves_what_is_left()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var log = gateway.Services.GetRequiredService<ActivityLog>();
        for (var i = 0; i < 4; i++)
        {
            await gateway.CreateAsync($"p{i}@acme.test");
            await gateway.SettledAsync($"p{i}@acme.test", ProvisioningState.Onboarded);
            await log.SealAsync(gateway.Integration.Id, Stop);
            gateway.Clock.Leap(TimeSpan.FromDays(10));
        }

        var now = gateway.Clock.GetUtcNow();
        Assert.True(await log.TrimAsync(gateway.Integration.Id, now.AddDays(-25), now, Stop) > 0);
        await log.SealAsync(gateway.Integration.Id, Stop);

        var verification = await log.VerifyAsync(gateway.Integration.Id, Stop);
        Assert.True(verification.Intact, verification.Message);
        Assert.Contains("Retention removed", verification.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(await gateway.ActivityAsync("User invited"), e => (string?)e["target"] == "p0@acme.test");
        Assert.Contains(await gateway.ActivityAsync("User invited"), e => (string?)e["target"] == "p3@acme.test");
        Assert.Single(await gateway.ActivityAsync("Activity trimmed"));

        // An anchor that somebody moves is found out.
        var anchor = await gateway.Store.FindAsync<ActivityHead>(gateway.Partition, "activity-anchor", Stop);
        await gateway.Store.CommitAsync(gateway.Partition, [TypedRecords.Write("activity-anchor", anchor!.Value with { Hash = new string('0', 64) }, anchor.ETag)], Stop);
        Assert.False((await log.VerifyAsync(gateway.Integration.Id, Stop)).Intact);
    }

    [Fact]
    public async Task The_workspace_tells_of_keys_and_refused_calls()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var (_, key) = await gateway.ApiAsync(HttpMethod.Post, "keys", $$"""{"label":"Grace","role":"IntegrationManager","integrationIds":["{{gateway.Integration.Id}}"]}""");
        Assert.Equal(403, (await gateway.ApiAsync(HttpMethod.Get, "keys", key: (string)key["key"]!)).Status);
        await gateway.ApiAsync(HttpMethod.Delete, $"keys/{(string)key["id"]!}");

        var (_, activity) = await gateway.ApiAsync(HttpMethod.Get, "workspace/activity");
        var events = activity["items"]!.AsArray().Select(e => $"{(string)e!["event"]!} {(string)e["actor"]!} {(string)e["target"]!}").ToList();
        Assert.Equal(["API key revoked First owner Grace", "Call denied Grace GET /api/keys", "API key created First owner Grace"], events);
        await gateway.Services.GetRequiredService<ActivityLog>().SealAsync(ActivityLog.Workspace, Stop);
        Assert.True((bool)(await gateway.ApiAsync(HttpMethod.Get, "workspace/activity/verify")).Body["intact"]!);
    }

    [Fact]
    public async Task Who_has_access_is_told_with_since_when_by_which_operation_and_who_asked()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Put("found@acme.test", "Viewer");
        await gateway.SyncAsync();
        await gateway.CreateAsync("ada@acme.test", ""","externalId":"up-1","roles":[{"value":"Editor"}]""");
        var ada = await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        var (_, csv) = await gateway.ApiAsync(HttpMethod.Get, $"integrations/{gateway.Integration.Id}/access/export?format=csv");
        var rows = ((string)csv["text"]!).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(rows, row => row.Contains(",up-1,ada@acme.test,yes,yes,Editor,", StringComparison.Ordinal) && row.Contains($",{ada.LastOperationId},Entra ID,", StringComparison.Ordinal));
        Assert.Contains(rows, row => row.Contains("found@acme.test,yes,no,Viewer,", StringComparison.Ordinal) && row.Contains("found in the app", StringComparison.Ordinal));
        var (_, one) = await gateway.ApiAsync(HttpMethod.Get, $"integrations/{gateway.Integration.Id}/access/export?format=csv&person=up-1");
        Assert.Equal(2, ((string)one["text"]!).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task A_deleted_integration_keeps_its_accounts_or_takes_them_away_first()
    {
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        gateway.External.Put("stranger@acme.test");
        await gateway.SyncAsync();
        Assert.Equal(400, (await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/delete", """{"reason":"x"}""")).Status);

        await gateway.DoAsync(HttpMethod.Post, "/delete", """{"accounts":"takeAway","reason":"The app is replaced."}""");
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, (await gateway.SendAsync(HttpMethod.Get, "Users")).StatusCode);
        var closing = gateway.Services.GetRequiredService<IntegrationClosing>();
        await RunningGateway.UntilAsync(
            async () =>
            {
                await closing.RunDueAsync(gateway.Integration.Id, Stop);
                return (await gateway.ApiAsync(HttpMethod.Get, $"integrations/{gateway.Integration.Id}")).Status == 404;
            },
            "It does not end.");

        Assert.Equal("suspended", (string?)gateway.External.Find("ada@acme.test")!["status"]);
        Assert.Equal("active", (string?)gateway.External.Find("stranger@acme.test")!["status"]);
        Assert.Contains((await gateway.ApiAsync(HttpMethod.Get, "workspace/activity")).Body["items"]!.AsArray(), e => (string?)e!["event"] == "SCIM integration deleted");
    }

    [Fact]
    public async Task A_deleted_integration_that_keeps_its_accounts_changes_nothing_in_the_app_and_ends_at_once()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var secrets = gateway.Services.GetRequiredService<Domain.Secrets.ISecretStore>();
        var name = ServiceAccount.PasswordSecret(gateway.Integration.Id);
        await secrets.PromoteAsync(name, await secrets.SetAsync(name, "secret", Stop), Stop);
        var done = gateway.External.Audit.Count;

        await gateway.DoAsync(HttpMethod.Post, "/delete", """{"accounts":"keep","reason":"The gateway is replaced."}""");

        Assert.Equal(404, (await gateway.ApiAsync(HttpMethod.Get, $"integrations/{gateway.Integration.Id}")).Status);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await gateway.SendAsync(HttpMethod.Delete, $"Users/{id}")).StatusCode);
        Assert.Null(await secrets.GetAsync(name, Stop));
        await gateway.RestartAsync();
        Assert.Equal((done, "active"), (gateway.External.Audit.Count, gateway.External.Find("ada@acme.test")!["status"]!.ToString().Replace("pending", "active", StringComparison.Ordinal)));
        Assert.Contains((await gateway.ApiAsync(HttpMethod.Get, "workspace/activity")).Body["items"]!.AsArray(), e => (string?)e!["event"] == "SCIM integration deleted");
    }

    [Fact]
    public async Task An_invitation_waits_until_the_person_clicks_in_the_claim_page()
    {
        await using var gateway = await RunningGateway.StartAsync(i => i with { Invite = InviteModel.OnClaim });
        var id = await gateway.CreateAsync("ada@acme.test");
        var skipped = await gateway.CreateAsync("bob@acme.test");
        Assert.NotEqual(id, skipped);
        Assert.Equal(ProvisioningState.ProvisioningAwaiting, (await gateway.AccountAsync("ada@acme.test"))!.State);
        var held = (await gateway.DoAsync(HttpMethod.Get, "/held-operations"))["items"]!.AsArray();
        Assert.All(held, o => Assert.Equal("Claim", (string?)o!["hold"]!["kind"]));
        var link = (string)(await gateway.DoAsync(HttpMethod.Post, $"/users/{id}/claim-link"))["url"]!;
        using var browser = new HttpClient();

        var page = await browser.GetStringAsync(new Uri(link), Stop);
        Assert.Contains("ada@acme.test", page, StringComparison.Ordinal);
        Assert.Empty(gateway.External.Audit);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await browser.GetAsync(new Uri(link[..^3] + "AAA"), Stop)).StatusCode);
        Assert.True((await browser.PostAsync(new Uri(link), null, Stop)).IsSuccessStatusCode);
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.True((await browser.PostAsync(new Uri(link), null, Stop)).IsSuccessStatusCode);

        await gateway.DoAsync(HttpMethod.Post, $"/held-operations/{(string)held.Single(o => (string?)o!["target"] == "bob@acme.test")!["id"]!}/release", """{"reason":"asked for by telephone"}""");
        await gateway.SettledAsync("bob@acme.test", ProvisioningState.Onboarded);
        Assert.Equal(["CreateUser ada@acme.test", "CreateUser bob@acme.test"], gateway.External.Audit);

        var late = await gateway.CreateAsync("cyd@acme.test");
        var old = (string)(await gateway.DoAsync(HttpMethod.Post, $"/users/{late}/claim-link"))["url"]!;
        gateway.Clock.Leap(TimeSpan.FromDays(8));
        Assert.Contains("expired", await (await browser.GetAsync(new Uri(old), Stop)).Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    private static async Task<string?> ExportAsync(RunningGateway gateway, string query)
    {
        var (status, body) = await gateway.ApiAsync(HttpMethod.Get, $"integrations/{gateway.Integration.Id}/activity/export?{query}");
        Assert.Equal(200, status);

        return (string?)body["text"];
    }
}
