using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Engine.History;

namespace IdLcm.LocalHost.Engine.Execution;

/// <summary>What a workflow can wait for: settled by the message that answers it.</summary>
internal abstract class DurableTask
{
    public abstract void Settle(HistoryEvent message);
}

/// <summary>An activity or sub-workflow under way.</summary>
internal sealed class CallTask<TResult>(string name) : DurableTask
{
    // Continuations must run inline on the pump, so never RunContinuationsAsynchronously.
    private readonly TaskCompletionSource<TResult> _source = new();

    public Task<TResult> Task => _source.Task;

    public override void Settle(HistoryEvent message)
    {
        if (message.Error is { } error)
        {
            _source.SetException(new ActivityFailedException(name, error.Type, error.Message));
            return;
        }

        TResult? result;
        try
        {
            result = WorkflowJson.Deserialize<TResult>(message.Payload);
        }
        catch (Exception exception) when (exception is System.Text.Json.JsonException or NotSupportedException)
        {
            _source.SetException(exception);
            return;
        }

        _source.SetResult(result!);
    }
}

/// <summary>A timer of the workflow's own.</summary>
internal sealed class TimerTask : DurableTask
{
    private readonly TaskCompletionSource _source = new();

    public Task Task => _source.Task;

    public override void Settle(HistoryEvent message) => _source.SetResult();
}

/// <summary>The timeout of a wait for an event.</summary>
internal sealed class TimeoutTask(Action expire) : DurableTask
{
    public override void Settle(HistoryEvent message) => expire();
}
