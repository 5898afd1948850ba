using System.Text;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Erasure;
using IdLcm.Domain.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.Functions.Hosting;

/// <summary>
/// Prepares data that come from a backup, once for each restore that the setting names: every integration only observes, and
/// who was erased since is erased again. How far that got is a record, so that a process that starts later leaves alone what a
/// person has promoted meanwhile.
/// </summary>
internal sealed partial class RestoredStart(
    AzureEditionOptions options, RestoreGate gate, RestoredData data, ErasureReplay erasures, IRecordStore store, TimeProvider clock, ILogger<RestoredStart> logger) : BackgroundService
{
    private const string Observing = "observing";
    private const string Done = "done";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LeftPause = TimeSpan.FromMinutes(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (options.Restored is { } restore && !stoppingToken.IsCancellationRequested)
        {
            var pause = Pause;
            try
            {
                if (await PrepareAsync("restored:" + restore, restore, stoppingToken))
                {
                    return;
                }

                pause = LeftPause;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Until the data are prepared nothing else may happen, so it is tried again whatever went wrong.
            catch (Exception error)
#pragma warning restore CA1031
            {
                LogNotYet(restore, error);
            }

            await Task.Delay(pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> PrepareAsync(string row, string restore, CancellationToken cancellationToken)
    {
        var state = await store.GetAsync(ActivityLog.Workspace, row, cancellationToken) is { } found ? Encoding.UTF8.GetString(found.Value.Span) : null;
        if (state is null)
        {
            var observing = await data.ObserveAsync(cancellationToken);
            await MarkAsync(row, Observing, cancellationToken);
            LogObserving(restore, observing);
        }

        if (state != Done)
        {
            var replayed = await erasures.RunAsync(cancellationToken);
            LogErased(restore, replayed.Erased, replayed.Left);
            if (replayed.Left == 0)
            {
                await MarkAsync(row, Done, cancellationToken);
                state = Done;
            }
        }

        gate.Open();
        return state == Done;
    }

    private Task<CommitResult> MarkAsync(string row, string state, CancellationToken cancellationToken) =>
        store.CommitAsync(ActivityLog.Workspace, [RecordChange.Upsert(row, Encoding.UTF8.GetBytes(state))], cancellationToken);

    [LoggerMessage(4411, LogLevel.Warning, "Restore {Restore}: {Count} integrations only observe until they are promoted")]
    private partial void LogObserving(string restore, int count);

    [LoggerMessage(4412, LogLevel.Warning, "Restore {Restore}: {Erased} people were erased again; {Left} are left because an operation of theirs was running, and tried again in minutes")]
    private partial void LogErased(string restore, int erased, int left);

    [LoggerMessage(4413, LogLevel.Error, "Restore {Restore}: the data could not be prepared; requests and operations wait, and it is tried again within seconds")]
    private partial void LogNotYet(string restore, Exception error);
}
