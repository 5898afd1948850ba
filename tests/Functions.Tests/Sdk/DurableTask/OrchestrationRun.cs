using System.Text.Json;

namespace Microsoft.DurableTask.Testing;

/// <summary>Runs an orchestrator from the start of a history to its end.</summary>
internal static class OrchestrationRun
{
    /// <summary>Replays what is recorded, comparing every command, and handles one new message.</summary>
    /// <param name="orchestrator">The function.</param>
    /// <param name="context">A fresh context.</param>
    /// <param name="recorded">Messages with the commands that they caused.</param>
    /// <param name="next">The new message.</param>
    /// <returns>The commands that the new message causes.</returns>
    /// <exception cref="NonDeterministicOrchestrationException">A replayed message causes other commands than it did.</exception>
    public static IReadOnlyList<HubCommand> Advance(
        Func<TaskOrchestrationContext, Task<JsonElement?>> orchestrator,
        ReplayContext context,
        IReadOnlyList<(HubMessage Message, IReadOnlyList<HubCommand> Commands)> recorded,
        HubMessage next)
    {
        Task<JsonElement?>? run = null;
        var ended = false;
        foreach (var (message, commands) in recorded)
        {
            var repeated = Handle(message, replay: true);
            if (!repeated.SequenceEqual(commands))
            {
                throw new NonDeterministicOrchestrationException(
                    $"'{context.Name}' answered {message} with [{string.Join("; ", repeated)}]; its history has [{string.Join("; ", commands)}].");
            }
        }

        return Handle(next, replay: false);

        List<HubCommand> Handle(HubMessage message, bool replay)
        {
            context.Begin(message, replay);
            context.Pump.Run(() =>
            {
                if (message.Kind == MessageKind.Started)
                {
                    run = StartAsync();
                }
                else
                {
                    context.Handle(message);
                }
            });
            if (context.ForeignWork)
            {
                throw new NonDeterministicOrchestrationException($"'{context.Name}' awaited a task that its context did not make.");
            }

            var commands = context.TakeCommands();
            if (run is { IsCompleted: true } && !ended)
            {
                ended = true;
                commands.Add(End(run));
            }

            return commands;
        }

        async Task<JsonElement?> StartAsync() => await orchestrator(context);

        HubCommand End(Task<JsonElement?> task)
        {
            if (task.Exception?.InnerException is { } error)
            {
                return new HubCommand(CommandKind.Failed, Name: error.GetType().ToString(), Payload: error.Message);
            }

            return context.Continues
                ? new HubCommand(CommandKind.ContinuedAsNew, Payload: context.NextInput)
                : new HubCommand(CommandKind.Completed, Payload: HubConverter.Instance.Serialize(task.Result) ?? "null");
        }
    }
}
