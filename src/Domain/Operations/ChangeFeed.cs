using System.Collections.Concurrent;
using System.Threading.Channels;

namespace IdLcm.Domain.Operations;

/// <summary>Something that changed, for whoever watches an integration live.</summary>
/// <param name="IntegrationId">The integration.</param>
/// <param name="Operation">The operation as it is now, where it is about one.</param>
public sealed record LiveChange(string IntegrationId, Operation? Operation);

/// <summary>
/// Tells the watchers of this process that records changed. It only saves them from asking again and again: a watcher
/// that falls behind or sits in another process reads the records.
/// </summary>
public sealed class ChangeFeed
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<Subscription, bool>> watchers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Subscription, bool> watchersOfAll = new();
    private readonly ConcurrentDictionary<string, long> versions = new(StringComparer.Ordinal);
    private long version;

    /// <summary>How many changes were told of: what was read before it grew may be out of date.</summary>
    public long Version => Volatile.Read(ref version);

    /// <summary>The <see cref="Version"/> of the last change of one integration; 0 before the first.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <returns>The version.</returns>
    public long VersionOf(string integrationId) => versions.GetValueOrDefault(integrationId);

    /// <summary>Tells that something changed.</summary>
    /// <param name="change">What.</param>
    public void Publish(LiveChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        versions[change.IntegrationId] = Interlocked.Increment(ref version);
        if (watchers.TryGetValue(change.IntegrationId, out var subscriptions))
        {
            foreach (var subscription in subscriptions.Keys)
            {
                subscription.Write(change);
            }
        }

        foreach (var subscription in watchersOfAll.Keys)
        {
            subscription.Write(change);
        }
    }

    /// <summary>Begins to watch an integration.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <returns>The subscription; dispose it to stop.</returns>
    public Subscription Watch(string integrationId)
    {
        var subscriptions = watchers.GetOrAdd(integrationId, _ => new());
        var subscription = new Subscription(s => subscriptions.TryRemove(s, out _));
        subscriptions.TryAdd(subscription, value: true);
        return subscription;
    }

    /// <summary>Begins to watch every integration.</summary>
    /// <returns>The subscription; dispose it to stop.</returns>
    public Subscription WatchAll()
    {
        var subscription = new Subscription(s => watchersOfAll.TryRemove(s, out _));
        watchersOfAll.TryAdd(subscription, value: true);
        return subscription;
    }

    /// <summary>One watcher.</summary>
    public sealed class Subscription : IDisposable
    {
        private readonly Channel<LiveChange> channel = Channel.CreateBounded<LiveChange>(
            new BoundedChannelOptions(256) { FullMode = BoundedChannelFullMode.DropOldest });

        private readonly Action<Subscription> stop;

        internal Subscription(Action<Subscription> stop) => this.stop = stop;

        /// <summary>The changes since the subscription began; the oldest are dropped when the watcher falls behind.</summary>
        public ChannelReader<LiveChange> Changes => channel.Reader;

        /// <inheritdoc/>
        public void Dispose() => stop(this);

        internal void Write(LiveChange change) => channel.Writer.TryWrite(change);
    }
}
