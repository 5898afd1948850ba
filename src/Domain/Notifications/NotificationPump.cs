using System.Collections.Concurrent;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Notifications;

/// <summary>
/// Tells channels of the events that they want, at least once: reads the sealed activity from where each channel is,
/// keeps what is to be told durably, and tries again with growing waits for a day. What is given up can be replayed.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="integrations">The integrations.</param>
/// <param name="log">The activity.</param>
/// <param name="sender">Sends.</param>
/// <param name="clock">The clock.</param>
public sealed partial class NotificationPump(IRecordStore store, IntegrationStore integrations, ActivityLog log, INotificationSender sender, TimeProvider clock)
{
    /// <summary>How long a delivery is tried.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(1);

    internal const string DuePrefix = "nd:";
    internal const string DeadPrefix = "nx:";
    private const int MaxEvents = 50;

    private readonly ConcurrentDictionary<string, SemaphoreSlim> turns = new(StringComparer.Ordinal);

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(4);

    /// <summary>Gathers what is to be told, and tells what is due.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels between deliveries.</param>
    /// <returns>How many were delivered.</returns>
    public async Task<int> RunDueAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        // Two turns at once would both send what is due before either has noted it.
        var turn = turns.GetOrAdd(integrationId, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellationToken);
        try
        {
            return await TakeTurnAsync(integrationId, cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<int> TakeTurnAsync(string integrationId, CancellationToken cancellationToken)
    {
        var partition = Rows.Partition(integrationId);
        var (channels, _) = await ChannelsAsync(integrationId, cancellationToken);
        if (channels.Count == 0 || await integrations.FindAsync(integrationId, cancellationToken) is not { } integration)
        {
            return 0;
        }

        foreach (var channel in channels)
        {
            await GatherAsync(integrationId, channel.Id, cancellationToken);
        }

        var range = new RowRange(DuePrefix, DuePrefix + Rows.Time(clock.GetUtcNow()) + "~");
        var due = await store.QueryAsync(partition, range, 100, null, cancellationToken);
        var delivered = await Task.WhenAll(due.Records
            .Select(record => (Record: record, Delivery: DomainJson.Decode<NotificationDelivery>(record.Value)))
            .GroupBy(item => item.Delivery.ChannelId, StringComparer.Ordinal)
            .Select(group => TellAsync(integration.Value, channels.FirstOrDefault(c => c.Id == group.Key), [.. group], cancellationToken)));
        return delivered.Sum();
    }

    /// <summary>Reads deliveries that were given up.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="limit">The most to return.</param>
    /// <param name="afterId">The last of the page before, or null.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The deliveries, and whether more follow.</returns>
    public Task<(IReadOnlyList<NotificationDelivery> Items, bool More)> DeadAsync(
        string integrationId, int limit, string? afterId, CancellationToken cancellationToken = default) =>
        store.ListAsync<NotificationDelivery>(Rows.Partition(integrationId), DeadPrefix, _ => true, limit, afterId, cancellationToken);

    /// <summary>Has a delivery that was given up tried again, for another day.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="deliveryId">The delivery; any text.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>True when there was one.</returns>
    public async Task<bool> ReplayAsync(string integrationId, string deliveryId, CancellationToken cancellationToken = default)
    {
        var partition = Rows.Partition(integrationId);
        if (!IntegrationStore.IsWellFormed(deliveryId)
            || await store.FindAsync<NotificationDelivery>(partition, DeadPrefix + deliveryId, cancellationToken) is not { } dead)
        {
            return false;
        }

        var now = clock.GetUtcNow();
        return (await store.CommitAsync(
            partition,
            [
                RecordChange.Delete(DeadPrefix + deliveryId, dead.ETag),
                TypedRecords.Insert(DueRow(now, deliveryId), dead.Value with { CreatedAt = now, Attempts = 0, LastError = null }),
            ],
            cancellationToken)).Committed;
    }

    /// <summary>Keeps what a channel is to tell: the new place of the channel and the delivery in one commit, so that nothing is told of twice or never.</summary>
    private async Task GatherAsync(string integrationId, string channelId, CancellationToken cancellationToken)
    {
        var partition = Rows.Partition(integrationId);
        if (await store.FindAsync<NotificationChannel>(partition, NotificationChannel.Row(channelId), cancellationToken) is not { } channel)
        {
            return;
        }

        var wanted = channel.Value.Events.Count > 0 ? channel.Value.Events : NotificationChannel.DefaultEvents;
        var (events, omitted, cursor) = (new List<ActivityEvent>(), 0, channel.Value.Cursor);
        await foreach (var block in log.ReadBlocksAsync(integrationId, channel.Value.Cursor, cancellationToken))
        {
            foreach (var item in block.Events.Where(item => wanted.Contains(item.Event)))
            {
                if (events.Count < MaxEvents)
                {
                    events.Add(item);
                }
                else
                {
                    omitted++;
                }
            }

            cursor = block.Sequence;
        }

        var now = clock.GetUtcNow();
        if (cursor == channel.Value.Cursor || (events.Count > 0 && channel.Value.DigestMinutes > 0 && now < events[0].Date.AddMinutes(channel.Value.DigestMinutes)))
        {
            return;
        }

        var changes = new List<RecordChange> { TypedRecords.Write(NotificationChannel.Row(channelId), channel.Value with { Cursor = cursor }, channel.ETag) };
        if (events.Count > 0)
        {
            var delivery = new NotificationDelivery { Id = Ids.OldestFirst(now), ChannelId = channelId, Events = events, Omitted = omitted, CreatedAt = now };
            changes.Add(TypedRecords.Insert(DueRow(now, delivery.Id), delivery));
        }

        await store.CommitAsync(partition, changes, cancellationToken);
    }

    private async Task<int> TellAsync(
        Integration integration, NotificationChannel? channel, IReadOnlyList<(StoredRecord Record, NotificationDelivery Delivery)> due, CancellationToken cancellationToken)
    {
        var told = 0;
        foreach (var (record, delivery) in due)
        {
            var error = channel is null ? null : await sender.SendAsync(integration, channel, delivery, cancellationToken);
            var changes = new List<RecordChange> { RecordChange.Delete(record.Row, record.ETag) };
            if (error is not null)
            {
                changes.AddRange(After(channel!, delivery, error));
            }

            var committed = (await store.CommitAsync(Rows.Partition(integration.Id), changes, cancellationToken)).Committed;
            told += committed && error is null && channel is not null ? 1 : 0;
        }

        return told;
    }

    private IEnumerable<RecordChange> After(NotificationChannel channel, NotificationDelivery delivery, string error)
    {
        var now = clock.GetUtcNow();
        var tried = delivery with { Attempts = delivery.Attempts + 1, LastError = error[..Math.Min(error.Length, 500)] };
        if (now - delivery.CreatedAt >= GiveUpAfter)
        {
            return
            [
                TypedRecords.Insert(DeadPrefix + delivery.Id, tried),
                ActivityLog.Append(Event(ActivityKind.NotificationDead, channel, Provenance.System.Actor, $"delivery {delivery.Id} after {tried.Attempts} tries: {tried.LastError}")),
            ];
        }

        var wait = Math.Min(FirstWait.Ticks * Math.Pow(2, delivery.Attempts), LongestWait.Ticks);
        var next = now + TimeSpan.FromTicks((long)wait);
        var last = delivery.CreatedAt + GiveUpAfter;
        return [TypedRecords.Insert(DueRow(next < last ? next : last, delivery.Id), tried)];
    }

    private ActivityEvent Event(ActivityKind kind, NotificationChannel channel, string actor, string detail)
    {
        var now = clock.GetUtcNow();
        return ActivityEvent.Of(now, actor, kind, channel.Name, detail);
    }

    private static string DueRow(DateTimeOffset due, string id) => $"{DuePrefix}{Rows.Time(due)}:{id}";
}
