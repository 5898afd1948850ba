using System.Globalization;
using System.Text;
using System.Text.Json;
using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Storage;

namespace IdLcm.LocalHost.Engine.History;

/// <content>What clients ask for, and what a start picks up.</content>
internal sealed partial class HistoryStore
{
    private const string InstanceColumns =
        "id, instance_id, workflow, status, created_at, updated_at, input, output, error, custom_status";

    public WorkflowInstance? Get(string instanceId) => _database.Read(instanceId, static (reader, id) =>
    {
        using var statement = reader.Prepare($"SELECT {InstanceColumns} FROM engine_instance WHERE instance_id = ?1");
        return statement.Bind(1, id).Step() ? ToInstance(statement) : null;
    });

    public WorkflowInstancePage Query(WorkflowInstanceQuery query)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1, nameof(query));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, 1000, nameof(query));
        var before = long.MaxValue;
        if (query.Continuation is { } token && !long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out before))
        {
            throw new ArgumentException($"'{token}' is no continuation of an instance query.", nameof(query));
        }

        var sql = new StringBuilder($"SELECT {InstanceColumns} FROM engine_instance WHERE id < ?1");
        if (query.Workflow is not null)
        {
            sql.Append(" AND workflow = ?2");
        }

        if (query.Statuses is { Count: > 0 })
        {
            sql.Append(" AND status IN (SELECT value FROM json_each(?3))");
        }

        if (query.InstanceIdPrefix is { Length: > 0 })
        {
            sql.Append(" AND instance_id >= ?4 AND instance_id < ?5");
        }

        sql.Append(" ORDER BY id DESC LIMIT ?6");
        return _database.Read((query, before, sql: sql.ToString()), static (reader, state) => ReadPage(reader, state.query, state.before, state.sql));
    }

    /// <summary>Ids of instances that no turn has run for yet.</summary>
    public List<string> ReadUnbegun() => _database.Read(static reader =>
    {
        var ids = new List<string>();
        using var statement = reader.Prepare("SELECT instance_id FROM engine_instance WHERE ended_at IS NULL AND next_sequence = 0 ORDER BY id");
        while (statement.Step())
        {
            ids.Add(statement.GetString(0));
        }

        return ids;
    });

    /// <summary>Counts a run that the last process did not finish against every activity that was due, and reads all that are open.</summary>
    public async Task<List<ActivityWork>> RecoverActivitiesAsync(DateTimeOffset now)
    {
        await _database.WriteAsync(writer =>
        {
            using var update = writer.Prepare("UPDATE engine_activity SET interruptions = interruptions + 1 WHERE due_at <= ?1");
            update.Bind(1, now.UtcTicks).Run();
            return true;
        });
        return _database.Read(static reader =>
        {
            var activities = new List<ActivityWork>();
            using var statement = reader.Prepare(
                """
                SELECT a.instance, a.execution, a.task, i.instance_id, a.name, a.input, a.retry, a.attempt, a.due_at, i.trace_parent
                FROM engine_activity a JOIN engine_instance i ON i.id = a.instance
                """);
            while (statement.Step())
            {
                activities.Add(new ActivityWork(
                    ToKey(statement),
                    statement.GetString(3),
                    statement.GetString(4),
                    statement.GetStringOrNull(5),
                    statement.IsNull(6) ? null : JsonSerializer.Deserialize<RetryPolicy>(statement.GetBlob(6), WorkflowJson.Options),
                    (int)statement.GetInt64(7),
                    Moment(statement.GetInt64(8)),
                    statement.GetStringOrNull(9)));
            }

            return activities;
        });
    }

    public List<TimerWork> ReadTimers() => _database.Read(static reader =>
    {
        var timers = new List<TimerWork>();
        using var statement = reader.Prepare(
            "SELECT t.instance, t.execution, t.task, i.instance_id, t.due_at FROM engine_timer t JOIN engine_instance i ON i.id = t.instance");
        while (statement.Step())
        {
            timers.Add(new TimerWork(ToKey(statement), statement.GetString(3), Moment(statement.GetInt64(4))));
        }

        return timers;
    });

    /// <summary>Answers of sub-workflows that ended and whose callers do not know yet.</summary>
    public List<ChildAnswer> ReadChildAnswers() => _database.Read(static reader =>
    {
        var answers = new List<ChildAnswer>();
        using var statement = reader.Prepare(
            """
            SELECT c.workflow, c.ended_at, c.output, c.error, w.instance, w.execution, w.task, i.instance_id, w.child_workflow, c.id
            FROM engine_child_wait w JOIN engine_instance i ON i.id = w.instance
            LEFT JOIN engine_instance c ON c.instance_id = w.child_instance_id
            """);
        while (statement.Step())
        {
            var key = new TaskKey(statement.GetInt64(4), (int)statement.GetInt64(5), (int)statement.GetInt64(6));
            if (AnswerOf(key.Task, statement.GetString(8), statement.IsNull(9) ? null : statement) is { } message)
            {
                answers.Add(new ChildAnswer(key, statement.GetString(7), message));
            }
        }

        return answers;
    });

    private static TaskKey ToKey(SqliteStatement statement) =>
        new(statement.GetInt64(0), (int)statement.GetInt64(1), (int)statement.GetInt64(2));

    private static WorkflowInstancePage ReadPage(SqliteReader reader, WorkflowInstanceQuery query, long before, string sql)
    {
        using var statement = reader.Prepare(sql);
        statement.Bind(1, before).Bind(6, query.Limit + 1);
        if (query.Workflow is not null)
        {
            statement.Bind(2, query.Workflow);
        }

        if (query.Statuses is { Count: > 0 } statuses)
        {
            statement.Bind(3, JsonSerializer.Serialize(statuses.Select(static s => s.ToString())));
        }

        if (query.InstanceIdPrefix is { Length: > 0 } prefix)
        {
            // DEL is the first character above those of an instance id.
            statement.Bind(4, prefix).Bind(5, prefix + '\x7f');
        }

        var instances = new List<WorkflowInstance>();
        var last = 0L;
        while (statement.Step())
        {
            if (instances.Count == query.Limit)
            {
                return new WorkflowInstancePage(instances, last.ToString(CultureInfo.InvariantCulture));
            }

            last = statement.GetInt64(0);
            instances.Add(ToInstance(statement));
        }

        return new WorkflowInstancePage(instances, Continuation: null);
    }

    private static WorkflowInstance ToInstance(SqliteStatement statement)
    {
        var error = statement.IsNull(8) ? null : JsonSerializer.Deserialize<WorkflowError>(statement.GetBlob(8), WorkflowJson.Options);
        return new WorkflowInstance(
            statement.GetString(1),
            statement.GetString(2),
            Enum.Parse<WorkflowRuntimeStatus>(statement.GetString(3)),
            Moment(statement.GetInt64(4)),
            Moment(statement.GetInt64(5)),
            statement.GetStringOrNull(6),
            error is null ? statement.GetStringOrNull(7) : $"{error.Type}: {error.Message}",
            statement.GetStringOrNull(9));
    }
}
