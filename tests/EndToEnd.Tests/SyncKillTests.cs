using System.Text.Json.Nodes;
using IdLcm.Samples.Data;

namespace IdLcm.EndToEnd.Tests;

/// <summary>A sync that is killed (SIGKILL) again and again while its plan is applied.</summary>
public sealed class SyncKillTests
{
    private const int People = 1500;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_between_all_steps_of_an_apply_the_plan_is_applied_once_and_completely()
    {
        await using var product = await Product.StartAsync(new() { DataDirectory = "", Members = People, Seats = People + 100 });
        var kills = 0;
        for (var known = 0L; known < People; known = await KnownAsync(product))
        {
            // The next kill comes as soon as the apply has got on by some lines.
            var before = known;
            await Product.UntilAsync(async () => (known = await KnownAsync(product)) > before, TimeSpan.FromSeconds(60), () => $"The apply does not go on after {before}:\n{product.ReadLog()}");
            if (kills < 6)
            {
                kills++;
                await product.KillGatewayAsync();
                await product.StartGatewayAsync();
            }
        }

        JsonObject plan = [];
        await Product.UntilAsync(
            async () => (string?)(plan = (await product.ApiAsync(HttpMethod.Get, $"integrations/{product.IntegrationId}/sync-plans"))["items"]![0]!.AsObject())["status"] == "Applied",
            TimeSpan.FromSeconds(60),
            () => $"The plan is not applied: {plan.ToJsonString()}");

        // One plan, read once; everybody is there once and as the app shows them.
        Assert.True(kills >= 2, $"It was killed {kills} times only.");
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

    private static async Task<long> KnownAsync(Product product)
    {
        using var answer = await product.ScimAsync(HttpMethod.Get, "Users?count=0");
        return (long)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Stop))!["totalResults"]!;
    }
}
