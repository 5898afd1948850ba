using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Domain;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Life;

public sealed class ErasureTests
{
    private const string Email = "erika.mustermann@acme.test";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Somebody who was made, changed, failed, renamed in a group, seen by syncs and deleted.</summary>
    private static async Task<string> LivedAsync(RunningGateway gateway)
    {
        await gateway.DoAsync(HttpMethod.Put, "/scim-access", $$"""{"captureUntil":"{{gateway.Clock.GetUtcNow().AddHours(1):O}}"}""");
        var id = await gateway.CreateAsync(Email, ""","displayName":"Erika Mustermann","externalId":"ext-4711","title":"Boss" """);
        await gateway.SettledAsync(Email, ProvisioningState.Onboarded);
        await gateway.SyncAsync();
        gateway.External.FailNext(FailureCode.UnderpermissionedAccount);
        await gateway.PatchAsync(id, """{"op":"replace","path":"title","value":"Chief"}""");
        await gateway.SettledAsync(Email, ProvisioningState.UpdateFailed);
        gateway.External.Set(Email, "jobTitle", "Queen");
        await gateway.SyncAsync();
        await gateway.SendAsync(HttpMethod.Get, $"Users?filter={Uri.EscapeDataString($"userName eq \"{Email}\"")}");
        await gateway.SendAsync(HttpMethod.Get, "Users?filter=userName%20eq%20%22stays@acme.test%22");
        await gateway.SendAsync(HttpMethod.Delete, $"Users/{id}");
        await gateway.SettledAsync(Email, ProvisioningState.Deleted);
        return id;
    }

    private static async Task<string> AskAsync(RunningGateway gateway, string id) =>
        (string)(await gateway.DoAsync(HttpMethod.Post, $"/users/{id}/erase", """{"reason":"Request 42"}"""))["id"]!;

    [Fact]
    public async Task Nothing_that_says_who_it_was_is_left_and_the_chain_still_proves_everything()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var log = gateway.Services.GetRequiredService<ActivityLog>();
        await gateway.CreateAsync("stays@acme.test");
        var id = await LivedAsync(gateway);
        await log.SealAsync(gateway.Integration.Id, Stop);
        var before = await log.VerifyAsync(gateway.Integration.Id, Stop);
        Assert.True((await LeftAsync(gateway)).Count > 5);

        var approval = await AskAsync(gateway, id);
        await gateway.DoAsync(HttpMethod.Post, $"/approvals/{approval}/approve", """{"reason":"It is their right."}""");
        await log.SealAsync(gateway.Integration.Id, Stop);

        Assert.Empty(await LeftAsync(gateway));
        var after = await log.VerifyAsync(gateway.Integration.Id, Stop);
        Assert.True(after.Intact, after.Message);
        Assert.True(after.Events > before.Events, after.Message);
        var events = await gateway.ActivityAsync();
        Assert.Contains(events, item => (string?)item["event"] == "Personal data erased" && (string?)item["target"] == id && ((string)item["detail"]!).StartsWith("Request 42", StringComparison.Ordinal));
        Assert.Contains(events, item => (string?)item["event"] == "User removed" && (string?)item["userId"] == id && (string?)item["target"] == "erased person");
        Assert.Contains(events, item => (string?)item["target"] == "stays@acme.test");
        var (status, user) = await gateway.ApiAsync(HttpMethod.Get, $"integrations/{gateway.Integration.Id}/users/{id}");
        Assert.Equal((200, $"erased-{id}"), (status, (string?)user["userName"]));
        var captures = (await gateway.DoAsync(HttpMethod.Get, "/captures"))["items"]!.AsArray();
        Assert.Contains(captures, item => ((string)item!["target"]!).Contains("stays@acme.test", StringComparison.Ordinal));
        Assert.Equal(6, (await gateway.DoAsync(HttpMethod.Get, "/operations?limit=50"))["items"]!.AsArray().Count);

        // Done again it finds nothing more, and the person may come back as somebody new.
        await gateway.DoAsync(HttpMethod.Post, $"/approvals/{await AskAsync(gateway, id)}/approve", """{"reason":"again"}""");
        Assert.True((await log.VerifyAsync(gateway.Integration.Id, Stop)).Intact);
        await gateway.CreateAsync(Email);
        await gateway.SettledAsync(Email, ProvisioningState.Onboarded);
    }

    [Fact]
    public async Task The_lines_of_a_plan_are_counted_and_paged_without_those_of_the_erased_person()
    {
        await using var gateway = await RunningGateway.StartAsync();
        for (var i = 0; i < 410; i++)
        {
            gateway.External.Put($"p{i:000}@acme.test");
        }

        var plan = $"/sync-plans/{(string)(await gateway.SyncAsync())["id"]!}";
        var first = (string)(await gateway.DoAsync(HttpMethod.Get, $"{plan}/lines?limit=10"))["items"]![0]!["identifier"]!;
        var user = (await gateway.AccountAsync(first))!.UserId!;
        gateway.External.Remove(first);
        await gateway.SyncAsync();
        await gateway.DoAsync(HttpMethod.Post, $"/approvals/{await AskAsync(gateway, user)}/approve", """{"reason":"It is their right."}""");

        // By the management API: every other line, each once, whichever page it is on.
        Assert.Equal(409, (int)(await gateway.DoAsync(HttpMethod.Get, plan))["lines"]!);
        var lines = new List<string>();
        string? cursor = null;
        do
        {
            var page = await gateway.DoAsync(HttpMethod.Get, $"{plan}/lines?limit=150{(cursor is null ? "" : $"&cursor={cursor}")}");
            lines.AddRange(page["items"]!.AsArray().Select(line => (string)line!["identifier"]!));
            cursor = (string?)page["nextCursor"];
        }
        while (cursor is not null);
        Assert.Equal(409, lines.Count);
        Assert.Equal(409, lines.Distinct().Count());

        // By the dashboard: the pages say which of how many they show.
        using var http = new HttpClient { BaseAddress = new Uri(gateway.Url) };
        var address = (string)(await gateway.ApiAsync(HttpMethod.Post, "sign-in-links")).Body["address"]!;
        var secret = Uri.UnescapeDataString(address[(address.IndexOf("link=", StringComparison.Ordinal) + 5)..]);
        (await http.PostAsync("/sign-in", new FormUrlEncodedContent(new Dictionary<string, string> { ["link"] = secret, ["return"] = "/catalog" }), Stop)).EnsureSuccessStatusCode();
        var next = $"/integrations/{gateway.Integration.Id}{plan}";
        foreach (var range in (string[])["1–200 of 409", "201–400 of 409", "401–409 of 409"])
        {
            var html = System.Net.WebUtility.HtmlDecode(await http.GetStringAsync(next, Stop));
            Assert.Contains($">{range}<", html, StringComparison.Ordinal);
            var end = html.IndexOf("\" rel=\"next\"", StringComparison.Ordinal);
            next = end < 0 ? "" : html[(html.LastIndexOf('"', end - 1) + 1)..end];
        }

        Assert.Equal("", next);
    }

    [Fact]
    public async Task What_a_sync_kept_of_a_page_that_shows_the_person_is_gone_with_its_picture_and_other_evidence_stays()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var id = await LivedAsync(gateway);
        var blobs = gateway.Services.GetRequiredService<IBlobStore>();
        var shows = await EvidenceAsync((string)(await gateway.SyncAsync())["id"]!, "<table><tr><td>Erika Mustermann</td></tr></table>");
        var others = await EvidenceAsync((string)(await gateway.SyncAsync())["id"]!, "<p>Somebody else</p>");

        await gateway.DoAsync(HttpMethod.Post, $"/approvals/{await AskAsync(gateway, id)}/approve", """{"reason":"It is their right."}""");

        Assert.All(await Task.WhenAll(shows.Select(IsThereAsync)), Assert.False);
        Assert.All(await Task.WhenAll(others.Select(IsThereAsync)), Assert.True);

        async Task<string[]> EvidenceAsync(string operationId, string page)
        {
            var dom = await blobs.PutAsync("evidence", Encoding.UTF8.GetBytes(page), "text/html; charset=utf-8", Stop);
            var picture = await blobs.PutAsync("evidence", Encoding.UTF8.GetBytes($"picture of {operationId}"), "image/png", Stop);
            var row = Rows.Attempt(operationId, 1);
            var attempt = (await gateway.Store.FindAsync<OperationAttempt>(gateway.Partition, row, Stop))!;
            EvidenceItem[] items = [new("screenshot", picture.Hash, "image/png", picture.Length, "The page"), new("dom", dom.Hash, dom.ContentType, dom.Length, "The page")];
            await gateway.Store.CommitAsync(gateway.Partition, [TypedRecords.Write(row, attempt.Value with { Evidence = items }, attempt.ETag)], Stop);
            return [picture.Hash, dom.Hash];
        }

        async Task<bool> IsThereAsync(string hash)
        {
            await using var found = await blobs.OpenAsync("evidence", hash, Stop);
            return found is not null;
        }
    }

    [Fact]
    public async Task What_is_left_of_an_erased_block_cannot_be_changed_unnoticed()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var log = gateway.Services.GetRequiredService<ActivityLog>();
        var id = await LivedAsync(gateway);
        await gateway.DoAsync(HttpMethod.Post, $"/approvals/{await AskAsync(gateway, id)}/approve", """{"reason":"It is their right."}""");
        await log.SealAsync(gateway.Integration.Id, Stop);
        var blocks = await gateway.Store.QueryAsync(gateway.Partition, RowRange.Prefix("eb:"), 100, null, Stop);
        var erased = blocks.Records.First(record => DomainJson.Decode<ActivityBlock>(record.Value).Erased);
        var block = DomainJson.Decode<ActivityBlock>(erased.Value);
        Assert.Null(block.Salt);

        var forged = block with { Events = [.. block.Events.Skip(1)] };
        await gateway.Store.CommitAsync(gateway.Partition, [RecordChange.Replace(erased.Row, DomainJson.Encode(forged), erased.ETag)], Stop);
        var found = await log.VerifyAsync(gateway.Integration.Id, Stop);
        Assert.Equal((false, block.Sequence), (found.Intact, found.BrokenBlock));

        // Nor can a block be passed off as erased.
        var whole = blocks.Records.Select(record => (Record: record, Block: DomainJson.Decode<ActivityBlock>(record.Value))).First(item => !item.Block.Erased);
        await gateway.Store.CommitAsync(
            gateway.Partition,
            [
                RecordChange.Upsert(erased.Row, erased.Value),
                RecordChange.Replace(whole.Record.Row, DomainJson.Encode(whole.Block with { Erased = true, Events = [.. whole.Block.Events, whole.Block.Events[0]] }), whole.Record.ETag),
            ],
            Stop);
        Assert.Equal(whole.Block.Sequence, (await log.VerifyAsync(gateway.Integration.Id, Stop)).BrokenBlock);
    }

    [Fact]
    public async Task Only_who_is_gone_is_erased_and_only_by_an_Admin()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var erase = $"integrations/{gateway.Integration.Id}/users/{id}/erase";
        Assert.Equal("user_not_deleted", (string?)(await gateway.ApiAsync(HttpMethod.Post, erase, """{"reason":"x"}""")).Body["code"]);
        gateway.External.FailNext(FailureCode.UnderpermissionedAccount);
        await gateway.SendAsync(HttpMethod.Delete, $"Users/{id}");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.DeleteFailed);
        Assert.Equal("account_not_gone", (string?)(await gateway.ApiAsync(HttpMethod.Post, erase, """{"reason":"x"}""")).Body["code"]);
        Assert.Equal(400, (await gateway.ApiAsync(HttpMethod.Post, erase, "{}")).Status);
        Assert.Equal(404, (await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/users/nobody/erase", """{"reason":"x"}""")).Status);

        await gateway.ApiAsync(HttpMethod.Post, $"operations/{(await gateway.AccountAsync("ada@acme.test"))!.LastOperationId}/retry");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Deleted);
        var approval = await AskAsync(gateway, id);
        Assert.Equal("erasure_asked", (string?)(await gateway.ApiAsync(HttpMethod.Post, erase, """{"reason":"again"}""")).Body["code"]);
        var (_, manager) = await gateway.ApiAsync(HttpMethod.Post, "keys", $$"""{"label":"Mo","role":"IntegrationManager","integrationIds":["{{gateway.Integration.Id}}"]}""");
        var approve = $"integrations/{gateway.Integration.Id}/approvals/{approval}/approve";
        Assert.Equal((403, "role_not_allowed"), await CodeAsync((string)manager["key"]!));
        Assert.NotNull(await gateway.AccountAsync("ada@acme.test"));
        var (_, admin) = await gateway.ApiAsync(HttpMethod.Post, "keys", """{"label":"Ann","role":"Admin"}""");
        Assert.Equal(202, (await CodeAsync((string)admin["key"]!)).Status);
        Assert.Null(await gateway.AccountAsync("ada@acme.test"));

        async Task<(int Status, string? Code)> CodeAsync(string key)
        {
            var (status, body) = await gateway.ApiAsync(HttpMethod.Post, approve, """{"reason":"yes"}""", key);
            return (status, (string?)body["code"]);
        }
    }

    /// <summary>The rows and blobs that still say something of the person.</summary>
    private static async Task<IReadOnlyList<string>> LeftAsync(RunningGateway gateway)
    {
        string[] names = ["erika", "mustermann", "ext-4711", Ids.KeyOf(Email)];
        var left = new List<string>();
        var id = gateway.Integration.Id;
        foreach (var partition in (string[])[gateway.Partition, ActivityLog.Workspace, $"cap-{id}", $"txn-{id}"])
        {
            await foreach (var record in gateway.Store.ScanAsync(partition, RowRange.All, Stop))
            {
                if (Says(record.Row) || Says(Uri.UnescapeDataString(Encoding.UTF8.GetString(record.Value.Span))))
                {
                    left.Add($"{partition} {record.Row}");
                }
            }
        }

        left.AddRange((await gateway.BlobsAsync()).Where(blob => Says(blob.Text)).Select(blob => blob.Name));
        return left;

        bool Says(string text) => names.Any(name => text.Contains(name, StringComparison.OrdinalIgnoreCase));
    }
}
