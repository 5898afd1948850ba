using IdLcm.LocalHost.Engine.Execution;
using IdLcm.LocalHost.Engine.History;

namespace IdLcm.LocalHost.Engine.Turns;

/// <content>The commit of a turn and what begins after it.</content>
internal sealed partial class TurnRunner
{
    private async Task CommitAsync(Mailbox mailbox, TurnCommit turn, WorkflowExecution? execution)
    {
        var effects = await store.CommitAsync(turn, registry.HasWorkflow);
        var row = turn.Next();
        var continues = row.Execution != turn.Row.Execution;
        mailbox.Live = row.IsEnded || continues || execution is null ? null : new LiveInstance(row, execution);
        foreach (var task in turn.SettledTimers)
        {
            timers.Cancel(new TaskKey(turn.Row.Key, turn.Row.Execution, task));
        }

        foreach (var timer in effects.Timers)
        {
            Schedule(timer);
        }

        foreach (var work in effects.Activities)
        {
            activities.Dispatch(work);
        }

        foreach (var child in effects.StartedChildren)
        {
            Scheduler.Deliver(child, EngineMessage.Begin);
        }

        foreach (var answer in effects.Answers)
        {
            Scheduler.Deliver(answer.InstanceId, EngineMessage.Answer(answer.Key, answer.Message));
        }

        foreach (var orphan in effects.OrphanedChildren)
        {
            Scheduler.Deliver(orphan, EngineMessage.Terminate($"Its parent '{row.InstanceId}' was terminated."));
        }

        if (continues)
        {
            Scheduler.Deliver(row.InstanceId, EngineMessage.Begin);
        }

        Report(turn, row);
        Committed?.Invoke(row.InstanceId);
    }

    public void Schedule(TimerWork timer)
    {
        var message = new HistoryEvent { Type = HistoryEventType.TimerFired, TaskId = timer.Key.Task };
        timers.Schedule(
            timer.Key,
            timer.DueAt,
            () => Scheduler.Deliver(timer.InstanceId, EngineMessage.Answer(timer.Key, message)));
    }

    private void Report(TurnCommit turn, InstanceRow row)
    {
        if (!row.IsEnded)
        {
            return;
        }

        activities.Telemetry.InstanceEnded(row.Workflow, row.Status.ToString());
        if (turn.End is { Type: HistoryEventType.ExecutionFailed, Error: { } error })
        {
            EngineLog.InstanceFailed(logger, row.InstanceId, row.Workflow, error.Type, error.Message);
        }
        else
        {
            EngineLog.InstanceEnded(logger, row.InstanceId, row.Workflow, row.Status.ToString());
        }
    }
}
