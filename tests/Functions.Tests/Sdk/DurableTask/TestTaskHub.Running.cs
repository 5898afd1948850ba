using System.Text.Json;
using Microsoft.DurableTask.Client;

namespace Microsoft.DurableTask.Testing;

/// <content>Turns, activities and timers.</content>
internal sealed partial class TestTaskHub
{
    private DateTimeOffset lastCreated = DateTimeOffset.MinValue;

    private bool Create(string id, string name, string? input, (string Instance, int Execution, int Task)? parent)
    {
        DateTimeOffset now;
        lock (instances)
        {
            // No two instances are made at the same moment, as little as with a clock that runs.
            now = lastCreated = clock.GetUtcNow() is var time && time > lastCreated ? time : lastCreated.AddTicks(1);
        }

        var instance = new HubInstance(id, name, input, now, parent);
        instance.Inbox.Enqueue((0, new HubMessage(MessageKind.Started, now)));
        if (!instances.TryAdd(id, instance))
        {
            return false;
        }

        if (QueueDelay > TimeSpan.Zero)
        {
            _ = Task.Delay(QueueDelay).ContinueWith(_ => Drain(instance), TaskScheduler.Default);
        }
        else
        {
            Drain(instance);
        }

        return true;
    }

    private void Deliver(string instanceId, HubMessage message, int? execution = null)
    {
        if (instances.TryGetValue(instanceId, out var instance))
        {
            instance.Inbox.Enqueue((execution ?? -1, message));
            Drain(instance);
        }
    }

    private void Drain(HubInstance instance) => _ = Task.Run(() =>
    {
        lock (instance.Turn)
        {
            while (attached is { } host && instance.Inbox.TryDequeue(out var next))
            {
                // Answers to an execution that was continued as new belong to nobody; events and terminations to whatever runs.
                if (!instance.Ended && (next.Execution == -1 || next.Execution == instance.Execution))
                {
                    Handle(instance, next.Message, host.Worker);
                }
            }
        }
    });

    private void Handle(HubInstance instance, HubMessage message, ITaskHubWorker worker)
    {
        instance.LastUpdatedAt = clock.GetUtcNow();
        message = message with { At = instance.LastUpdatedAt };
        if (message.Kind == MessageKind.Terminated)
        {
            End(instance, OrchestrationRuntimeStatus.Terminated, message.Payload, failure: null);
            return;
        }

        IReadOnlyList<HubCommand> commands;
        try
        {
            var orchestrator = worker.Orchestrator(instance.Name) ?? throw new InvalidOperationException($"There is no orchestrator function '{instance.Name}'.");
            var context = new ReplayContext(instance.Name, instance.Id, instance.Execution, instance.Input);
            commands = OrchestrationRun.Advance(orchestrator, context, instance.History, message);
            Interlocked.Increment(ref replays);
        }
        catch (Exception error)
        {
            violations.Enqueue(error.Message);
            End(instance, OrchestrationRuntimeStatus.Failed, null, Details(error));
            return;
        }

        instance.Status = OrchestrationRuntimeStatus.Running;
        instance.History.Add((message, commands));

        // Timers in the order of their moments, in case some of these have passed already.
        foreach (var command in commands.OrderBy(Rank))
        {
            Execute(instance, command);
        }

        Changed();
    }

    private static DateTime Rank(HubCommand command) => command.Kind switch
    {
        CommandKind.Timer => command.DueAt!.Value,
        CommandKind.CancelTimer or CommandKind.Completed or CommandKind.Failed or CommandKind.ContinuedAsNew => DateTime.MaxValue,
        _ => DateTime.MinValue,
    };

