using System.Text.Json;
using IdLcm.Domain.Operations;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace IdLcm.Functions.Orchestrations;

/// <summary>
/// The orchestrations. Each is one of the Domain's workflows under its own name: names are part of stored histories, so
/// a function is never renamed, and never removed while instances of it may be in flight.
/// </summary>
/// <param name="workflows">The workflows.</param>
public sealed class WorkflowFunctions(WorkflowCatalog workflows)
{
    /// <summary>Makes an account.</summary>
    /// <param name="context">The orchestration.</param>
    /// <returns>How it ended, as JSON.</returns>
    [Function("provision")]
    public Task<JsonElement?> ProvisionAsync([OrchestrationTrigger] TaskOrchestrationContext context) => workflows.RunAsync(context);

    /// <summary>Changes an account.</summary>
    /// <param name="context">The orchestration.</param>
    /// <returns>How it ended, as JSON.</returns>
    [Function("update")]
    public Task<JsonElement?> UpdateAsync([OrchestrationTrigger] TaskOrchestrationContext context) => workflows.RunAsync(context);

    /// <summary>Takes an account away.</summary>
    /// <param name="context">The orchestration.</param>
    /// <returns>How it ended, as JSON.</returns>
    [Function("deprovision")]
    public Task<JsonElement?> DeprovisionAsync([OrchestrationTrigger] TaskOrchestrationContext context) => workflows.RunAsync(context);

    /// <summary>Checks an integration in its app.</summary>
    /// <param name="context">The orchestration.</param>
    /// <returns>How it ended, as JSON.</returns>
    [Function("validate")]
    public Task<JsonElement?> ValidateAsync([OrchestrationTrigger] TaskOrchestrationContext context) => workflows.RunAsync(context);

    /// <summary>Brings the records up to what the app shows.</summary>
    /// <param name="context">The orchestration.</param>
    /// <returns>How it ended, as JSON.</returns>
    [Function("sync")]
    public Task<JsonElement?> SyncAsync([OrchestrationTrigger] TaskOrchestrationContext context) => workflows.RunAsync(context);

    /// <summary>Changes the service account's password.</summary>
    /// <param name="context">The orchestration.</param>
    /// <returns>How it ended, as JSON.</returns>
    [Function("rotate-password")]
    public Task<JsonElement?> RotatePasswordAsync([OrchestrationTrigger] TaskOrchestrationContext context) => workflows.RunAsync(context);

    /// <summary>Turns one-time codes on for the service account.</summary>
    /// <param name="context">The orchestration.</param>
    /// <returns>How it ended, as JSON.</returns>
    [Function("enable-mfa")]
    public Task<JsonElement?> EnableMfaAsync([OrchestrationTrigger] TaskOrchestrationContext context) => workflows.RunAsync(context);

    /// <summary>Turns one-time codes off for the service account.</summary>
    /// <param name="context">The orchestration.</param>
    /// <returns>How it ended, as JSON.</returns>
    [Function("disable-mfa")]
    public Task<JsonElement?> DisableMfaAsync([OrchestrationTrigger] TaskOrchestrationContext context) => workflows.RunAsync(context);

    /// <summary>Secures the own account of somebody who left.</summary>
    /// <param name="context">The orchestration.</param>
    /// <returns>How it ended, as JSON.</returns>
    [Function("secure-account")]
    public Task<JsonElement?> SecureAccountAsync([OrchestrationTrigger] TaskOrchestrationContext context) => workflows.RunAsync(context);

    /// <summary>Opens failed operations again, at a pace that the app bears.</summary>
    /// <param name="context">The orchestration.</param>
    /// <returns>How many were opened, as JSON.</returns>
    [Function(RetryWorkflow.WorkflowName)]
    public Task<JsonElement?> RetryAsync([OrchestrationTrigger] TaskOrchestrationContext context) => workflows.RunAsync(context);
}
