using System.Text.Json.Nodes;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.LocalHost.Storage;
using IdLcm.Samples.Data;

namespace IdLcm.EndToEnd.Tests;

/// <summary>A sync that is killed (SIGKILL) again and again while its plan is applied.</summary>
public sealed class SyncKillTests
{
    private const int People = 900;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_between_all_steps_of_an_apply_the_plan_is_applied_once_and_completely()
    {
        await using var product = await Product.StartAsync(new() { DataDirectory = "", Members = People, Seats = People + 100 });
        await Product.UntilAsync(async () => await KnownAsync(product) > 0, TimeSpan.FromSeconds(60), () => $"The apply does not begin:\n{product.ReadLog()}");
        await product.KillGatewayAsync();

        // The next kill comes with what the process writes as it goes on: a little later whenever the last came too soon.
        var middle = new List<int> { await RecordedAsync(product) };
        for (var patience = TimeSpan.FromMilliseconds(200); middle[^1] < People && patience < TimeSpan.FromSeconds(10);)
        {
            var before = WrittenAt(product);
            product.LaunchGateway();
            await Product.UntilAsync(
                () => Task.FromResult(WrittenAt(product) != before), TimeSpan.FromSeconds(60), () => $"Nothing is written:\n{product.ReadLog()}", everyMilliseconds: 5);
            await Task.Delay(patience, Stop);
            await product.KillGatewayAsync();
            var known = await RecordedAsync(product);
            if (known > middle[^1])
            {
                middle.Add(known);
            }
            else
            {
                patience += TimeSpan.FromMilliseconds(50);
            }
        }

        var kills = middle.Count(known => known is > 0 and < People);
        await product.StartGatewayAsync();
        await Product.UntilAsync(async () => await KnownAsync(product) >= People, TimeSpan.FromSeconds(60), () => $"The apply does not end:\n{product.ReadLog()}");

        JsonObject plan = [];
        await Product.UntilAsync(
            async () => (string?)(plan = (await product.ApiAsync(HttpMethod.Get, $"integrations/{product.IntegrationId}/sync-plans"))["items"]![0]!.AsObject())["status"] == "Applied",
            TimeSpan.FromSeconds(60),
            () => $"The plan is not applied: {plan.ToJsonString()}");

        // One plan, read once; everybody is there once and as the app shows them.
        Assert.True(kills >= 2, $"It was killed {kills} times only: after {string.Join(", ", middle)} lines.");
        Assert.Single((await product.ApiAsync(HttpMethod.Get, $"integrations/{product.IntegrationId}/sync-plans"))["items"]!.AsArray());
        var members = product.Sample.Snapshot();
        Assert.Equal(members.Count, await KnownAsync(product));
        Assert.Equal(members.Count, (int)plan["counts"]!["new"]!);
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var start = 1; start <= members.Count; start += 500)
        {
            using var page = await product.ScimAsync(HttpMethod.Get, $"Users?startIndex={start}&count=500&attributes=userName,name");
            names.UnionWith(JsonNode.Parse(await page.Content.ReadAsStringAsync(Stop))!["Resources"]!.AsArray().Select(user => $"{user!["userName"]} {user["name"]!["givenName"]} {user["name"]!["familyName"]}"));
        }

        Assert.True(names.SetEquals(members.Select(member => $"{member.Email} {member.FirstName} {member.LastName}")));
        Assert.Single((await product.ApiAsync(HttpMethod.Get, $"integrations/{product.IntegrationId}/activity?event=Sync%20completed"))["items"]!.AsArray());
        await product.StopGatewayAsync();
        await Histories.ReplayAllAsync(product.Data);
    }

    private static DateTime WrittenAt(Product product) =>
        Directory.EnumerateFiles(product.Data, "idlcm.db*").Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)).Max(File.GetLastWriteTimeUtc);

    /// <summary>How many accounts the killed gateway has left in its records.</summary>
    private static async Task<int> RecordedAsync(Product product)
    {
        using var database = SqliteDatabase.Open(product.Data);
        var store = new SqliteRecordStore(database);
        var count = 0;
        RecordPage? page = null;
        do
        {
            page = await store.QueryAsync(Rows.Partition(product.IntegrationId), RowRange.Prefix(Rows.Accounts), RecordLimits.MaxPageSize, page?.Continuation, Stop);
            count += page.Records.Count;
        }
        while (page.Continuation is not null);
        return count;
    }

    private static async Task<long> KnownAsync(Product product)
    {
        using var answer = await product.ScimAsync(HttpMethod.Get, "Users?count=0");
        return (long)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Stop))!["totalResults"]!;
    }
}
