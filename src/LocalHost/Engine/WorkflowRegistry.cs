using System.Diagnostics.CodeAnalysis;
using IdLcm.Domain.Workflows;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Engine;

/// <summary>
/// The workflows and activities of the service provider, by name. Looked up on first use: activities may themselves
/// need the workflow client.
/// </summary>
internal sealed class WorkflowRegistry(IServiceProvider services)
{
    private readonly Lazy<Dictionary<string, IWorkflow>> _workflows = new(() => ByName(services.GetServices<IWorkflow>(), w => w.Name, "workflow"));
    private readonly Lazy<Dictionary<string, IActivity>> _activities = new(() => ByName(services.GetServices<IActivity>(), a => a.Name, "activity"));

    public bool HasWorkflow(string name) => _workflows.Value.ContainsKey(name);

    public bool TryGetWorkflow(string name, [NotNullWhen(true)] out IWorkflow? workflow) => _workflows.Value.TryGetValue(name, out workflow);

    public bool TryGetActivity(string name, [NotNullWhen(true)] out IActivity? activity) => _activities.Value.TryGetValue(name, out activity);

    public void Load()
    {
        _ = _workflows.Value;
        _ = _activities.Value;
    }

    private static Dictionary<string, T> ByName<T>(IEnumerable<T> items, Func<T, string> name, string kind)
    {
        var byName = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            if (!byName.TryAdd(name(item), item))
            {
                throw new InvalidOperationException($"Two {kind} classes are registered under the name '{name(item)}'.");
            }
        }

        return byName;
    }
}
