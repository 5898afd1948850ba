using System.Diagnostics.Metrics;

namespace IdLcm.LocalHost.Storage;

/// <summary>What the store tells about itself, on the meter <c>IdLcm</c>.</summary>
internal static class StoreMetrics
{
    private static readonly Meter Meter = new("IdLcm");

    private static readonly Counter<long> Commits = Meter.CreateCounter<long>(
        "idlcm.store.commits", "{commit}", "Pieces of work made durable.");

    private static readonly Histogram<int> GroupSize = Meter.CreateHistogram<int>(
        "idlcm.store.group_size", "{commit}", "Pieces of work that shared one fsync.");

    private static readonly Histogram<double> CommitDuration = Meter.CreateHistogram<double>(
        "idlcm.store.commit.duration", "s", "Time to run and sync one group.");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "idlcm.store.commit.failures", "{group}", "Groups that could not be written.");

    private static readonly Counter<long> Conflicts = Meter.CreateCounter<long>(
        "idlcm.store.conflicts", "{commit}", "Commits refused because a row's precondition did not hold.");

    private static readonly Counter<long> CacheHits = Meter.CreateCounter<long>(
        "idlcm.store.cache.hits", "{read}", "Reads answered from memory.");

    private static readonly Counter<long> CacheMisses = Meter.CreateCounter<long>(
        "idlcm.store.cache.misses", "{read}", "Reads answered by SQLite.");

    public static void GroupCommitted(int items, TimeSpan duration)
    {
        Commits.Add(items);
        GroupSize.Record(items);
        CommitDuration.Record(duration.TotalSeconds);
    }

    public static void GroupFailed() => Failures.Add(1);

    public static void Conflict() => Conflicts.Add(1);

    public static void CacheHit() => CacheHits.Add(1);

    public static void CacheMiss() => CacheMisses.Add(1);
}
