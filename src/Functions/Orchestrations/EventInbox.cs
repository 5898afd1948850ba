using System.Text.Json;
using Microsoft.DurableTask;

namespace IdLcm.Functions.Orchestrations;

/// <summary>
/// The events of one execution, first come, first served for each name. The SDK gives an event to the newest of its
/// waits, a cancelled one included, which loses it; so there is never more than one wait of ours under way for a name,
/// it is never cancelled, and what nobody asked for is kept here.
/// </summary>
internal sealed class EventInbox(TaskOrchestrationContext context)
{
    private readonly Dictionary<string, Line> lines = new(StringComparer.Ordinal);

    /// <summary>Asks for the next event of a name.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The wait.</returns>
    public Wait Next(string name)
    {
        if (!lines.TryGetValue(name, out var line))
        {
            lines[name] = line = new Line(name);
        }

        var wait = new Wait();
        if (line.Kept.TryDequeue(out var early))
        {
            wait.Give(early);
            return wait;
        }

        line.Waits.AddLast(wait);
        wait.Forget = () => line.Waits.Remove(wait);
        if (!line.Listening)
        {
            line.Listening = true;
            _ = ListenAsync(line);
        }

        return wait;
    }

    /// <summary>Sends what was received and not asked for to the next execution of this instance.</summary>
    public void PassOn()
    {
        foreach (var line in lines.Values)
        {
            while (line.Kept.TryDequeue(out var payload))
            {
                context.SendEvent(context.InstanceId, line.Name, payload!);
            }
        }
    }

    private async Task ListenAsync(Line line)
    {
        // On while somebody waits; the last listening may outlive its wait, and then keeps what it hears.
        while (line.Waits.Count > 0)
        {
            var payload = await context.WaitForExternalEvent<JsonElement?>(line.Name, CancellationToken.None);
            if (line.Waits.First is { } first)
            {
                line.Waits.RemoveFirst();
                first.Value.Give(payload);
            }
            else
            {
                line.Kept.Enqueue(payload);
            }
        }

        line.Listening = false;
    }

    /// <summary>One wait for an event.</summary>
    internal sealed class Wait
    {
        private readonly TaskCompletionSource<JsonElement?> source = new();

        public Task<JsonElement?> Task => source.Task;

        /// <summary>Leaves the line: a later event goes to whoever asks next.</summary>
        public Action Forget { get; set; } = static () => { };

        public void Give(JsonElement? payload) => source.SetResult(payload);
    }

    private sealed class Line(string name)
    {
        public string Name => name;

        public Queue<JsonElement?> Kept { get; } = new();

        public LinkedList<Wait> Waits { get; } = new();

        public bool Listening { get; set; }
    }
}
