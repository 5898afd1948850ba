namespace Microsoft.DurableTask.Testing;

/// <summary>
/// The one thread of an orchestration: everything that its code does happens inside <see cref="Run"/>. A continuation
/// from anywhere else belongs to a task that the context did not make, which the real host refuses too.
/// </summary>
internal sealed class OrchestratorPump : SynchronizationContext
{
    [ThreadStatic]
    private static OrchestratorPump? running;

    private readonly Queue<(SendOrPostCallback Callback, object? State)> queue = new();

    public bool IsRunningHere => ReferenceEquals(running, this);

    /// <summary>True once code of the orchestration came back from a task that is not the context's.</summary>
    public bool ForeignWork { get; private set; }

    public void Run(Action work)
    {
        var (outerContext, outerPump) = (Current, running);
        SetSynchronizationContext(this);
        running = this;
        try
        {
            work();
            while (queue.TryDequeue(out var item))
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
            queue.Enqueue((d, state));
        }
        else
        {
            ForeignWork = true;
        }
    }

    public override SynchronizationContext CreateCopy() => this;
}
