using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Hosting;

/// <summary>Health for load balancers and service managers.</summary>
internal static class HealthEndpoints
{
    /// <summary>Maps <c>/healthz</c> (the process answers) and <c>/readyz</c> (the record store answers).</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => TypedResults.Text("ok")).ExcludeFromDescription();
        routes.MapGet("/readyz", async Task<IResult> (IntegrationStore integrations, CancellationToken cancellationToken) =>
        {
            try
            {
                await integrations.WorkspaceAsync(cancellationToken);
                return TypedResults.Text("ready");
            }
            catch (RecordStoreUnavailableException error)
            {
                return TypedResults.Problem(error.Message, statusCode: StatusCodes.Status503ServiceUnavailable, title: "Not ready");
            }
        }).ExcludeFromDescription();
    }
}
