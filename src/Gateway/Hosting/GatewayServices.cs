using IdLcm.Domain.Activity;
using IdLcm.Domain.Groups;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Listing;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;
using IdLcm.Domain.Workflows;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Dashboard;
using IdLcm.Gateway.Scim;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdLcm.Gateway.Hosting;

/// <summary>
/// The composition root that both editions call. The edition adds the adapters: record store, blobs, secrets, workflow
/// engine, connector catalog and runner.
/// </summary>
public static class GatewayServices
{
    /// <summary>Adds the gateway.</summary>
    /// <param name="services">The services.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddGateway(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RetryRules>();
        services.AddSingleton<LaneSignal>();
        services.AddSingleton<ChangeFeed>();
        services.AddSingleton<RunningOperations>();
        services.AddSingleton<IntegrationStore>();
        services.AddSingleton<IntegrationProfiles>();
        services.AddSingleton<ActivityLog>();
        services.AddSingleton<UserService>();
        services.AddSingleton<CountedListing>();
        services.AddSingleton<ListingKeeper>();
        services.AddSingleton<GroupReader>();
        services.AddSingleton<GroupRoll>();
        services.AddSingleton<GroupWork>();
        services.AddSingleton<GroupService>();
        services.AddSingleton<MemberCare>();
        services.AddSingleton<OperationService>();
        services.AddSingleton<Settlement>();
        services.AddSingleton<LaneScheduler>();
        services.AddSingleton<IActivity, OperationActivity>();
        services.AddSingleton<IActivity, ReopenActivity>();
        services.AddSingleton<IWorkflow, ProvisionWorkflow>();
        services.AddSingleton<IWorkflow, UpdateWorkflow>();
        services.AddSingleton<IWorkflow, DeprovisionWorkflow>();
        services.AddSingleton<IWorkflow, ValidateWorkflow>();
        services.AddSingleton<IWorkflow, SyncWorkflow>();
        services.AddSingleton<IWorkflow, RetryWorkflow>();
        services.AddScimGateway();
        services.AddManagementApi();
        services.AddDashboard();
        return services;
    }

    /// <summary>Adds the background work of a process of its own: lanes, the sealing of activity, directories and groups.</summary>
    /// <param name="services">The services.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddGatewayBackground(this IServiceCollection services)
    {
        services.AddHostedService<LaneHost>();
        services.AddHostedService<ActivitySealer>();
        services.AddHostedService<DirectoryUpkeep>();
        return services;
    }

    /// <summary>Maps every endpoint.</summary>
    /// <param name="app">The application.</param>
    /// <returns>The application.</returns>
    public static WebApplication MapGateway(this WebApplication app)
    {
        app.MapScimGateway();
        app.MapManagementApi();
        app.MapHealth();
        app.MapDashboard();
        return app;
    }
}
