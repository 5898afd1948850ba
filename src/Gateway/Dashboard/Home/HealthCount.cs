using IdLcm.Domain.Approvals;
using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Notifications;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Gateway.Dashboard;

/// <summary>Counts how the operations of one integration went lately, out of its records.</summary>
internal sealed class HealthCount(
    IRecordStore store, OperationService operations, IntegrationProfiles profiles, HumanTaskService tasks, ApprovalService approvals, NotificationPump notifications)
{
    /// <summary>Operations are looked at back to here at the most.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromDays(7);

    private const int MaxExamined = 2000;
    private const int MaxFailed = 50;
    private const int MaxCounted = 1000;
    private const int MaxAsked = 20;

    /// <summary>Steps are looked at in so many of the newest operations that succeeded: each costs a read.</summary>
    private const int MaxLookedInto = 8;

    /// <summary>However still it is, operations are counted again after this: some leave the window.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(15);

    /// <summary>Counts.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="last">What was counted last, where nothing is known to have changed since; otherwise null. The counts of its operations hold as long as no other process added one.</param>
    /// <param name="now">The present.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public async Task<IntegrationHealth> CountAsync(string integrationId, IntegrationHealth? last, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var counted = last is not null && await HoldsAsync(integrationId, last.Counted, now, cancellationToken) ? last : await CountOperationsAsync(integrationId, now, cancellationToken);
        var (open, pending, held, dead) = await AskedAsync(integrationId, cancellationToken);
        return counted with { Waiting = await WaitingAsync(integrationId, cancellationToken), Tasks = open, Approvals = pending, Held = held, Dead = dead };
    }

    private async Task<bool> HoldsAsync(string integrationId, CountedOperations counted, DateTimeOffset now, CancellationToken cancellationToken) =>
        counted.AllEnded && HourOf(counted.At) == HourOf(now) && now - counted.At < MaxAge
        && (await operations.ListAsync(integrationId, _ => true, 1, null, cancellationToken)).Items is var found
        && (found is [var newest, ..] ? counted.Newest is { } last && (newest.Id, newest.Status) == (last.Id, last.Status) : counted.Newest is null);

    private static DateTimeOffset HourOf(DateTimeOffset at) => new(at.Year, at.Month, at.Day, at.Hour, 0, 0, TimeSpan.Zero);

    private async Task<IntegrationHealth> CountOperationsAsync(string integrationId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (succeeded, failed) = (new int[IntegrationHealth.Hours], new int[IntegrationHealth.Hours]);
        var onboarding = new List<(int Hour, TimeSpan Time)>();
        var attention = new List<Operation>();
        var judged = new HashSet<string>(StringComparer.Ordinal);
        var drifting = new Dictionary<string, DriftingStep>(StringComparer.Ordinal);
        var lookedInto = 0;
        var hour = HourOf(now);
        var examined = 0;
        Operation? newest = null;
        var allEnded = true;
        var page = new OperationPage([], null);
        do
        {
            page = await operations.ListAsync(integrationId, _ => true, 200, page.Cursor, cancellationToken);
            foreach (var operation in page.Items)
            {
                newest ??= operation;
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
        return new IntegrationHealth(attention, succeeded, failed, onboarding, 0, [], [], 0, 0, [.. drifting.Values.Where(step => step.Alternative > 1)])
        {
            Counted = new CountedOperations(now, newest, allEnded),
        };

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
            allEnded &= operation.Ended;

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
