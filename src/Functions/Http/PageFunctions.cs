using IdLcm.Functions.Hosting;
using IdLcm.Functions.Orchestrations;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace IdLcm.Functions.Http;

/// <summary>Health and the pages that people see.</summary>
/// <param name="pipeline">The gateway.</param>
/// <param name="source">Takes the Durable client that comes with an invocation.</param>
public sealed class PageFunctions(GatewayPipeline pipeline, DurableClientSource source)
{
    /// <summary>Whether the process answers, for the platform's probes. It needs no other service.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The answer.</returns>
    [Function(RoleFilter.HealthFunction)]
    public Task<IResult> HealthAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "healthz")] HttpRequest request) =>
        pipeline.HandleAsync(request.HttpContext);

    /// <summary>Whether the record store answers.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The answer.</returns>
    [Function("readiness")]
    public Task<IResult> ReadinessAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "readyz")] HttpRequest request) =>
        pipeline.HandleAsync(request.HttpContext);

    /// <summary>The dashboard, pages that people are sent links to, and the start page: everything that no other function takes.</summary>
    /// <param name="request">The request.</param>
    /// <param name="client">The Durable client.</param>
    /// <returns>The answer.</returns>
    [Function("pages")]
    public Task<IResult> PagesAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", "options", Route = "{*path}")] HttpRequest request,
        [DurableClient] DurableTaskClient client)
    {
        source.Attach(client);
        return pipeline.HandleAsync(request.HttpContext);
    }
}
