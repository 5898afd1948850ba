using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using Azure.Core;
using IdLcm.Domain.Integrations;
using IdLcm.Functions.Hosting;
using IdLcm.Functions.Storage;
using IdLcm.Functions.Tests.Azurite;
using IdLcm.Functions.Timers;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;

namespace IdLcm.Functions.Tests.Hosting;

/// <summary>What the alerts look for reaches Application Insights as they look for it, sent by the exporter itself.</summary>
public sealed class WorkerTelemetryTests
{
    private const string Host = "ingestion.idlcm.test";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_waiting_lane_is_told_with_its_event_id_and_fields_and_the_identity_signs_in()
    {
        using var tls = new LocalTls(Host);
        await using var ingestion = Ingestion(tls, out var received);
        await ingestion.StartAsync(Stop);
        var port = new Uri(ingestion.Urls.Single()).Port;
        var credential = new TestCredential(_ => "telemetry-token");
        var options = new AzureEditionOptions
        {
            TelemetryConnectionString = $"InstrumentationKey={Guid.NewGuid()};IngestionEndpoint=https://{Host}/",
            Storage = new AzureStorageOptions { Credential = credential, ConfigureClient = client => client.Transport = tls.Transport(_ => port) },
        };
        await using var gateway = await RunningGateway.StartAsync(
            i => i with { Paused = new Pause("test", DateTimeOffset.UtcNow, "so that it waits") }, services => services.AddWorkerTelemetry(options), timers: false);
        await gateway.CreateAsync("ada@acme.test");

        await ActivatorUtilities.CreateInstance<QueueWatch>(gateway.Services).RunAsync(new TimerInfo(), Stop);
        gateway.Services.GetRequiredService<LoggerProvider>().ForceFlush();

        JsonNode? told = null;
        await RunningGateway.UntilAsync(
            () => Task.FromResult((told = received.Select(item => item.Item["data"]?["baseData"]).FirstOrDefault(data => (string?)data?["properties"]?["EventId"] == "4201")) is not null),
            "The message did not arrive.");
        var properties = told!["properties"]!;
        Assert.Equal((gateway.Integration.Id, "True"), ((string?)properties["IntegrationId"], (string?)properties["Paused"]));
        Assert.InRange(int.Parse((string)properties["WaitedSeconds"]!), 0, 600);
        Assert.All(received, item => Assert.Equal("Bearer telemetry-token", item.Authorization));
        Assert.Contains(credential.Asked, asked => asked.Scopes.Contains("https://monitor.azure.com//.default"));
    }

    [Fact]
    public void Without_a_connection_string_nothing_is_sent()
    {
        var services = new ServiceCollection();
        services.AddWorkerTelemetry(new AzureEditionOptions());
        Assert.Empty(services);
    }

    // Takes telemetry as Application Insights does: lines of JSON, compressed.
    private static WebApplication Ingestion(LocalTls tls, out ConcurrentQueue<(JsonNode Item, string? Authorization)> received)
    {
        var items = received = new ConcurrentQueue<(JsonNode, string?)>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(tls.Certificate)));
        var app = builder.Build();
        app.Run(async http =>
        {
            await using var body = http.Request.Headers.ContentEncoding == "gzip" ? new GZipStream(http.Request.Body, CompressionMode.Decompress) : http.Request.Body;
            using var reader = new StreamReader(body);
            var count = 0;
            while (await reader.ReadLineAsync(http.RequestAborted) is { } line)
            {
                items.Enqueue((JsonNode.Parse(line)!, http.Request.Headers.Authorization));
                count++;
            }

            await http.Response.WriteAsJsonAsync(new { itemsReceived = count, itemsAccepted = count, errors = Array.Empty<object>() }, http.RequestAborted);
        });
        return app;
    }
}
