using System.Diagnostics;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>How long a client waits for a large group where the records are in this process.</summary>
public sealed class GroupLookupSpeedTests
{
    [Fact]
    public async Task A_large_group_is_found_by_name_within_the_600_ms_that_Okta_allows()
    {
        await using var gateway = await PausedAsync();
        var users = await Seed.UsersAsync(gateway, 5_000);
        var group = await gateway.GroupAsync("Large", [.. users]);
        var times = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            var watch = Stopwatch.StartNew();
            Assert.Equal([group], (await gateway.FilterAsync("Groups", "displayName eq \"large\"", "&startIndex=1&count=100")).Ids);
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        // With all of its members in the answer; the best of five, because other tests run beside this one.
        Assert.True(times.Min() < 600, $"{times.Min():F0} ms");
    }
}
