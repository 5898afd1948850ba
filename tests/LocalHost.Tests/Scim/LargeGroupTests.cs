using System.Diagnostics;
using System.Net;
using IdLcm.Domain.Storage;
using IdLcm.LocalHost.Tests.Lifecycle;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>Thousands of members in one request: at once for every reader, and through a crash.</summary>
public sealed class LargeGroupTests : IAsyncLifetime
{
    private RunningGateway gateway = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => gateway = await PausedAsync();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    private async Task<bool> IsPendingAsync(string group) => await gateway.Store.GetAsync(gateway.Partition, $"gc:{group}", Stop) is not null;

    private async Task RolledAsync(string group)
    {
        var limit = Stopwatch.StartNew();
        while (await IsPendingAsync(group))
        {
            Assert.True(limit.Elapsed < TimeSpan.FromMinutes(3), "The change set is not rolled forward.");
            await gateway.GetAsync($"Groups/{group}?excludedAttributes=members");
            await Task.Delay(50, Stop);
        }
    }

    [Fact]
    public async Task Thousands_of_members_come_in_one_PATCH_and_a_crash_loses_none()
    {
        var users = await Seed.UsersAsync(gateway, RunningGateway.Thousands);
        var half = users.Count / 2;
        var group = await gateway.GroupAsync("All hands", users[0], users[1]);
        var before = (await gateway.GetAsync($"Groups/{group}?excludedAttributes=members")).ETag;
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"add","path":"members","value":[{{Values(users)}}]}""")).Is(HttpStatusCode.NoContent);

        // At once, though the rows follow later.
        var pending = await IsPendingAsync(group);
        Assert.Equal(users, (await gateway.GetAsync($"Groups/{group}")).Members);
        Assert.Equal([group], (await gateway.GetAsync($"Users/{users[^1]}")).Groups);
        Assert.Equal(1, (await gateway.FilterAsync("Groups", $"id eq \"{group}\" and members eq \"{users[^2]}\"", "&excludedAttributes=members")).Total);
        Assert.NotEqual(before, (await gateway.GetAsync($"Groups/{group}?excludedAttributes=members")).ETag);
        await gateway.RestartAsync();
        Assert.Equal(users, (await gateway.GetAsync($"Groups/{group}")).Members);
        await RolledAsync(group);
        Assert.True(pending);
        Assert.Equal(users, (await gateway.GetAsync($"Groups/{group}")).Members);
        Assert.Equal([group], (await gateway.GetAsync($"Users/{users[half]}")).Groups);

        // The next writer finishes what is pending before it begins.
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"remove","path":"members","value":[{{Values(users.Take(half))}}]}""")).Is(HttpStatusCode.NoContent);
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"add","path":"members","value":[{{Values([users[7]])}}]}""")).Is(HttpStatusCode.NoContent);
        Assert.Equal([users[7], .. users.Skip(half)], (await gateway.GetAsync($"Groups/{group}")).Members);

        (await gateway.PatchOpsAsync($"Groups/{group}", """{"op":"replace","path":"members","value":[]}""")).Is(HttpStatusCode.NoContent);
        Assert.Empty((await gateway.GetAsync($"Groups/{group}")).Members);
        Assert.Empty((await gateway.GetAsync($"Users/{users[^1]}")).Groups);
        await RolledAsync(group);
        Assert.Empty((await gateway.Store.QueryAsync(gateway.Partition, RowRange.Prefix("gm:"), 10, null, Stop)).Records);
        Assert.Empty((await gateway.Store.QueryAsync(gateway.Partition, RowRange.Prefix("mg:"), 10, null, Stop)).Records);
    }

    [Fact]
    public async Task A_large_group_is_created_whole_and_deleted_whole()
    {
        var users = await Seed.UsersAsync(gateway, 500);
        var group = await gateway.GroupAsync("Created large", [.. users]);
        Assert.Equal(users, (await gateway.GetAsync($"Groups/{group}")).Members);
        (await gateway.DeleteAsync($"Users/{users[3]}")).Is(HttpStatusCode.NoContent);
        Assert.Equal(499, (await gateway.GetAsync($"Groups/{group}")).Members.Count);
        (await gateway.DeleteAsync($"Groups/{group}")).Is(HttpStatusCode.NoContent);
        Assert.Empty((await gateway.GetAsync($"Users/{users[0]}")).Groups);
        await RolledAsync(group);
        Assert.Empty((await gateway.Store.QueryAsync(gateway.Partition, RowRange.Prefix("gm:"), 10, null, Stop)).Records);
    }

    [Fact]
    public async Task More_members_than_a_request_may_name_are_refused()
    {
        var group = await gateway.GroupAsync("Too large");
        var ids = Enumerable.Range(0, 20_001).Select(_ => Guid.NewGuid().ToString());
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"add","path":"members","value":[{{Values(ids)}}]}""")).IsError(HttpStatusCode.BadRequest, "tooMany");
    }
}
