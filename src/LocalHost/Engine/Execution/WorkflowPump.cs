namespace IdLcm.LocalHost.Engine.Execution;

/// <summary>
/// The single-threaded scheduler of one execution: everything the workflow's code does happens inside <see cref="Run"/>.
/// A continuation that arrives from anywhere else belongs to a task that the workflow context did not make.
/// </summary>
internal sealed class WorkflowPump(Action foreignWork) : SynchronizationContext
{
    [ThreadStatic]
    private static WorkflowPump? running;

    private readonly Queue<(SendOrPostCallback Callback, object? State)> _queue = new();

    public bool IsRunningHere => ReferenceEquals(running, this);

    public void Run(Action work)
    {
        var outerContext = Current;
        var outerPump = running;
        SetSynchronizationContext(this);
        running = this;
        try
        {
            work();
            while (_queue.TryDequeue(out var item))
            {
                item.Callback(item.State);
            }
        }
        finally
        {
            running = outerPump;
            SetSynchronizationContext(outerContext);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsRunningHere)
        {
            _queue.Enqueue((d, state));
        }
        else
        {
            foreignWork();
        }
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (!IsRunningHere)
        {
            throw new NotSupportedException("Workflow code cannot be called into from another thread.");
        }

        d(state);
    }

    public override SynchronizationContext CreateCopy() => this;
}