    private void Execute(HubInstance instance, HubCommand command)
    {
        var key = (instance.Id, instance.Execution, command.TaskId);
        switch (command.Kind)
        {
            case CommandKind.Activity:
                unfinished[key] = command;
                Run(key, command);
                break;
            case CommandKind.Timer:
                var wait = command.DueAt!.Value - clock.GetUtcNow().UtcDateTime;
                instance.Timers[command.TaskId] = clock.CreateTimer(
                    _ => Deliver(key.Id, new HubMessage(MessageKind.TimerFired, clock.GetUtcNow(), command.TaskId), key.Execution),
                    null,
                    wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
                    Timeout.InfiniteTimeSpan);
                break;
            case CommandKind.CancelTimer:
                instance.Timers[command.TaskId].Dispose();
                break;
            case CommandKind.SubOrchestration:
                if (!Create(command.InstanceId!, command.Name!, command.Payload, key))
                {
                    Settle(key, null, new TaskFailureDetails("InvalidOperation", $"'{command.InstanceId}' exists.", null, null, null));
                }

                break;
            case CommandKind.SendEvent:
                Deliver(command.InstanceId!, new HubMessage(MessageKind.EventRaised, clock.GetUtcNow(), Name: command.Name, Payload: command.Payload));
                break;
            case CommandKind.CustomStatus:
                instance.CustomStatus = command.Payload;
                break;
            case CommandKind.Completed:
                End(instance, OrchestrationRuntimeStatus.Completed, command.Payload, failure: null);
                break;
            case CommandKind.Failed:
                End(instance, OrchestrationRuntimeStatus.Failed, null, new TaskFailureDetails(command.Name!, command.Payload!, null, null, null));
                break;
            case CommandKind.ContinuedAsNew:
                instance.ContinueWith(command.Payload);
                instance.Inbox.PutFirst((instance.Execution, new HubMessage(MessageKind.Started, clock.GetUtcNow())));
                break;
        }
    }

    private void Run((string Instance, int Execution, int Task) key, HubCommand command)
    {
        if (attached is not { } host)
        {
            return;
        }

        _ = Task.Run(async () =>
        {
            try
            {
                var activity = host.Worker.Activity(command.Name!);
                if (activity is null)
                {
                    Finish(null, new TaskFailureDetails(FunctionNotFound, $"The activity function '{command.Name}' doesn't exist.", null, null, null));
                    return;
                }

                var input = HubConverter.Instance.Read<JsonElement?>(command.Payload);
                var output = await activity(input, key.Instance, host.Stopping.Token);
                Finish(HubConverter.Instance.Serialize(output), null);
            }
            catch (Exception error)
            {
                // A worker that goes takes its exceptions with it: the next one runs the activity again.
                if (!host.Stopping.IsCancellationRequested)
                {
                    Finish(null, Details(error));
                }
            }
        });

        void Finish(string? payload, TaskFailureDetails? failure)
        {
            if (!host.Stopping.IsCancellationRequested && unfinished.TryRemove(key, out _))
            {
                Settle(key, payload, failure);
            }
        }
    }

    private void Settle((string Instance, int Execution, int Task) key, string? payload, TaskFailureDetails? failure) => Deliver(
        key.Instance,
        new HubMessage(failure is null ? MessageKind.TaskCompleted : MessageKind.TaskFailed, clock.GetUtcNow(), key.Task, Payload: payload, Failure: failure),
        key.Execution);

    private void End(HubInstance instance, OrchestrationRuntimeStatus status, string? output, TaskFailureDetails? failure)
    {
        instance.End(status, output, failure);
        if (instance.Parent is { } parent)
        {
            Settle(
                parent,
                output,
                failure ?? (status == OrchestrationRuntimeStatus.Terminated ? new TaskFailureDetails("Terminated", output ?? "terminated", null, null, null) : null));
        }

        Changed();
    }

    private void Changed()
    {
        foreach (var waiter in waiters.Keys)
        {
            waiter.TrySetResult();
        }
    }

    private static TaskFailureDetails Details(Exception error) => new(error.GetType().ToString(), error.Message, error.StackTrace, null, null);
}
