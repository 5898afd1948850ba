using System.Threading.Channels;

namespace IdLcm.Domain.Groups;

/// <summary>Tells the background work of this process that an integration has change sets. Losing it costs seconds, never a change.</summary>
public sealed class GroupWork
{
    private readonly Channel<string> channel = Channel.CreateBounded<string>(new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>An integration has a new change set.</summary>
    /// <param name="integrationId">The integration.</param>
    public void Raise(string integrationId) => channel.Writer.TryWrite(integrationId);

    /// <summary>Waits for the next integration that has one.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The integration.</returns>
    public ValueTask<string> NextAsync(CancellationToken cancellationToken) => channel.Reader.ReadAsync(cancellationToken);
}
