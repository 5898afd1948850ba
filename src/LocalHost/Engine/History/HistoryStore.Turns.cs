using System.Text.Json;
using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Storage;

namespace IdLcm.LocalHost.Engine.History;

/// <content>The one write of a turn.</content>
internal sealed partial class HistoryStore
{
    /// <summary>Commits a turn.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="isRegistered">Whether a workflow of that name can run here; a sub-workflow that cannot is not made.</param>
    /// <returns>What begins now.</returns>
    public Task<TurnEffects> CommitAsync(TurnCommit turn, Func<string, bool> isRegistered)
    {
        // Everything that costs time is done here, not on the writer's thread.
        var events = turn.Events.ConvertAll(static e => JsonSerializer.SerializeToUtf8Bytes(
            e.Type == HistoryEventType.ExecutionStarted ? e with { Payload = null } : e, WorkflowJson.Options));
        var activities = turn.Events.Where(static e => e.Type == HistoryEventType.ActivityScheduled).Select(e => new ActivityWork(
            new TaskKey(turn.Row.Key, turn.Row.Execution, e.TaskId!.Value), turn.Row.InstanceId, e.Name!, e.Payload, e.Retry, Attempt: 1, turn.At, turn.Row.TraceParent)).ToList();
        var timers = turn.End is not null ? [] : turn.Events
            .Where(e => e.Type == HistoryEventType.TimerCreated && !turn.SettledTimers.Contains(e.TaskId!.Value))
            .Select(e => new TimerWork(new TaskKey(turn.Row.Key, turn.Row.Execution, e.TaskId!.Value), turn.Row.InstanceId, e.DueAt!.Value)).ToList();
        var children = turn.Events.Where(static e => e.Type == HistoryEventType.SubWorkflowScheduled).ToList();
        var carried = turn.Carried.Count == 0 ? null : JsonSerializer.Serialize(turn.Carried, WorkflowJson.Options);
        var error = turn.End?.Error is { } e ? JsonSerializer.Serialize(e, WorkflowJson.Options) : null;

        return _database.WriteAsync(
            writer =>
            {
                UpdateInstance(writer, turn, error, carried);
                AppendHistory(writer, turn, events);
                InsertActivities(writer, activities);
                DeleteTasks(writer, "DELETE FROM engine_activity WHERE instance = ?1 AND execution = ?2 AND task = ?3", turn.SettledActivities);

                var started = new List<string>();
                var answers = new List<ChildAnswer>();
                foreach (var child in children)
                {
                    StartChild(writer, turn, child, isRegistered, started, answers);
                }

                var orphans = new List<string>();
                if (turn.End is { } end)
                {
                    answers.Clear();
                    CloseExecution(writer, turn, end, answers, orphans);
                }
                else
                {
                    InsertTimers(writer, timers);
                    DeleteTasks(writer, "DELETE FROM engine_timer WHERE instance = ?1 AND execution = ?2 AND task = ?3", Keys(turn, turn.SettledTimers));
                    DeleteTasks(writer, "DELETE FROM engine_child_wait WHERE instance = ?1 AND execution = ?2 AND task = ?3", Keys(turn, turn.SettledChildren));
                }

                return new TurnEffects(activities, timers, started, answers, orphans);
            },
            weight: events.Sum(static e => e.Length));
    }

    private static IEnumerable<TaskKey> Keys(TurnCommit turn, IEnumerable<int> tasks) =>
        tasks.Select(task => new TaskKey(turn.Row.Key, turn.Row.Execution, task));

    private static void UpdateInstance(SqliteWriter writer, TurnCommit turn, string? error, string? carried)
    {
        var row = turn.Row;
        var next = turn.Next();
        using var update = writer.Prepare(
            """
            UPDATE engine_instance SET status = ?4, execution = ?5, next_sequence = ?6, updated_at = ?7, carried = ?8,
                custom_status = coalesce(?9, custom_status)
            WHERE id = ?1 AND execution = ?2 AND next_sequence = ?3 AND ended_at IS NULL
            """);
        update.Bind(1, row.Key).Bind(2, row.Execution).Bind(3, row.NextSequence)
            .Bind(4, next.Status.ToString()).Bind(5, next.Execution).Bind(6, next.NextSequence).Bind(7, next.UpdatedAt.UtcTicks)
            .Bind(8, carried).Bind(9, turn.CustomStatus).Run();
        if (writer.Changes != 1)
        {
            throw new InvalidOperationException($"Instance '{row.InstanceId}' was changed by someone else since its turn began.");
        }

        if (next.Execution != row.Execution)
        {
            using var input = writer.Prepare("UPDATE engine_instance SET input = ?2 WHERE id = ?1");
            input.Bind(1, row.Key).Bind(2, next.Input).Run();
        }
        else if (turn.End is { } end)
        {
            using var close = writer.Prepare("UPDATE engine_instance SET ended_at = ?2, output = ?3, error = ?4 WHERE id = ?1");
            close.Bind(1, row.Key).Bind(2, turn.At.UtcTicks).Bind(3, end.Payload).Bind(4, error).Run();
        }
    }

    private static void AppendHistory(SqliteWriter writer, TurnCommit turn, List<byte[]> events)
    {
        if (turn.End?.Type == HistoryEventType.ContinuedAsNew)
        {
            return;
        }

        using var insert = writer.Prepare("INSERT INTO engine_history (instance, execution, sequence, event) VALUES (?1, ?2, ?3, CAST(?4 AS TEXT))");
        for (var i = 0; i < events.Count; i++)
        {
            insert.Bind(1, turn.Row.Key).Bind(2, turn.Row.Execution).Bind(3, turn.Row.NextSequence + i).Bind(4, events[i]).Run();
        }
    }

