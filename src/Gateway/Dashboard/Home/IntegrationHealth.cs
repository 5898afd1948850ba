using System.Collections.Concurrent;
using System.Threading.Channels;
using IdLcm.Domain.Approvals;
using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Notifications;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Dashboard;

/// <summary>How the operations of one integration went lately.</summary>
/// <param name="Failed">The newest operation of each account or kind, where it failed or was halted: what a person has to look at.</param>
/// <param name="Succeeded">Operations that succeeded, by hour, oldest first; the last is the running hour.</param>
/// <param name="NotSucceeded">Operations that failed, by hour.</param>
/// <param name="Onboarding">How long people waited from the request to the proof that they are in, with the hour in which it ended.</param>
/// <param name="Waiting">How many operations wait in the queue or for their next attempt.</param>
/// <param name="Tasks">Open human tasks, newest first.</param>
/// <param name="Approvals">Changes that wait for approval, newest first.</param>
/// <param name="Held">How many operations are held until somebody releases them.</param>
/// <param name="Dead">How many notifications were given up.</param>
/// <param name="Drifting">Steps that lately found what they look for by a later alternative of their locator only.</param>
internal sealed record IntegrationHealth(
    IReadOnlyList<Operation> Failed,
    IReadOnlyList<int> Succeeded,
    IReadOnlyList<int> NotSucceeded,
    IReadOnlyList<(int Hour, TimeSpan Time)> Onboarding,
    int Waiting,
    IReadOnlyList<HumanTask> Tasks,
    IReadOnlyList<ApprovalRecord> Approvals,
    int Held,
    int Dead,
    IReadOnlyList<DriftingStep> Drifting)
{
    public const int Hours = 24;
}

/// <summary>A step whose first locator does not match any more. It still works: the time to mend the connector is now.</summary>
/// <param name="Step">The verb and what the step does.</param>
/// <param name="Alternative">Which of the locators matched, from 2.</param>
/// <param name="OperationId">The newest operation that showed it.</param>
/// <param name="SeenAt">When.</param>
internal sealed record DriftingStep(string Step, int Alternative, string OperationId, DateTimeOffset SeenAt);

