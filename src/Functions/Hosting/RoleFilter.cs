using System.Text.Json;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;

namespace IdLcm.Functions.Hosting;

/// <summary>
/// Tells the host only of the functions that belong to this app's role. A host that is told of no orchestration and no
/// activity takes no work from the task hub: it is a client of it.
/// </summary>
internal sealed class RoleFilter(EditionRole role) : IFunctionMetadataTransformer
{
    /// <summary>Answered whatever the role, for the platform's probes.</summary>
    public const string HealthFunction = "health";

    private static readonly HashSet<string> Automation =
        new(StringComparer.OrdinalIgnoreCase) { "orchestrationTrigger", "activityTrigger", "entityTrigger" };

    public string Name => "IdLCM role";

    public void Transform(IList<IFunctionMetadata> original)
    {
        for (var i = original.Count - 1; i >= 0; i--)
        {
            if (!Belongs(original[i]))
            {
                original.RemoveAt(i);
            }
        }
    }

    private bool Belongs(IFunctionMetadata function) =>
        role == EditionRole.All
        || function.Name == HealthFunction
        || (function.RawBindings ?? []).Any(IsAutomation) == (role == EditionRole.Automation);

    private static bool IsAutomation(string binding)
    {
        using var json = JsonDocument.Parse(binding);
        return json.RootElement.TryGetProperty("type", out var type) && Automation.Contains(type.GetString() ?? "");
    }
}
