using System.Collections.Concurrent;
using System.Threading.Channels;

namespace IdLcm.Domain.Operations;

/// <summary>Wakes the lane scheduler of this process when an integration has work. Losing a signal costs a second, never an operation.</summary>
public sealed class LaneSignal
{
    private readonly ConcurrentDictionary<string, bool> pending = new(StringComparer.Ordinal);
    private readonly Channel<string> channel = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>An integration has work.</summary>
    /// <param name="integrationId">The integration.</param>
    public void Raise(string integrationId)
    {
        if (pending.TryAdd(integrationId, value: true))
        {
            channel.Writer.TryWrite(integrationId);
        }
    }

    /// <summary>Waits for the next integration that has work.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The integration.</returns>
    public async ValueTask<string> NextAsync(CancellationToken cancellationToken)
    {
        var id = await channel.Reader.ReadAsync(cancellationToken);
        pending.TryRemove(id, out _);
        return id;
    }
}
