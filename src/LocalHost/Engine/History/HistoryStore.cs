using System.Text.Json;
using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Storage;

namespace IdLcm.LocalHost.Engine.History;

/// <summary>Instances and histories in the embedded database.</summary>
internal sealed partial class HistoryStore
{
    private const string RowColumns =
        "id, instance_id, workflow, status, execution, next_sequence, updated_at, input, carried, trace_parent";

    private readonly SqliteDatabase _database;

    public HistoryStore(SqliteDatabase database)
    {
        _database = database;
        database.EnsureSchema(EngineSchema.Ddl);
    }

    /// <summary>Makes an instance that has not run; false where the id is taken.</summary>
    public Task<bool> CreateAsync(
        string workflow, string instanceId, string input, DateTimeOffset at, string? traceParent, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            writer => Insert(writer, workflow, instanceId, input, at, parent: null, traceParent),
            weight: input.Length,
            cancellationToken);

    public InstanceRow? ReadRow(string instanceId) => _database.Read(instanceId, static (reader, id) =>
    {
        using var statement = reader.Prepare($"SELECT {RowColumns} FROM engine_instance WHERE instance_id = ?1");
        return statement.Bind(1, id).Step() ? ToRow(statement) : null;
    });

    /// <summary>Reads what the instance's execution has recorded.</summary>
    public List<HistoryEvent> ReadHistory(InstanceRow row) => _database.Read(row, static (reader, row) =>
    {
        var events = new List<HistoryEvent>((int)row.NextSequence);
        using var statement = reader.Prepare(
            "SELECT sequence, event FROM engine_history WHERE instance = ?1 AND execution = ?2 AND sequence < ?3 ORDER BY sequence");
        statement.Bind(1, row.Key).Bind(2, row.Execution).Bind(3, row.NextSequence);
        while (statement.Step())
        {
            var @event = JsonSerializer.Deserialize<HistoryEvent>(statement.GetBlob(1), WorkflowJson.Options)!;
            events.Add(@event with
            {
                Sequence = statement.GetInt64(0),
                Payload = @event.Type == HistoryEventType.ExecutionStarted ? row.Input : @event.Payload,
            });
        }

        return events;
    });

    /// <summary>Notes that an activity threw and when it is run again.</summary>
    public Task RescheduleAsync(ActivityWork work, WorkflowError error)
    {
        var text = JsonSerializer.Serialize(error, WorkflowJson.Options);
        return _database.WriteAsync(writer =>
        {
            using var statement = writer.Prepare(
                "UPDATE engine_activity SET attempt = ?4, due_at = ?5, last_error = ?6 WHERE instance = ?1 AND execution = ?2 AND task = ?3");
            Bind(statement, work.Key).Bind(4, work.Attempt).Bind(5, work.DueAt.UtcTicks).Bind(6, text).Run();
            return true;
        });
    }

    /// <summary>Drops activities whose execution no longer waits for them.</summary>
    public Task ForgetActivitiesAsync(IReadOnlyList<TaskKey> keys) => _database.WriteAsync(writer =>
    {
        DeleteTasks(writer, "DELETE FROM engine_activity WHERE instance = ?1 AND execution = ?2 AND task = ?3", keys);
        return true;
    });

    /// <summary>Deletes up to a number of instances that ended before a moment.</summary>
    public Task<int> PurgeAsync(DateTimeOffset endedBefore, int limit, CancellationToken cancellationToken) => _database.WriteAsync(
        writer =>
        {
            var keys = new List<long>();
            using (var select = writer.Prepare(
                """
                SELECT id FROM engine_instance i WHERE ended_at < ?1
                AND NOT EXISTS (SELECT 1 FROM engine_child_wait w WHERE w.child_instance_id = i.instance_id)
                ORDER BY ended_at LIMIT ?2
                """))
            {
                select.Bind(1, endedBefore.UtcTicks).Bind(2, limit);
                while (select.Step())
                {
                    keys.Add(select.GetInt64(0));
                }
            }

            foreach (var table in (ReadOnlySpan<string>)
                ["engine_history WHERE instance", "engine_activity WHERE instance", "engine_timer WHERE instance",
                    "engine_child_wait WHERE instance", "engine_instance WHERE id"])
            {
                using var delete = writer.Prepare($"DELETE FROM {table} = ?1");
                foreach (var key in keys)
                {
                    delete.Bind(1, key).Run();
                }
            }

            return keys.Count;
        },
        cancellationToken: cancellationToken);

    private static bool Insert(
        SqliteWriter writer, string workflow, string instanceId, string? input, DateTimeOffset at, long? parent, string? traceParent)
    {
        using var statement = writer.Prepare(
            """
            INSERT INTO engine_instance (instance_id, workflow, status, created_at, updated_at, execution, next_sequence, input, parent, trace_parent)
            VALUES (?1, ?2, 'Pending', ?3, ?3, 1, 0, ?4, ?5, ?6) ON CONFLICT (instance_id) DO NOTHING
            """);
        statement.Bind(1, instanceId).Bind(2, workflow).Bind(3, at.UtcTicks).Bind(4, input).Bind(6, traceParent);
        if (parent is { } key)
        {
            statement.Bind(5, key);
        }

        statement.Run();
        return writer.Changes > 0;
    }

    private static InstanceRow ToRow(SqliteStatement statement) => new(
        statement.GetInt64(0),
        statement.GetString(1),
        statement.GetString(2),
        Enum.Parse<WorkflowRuntimeStatus>(statement.GetString(3)),
        (int)statement.GetInt64(4),
        statement.GetInt64(5),
        Moment(statement.GetInt64(6)),
        statement.GetStringOrNull(7),
        statement.IsNull(8) ? [] : JsonSerializer.Deserialize<List<HistoryEvent>>(statement.GetBlob(8), WorkflowJson.Options)!,
        statement.GetStringOrNull(9));

    private static DateTimeOffset Moment(long ticks) => new(ticks, TimeSpan.Zero);

    private static SqliteStatement Bind(SqliteStatement statement, TaskKey key) =>
        statement.Bind(1, key.Instance).Bind(2, key.Execution).Bind(3, key.Task);

    private static void DeleteTasks(SqliteWriter writer, string sql, IEnumerable<TaskKey> keys)
    {
        using var statement = writer.Prepare(sql);
        foreach (var key in keys)
        {
            Bind(statement, key).Run();
        }
    }
}
