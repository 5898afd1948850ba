using IdLcm.Functions.Hosting;
using IdLcm.Functions.Orchestrations;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace IdLcm.Functions.Http;

/// <summary>The management API. The level is anonymous because the gateway checks its own API keys and roles.</summary>
/// <param name="pipeline">The gateway.</param>
/// <param name="source">Takes the Durable client that comes with an invocation.</param>
public sealed class ManagementFunctions(GatewayPipeline pipeline, DurableClientSource source)
{
    /// <summary>
    /// Operations: their status, from the records, for as long as those are kept. The management links of Durable
    /// Functions carry a system key that may do everything, so none is ever made.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="client">The Durable client.</param>
    /// <returns>The answer.</returns>
    [Function("operation-status")]
    public Task<IResult> OperationsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", "options", Route = "api/operations/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => HandleAsync(request, client);

    /// <summary>Everything else below <c>/api</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="client">The Durable client.</param>
    /// <returns>The answer.</returns>
    [Function("management-api")]
    public Task<IResult> ApiAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", "options", Route = "api/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => HandleAsync(request, client);

    private Task<IResult> HandleAsync(HttpRequest request, DurableTaskClient client)
    {
        source.Attach(client);
        return pipeline.HandleAsync(request.HttpContext);
    }
}
