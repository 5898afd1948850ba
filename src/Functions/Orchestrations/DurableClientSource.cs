using Microsoft.DurableTask.Client;

namespace IdLcm.Functions.Orchestrations;

/// <summary>
/// The Durable client of this process. The host hands one out with each invocation that binds it, and all of them reach
/// the same task hub; background work of the process uses the one that came last.
/// </summary>
public sealed class DurableClientSource
{
    private readonly TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile DurableTaskClient? latest;

    /// <summary>Takes the client of an invocation.</summary>
    /// <param name="client">The client.</param>
    public void Attach(DurableTaskClient client)
    {
        latest = client;
        first.TrySetResult();
    }

    /// <summary>The client; waits for the first invocation of this process that brings one. The lane timer does within seconds.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The client.</returns>
    public async ValueTask<DurableTaskClient> GetAsync(CancellationToken cancellationToken)
    {
        if (latest is null)
        {
            await first.Task.WaitAsync(cancellationToken);
        }

        return latest!;
    }
}
