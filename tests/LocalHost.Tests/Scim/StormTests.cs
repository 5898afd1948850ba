using System.Net;
using IdLcm.LocalHost.Tests.Lifecycle;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>Many writers that want the same user at the same moment.</summary>
public sealed class StormTests : IAsyncLifetime
{
    private const int Writers = 20;

    private RunningGateway gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await PausedAsync();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    private Task<Reply[]> AllAtOnceAsync(string user, Func<int, string> operation, params (string Name, string Value)[] headers) =>
        Task.WhenAll(Enumerable.Range(0, Writers).Select(i => Task.Run(() => gateway.PatchOpsAsync($"Users/{user}", operation(i), headers))));

    [Fact]
    public async Task Twenty_writers_of_one_user_who_name_no_version_lose_no_change()
    {
        var user = await gateway.UserAsync("stormy@acme.test");
        var answers = await AllAtOnceAsync(user, i => $$"""{"op":"add","path":"emails","value":[{"value":"w{{i}}@acme.test","type":"other"}]}""");

        Assert.All(answers, answer => answer.Is(HttpStatusCode.OK));
        var emails = (await gateway.GetAsync($"Users/{user}")).Body!["emails"]!.AsArray().Select(email => (string)email!["value"]!);
        Assert.Equal(Enumerable.Range(0, Writers).Select(i => $"w{i}@acme.test").Order(StringComparer.Ordinal), emails.Order(StringComparer.Ordinal));
        Assert.Equal(Writers, answers.Select(answer => answer.ETag).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Of_twenty_writers_who_name_the_same_version_one_wins_and_the_others_are_told()
    {
        var user = await gateway.UserAsync("guarded@acme.test");
        var etag = (await gateway.GetAsync($"Users/{user}")).ETag;
        var answers = await AllAtOnceAsync(user, i => $$"""{"op":"replace","path":"title","value":"Title {{i}}"}""", ("If-Match", etag));

        var winner = Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.All(answers.Where(answer => answer != winner), answer => answer.IsError(HttpStatusCode.PreconditionFailed));
        Assert.Equal((string?)winner.Body!["title"], (string?)(await gateway.GetAsync($"Users/{user}")).Body!["title"]);
    }
}
