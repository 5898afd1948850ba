using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.HumanTasks;

/// <summary>What people do with tasks: take them, comment on them, close them. Closing has the app read again.</summary>
/// <param name="store">The record store.</param>
/// <param name="operations">Opens the operation whose read proves a task done.</param>
/// <param name="feed">Told of every change.</param>
/// <param name="clock">The clock.</param>
public sealed class HumanTaskService(IRecordStore store, OperationService operations, ChangeFeed feed, TimeProvider clock)
{
    private static readonly TimeSpan ReminderInterval = TimeSpan.FromDays(1);

    /// <summary>Reads tasks, open ones first, newest first.</summary>
    /// <param name="partition">The integration's partition.</param>
    /// <param name="open">True for the open ones, false for the closed ones.</param>
    /// <param name="limit">The most to return.</param>
    /// <param name="afterId">The last of the page before, or null.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The tasks, and whether more follow.</returns>
    public Task<(IReadOnlyList<HumanTask> Items, bool More)> ListAsync(
        string partition, bool open, int limit, string? afterId, CancellationToken cancellationToken = default) =>
        store.ListAsync<HumanTask>(partition, open ? HumanTask.OpenPrefix : HumanTask.ClosedPrefix, _ => true, limit, afterId, cancellationToken);

    /// <summary>Counts tasks, so many at the most.</summary>
    /// <param name="partition">The integration's partition.</param>
    /// <param name="open">True for the open ones, false for the closed ones.</param>
    /// <param name="max">The most to count.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>How many there are, and whether all of them were counted.</returns>
    public Task<(int Count, bool IsAll)> CountAsync(string partition, bool open, int max, CancellationToken cancellationToken = default) =>
        store.CountAsync(partition, open ? HumanTask.OpenPrefix : HumanTask.ClosedPrefix, max, cancellationToken);

    /// <summary>Reads one task.</summary>
    /// <param name="partition">The integration's partition.</param>
    /// <param name="id">The task; any text.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The task, or null where there is none.</returns>
    public async Task<HumanTask?> FindAsync(string partition, string id, CancellationToken cancellationToken = default) => !IntegrationStore.IsWellFormed(id)
        ? null
        : (await store.FindAsync<HumanTask>(partition, HumanTask.Row(id), cancellationToken)
            ?? await store.FindAsync<HumanTask>(partition, HumanTask.ClosedRow(id), cancellationToken))?.Value;

    /// <summary>Gives a task to somebody, moves its due date, or adds a note.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="id">The task; any text.</param>
    /// <param name="assignee">Who does it; null to leave that.</param>
    /// <param name="dueAt">Until when; null to leave that.</param>
    /// <param name="comment">A note; null for none.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The task, or why it was not changed.</returns>
    public async Task<Result<HumanTask>> ChangeAsync(
        IntegrationProfile profile, string id, string? assignee, DateTimeOffset? dueAt, string? comment, Provenance by, CancellationToken cancellationToken = default)
    {
        var problems = new List<FieldProblem>();
        var who = assignee is null ? null : IntegrationRules.Text(assignee, "assignee", IntegrationRules.MaxName, problems);
        var text = comment is null ? null : IntegrationRules.Text(comment, "comment", IntegrationRules.MaxText, problems);
        if (problems.Count > 0)
        {
            return Refusal.Invalid(problems);
        }

        if (!IntegrationStore.IsWellFormed(id) || await store.FindAsync<HumanTask>(profile.Partition, HumanTask.Row(id), cancellationToken) is not { } found)
        {
            return await MissingAsync(profile, id, cancellationToken);
        }

        var now = clock.GetUtcNow();
        var task = found.Value with
        {
            Assignee = who ?? found.Value.Assignee,
            DueAt = dueAt ?? found.Value.DueAt,
            Comments = text is null ? found.Value.Comments : [.. found.Value.Comments.TakeLast(99), new TaskComment(by.Actor, now, text)],
        };
        var detail = string.Join("; ", new[] { who is null ? null : $"given to {who}", dueAt is null ? null : $"due {dueAt:u}", text }.OfType<string>());
        var result = await store.CommitAsync(
            profile.Partition,
            [TypedRecords.Write(HumanTask.Row(id), task, found.ETag), ActivityLog.Append(Event(ActivityKind.TaskChanged, task, by.Actor, now, detail))],
            cancellationToken);
        feed.Publish(new LiveChange(profile.Integration.Id, null));
        return result.Committed ? task : Refusal.Conflict("task_changed", "Somebody else changed the task at the same time.");
    }

