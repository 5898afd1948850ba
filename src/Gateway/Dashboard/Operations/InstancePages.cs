using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Workflows;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the page of an operation's durable instance shows.</summary>
/// <param name="View">The integration.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Instance">Its instance; null before it has begun, and past its retention.</param>
/// <param name="HistoryUrl">Where the engine shows its history; null where it has no dashboard.</param>
internal sealed record InstanceModel(IntegrationView View, Operation Operation, WorkflowInstance? Instance, string? HistoryUrl);

/// <summary>Where the workflow engine stands with an operation. It tells nothing by which the instance could be steered.</summary>
internal static class InstancePages
{
    public static void Map(RouteGroupBuilder pages) =>
        pages.MapGet("/integrations/{integrationId}/operations/{operationId}/instance", ShowAsync).Needs(Permission.ManageIntegrations);

    private static async Task<IResult> ShowAsync(
        string integrationId, string operationId, HttpContext http, IntegrationViews views, OperationService operations, IWorkflowClient workflows, InstanceHistory history)
    {
        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view)
        {
            return IntegrationPages.Missing();
        }

        return await operations.FindAsync(integrationId, operationId, http.RequestAborted) is { } operation
            ? PageResult.Of<InstancePage, InstanceModel>(
                new InstanceModel(view, operation, await workflows.GetAsync(operation.Id, http.RequestAborted), history.LinkTo(operation.Id)))
            : OperationPages.MissingOperation();
    }
}
