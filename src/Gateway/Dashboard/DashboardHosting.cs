using IdLcm.Gateway.Api;
using IdLcm.Gateway.Hosting.SignIn;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdLcm.Gateway.Dashboard;

/// <summary>The dashboard: server-rendered pages at the root of the gateway's address.</summary>
internal static class DashboardHosting
{
    public static void AddDashboard(this IServiceCollection services)
    {
        services.TryAddSingleton<Scim.GatewayAddress>();
        services.AddSingleton<Assets>();
        services.AddSingleton<Administrators>();
        services.AddSignIn();
        services.AddSingleton<DashboardGate>();
        services.AddSingleton<SignInNotes>();
        services.AddSingleton<ProviderSignIn>();
        services.AddSingleton<ISignInPurpose>(provider => provider.GetRequiredService<ProviderSignIn>());
        services.AddSingleton<SharedPages>();
        services.AddSingleton<OpenPages>();
        services.AddSingleton<HealthCount>();
        services.AddSingleton<HealthBoard>();
        services.AddHostedService(provider => provider.GetRequiredService<HealthBoard>());
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, DashboardJson.Default));
    }

    public static void MapDashboard(this IEndpointRouteBuilder routes)
    {
        SignInEndpoints.MapApi(routes.MapGroup("/api").AddEndpointFilter(routes.ServiceProvider.GetRequiredService<ApiGate>().InvokeAsync));
        Assets.Map(routes);
        var pages = routes.MapGroup("").AddEndpointFilter(routes.ServiceProvider.GetRequiredService<DashboardGate>().InvokeAsync)
            .AddEndpointFilter(routes.ServiceProvider.GetRequiredService<SharedPages>().InvokeAsync);
        SignInEndpoints.Map(pages);
        HomeEndpoints.Map(pages);
        IntegrationPages.Map(pages);
        IntegrationForms.Map(pages);
        PolicyForms.Map(pages);
        GroupForms.Map(pages);
        ScimAccessForms.Map(pages);
        CreatePages.Map(pages);
        DangerForms.Map(pages);
        ConnectorForms.Map(pages);
        NotificationPages.Map(pages);
        UserPages.Map(pages);
        UnmatchedForms.Map(pages);
        PersonForms.Map(pages);
        AssignmentPages.Map(pages);
        TaskPages.Map(pages);
        ApprovalPages.Map(pages);
        OperationPages.Map(pages);
        InstancePages.Map(pages);
        SyncPlanPages.Map(pages);
        DriftPages.Map(pages);
        ActivityPages.Map(pages);
        StatusHistoryPages.Map(pages);
        EntitlementPages.Map(pages);
        AccessPages.Map(pages);
        PeopleSearchPages.Map(pages);
        PeoplePages.Map(pages);
        PosturePages.Map(pages);
        PostureForms.Map(pages);
        CatalogPages.Map(pages);
        SettingsPages.Map(pages);
        AdministratorPages.Map(pages);
        LiveEndpoint.Map(pages);
        pages.MapFallback(() => DashboardGate.Problem(StatusCodes.Status404NotFound, "There is no such page", "The address may be wrong, or what it named is gone."))
            .WithMetadata(new DashboardAccess(Permission.Anonymous));
    }
}
