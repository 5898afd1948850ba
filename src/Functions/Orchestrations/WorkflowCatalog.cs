using System.Text.Json;
using IdLcm.Domain.Workflows;
using Microsoft.DurableTask;

namespace IdLcm.Functions.Orchestrations;

/// <summary>The Domain's workflows by name, run as orchestrations.</summary>
/// <param name="workflows">The workflows.</param>
public sealed class WorkflowCatalog(IEnumerable<IWorkflow> workflows)
{
    private readonly Dictionary<string, IWorkflow> byName = workflows.ToDictionary(workflow => workflow.Name, StringComparer.Ordinal);

    /// <summary>Tells whether there is a workflow of that name.</summary>
    /// <param name="name">The name.</param>
    /// <returns>True when there is.</returns>
    public bool Has(string name) => byName.ContainsKey(name);

    /// <summary>Runs the workflow that the orchestration is named after.</summary>
    /// <param name="context">The orchestration.</param>
    /// <returns>Its output as JSON.</returns>
    /// <exception cref="InvalidOperationException">There is no such workflow.</exception>
    public async Task<JsonElement?> RunAsync(TaskOrchestrationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var workflow = byName.GetValueOrDefault(context.Name.Name) ?? throw new InvalidOperationException($"No workflow '{context.Name}' is registered.");
        var input = DurableJson.Read(context.GetInput<JsonElement?>(), workflow.InputType);
        return DurableJson.Write(await workflow.RunAsync(new DurableWorkflowContext(context), input));
    }
}
