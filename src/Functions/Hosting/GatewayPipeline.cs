using IdLcm.Gateway.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Functions.Hosting;

/// <summary>
/// The gateway's own request pipeline, the same that the embedded edition runs. Every HTTP function hands its request
/// over to it; what the functions' routes say only decides which function is counted and scaled.
/// </summary>
public sealed class GatewayPipeline
{
    private const long MaxRequestBytes = 16 * 1024 * 1024;

    // Seconds; restored data are prepared in about as long.
    private const string RestoredRetryAfter = "10";

    private readonly RequestDelegate handle;
    private readonly RestoreGate gate;

    /// <summary>Builds the pipeline.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="gate">Holds requests back while restored data are prepared.</param>
    public GatewayPipeline(IServiceProvider services, RestoreGate gate)
    {
        this.gate = gate;
        var app = new ApplicationBuilder(services);
        app.UseRouting();
        app.UseEndpoints(endpoints => endpoints.MapGateway());
        handle = app.Build();
    }

    /// <summary>Handles a request to its end.</summary>
    /// <param name="http">The request, as the Functions host forwarded it.</param>
    /// <returns>Nothing more to write: the answer has been written.</returns>
    public async Task<IResult> HandleAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (!gate.IsOpen && !http.Request.Path.Equals("/healthz", StringComparison.OrdinalIgnoreCase))
        {
            http.Response.Headers.RetryAfter = RestoredRetryAfter;
            return Results.Text("The data were restored from a backup and are being prepared; come again in seconds.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MaxRequestBytes;
        }

        // The host's routing chose the function; the gateway's routing begins afresh.
        http.SetEndpoint(null);
        http.Request.RouteValues = new RouteValueDictionary();
        await handle(http);
        return Results.Empty;
    }
}
