using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Engine.History;

namespace IdLcm.LocalHost.Engine.Execution;

/// <summary>
/// A workflow's code under way, in memory: takes messages one at a time and gives the commands that each one causes.
/// Used by one thread at a time.
/// </summary>
internal sealed class WorkflowExecution
{
    private const string ForeignAwait =
        "awaited something that its context did not make (a clock, I/O, Task.Run, ConfigureAwait(false)): "
        + "only the context's own tasks survive a restart, everything else belongs in an activity";

    private readonly IWorkflow _workflow;
    private readonly WorkflowPump _pump;
    private readonly ReplayingContext _context;
    private readonly Action? _reportViolation;
    private Task<object?>? _run;
    private volatile string? _violation;

    /// <param name="workflow">The code.</param>
    /// <param name="instanceId">The instance.</param>
    /// <param name="execution">The number of the execution.</param>
    /// <param name="reportViolation">Called, from any thread, when the code is found awaiting foreign tasks.</param>
    public WorkflowExecution(IWorkflow workflow, string instanceId, int execution, Action? reportViolation = null)
    {
        _workflow = workflow;
        _reportViolation = reportViolation;
        _pump = new WorkflowPump(ForeignWork);
        _context = new ReplayingContext(_pump, instanceId, execution);
    }

    public bool IsStarted => _run is not null;

    public bool IsEnded { get; private set; }

    public IReadOnlyList<HistoryEvent> UnconsumedEvents => _context.UnconsumedEvents;

    /// <summary>True when the message answers something that is still open; others are duplicates or late.</summary>
    public bool Expects(HistoryEvent message) => !IsEnded && _context.Expects(message);

    /// <summary>Handles one message and returns what the code did in answer.</summary>
    public Answer Handle(HistoryEvent message, bool replay = false)
    {
        if (IsEnded)
        {
            throw new InvalidOperationException("The execution has ended.");
        }

        _context.BeginMessage(message.At, replay);
        try
        {
            _pump.Run(() =>
            {
                if (message.Type == HistoryEventType.ExecutionStarted)
                {
                    _run = RunAsync(message.Payload);
                }
                else
                {
                    _context.Handle(message);
                }
            });
        }
        catch (Exception exception)
        {
            // Only "async void" gets here: its exceptions come back through the synchronization _context.
            _run = Task.FromException<object?>(exception);
        }

        var (commands, cancelledTimers) = _context.TakeCommands();
        if (End() is { } end)
        {
            commands.Add(end with { At = message.At });
            IsEnded = true;
        }

        return new Answer(commands, cancelledTimers);
    }

    /// <summary>Brings the execution to where a recorded history ends.</summary>
    /// <param name="history">The history.</param>
    /// <param name="strict">True to compare payloads too, not only what is done in which order.</param>
    /// <exception cref="NonDeterministicWorkflowException">The code does something else than the history shows.</exception>
    public void Replay(IEnumerable<HistoryEvent> history, bool strict = false)
    {
        var produced = new Queue<HistoryEvent>();
        foreach (var recorded in history)
        {
            if (recorded.Type == HistoryEventType.ExecutionTerminated)
            {
                break;
            }

            if (recorded.IsCommand)
            {
                if (!produced.TryDequeue(out var command))
                {
                    throw new NonDeterministicWorkflowException(_workflow.Name, recorded, produced: null);
                }

                Compare(recorded, command, strict);
                continue;
            }

            if (produced.TryPeek(out var extra))
            {
                throw new NonDeterministicWorkflowException(_workflow.Name, recorded, extra);
            }

            foreach (var command in Handle(recorded, replay: true).Commands)
            {
                produced.Enqueue(command);
            }
        }

        if (produced.TryPeek(out var unrecorded))
        {
            throw new NonDeterministicWorkflowException(_workflow.Name, recorded: null, unrecorded);
        }
    }

    /// <summary>The command that ends the execution because its code broke the rules, when it has.</summary>
    public HistoryEvent? Violation() => _violation is { } text && !IsEnded
        ? Failed(new WorkflowError(NonDeterministicWorkflowException.ErrorType, text))
        : null;

    private void Compare(HistoryEvent recorded, HistoryEvent produced, bool strict)
    {
        var same = recorded.Type == produced.Type
            && recorded.TaskId == produced.TaskId
            && recorded.Name == produced.Name
            && recorded.ChildInstanceId == produced.ChildInstanceId
            && (!strict || ((recorded.Payload ?? "null") == (produced.Payload ?? "null")
                && recorded.DueAt == produced.DueAt
                && recorded.Retry == produced.Retry
                && recorded.Error == produced.Error));
        if (!same)
        {
            throw new NonDeterministicWorkflowException(_workflow.Name, recorded, produced);
        }
    }

    private async Task<object?> RunAsync(string? input) =>
        await _workflow.RunAsync(_context, WorkflowJson.Deserialize(input, _workflow.InputType));

    private HistoryEvent? End()
    {
        if (Violation() is { } broken)
        {
            return broken;
        }

        if (_run is null || !_run.IsCompleted)
        {
            if (_run is not null && !_context.AwaitsSomething)
            {
                _violation = $"Workflow '{_workflow.Name}' {ForeignAwait}.";
                return Violation();
            }

            return null;
        }

        if (_run.IsCompletedSuccessfully)
        {
            if (_context.Continues)
            {
                return new HistoryEvent { Type = HistoryEventType.ContinuedAsNew, Payload = _context.NextInput };
            }

            try
            {
                return new HistoryEvent { Type = HistoryEventType.ExecutionCompleted, Payload = WorkflowJson.Serialize(_run.Result) };
            }
            catch (Exception exception) when (exception is System.Text.Json.JsonException or NotSupportedException)
            {
                return Failed(WorkflowError.Of(exception));
            }
        }

        return Failed(WorkflowError.Of(_run.Exception?.InnerException ?? new OperationCanceledException("The workflow cancelled itself.")));
    }

    private static HistoryEvent Failed(WorkflowError error) => new() { Type = HistoryEventType.ExecutionFailed, Error = error };

    private void ForeignWork()
    {
        _violation = $"Workflow '{_workflow.Name}' {ForeignAwait}.";
        _reportViolation?.Invoke();
    }
}

/// <summary>What the code did in answer to one message.</summary>
/// <param name="Commands">Commands in order; the last one may end the execution.</param>
/// <param name="CancelledTimers">Timers, of this or earlier messages, that no longer matter.</param>
internal sealed record Answer(List<HistoryEvent> Commands, List<int> CancelledTimers);
