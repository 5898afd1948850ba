using Azure.Monitor.OpenTelemetry.Exporter;
using IdLcm.Domain;
using IdLcm.Functions.Storage;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace IdLcm.Functions.Hosting;

/// <summary>
/// Sends the worker's own logs, traces and metrics to Application Insights. What the host passes on for a worker is text
/// without event ids and fields, by which the alerts of <c>infra/modules/alerts.bicep</c> find what they look for.
/// </summary>
internal static class WorkerTelemetry
{
    /// <summary>Adds it, signed in by the managed identity.</summary>
    /// <param name="services">The services.</param>
    /// <param name="options">Where it goes; nothing is added where they name no place.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddWorkerTelemetry(this IServiceCollection services, AzureEditionOptions options)
    {
        if (options.TelemetryConnectionString is not { } connectionString)
        {
            return services;
        }

        var clients = new StorageClients(options.Storage);
        var telemetry = services.AddOpenTelemetry();
        telemetry.UseFunctionsWorkerDefaults();
        telemetry.WithTracing(static traces => traces.AddSource(Telemetry.Name));
        telemetry.WithMetrics(static metrics => metrics.AddMeter(Telemetry.Name));
        telemetry.UseAzureMonitorExporter(exporter =>
        {
            exporter.ConnectionString = connectionString;
            exporter.Credential = clients.Credential;

            // An alert must not depend on whether the trace that its log belongs to was picked.
            exporter.EnableTraceBasedLogsSampler = false;
            exporter.EnableLiveMetrics = false;
            clients.Configured(exporter);
        });
        services.AddLogging(static logging => logging
            .AddFilter<OpenTelemetryLoggerProvider>("Microsoft", LogLevel.Warning)
            .AddFilter<OpenTelemetryLoggerProvider>("System", LogLevel.Warning)
            .AddFilter<OpenTelemetryLoggerProvider>("Azure", LogLevel.Warning));
        return services;
    }
}