/// <summary>
/// Keeps the health of every integration at hand: counted anew when the feed tells of a change, and beside the next view
/// after a minute, for another process may have worked.
/// </summary>
internal sealed partial class HealthBoard(
    IRecordStore store,
    IntegrationStore integrations,
    OperationService operations,
    IntegrationProfiles profiles,
    HumanTaskService tasks,
    ApprovalService approvals,
    NotificationPump notifications,
    ChangeFeed feed,
    TimeProvider clock,
    ILogger<HealthBoard> logger) : BackgroundService
{
    /// <summary>Operations are looked at back to here at the most.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromDays(7);

    private const int MaxExamined = 2000;
    private const int MaxFailed = 50;
    private const int MaxCounted = 1000;
    private const int MaxAsked = 20;

    /// <summary>Steps are looked at in so many of the newest operations that succeeded: each costs a read.</summary>
    private const int MaxLookedInto = 8;
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MaxStale = TimeSpan.FromHours(1);

    private readonly Channel<string> stale = Channel.CreateUnbounded<string>();
    private readonly ConcurrentDictionary<string, DateTimeOffset> changed = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, (IntegrationHealth Health, DateTimeOffset At)> known = new(StringComparer.Ordinal);

    /// <summary>The health of an integration.</summary>
    public async ValueTask<IntegrationHealth> OfAsync(string integrationId, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (!known.TryGetValue(integrationId, out var entry) || now - entry.At >= MaxStale)
        {
            return await RenewAsync(integrationId, now, cancellationToken);
        }

        if (now - entry.At >= MaxAge)
        {
            // Nobody waits for what is most likely the same again: it is there for the next view.
            known[integrationId] = entry with { At = now };
            stale.Writer.TryWrite(integrationId);
        }

        return entry.Health;
    }

    /// <summary>True when something has changed since a moment; false where this process knows of nothing.</summary>
    public bool HasChangedSince(string integrationId, DateTimeOffset moment) => changed.TryGetValue(integrationId, out var at) && at >= moment;

    /// <summary>True when some integration has changed since a moment.</summary>
    public bool HasChangedSince(DateTimeOffset moment) => changed.Values.Any(at => at >= moment);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(ListenAsync(stoppingToken), RenewStaleAsync(stoppingToken));

    private async Task ListenAsync(CancellationToken stoppingToken)
    {
        using var subscription = feed.WatchAll();
        try
        {
            while (true)
            {
                var id = (await subscription.Changes.ReadAsync(stoppingToken)).IntegrationId;
                changed[id] = clock.GetUtcNow();
                known.TryRemove(id, out _);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
    }

    /// <summary>Counts every integration once, so that the first view of Home finds it done, and then what has grown old.</summary>
    private async Task RenewStaleAsync(CancellationToken stoppingToken)
    {
        try
        {
            foreach (var id in await integrations.ListIdsAsync(stoppingToken))
            {
                stale.Writer.TryWrite(id);
            }

            await foreach (var id in stale.Reader.ReadAllAsync(stoppingToken))
            {
                await RenewAsync(id, clock.GetUtcNow(), stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
        catch (RecordStoreUnavailableException error)
        {
            // Views count for themselves then.
            LogUnavailable(error);
        }
    }

    private async Task<IntegrationHealth> RenewAsync(string integrationId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var health = await CountAsync(integrationId, now, cancellationToken);
        known[integrationId] = (health, now);
        return health;
    }

    private async Task<IntegrationHealth> CountAsync(string integrationId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (succeeded, failed) = (new int[IntegrationHealth.Hours], new int[IntegrationHealth.Hours]);
        var onboarding = new List<(int Hour, TimeSpan Time)>();
        var attention = new List<Operation>();
        var judged = new HashSet<string>(StringComparer.Ordinal);
        var drifting = new Dictionary<string, DriftingStep>(StringComparer.Ordinal);
        var lookedInto = 0;
        var hour = new DateTimeOffset(now.Year, now.Month, now.Day, now.Hour, 0, 0, TimeSpan.Zero);
        var examined = 0;
        var page = new OperationPage([], null);
        do
        {
            page = await operations.ListAsync(integrationId, _ => true, 200, page.Cursor, cancellationToken);
            foreach (var operation in page.Items)
            {
                if (now - operation.CreatedAt > Window || ++examined > MaxExamined)
                {
                    page = page with { Cursor = null };
                    break;
                }

                Judge(operation);
                if (operation.Status == OperationStatus.Succeeded && lookedInto++ < MaxLookedInto)
                {
                    await LookIntoAsync(operation);
                }
            }
        }
        while (page.Cursor is not null);
        var asked = await AskedAsync(integrationId, cancellationToken);
        return new IntegrationHealth(
            attention, succeeded, failed, onboarding, await WaitingAsync(integrationId, cancellationToken), asked.Tasks, asked.Approvals, asked.Held, asked.Dead, [.. drifting.Values.Where(step => step.Alternative > 1)]);

        // The newest run of a step says how it is: one that found its first locator again has been mended.
        async Task LookIntoAsync(Operation operation)
        {
            foreach (var step in (await operations.AttemptsAsync(operation, cancellationToken)).SelectMany(attempt => attempt.Steps).Where(step => step.Locator is not null))
            {
                drifting.TryAdd($"{step.Verb}.{step.Index}", new DriftingStep($"{step.Verb}: {step.Description}", step.Locator!.Value + 1, operation.Id, step.StartedAt));
            }
        }

        void Judge(Operation operation)
        {
            // Newest first: whatever came later has settled the account's case.
            if (judged.Add(operation.AccountKey ?? operation.Kind.ToString())
                && operation.Status is OperationStatus.Failed or OperationStatus.Halted && attention.Count < MaxFailed)
            {
                attention.Add(operation);
            }

            if (operation.EndedAt is not { } ended || (int)Math.Floor((ended - hour).TotalHours) + IntegrationHealth.Hours - 1 is not (>= 0 and < IntegrationHealth.Hours and var index))
            {
                return;
            }

            if (operation.Status == OperationStatus.Succeeded)
            {
                succeeded[index]++;
                if (operation.Kind == OperationKind.Provision)
                {
                    onboarding.Add((index, ended - operation.CreatedAt));
                }
            }
            else if (operation.Status is OperationStatus.Failed or OperationStatus.Halted)
            {
                failed[index]++;
            }
        }
    }

    private async Task<(IReadOnlyList<HumanTask> Tasks, IReadOnlyList<ApprovalRecord> Approvals, int Held, int Dead)> AskedAsync(string integrationId, CancellationToken cancellationToken)
    {
        var (open, _) = await tasks.ListAsync(Rows.Partition(integrationId), open: true, MaxAsked, null, cancellationToken);
        var (dead, _) = await notifications.DeadAsync(integrationId, MaxAsked, null, cancellationToken);
        if (await profiles.FindAsync(integrationId, cancellationToken) is not { } profile)
        {
            return (open, [], 0, dead.Count);
        }

        var (pending, _) = await approvals.ListAsync(profile, approval => approval.Status == ApprovalStatus.Pending, MaxAsked, null, cancellationToken);
        var withApproval = pending.Select(approval => approval.OperationId).ToHashSet();
        var held = await approvals.HeldAsync(profile, cancellationToken).Take(MaxCounted).CountAsync(operation => !withApproval.Contains(operation.Id), cancellationToken);
        return (open, pending, held, dead.Count);
    }

    private async Task<int> WaitingAsync(string integrationId, CancellationToken cancellationToken)
    {
        var partition = Rows.Partition(integrationId);
        var queue = await store.QueryAsync(partition, RowRange.Prefix(Rows.Queue), MaxCounted, null, cancellationToken);
        var retries = await store.QueryAsync(partition, RowRange.Prefix(Rows.Retries), MaxCounted, null, cancellationToken);
        return queue.Records.Count + retries.Records.Count;
    }

    [LoggerMessage(2305, LogLevel.Warning, "The health of integrations cannot be counted ahead: the store is not available")]
    private partial void LogUnavailable(Exception error);
}
