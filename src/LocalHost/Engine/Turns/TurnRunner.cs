using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Engine.Activities;
using IdLcm.LocalHost.Engine.Execution;
using IdLcm.LocalHost.Engine.History;
using IdLcm.LocalHost.Engine.Timers;
using Microsoft.Extensions.Logging;

namespace IdLcm.LocalHost.Engine.Turns;

/// <summary>
/// A turn: an instance's code handles the messages that came in, what it does is committed in one write, and only
/// then does any of it begin and does anybody who sent a message hear that it arrived.
/// </summary>
internal sealed partial class TurnRunner(
    WorkflowRegistry registry, HistoryStore store, TimerQueue timers, ActivityDispatcher activities, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(1);

    /// <summary>Who delivers the messages that turns cause.</summary>
    public required TurnScheduler Scheduler { get; init; }

    /// <summary>Told after each commit, for those who wait for an instance.</summary>
    public Action<string>? Committed { get; set; }

    public async Task RunAsync(Mailbox mailbox, IReadOnlyList<EngineMessage> messages)
    {
        var started = time.GetTimestamp();
        try
        {
            var row = mailbox.Live?.Row ?? store.ReadRow(mailbox.InstanceId);
            if (row is null || row.IsEnded)
            {
                mailbox.Live = null;
                await ForgetLateAnswersAsync(messages);
                Acknowledge(messages, reached: false);
            }
            else if (messages.FirstOrDefault(static m => m.Kind == EngineMessageKind.Terminate) is { } terminate)
            {
                await TerminateAsync(mailbox, row, terminate, messages);
            }
            else if (!registry.TryGetWorkflow(row.Workflow, out var workflow))
            {
                EngineLog.WorkflowMissing(logger, row.InstanceId, row.Workflow);
                Refuse(messages, new InvalidOperationException($"No workflow '{row.Workflow}' is registered, so instance '{row.InstanceId}' cannot go on."));
            }
            else
            {
                await AdvanceAsync(mailbox, row, workflow, messages);
                activities.Telemetry.TurnRan(row.Workflow, time.GetElapsedTime(started));
            }

            mailbox.FailedTurns = 0;
        }
        catch (Exception exception)
        {
            // The database is the truth: what is in memory may be ahead of it.
            mailbox.Live = null;
            Rest(mailbox, messages, exception);
        }
    }

    private async Task AdvanceAsync(Mailbox mailbox, InstanceRow row, IWorkflow workflow, IReadOnlyList<EngineMessage> messages)
    {
        var turn = new TurnCommit(row, Later(row.UpdatedAt));
        WorkflowExecution execution;
        try
        {
            execution = mailbox.Live?.Execution ?? Load(row, workflow);
        }
        catch (NonDeterministicWorkflowException exception)
        {
            turn.Record(new HistoryEvent
            {
                Type = HistoryEventType.ExecutionFailed,
                At = turn.At,
                Error = new WorkflowError(NonDeterministicWorkflowException.ErrorType, exception.Message),
            });
            await CommitAsync(mailbox, turn, execution: null);
            await ForgetLateAnswersAsync(messages);
            Acknowledge(messages, reached: false);
            return;
        }

        if (!execution.IsStarted)
        {
            Handle(turn, execution, new HistoryEvent { Type = HistoryEventType.ExecutionStarted, Name = row.Workflow, Payload = row.Input });
            foreach (var carried in row.Carried)
            {
                HandleOrCarry(turn, execution, carried);
            }
        }

        var unreached = new List<EngineMessage>();
        foreach (var message in messages)
        {
            if (message.Kind == EngineMessageKind.Raise && !HandleOrCarry(turn, execution, message.Event!))
            {
                unreached.Add(message);
            }
            else if (message is { Kind: EngineMessageKind.Answer, Task: { } task })
            {
                HandleAnswer(turn, execution, task, message.Event!);
            }
        }

        if (turn.End is null && execution.Violation() is { } violation)
        {
            turn.Record(violation with { At = turn.At });
        }

        if (turn.End?.Type == HistoryEventType.ContinuedAsNew)
        {
            turn.Carried.InsertRange(0, execution.UnconsumedEvents);
        }

        if (turn.IsEmpty)
        {
            mailbox.Live = new LiveInstance(row, execution);
            return;
        }

        await CommitAsync(mailbox, turn, execution);
        Acknowledge(unreached, reached: false);
        Acknowledge(messages, reached: true);
    }

    private WorkflowExecution Load(InstanceRow row, IWorkflow workflow)
    {
        var execution = new WorkflowExecution(
            workflow, row.InstanceId, row.Execution, () => Scheduler.Deliver(row.InstanceId, EngineMessage.Violation));
        execution.Replay(store.ReadHistory(row));
        return execution;
    }

    private static void Handle(TurnCommit turn, WorkflowExecution execution, HistoryEvent message)
    {
        var stamped = message with { At = turn.At };
        var answer = execution.Handle(stamped);
        turn.Record(stamped);
        foreach (var command in answer.Commands)
        {
            turn.Record(command);
        }

        turn.SettledTimers.UnionWith(answer.CancelledTimers);
    }

    /// <returns>False when the instance has ended.</returns>
    private static bool HandleOrCarry(TurnCommit turn, WorkflowExecution execution, HistoryEvent message)
    {
        if (turn.End is null)
        {
            Handle(turn, execution, message);
            return true;
        }

        if (turn.End.Type == HistoryEventType.ContinuedAsNew)
        {
            turn.Carried.Add(message with { At = turn.At });
            return true;
        }

        return false;
    }

    private static void HandleAnswer(TurnCommit turn, WorkflowExecution execution, TaskKey task, HistoryEvent message)
    {
        if (turn.End is null && task.Instance == turn.Row.Key && task.Execution == turn.Row.Execution && execution.Expects(message))
        {
            Handle(turn, execution, message);
        }
        else if (message.Type is HistoryEventType.ActivityCompleted or HistoryEventType.ActivityFailed)
        {
            turn.SettledActivities.Add(task);
        }
    }

    private async Task TerminateAsync(Mailbox mailbox, InstanceRow row, EngineMessage terminate, IReadOnlyList<EngineMessage> messages)
    {
        var turn = new TurnCommit(row, Later(row.UpdatedAt));
        turn.Record(terminate.Event! with { At = turn.At });
        await CommitAsync(mailbox, turn, execution: null);
        activities.Cancel(row.Key);
        terminate.Acknowledgement!.TrySetResult(true);
        Acknowledge(messages, reached: false);
    }

    private Task ForgetLateAnswersAsync(IReadOnlyList<EngineMessage> messages)
    {
        var late = messages
            .Where(static m => m.Event?.Type is HistoryEventType.ActivityCompleted or HistoryEventType.ActivityFailed)
            .Select(static m => m.Task!.Value).ToList();
        return late.Count == 0 ? Task.CompletedTask : store.ForgetActivitiesAsync(late);
    }

    private void Rest(Mailbox mailbox, IReadOnlyList<EngineMessage> messages, Exception exception)
    {
        var delay = TimeSpan.FromSeconds(Math.Min(LongestRest.TotalSeconds, Math.Pow(2, mailbox.FailedTurns++)));
        EngineLog.TurnFailed(logger, exception, mailbox.InstanceId, delay);
        Refuse(messages, exception);
        Scheduler.PutBack(mailbox, messages.Where(static m => m.Acknowledgement is null));
        timers.Schedule(mailbox, time.GetUtcNow() + delay, () => Scheduler.Wake(mailbox));
    }

    private DateTimeOffset Later(DateTimeOffset last)
    {
        var now = time.GetUtcNow();
        return now > last ? now : last;
    }

    private static void Acknowledge(IEnumerable<EngineMessage> messages, bool reached)
    {
        foreach (var message in messages)
        {
            message.Acknowledgement?.TrySetResult(reached);
        }
    }

    private static void Refuse(IEnumerable<EngineMessage> messages, Exception exception)
    {
        foreach (var message in messages)
        {
            message.Acknowledgement?.TrySetException(exception);
        }
    }
}