    private static void InsertActivities(SqliteWriter writer, List<ActivityWork> activities)
    {
        using var insert = writer.Prepare(
            """
            INSERT INTO engine_activity (instance, execution, task, name, input, retry, attempt, interruptions, due_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8)
            """);
        foreach (var work in activities)
        {
            Bind(insert, work.Key).Bind(4, work.Name).Bind(5, work.Input)
                .Bind(6, work.Retry is null ? null : JsonSerializer.Serialize(work.Retry, WorkflowJson.Options))
                .Bind(7, work.Attempt).Bind(8, work.DueAt.UtcTicks).Run();
        }
    }

    private static void InsertTimers(SqliteWriter writer, List<TimerWork> timers)
    {
        using var insert = writer.Prepare("INSERT INTO engine_timer (instance, execution, task, due_at) VALUES (?1, ?2, ?3, ?4)");
        foreach (var timer in timers)
        {
            Bind(insert, timer.Key).Bind(4, timer.DueAt.UtcTicks).Run();
        }
    }

    private static void StartChild(
        SqliteWriter writer, TurnCommit turn, HistoryEvent command, Func<string, bool> isRegistered, List<string> started, List<ChildAnswer> answers)
    {
        var key = new TaskKey(turn.Row.Key, turn.Row.Execution, command.TaskId!.Value);
        using (var wait = writer.Prepare(
            "INSERT INTO engine_child_wait (instance, execution, task, child_instance_id, child_workflow) VALUES (?1, ?2, ?3, ?4, ?5)"))
        {
            Bind(wait, key).Bind(4, command.ChildInstanceId).Bind(5, command.Name).Run();
        }

        if (isRegistered(command.Name!)
            && Insert(writer, command.Name!, command.ChildInstanceId!, command.Payload, turn.At, turn.Row.Key, turn.Row.TraceParent))
        {
            started.Add(command.ChildInstanceId!);
            return;
        }

        using var child = writer.Prepare("SELECT workflow, ended_at, output, error FROM engine_instance WHERE instance_id = ?1");
        var exists = child.Bind(1, command.ChildInstanceId).Step();
        if (AnswerOf(key.Task, command.Name!, exists ? child : null) is { } message)
        {
            answers.Add(new ChildAnswer(key, turn.Row.InstanceId, message));
        }
    }

    /// <summary>What the waiting workflow is told about its child, or null while that is under way.</summary>
    /// <param name="task">The waiting task.</param>
    /// <param name="workflow">The workflow that was asked for.</param>
    /// <param name="child">The child's workflow, ended_at, output and error; null where there is no such instance.</param>
    private static HistoryEvent? AnswerOf(int task, string workflow, SqliteStatement? child)
    {
        if (child is null)
        {
            return Failure(new WorkflowError("WorkflowNotRegistered", $"No workflow '{workflow}' is registered."));
        }

        if (child.GetString(0) != workflow)
        {
            return Failure(new WorkflowError("InstanceIdInUse", $"The instance id belongs to an instance of '{child.GetString(0)}'."));
        }

        if (child.IsNull(1))
        {
            return null;
        }

        return child.IsNull(3)
            ? new HistoryEvent { Type = HistoryEventType.SubWorkflowCompleted, TaskId = task, Name = workflow, Payload = child.GetStringOrNull(2) }
            : Failure(JsonSerializer.Deserialize<WorkflowError>(child.GetBlob(3), WorkflowJson.Options)!);

        HistoryEvent Failure(WorkflowError error) =>
            new() { Type = HistoryEventType.SubWorkflowFailed, TaskId = task, Name = workflow, Error = error };
    }

    private static void CloseExecution(SqliteWriter writer, TurnCommit turn, HistoryEvent end, List<ChildAnswer> answers, List<string> orphans)
    {
        foreach (var table in (ReadOnlySpan<string>)["engine_timer", "engine_child_wait"])
        {
            using var delete = writer.Prepare($"DELETE FROM {table} WHERE instance = ?1");
            delete.Bind(1, turn.Row.Key).Run();
        }

        if (end.Type == HistoryEventType.ContinuedAsNew)
        {
            using var delete = writer.Prepare("DELETE FROM engine_history WHERE instance = ?1");
            delete.Bind(1, turn.Row.Key).Run();
            return;
        }

        if (end.Type == HistoryEventType.ExecutionTerminated)
        {
            using var delete = writer.Prepare("DELETE FROM engine_activity WHERE instance = ?1");
            delete.Bind(1, turn.Row.Key).Run();
            using var select = writer.Prepare("SELECT instance_id FROM engine_instance WHERE parent = ?1 AND ended_at IS NULL");
            select.Bind(1, turn.Row.Key);
            while (select.Step())
            {
                orphans.Add(select.GetString(0));
            }
        }

        using var waits = writer.Prepare(
            """
            SELECT w.instance, w.execution, w.task, i.instance_id, w.child_workflow
            FROM engine_child_wait w JOIN engine_instance i ON i.id = w.instance WHERE w.child_instance_id = ?1
            """);
        waits.Bind(1, turn.Row.InstanceId);
        while (waits.Step())
        {
            var key = new TaskKey(waits.GetInt64(0), (int)waits.GetInt64(1), (int)waits.GetInt64(2));
            var message = new HistoryEvent
            {
                Type = end.Error is null ? HistoryEventType.SubWorkflowCompleted : HistoryEventType.SubWorkflowFailed,
                TaskId = key.Task,
                Name = waits.GetString(4),
                Payload = end.Payload,
                Error = end.Error,
            };
            answers.Add(new ChildAnswer(key, waits.GetString(3), message));
        }
    }
}
