using System.Collections.Concurrent;
using IdLcm.Domain.Approvals;
using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Notifications;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using Microsoft.Extensions.Hosting;

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
internal sealed record IntegrationHealth(
    IReadOnlyList<Operation> Failed,
    IReadOnlyList<int> Succeeded,
    IReadOnlyList<int> NotSucceeded,
    IReadOnlyList<(int Hour, TimeSpan Time)> Onboarding,
    int Waiting,
    IReadOnlyList<HumanTask> Tasks,
    IReadOnlyList<ApprovalRecord> Approvals,
    int Held,
    int Dead)
{
    public const int Hours = 24;
}

/// <summary>
/// Keeps the health of every integration at hand: counted anew when the feed tells of a change, and after a minute in any
/// case, for another process may have worked.
/// </summary>
internal sealed class HealthBoard(
    IRecordStore store,
    OperationService operations,
    IntegrationProfiles profiles,
    HumanTaskService tasks,
    ApprovalService approvals,
    NotificationPump notifications,
    ChangeFeed feed,
    TimeProvider clock) : BackgroundService
{
    /// <summary>Operations are looked at back to here at the most.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromDays(7);

    private const int MaxExamined = 2000;
    private const int MaxFailed = 50;
    private const int MaxCounted = 1000;
    private const int MaxAsked = 20;
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, (IntegrationHealth Health, DateTimeOffset At)> known = new(StringComparer.Ordinal);

    public async ValueTask<IntegrationHealth> OfAsync(string integrationId, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (known.TryGetValue(integrationId, out var entry) && now - entry.At < MaxAge)
        {
            return entry.Health;
        }

        var health = await CountAsync(integrationId, now, cancellationToken);
        known[integrationId] = (health, now);
        return health;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = feed.WatchAll();
        try
        {
            while (true)
            {
                known.TryRemove((await subscription.Changes.ReadAsync(stoppingToken)).IntegrationId, out _);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
    }

    private async Task<IntegrationHealth> CountAsync(string integrationId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (succeeded, failed) = (new int[IntegrationHealth.Hours], new int[IntegrationHealth.Hours]);
        var onboarding = new List<(int Hour, TimeSpan Time)>();
        var attention = new List<Operation>();
        var judged = new HashSet<string>(StringComparer.Ordinal);
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
            }
        }
        while (page.Cursor is not null);
        var asked = await AskedAsync(integrationId, cancellationToken);
        return new IntegrationHealth(
            attention, succeeded, failed, onboarding, await WaitingAsync(integrationId, cancellationToken), asked.Tasks, asked.Approvals, asked.Held, asked.Dead);

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
}
