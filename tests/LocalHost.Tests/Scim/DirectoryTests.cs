using System.Net;
using IdLcm.Domain.Listing;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>Lists by index and by cursor, before and after blocks of them are counted.</summary>
public sealed class DirectoryTests : IAsyncLifetime
{
    private RunningGateway gateway = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => gateway = await PausedAsync();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    private TimeSpan SealAge => new ListingKeeper(gateway.Store, TimeProvider.System).SealAge;

    /// <summary>A keeper that lives later, so that everything has settled.</summary>
    private Task KeepAsync(TimeSpan later) => new ListingKeeper(gateway.Store, new Ahead(later)).KeepAsync(gateway.Integration.Id, cancellationToken: Stop);

    private async Task<IReadOnlyList<string>> PagesAsync(int count)
    {
        var ids = new List<string>();
        while (true)
        {
            var page = (await gateway.GetAsync($"Users?startIndex={ids.Count + 1}&count={count}")).Is(HttpStatusCode.OK);
            Assert.Equal(page.Resources.Count, (int)page.Body!["itemsPerPage"]!);
            ids.AddRange(page.Ids);
            if (page.Ids.Count == 0)
            {
                Assert.Equal(ids.Count, page.Total);
                return ids;
            }
        }
    }

    [Fact]
    public async Task Pages_hold_every_user_once_in_the_same_order_whatever_is_counted()
    {
        var users = (await gateway.UsersAsync("p", 610)).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(users, await PagesAsync(100));
        await KeepAsync(SealAge);
        Assert.Equal(users, await PagesAsync(97));

        // Deleted from counted blocks, and not folded in yet.
        string[] gone = [users[0], users[249], users[250], users[400], users[609]];
        foreach (var id in gone)
        {
            (await gateway.DeleteAsync($"Users/{id}")).Is(HttpStatusCode.NoContent);
        }

        users = [.. users.Except(gone)];
        Assert.Equal(users, await PagesAsync(50));

        // Behind the counted blocks there is always a tail.
        users.AddRange((await gateway.UsersAsync("q", 30)).Order(StringComparer.Ordinal));
        Assert.Equal(users, await PagesAsync(300));
        Assert.Equal(users, await PagesAsync(111));
        await KeepAsync(SealAge);
        Assert.Equal(users, await PagesAsync(500));
        await KeepAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(users, await PagesAsync(100));
        Assert.Equal([users[^1]], (await gateway.GetAsync($"Users?startIndex={users.Count}&count=10")).Ids);
    }

    [Fact]
    public async Task A_commit_that_took_as_long_as_any_may_is_counted_at_once()
    {
        var users = await gateway.UsersAsync("slow", 20);
        var row = (await gateway.Store.GetAsync(gateway.Partition, $"u:{users[5]}", Stop))!;
        await gateway.Store.CommitAsync(gateway.Partition, [Domain.Storage.RecordChange.Delete(row.Row, row.ETag)], Stop);
        await KeepAsync(gateway.Store.LongestCommit);
        await gateway.Store.CommitAsync(gateway.Partition, [Domain.Storage.RecordChange.Insert(row.Row, row.Value)], Stop);
        Assert.Equal(20, (await gateway.GetAsync("Users?count=0")).Total);
    }

    [Fact]
    public async Task A_commit_that_came_after_its_block_was_counted_is_found_when_it_is_counted_again()
    {
        var users = await gateway.UsersAsync("late", 20);
        var row = (await gateway.Store.GetAsync(gateway.Partition, $"u:{users[5]}", Stop))!;
        await gateway.Store.CommitAsync(gateway.Partition, [Domain.Storage.RecordChange.Delete(row.Row, row.ETag)], Stop);
        await KeepAsync(SealAge + TimeSpan.FromSeconds(10));
        Assert.Equal(19, (await gateway.GetAsync("Users?count=0")).Total);
        await gateway.Store.CommitAsync(gateway.Partition, [Domain.Storage.RecordChange.Insert(row.Row, row.Value)], Stop);
        await KeepAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(20, (await gateway.GetAsync("Users?count=0")).Total);
    }

