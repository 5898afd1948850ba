using System.Text.Json.Nodes;
using IdLcm.LocalHost.Cli.Remote;

namespace IdLcm.Dev.Up;

/// <summary>Tells what an operation does, step by step, until it has ended.</summary>
/// <param name="client">The gateway.</param>
/// <param name="tell">Takes each line.</param>
internal sealed class OperationFollower(ManagementClient client, Action<string> tell)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(150);

    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    /// <summary>Follows one operation.</summary>
    /// <param name="id">The operation.</param>
    /// <param name="cancellationToken">Stops following.</param>
    /// <returns>The operation as it ended.</returns>
    public async Task<JsonObject> FollowAsync(string id, CancellationToken cancellationToken)
    {
        while (true)
        {
            var operation = await client.GetAsync($"api/operations/{id}", cancellationToken);
            TellSteps(id, operation);
            if ((string?)operation["status"] is "Succeeded" or "Failed" or "Cancelled")
            {
                return operation;
            }

            // Live steps have no wait of their own: the long poll returns when the operation changes, not its steps.
            await Task.Delay(Pace, cancellationToken);
        }
    }

    private void TellSteps(string id, JsonObject operation)
    {
        foreach (var attempt in Array(operation, "attempts"))
        {
            var index = 0;
            foreach (var step in Array(attempt, "steps"))
            {
                if (_told.Add($"{id}/{attempt["number"]}/{index++}") && (string?)step["outcome"] != "skipped")
                {
                    tell($"{step["verb"],-11} {(double?)step["durationMs"] ?? 0,6:F0} ms  {step["description"]}{((string?)step["error"] is { } error ? $" ({error})" : "")}");
                }
            }
        }
    }

    private static IEnumerable<JsonObject> Array(JsonObject node, string name) => (node[name] as JsonArray ?? []).OfType<JsonObject>();
}
