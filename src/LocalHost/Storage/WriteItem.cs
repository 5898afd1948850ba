namespace IdLcm.LocalHost.Storage;

/// <summary>A piece of work that waits for its turn in a group commit.</summary>
internal abstract class WriteItem
{
    private const int Queued = 0;
    private const int Begun = 1;
    private const int Cancelled = 2;

    private int _state;

    /// <summary>About how many bytes the work writes; bounds the size of a group.</summary>
    public required int Weight { get; init; }

    /// <summary>True when the work itself failed; it is left out when its group runs again.</summary>
    public abstract bool HasFailed { get; }

    /// <summary>Takes the item out of the reach of cancellation.</summary>
    /// <returns>False when it was cancelled before.</returns>
    public bool TryBegin() => Interlocked.CompareExchange(ref _state, Begun, Queued) == Queued;

    /// <summary>Runs the work inside the group's transaction and keeps its result.</summary>
    /// <param name="writer">The writer.</param>
    public abstract void Run(SqliteWriter writer);

    /// <summary>Keeps the failure of the work itself.</summary>
    /// <param name="failure">What it threw.</param>
    public abstract void Fail(Exception failure);

    /// <summary>Tells the caller: the result, or the kept failure.</summary>
    public abstract void Complete();

    /// <summary>Cancels the item if it has not begun.</summary>
    /// <returns>True when it was cancelled.</returns>
    protected bool TryCancel() => Interlocked.CompareExchange(ref _state, Cancelled, Queued) == Queued;
}

/// <summary>A piece of work with a result.</summary>
/// <typeparam name="T">The type of the result.</typeparam>
internal sealed class WriteItem<T> : WriteItem
{
    // Continuations must not run on the writer's thread: they would hold up every other commit.
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<SqliteWriter, T> _work;
    private readonly CancellationTokenRegistration _cancellation;
    private T? _result;
    private Exception? _failure;

    public WriteItem(Func<SqliteWriter, T> work, CancellationToken cancellationToken)
    {
        _work = work;
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.Register(
                static (item, token) => ((WriteItem<T>)item!).Cancel(token), this);
        }
    }

    public Task<T> Completion => _completion.Task;

    public override bool HasFailed => _failure is not null;

    public override void Run(SqliteWriter writer) => _result = _work(writer);

    public override void Fail(Exception failure) => _failure = failure;

    public override void Complete()
    {
        _cancellation.Unregister();
        if (_failure is null)
        {
            _completion.SetResult(_result!);
        }
        else
        {
            _completion.SetException(_failure);
        }
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        if (TryCancel())
        {
            _completion.SetCanceled(cancellationToken);
        }
    }
}
