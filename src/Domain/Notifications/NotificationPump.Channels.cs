using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Notifications;

public sealed partial class NotificationPump
{
    /// <summary>Reads the channels of an integration.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The channels, and whether there are more than the 200 returned.</returns>
    public Task<(IReadOnlyList<NotificationChannel> Items, bool More)> ChannelsAsync(string integrationId, CancellationToken cancellationToken = default) =>
        store.ListAsync<NotificationChannel>(Rows.Partition(integrationId), NotificationChannel.Prefix, _ => true, 200, null, cancellationToken);

    /// <summary>Adds a channel: it tells of what happens from now on.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>A task that ends when it is durable.</returns>
    public async Task AddAsync(string integrationId, NotificationChannel channel, Provenance by, CancellationToken cancellationToken = default)
    {
        var placed = channel with { Cursor = await log.LastBlockAsync(integrationId, cancellationToken) };
        await store.CommitAsync(
            Rows.Partition(integrationId),
            [TypedRecords.Insert(NotificationChannel.Row(channel.Id), placed), ActivityLog.Append(Event(ActivityKind.SettingsChanged, channel, by.Actor, "notification channel added"))],
            cancellationToken);
    }

    /// <summary>Changes a channel. It goes on from where it is: what is gathered next is told as the change says.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="channelId">The channel; any text.</param>
    /// <param name="change">Makes the changed channel of the one that is there; it may be asked more than once.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The channel as it is then; null where there is none.</returns>
    public Task<NotificationChannel?> ChangeAsync(
        string integrationId, string channelId, Func<NotificationChannel, NotificationChannel> change, Provenance by, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        ArgumentNullException.ThrowIfNull(by);
        var partition = Rows.Partition(integrationId);
        return Optimistic.RunAsync<NotificationChannel?>(
            async () =>
            {
                if (await FindChannelAsync(partition, channelId, cancellationToken) is not { } found)
                {
                    return (true, null);
                }

                var changed = change(found.Value);
                return ((await store.CommitAsync(
                    partition,
                    [TypedRecords.Write(NotificationChannel.Row(changed.Id), changed, found.ETag), ActivityLog.Append(Event(ActivityKind.SettingsChanged, changed, by.Actor, "notification channel changed"))],
                    cancellationToken)).Committed, changed);
            },
            cancellationToken);
    }

    /// <summary>Reads one channel.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="channelId">The channel; any text.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The channel; null where there is none.</returns>
    public async Task<NotificationChannel?> FindAsync(string integrationId, string channelId, CancellationToken cancellationToken = default) =>
        (await FindChannelAsync(Rows.Partition(integrationId), channelId, cancellationToken))?.Value;

    private async Task<Versioned<NotificationChannel>?> FindChannelAsync(string partition, string channelId, CancellationToken cancellationToken) =>
        IntegrationStore.IsWellFormed(channelId) ? await store.FindAsync<NotificationChannel>(partition, NotificationChannel.Row(channelId), cancellationToken) : null;

    /// <summary>Removes a channel. What it had still to tell is not told any more.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="channelId">The channel; any text.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>True when there was one.</returns>
    public async Task<bool> RemoveAsync(string integrationId, string channelId, Provenance by, CancellationToken cancellationToken = default)
    {
        var partition = Rows.Partition(integrationId);
        if (await FindChannelAsync(partition, channelId, cancellationToken) is not { } found)
        {
            return false;
        }

        return (await store.CommitAsync(
            partition,
            [RecordChange.Delete(NotificationChannel.Row(channelId), found.ETag), ActivityLog.Append(Event(ActivityKind.SettingsChanged, found.Value, by.Actor, "notification channel removed"))],
            cancellationToken)).Committed;
    }
}
