using IdLcm.Domain.Storage;
using IdLcm.Domain.Workflows;
using IdLcm.Functions.Orchestrations;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace IdLcm.Functions.Timers;

/// <summary>
/// Forgets orchestrations that ended long ago, with their histories, and old evidence. The records of operations stay.
/// </summary>
/// <param name="workflows">The workflow engine.</param>
/// <param name="blobs">The evidence.</param>
/// <param name="evidence">How long it is kept.</param>
/// <param name="source">Takes the Durable client that comes with an invocation.</param>
/// <param name="options">How long histories are kept.</param>
/// <param name="clock">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class RetentionTimer(
    IWorkflowClient workflows, IBlobStore blobs, EvidenceRetention evidence, DurableClientSource source, AzureEditionOptions options, TimeProvider clock, ILogger<RetentionTimer> logger)
{
    /// <summary>Once a night.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="client">The Durable client.</param>
    /// <param name="cancellationToken">Cancelled when the host stops.</param>
    /// <returns>A task that ends when the old ones are gone.</returns>
    [Function("retention")]
    public async Task RunAsync([TimerTrigger("0 17 2 * * *")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        source.Attach(client);
        var purged = await workflows.PurgeAsync(clock.GetUtcNow() - options.HistoryRetention, cancellationToken);
        LogPurged(purged, (int)options.HistoryRetention.TotalDays);
        var swept = await evidence.SweepAsync(blobs, clock.GetUtcNow(), cancellationToken);
        LogSwept(swept, evidence.Days);
    }

    [LoggerMessage(4301, LogLevel.Information, "Forgot {Count} orchestrations that ended more than {Days} days ago")]
    private partial void LogPurged(int count, int days);

    [LoggerMessage(4302, LogLevel.Information, "Deleted {Count} pieces of evidence that are older than {Days} days")]
    private partial void LogSwept(int count, int days);
}