    [Fact]
    public async Task Counters_are_integers_and_a_page_beyond_the_end_is_empty()
    {
        await gateway.UsersAsync("c", 3);
        var page = (await gateway.GetAsync("Users?startIndex=100&count=10")).Is(HttpStatusCode.OK);
        Assert.Empty(page.Resources);
        Assert.Contains("\"totalResults\":3,", page.Text, StringComparison.Ordinal);
        Assert.Contains("\"startIndex\":100", page.Text, StringComparison.Ordinal);
        Assert.Equal(1, (int)(await gateway.GetAsync("Users?startIndex=-5&count=1")).Body!["itemsPerPage"]!);
        Assert.Equal(0, (int)(await gateway.GetAsync("Users?count=-1")).Body!["itemsPerPage"]!);
        (await gateway.GetAsync("Users?startIndex=x")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        (await gateway.GetAsync("Users?startIndex=1&startIndex=2")).IsError(HttpStatusCode.BadRequest, "invalidValue");
    }

    [Fact]
    public async Task Pages_by_cursor_hold_everything_once_while_others_come()
    {
        var users = (await gateway.UsersAsync("k", 45)).Order(StringComparer.Ordinal).ToList();
        var (seen, cursor) = (new List<string>(), (string?)"");
        while (cursor is not null)
        {
            var page = (await gateway.GetAsync($"Users?count=10&cursor={cursor}")).Is(HttpStatusCode.OK);
            seen.AddRange(page.Ids);
            cursor = (string?)page.Body!["nextCursor"];
            Assert.Null(page.Body["startIndex"]);
            await gateway.UserAsync($"new{seen.Count}@acme.test");
        }

        Assert.Equal(users, seen.Take(45));
        Assert.Equal(seen.Count, seen.Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("userName sw \"k\"", null)]
    [InlineData(null, "userName")]
    [InlineData("userName co \"1\"", "userName")]
    public async Task Pages_by_cursor_keep_filter_and_order(string? filter, string? sortBy)
    {
        await gateway.UsersAsync("k", 25);
        await gateway.UsersAsync("other", 5);
        var query = (filter is null ? "" : $"&filter={Uri.EscapeDataString(filter)}") + (sortBy is null ? "" : $"&sortBy={sortBy}&sortOrder=descending");
        var whole = (await gateway.GetAsync($"Users?count=1000{query}")).Ids;
        var (seen, cursor) = (new List<string>(), (string?)"");
        while (cursor is not null)
        {
            var page = (await gateway.GetAsync($"Users?count=7&cursor={cursor}{query}")).Is(HttpStatusCode.OK);
            seen.AddRange(page.Ids);
            cursor = (string?)page.Body!["nextCursor"];
        }

        Assert.Equal(whole, seen);
    }

    [Theory]
    [InlineData("Roles?")]
    [InlineData("Roles?filter=displayName%20pr")]
    [InlineData("Roles?sortBy=displayName")]
    [InlineData("?filter=displayName%20pr")]
    public async Task Pages_by_cursor_end_for_every_kind_of_resource(string query)
    {
        await gateway.GroupAsync("Paged");
        var whole = (await gateway.GetAsync(query)).Is(HttpStatusCode.OK).Ids;
        var (seen, cursor) = (new List<string>(), (string?)"");
        while (cursor is not null && seen.Count <= whole.Count)
        {
            var page = (await gateway.GetAsync($"{query}&count=2&cursor={cursor}")).Is(HttpStatusCode.OK);
            seen.AddRange(page.Ids);
            cursor = (string?)page.Body!["nextCursor"];
        }

        Assert.True(whole.Count > 2);
        Assert.Equal(whole, seen);
    }

    [Fact]
    public async Task A_cursor_of_another_query_or_making_is_refused()
    {
        await gateway.UsersAsync("k", 5);
        var cursor = (string)(await gateway.GetAsync("Users?count=2&cursor=")).Body!["nextCursor"]!;
        (await gateway.GetAsync($"Users?count=2&cursor={cursor}&filter=userName%20pr")).IsError(HttpStatusCode.BadRequest, "invalidCursor");
        (await gateway.GetAsync($"Groups?count=2&cursor={cursor}")).IsError(HttpStatusCode.BadRequest, "invalidCursor");
        (await gateway.GetAsync("Users?cursor=AAAA")).IsError(HttpStatusCode.BadRequest, "invalidCursor");
        (await gateway.GetAsync("Users?cursor=%00%ff..")).IsError(HttpStatusCode.BadRequest, "invalidCursor");
        (await gateway.GetAsync($"Users?count=abc&cursor={cursor}")).IsError(HttpStatusCode.BadRequest, "invalidCount");
    }

    [Fact]
    public async Task Results_are_sorted_as_asked_and_ties_stay_in_order()
    {
        foreach (var (name, title) in new[] { ("b", "Z"), ("A", "z"), ("c", "") })
        {
            await gateway.UserAsync($"{name}@acme.test", title.Length == 0 ? "" : $",\"title\":\"{title}\"");
        }

        async Task<IEnumerable<string>> Names(string query) => (await gateway.GetAsync($"Users?{query}")).Is(HttpStatusCode.OK).Resources.Select(r => ((string)r["userName"]!)[..1]);
        Assert.Equal(["A", "b", "c"], await Names("sortBy=userName"));
        Assert.Equal(["c", "b", "A"], await Names("sortBy=userName&sortOrder=descending"));
        Assert.Equal(["b", "A", "c"], await Names("sortBy=title"));
        Assert.Equal(["A"], await Names("sortBy=title&startIndex=2&count=1"));
        Assert.Equal(["b", "A", "c"], await Names("sortBy=meta.created"));
        foreach (var far in new[] { "2147483648", "4611686018427387904", "9223372036854775807" })
        {
            foreach (var query in new[] { "", "&sortBy=userName", "&filter=userName%20pr", "&filter=userName%20pr&sortBy=title" })
            {
                var beyond = (await gateway.GetAsync($"Users?startIndex={far}&count=1000{query}")).Is(HttpStatusCode.OK);
                Assert.Equal((3, 0), (beyond.Total, beyond.Ids.Count));
            }
        }

        (await gateway.GetAsync("Users?sortBy=password")).IsError(HttpStatusCode.BadRequest, "invalidPath");
        (await gateway.GetAsync("Users?sortBy=nope")).IsError(HttpStatusCode.BadRequest, "invalidPath");
        (await gateway.GetAsync("Users?sortBy=userName&sortOrder=up")).IsError(HttpStatusCode.BadRequest, "invalidValue");
    }

    private sealed class Ahead(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
