using IdLcm.Domain;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace IdLcm.LocalHost.Hosting;

/// <summary>
/// Sends logs, metrics and traces to an OpenTelemetry collector. Set up by the standard environment variables
/// (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, <c>OTEL_EXPORTER_OTLP_PROTOCOL</c>, <c>OTEL_RESOURCE_ATTRIBUTES</c>); without the
/// first, nothing of it is loaded.
/// </summary>
internal sealed class OtlpExport : IDisposable
{
    private readonly TracerProvider _traces;
    private readonly MeterProvider _metrics;

    private OtlpExport()
    {
        _traces = Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(Describe)
            .AddSource(Telemetry.Name, "Microsoft.AspNetCore")
            .AddOtlpExporter()
            .Build();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(Describe)
            .AddMeter(Telemetry.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
            .AddOtlpExporter()
            .Build();
    }

    /// <summary>True when the environment names a collector.</summary>
    public static bool Wanted => Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 };

    /// <summary>Begins to export traces and metrics.</summary>
    /// <returns>The export; disposing of it sends what is still held.</returns>
    public static OtlpExport Start() => new();

    /// <summary>Sends logs too.</summary>
    /// <param name="logging">The logging to send.</param>
    public static void AddLogs(ILoggingBuilder logging) => logging.AddOpenTelemetry(logs =>
    {
        logs.SetResourceBuilder(Describing(ResourceBuilder.CreateDefault()));
        logs.IncludeFormattedMessage = true;
        logs.AddOtlpExporter();
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _traces.Dispose();
        _metrics.Dispose();
    }

    private static void Describe(ResourceBuilder resource) => Describing(resource);

    private static ResourceBuilder Describing(ResourceBuilder resource) =>
        resource.AddService("idlcm", serviceVersion: ProductVersion.Text).AddEnvironmentVariableDetector();
}
