using IdLcm.Domain.Operations;

namespace IdLcm.Domain.Tests;

/// <summary>Identifiers whose order is the order of creation.</summary>
public sealed class IdsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Ids_of_one_reading_of_the_clock_keep_the_order_in_which_they_were_made()
    {
        string[] oldestFirst = [.. Enumerable.Range(0, 1_000).Select(_ => Ids.OldestFirst(Now))];
        Assert.Equal(oldestFirst.Order(StringComparer.Ordinal), oldestFirst);
        string[] newestFirst = [.. Enumerable.Range(0, 1_000).Select(_ => Ids.NewestFirst(Now))];
        Assert.Equal(newestFirst.OrderDescending(StringComparer.Ordinal), newestFirst);
        Assert.All([.. oldestFirst, .. newestFirst], id => Assert.Matches("^[0-9a-f]{32}$", id));
    }

    [Fact]
    public void Who_waits_since_the_same_millisecond_stands_in_the_queue_in_order_of_arrival()
    {
        string[] ids = [.. Enumerable.Range(0, 1_000).Select(_ => Ids.NewestFirst(Now))];
        foreach (var places in new string[][] { [.. ids.Select(id => Rows.QueuePlace(2, Now, id))], [.. ids.Select(id => Rows.RetryPlace(Now, 2, id))] })
        {
            Assert.Equal(places.Order(StringComparer.Ordinal), places);
            Assert.Equal(ids, places.Select(place => place[(place.LastIndexOf(':') + 1)..]));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(TimeSpan.TicksPerMillisecond - 1)]
    [InlineData(TimeSpan.TicksPerMillisecond)]
    [InlineData(TimeSpan.TicksPerDay)]
    public void Ids_of_a_later_time_come_after_or_before_by_it(long ticks)
    {
        var (earlyUp, earlyDown) = (Ids.OldestFirst(Now), Ids.NewestFirst(Now));
        Assert.True(string.CompareOrdinal(earlyUp, Ids.OldestFirst(Now.AddTicks(ticks))) < 0);
        Assert.True(string.CompareOrdinal(earlyDown, Ids.NewestFirst(Now.AddTicks(ticks))) > 0);
        Assert.StartsWith(Now.ToUnixTimeMilliseconds().ToString("x12"), earlyUp, StringComparison.Ordinal);
    }
}
