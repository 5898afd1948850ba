using System.Collections.Concurrent;
using IdLcm.Functions.Hosting;
using IdLcm.Functions.Orchestrations;

namespace IdLcm.Functions.Activities;

/// <summary>
/// The activities that run in this process. Durable Functions lets an activity of a terminated instance run on; the
/// port promises that it is cancelled, so each asks after its instance while it runs.
/// </summary>
/// <param name="source">The Durable client.</param>
/// <param name="gate">Holds activities back while restored data are prepared.</param>
/// <param name="clock">The clock.</param>
public sealed class RunningActivities(DurableClientSource source, RestoreGate gate, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<CancellationTokenSource, string> running = new();

    /// <summary>Runs an activity until it ends, the process stops or its instance is terminated.</summary>
    /// <typeparam name="T">The result's type.</typeparam>
    /// <param name="instanceId">The instance that called it.</param>
    /// <param name="run">The activity.</param>
    /// <param name="stopping">Cancelled when the process stops.</param>
    /// <returns>The result.</returns>
    public async Task<T> RunAsync<T>(string instanceId, Func<CancellationToken, Task<T>> run, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(run);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        running[cancel] = instanceId;
        using var ended = new CancellationTokenSource();
        var watch = WatchAsync(instanceId, cancel, ended.Token);
        try
        {
            await gate.WaitAsync(cancel.Token);
            return await run(cancel.Token);
        }
        finally
        {
            await ended.CancelAsync();
            await watch;
            running.TryRemove(cancel, out _);
        }
    }

    /// <summary>Cancels the activities of an instance that run here.</summary>
    /// <param name="instanceId">The instance.</param>
    public void Cancel(string instanceId)
    {
        foreach (var (cancel, _) in running.Where(entry => entry.Value == instanceId))
        {
            try
            {
                cancel.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It ended in this very moment.
            }
        }
    }

    private async Task WatchAsync(string instanceId, CancellationTokenSource cancel, CancellationToken ended)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Interval, clock, ended);
                var client = await source.GetAsync(ended);
                if (await client.GetInstanceAsync(instanceId, ended) is { RuntimeStatus: Microsoft.DurableTask.Client.OrchestrationRuntimeStatus.Terminated })
                {
                    await cancel.CancelAsync();
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The activity ended first.
        }
#pragma warning disable CA1031 // Asking after the instance is a courtesy: an activity whose instance cannot be read runs to its end.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
