using IdLcm.Domain.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.DurableTask.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.Functions.Tests.Hosting;

/// <summary>
/// The part of the Functions host that the edition needs, on a real port: routes requests to functions by their
/// metadata, runs the timers, and gives orchestrations and activities from the task hub.
/// </summary>
internal sealed class FunctionsHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly TestTaskHub hub;
    private readonly CancellationTokenSource stopping = new();
    private readonly List<Task> timers = [];

    private FunctionsHost(WebApplication app, TestTaskHub hub) => (this.app, this.hub) = (app, hub);

    public IServiceProvider Services => app.Services;

    public string Url => app.Urls.First();

    public static async Task<FunctionsHost> StartAsync(TestTaskHub hub, Action<IServiceCollection> services, bool timers = true)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        services(builder.Services);
        var app = builder.Build();
        var worker = new FunctionWorker(app.Services, hub);
        IList<IFunctionMetadata> known = [.. FunctionIndex.All];
        foreach (var transformer in app.Services.GetServices<IFunctionMetadataTransformer>())
        {
            transformer.Transform(known);
        }

        var functions = known.Cast<IndexedFunction>().ToList();
        foreach (var function in functions.Where(function => function.Http is not null))
        {
            app.MapMethods("/" + function.Http!.Route, function.Http.Methods!, http => worker.HandleAsync(function, http));
        }

        var host = new FunctionsHost(app, hub);
        await app.StartAsync();
        if (functions.Any(function => function.Trigger is OrchestrationTriggerAttribute or ActivityTriggerAttribute))
        {
            hub.Attach(worker);
        }

        foreach (var function in functions.Where(function => timers && function.Timer is not null))
        {
            host.timers.Add(host.TickAsync(worker, function));
        }

        return host;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await hub.DetachAsync();
        await Task.WhenAll(timers);
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        stopping.Dispose();
    }

    private async Task TickAsync(FunctionWorker worker, IndexedFunction function)
    {
        // Twice as often as real ones, because tests wait for them; what has a period of minutes or more goes by the clock that tests move.
        var schedule = function.Timer!.Schedule.Split(' ');
        var period = schedule[0].StartsWith("*/", StringComparison.Ordinal) ? TimeSpan.Zero
            : schedule[1] == "*" ? TimeSpan.FromMinutes(1)
            : schedule[2] == "*" ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1);
        var clock = Services.GetRequiredService<TimeProvider>();
        var last = clock.GetUtcNow();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(2));
        try
        {
            do
            {
                // A clock that was set back does not stop them: they count from the time that it shows then.
                if (clock.GetUtcNow() - last is var passed && (passed >= period || passed < TimeSpan.Zero))
                {
                    last = clock.GetUtcNow();
                    try
                    {
                        await worker.TickAsync(function, stopping.Token);
                    }
                    catch (RecordStoreUnavailableException)
                    {
                        // As in Azure: the invocation has failed, the next one comes.
                    }
                }
            }
            while (await timer.WaitForNextTickAsync(stopping.Token));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The host stops.
        }
    }
}