    /// <summary>Closes a task. Where it is about somebody's account or a sync, that is opened again: its read proves what the person did.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="id">The task; any text.</param>
    /// <param name="resolution">What was done.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The task, or why it was not closed.</returns>
    public async Task<Result<HumanTask>> CloseAsync(
        IntegrationProfile profile, string id, string? resolution, Provenance by, CancellationToken cancellationToken = default)
    {
        var problems = new List<FieldProblem>();
        if (IntegrationRules.Text(resolution, "resolution", IntegrationRules.MaxText, problems) is not { } done)
        {
            return Refusal.Invalid(problems);
        }

        if (!IntegrationStore.IsWellFormed(id) || await store.FindAsync<HumanTask>(profile.Partition, HumanTask.Row(id), cancellationToken) is not { } found)
        {
            return await MissingAsync(profile, id, cancellationToken);
        }

        var now = clock.GetUtcNow();
        var task = found.Value with { Status = HumanTaskStatus.Closed, ClosedBy = by.Actor, ClosedAt = now, Resolution = done };
        var result = await store.CommitAsync(
            profile.Partition,
            [
                RecordChange.Delete(HumanTask.Row(id), found.ETag),
                TypedRecords.Insert(HumanTask.ClosedRow(id), task),
                ActivityLog.Append(Event(ActivityKind.TaskClosed, task, by.Actor, now, done)),
            ],
            cancellationToken);
        if (!result.Committed)
        {
            return Refusal.Conflict("task_changed", "Somebody else changed the task at the same time.");
        }

        // After the close: an operation that fails again opens a task of its own. A crash in between leaves the failed operation, which is told of as such.
        if (await VerifyAsync(profile, task, by, cancellationToken) is { } verifying && await store.FindAsync<HumanTask>(profile.Partition, HumanTask.ClosedRow(id), cancellationToken) is { } closed)
        {
            task = closed.Value with { VerifyingOperationId = verifying };
            await store.CommitAsync(profile.Partition, [TypedRecords.Write(HumanTask.ClosedRow(id), task, closed.ETag)], cancellationToken);
        }

        feed.Publish(new LiveChange(profile.Integration.Id, null));
        return task;
    }

    /// <summary>Tells of tasks that are past their due date, each once a day.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels between tasks.</param>
    /// <returns>How many were told of.</returns>
    public async Task<int> RemindAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        var partition = Rows.Partition(integrationId);
        var now = clock.GetUtcNow();
        var reminded = 0;
        var page = await store.QueryAsync(partition, RowRange.Prefix(HumanTask.OpenPrefix), RecordLimits.MaxPageSize, null, cancellationToken);
        foreach (var record in page.Records)
        {
            var task = DomainJson.Decode<HumanTask>(record.Value);
            if (task.DueAt > now || task.RemindedAt + ReminderInterval > now)
            {
                continue;
            }

            var result = await store.CommitAsync(
                partition,
                [
                    TypedRecords.Write(record.Row, task with { RemindedAt = now }, record.ETag),
                    ActivityLog.Append(Event(ActivityKind.TaskOverdue, task, Provenance.System.Actor, now, $"{task.Title}, due {task.DueAt:u}{(task.Assignee is { } who ? $", given to {who}" : "")}")),
                ],
                cancellationToken);
            reminded += result.Committed ? 1 : 0;
        }

        return reminded;
    }

    private async Task<string?> VerifyAsync(IntegrationProfile profile, HumanTask task, Provenance by, CancellationToken cancellationToken) =>
        task.OperationId is { } failed && await operations.FindAsync(profile.Integration.Id, failed, cancellationToken) is { } operation
            ? await operations.ReopenAsync(profile, operation, by, cancellationToken)
            : null;

    private async Task<Refusal> MissingAsync(IntegrationProfile profile, string id, CancellationToken cancellationToken) =>
        await FindAsync(profile.Partition, id, cancellationToken) is null
            ? Refusal.NotFound("task_not_found", $"The integration has no human task '{id}'.")
            : Refusal.Conflict("task_closed", "The task is closed already.");

    private static ActivityEvent Event(ActivityKind kind, HumanTask task, string actor, DateTimeOffset now, string? detail) =>
        ActivityEvent.Of(now, actor, kind, task.Target, detail, task.UserId, task.OperationId);
}
