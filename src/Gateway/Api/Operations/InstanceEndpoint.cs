using System.Text.Json;
using IdLcm.Domain.Workflows;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>
/// The durable instance behind an operation, for whoever has to look deeper than its record. It tells where the instance
/// stands and nothing by which it could be steered.
/// </summary>
internal static class InstanceEndpoint
{
    public static void Map(RouteGroupBuilder api) => api.MapGet("/operations/{operationId}/instance", GetAsync)
        .Requires(Permission.ManageIntegrations)
        .Documents(
            "getOperationInstance",
            "Operations",
            "Read an operation's durable instance",
            "Its runtime status, custom status and where its history can be seen. Histories are kept for a while only; the operation itself stays.")
        .Answers<InstanceResource>();

    private static async Task<IResult> GetAsync(
        string operationId, HttpContext http, OperationLocator locator, IWorkflowClient workflows, InstanceHistory history, string? integrationId = null)
    {
        if (await locator.FindAsync(ApiCaller.Of(http), operationId, integrationId, http.RequestAborted) is not { } operation)
        {
            return ApiProblems.NoOperation(operationId);
        }

        return await workflows.GetAsync(operation.Id, http.RequestAborted) is { } instance
            ? ApiJson.Ok(InstanceResource.Of(instance, history))
            : ApiProblems.Of(Domain.Integrations.Refusal.NotFound("no_instance", "The operation has not begun, or its history is past its retention."));
    }
}

/// <summary>Where people can see histories of instances: a dashboard of the workflow engine, if there is one.</summary>
public sealed record InstanceHistory
{
    /// <summary>An address with <c>{instanceId}</c> in it; null where there is none.</summary>
    public string? Template { get; init; }

    /// <summary>The address for one instance.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <returns>The address, or null.</returns>
    public string? LinkTo(string instanceId) => Template?.Replace("{instanceId}", Uri.EscapeDataString(instanceId), StringComparison.Ordinal);
}

/// <summary>A durable instance.</summary>
internal sealed record InstanceResource(
    string InstanceId, string Workflow, string Status, DateTimeOffset CreatedAt, DateTimeOffset LastUpdatedAt, JsonElement? CustomStatus, string? HistoryUrl)
{
    public static InstanceResource Of(WorkflowInstance instance, InstanceHistory history) => new(
        instance.InstanceId,
        instance.Workflow,
        instance.Status.ToString(),
        instance.CreatedAt,
        instance.LastUpdatedAt,
        instance.CustomStatus is { } status ? JsonSerializer.Deserialize<JsonElement>(status) : null,
        history.LinkTo(instance.InstanceId));
}
