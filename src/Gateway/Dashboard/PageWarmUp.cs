using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Dashboard;

/// <summary>
/// Renders the first pages once while the process starts, for nobody: whoever opens the dashboard first need not wait until
/// their code is compiled. It is done beside the start, which keeps one core busy and no more.
/// </summary>
internal sealed partial class PageWarmUp(IServiceScopeFactory scopes, TimeProvider clock, ILogger<PageWarmUp> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var (integrations, views) = (services.GetRequiredService<IntegrationStore>(), services.GetRequiredService<IntegrationViews>());
        try
        {
            await RenderAsync(services, http => HomeEndpoints.ShowAsync(http, integrations, views, services.GetRequiredService<HealthBoard>(), clock), stoppingToken);
            await RenderAsync(services, http => IntegrationPages.ListAsync(http, integrations, views), stoppingToken);
            if (await integrations.ListIdsAsync(stoppingToken) is [var first, ..])
            {
                await RenderAsync(services, http => IntegrationPages.ShowAsync(http, first), stoppingToken);
            }

            await services.GetRequiredService<HealthBoard>().Counted.WaitAsync(stoppingToken);
            await Task.Delay(Pause, clock, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
        catch (RecordStoreUnavailableException error)
        {
            LogCold(error);
        }

        // What starting, compiling and counting left behind is never needed again, and nothing else would give it back to an idle machine.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    private async Task RenderAsync(IServiceProvider services, Func<HttpContext, Task<IResult>> show, CancellationToken stoppingToken)
    {
        var now = clock.GetUtcNow();
        var http = new DefaultHttpContext { RequestServices = services, RequestAborted = stoppingToken };
        http.Response.Body = Stream.Null;
        var nobody = new Administrator("warm-up", "", WorkspaceRole.Owner, now, "");
        var caller = new ApiCaller(new ApiKey("warm-up", "", WorkspaceRole.Owner, "", now, now));
        http.Features.Set(caller);
        http.Features.Set(new DashboardUser(nobody, caller, "", now));
        await (await show(http)).ExecuteAsync(http);
    }

    [LoggerMessage(2306, LogLevel.Information, "The first pages cannot be rendered ahead: the store is not available")]
    private partial void LogCold(Exception error);
}
