namespace IdLcm.LocalHost.Engine.History;

/// <summary>The engine's tables. Moments are UTC ticks; JSON is text.</summary>
internal static class EngineSchema
{
    // engine_instance.carried: events that a continue-as-new takes along, until the first turn of the new execution.
    // engine_activity, engine_timer and engine_child_wait hold only what is still open, so that a start after a crash
    // reads them instead of replaying every instance.
    public const string Ddl =
        """
        CREATE TABLE IF NOT EXISTS engine_instance (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            instance_id TEXT NOT NULL UNIQUE,
            workflow TEXT NOT NULL,
            status TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            ended_at INTEGER,
            execution INTEGER NOT NULL,
            next_sequence INTEGER NOT NULL,
            parent INTEGER,
            trace_parent TEXT,
            input TEXT,
            output TEXT,
            error TEXT,
            custom_status TEXT,
            carried TEXT
        );
        CREATE INDEX IF NOT EXISTS engine_instance_workflow ON engine_instance (workflow, id);
        CREATE INDEX IF NOT EXISTS engine_instance_open ON engine_instance (id) WHERE ended_at IS NULL;
        CREATE INDEX IF NOT EXISTS engine_instance_ended ON engine_instance (ended_at) WHERE ended_at IS NOT NULL;
        CREATE INDEX IF NOT EXISTS engine_instance_parent ON engine_instance (parent) WHERE parent IS NOT NULL;

        CREATE TABLE IF NOT EXISTS engine_history (
            instance INTEGER NOT NULL,
            execution INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            event TEXT NOT NULL,
            PRIMARY KEY (instance, execution, sequence)
        ) WITHOUT ROWID;

        CREATE TABLE IF NOT EXISTS engine_activity (
            instance INTEGER NOT NULL,
            execution INTEGER NOT NULL,
            task INTEGER NOT NULL,
            name TEXT NOT NULL,
            input TEXT,
            retry TEXT,
            attempt INTEGER NOT NULL,
            interruptions INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            last_error TEXT,
            PRIMARY KEY (instance, execution, task)
        ) WITHOUT ROWID;

        CREATE TABLE IF NOT EXISTS engine_timer (
            instance INTEGER NOT NULL,
            execution INTEGER NOT NULL,
            task INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            PRIMARY KEY (instance, execution, task)
        ) WITHOUT ROWID;

        CREATE TABLE IF NOT EXISTS engine_child_wait (
            instance INTEGER NOT NULL,
            execution INTEGER NOT NULL,
            task INTEGER NOT NULL,
            child_instance_id TEXT NOT NULL,
            child_workflow TEXT NOT NULL,
            PRIMARY KEY (instance, execution, task)
        ) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS engine_child_wait_child ON engine_child_wait (child_instance_id);
        """;
}
