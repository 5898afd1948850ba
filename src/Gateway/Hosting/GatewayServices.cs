using IdLcm.Domain.Access;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Approvals;
using IdLcm.Domain.Assets;
using IdLcm.Domain.Erasure;
using IdLcm.Domain.Groups;
using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Leavers;
using IdLcm.Domain.Listing;
using IdLcm.Domain.Matching;
using IdLcm.Domain.Notifications;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Posture;
using IdLcm.Domain.Rotation;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Sync;
using IdLcm.Domain.Users;
using IdLcm.Domain.Workflows;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Claims;
using IdLcm.Gateway.Dashboard;
using IdLcm.Gateway.Launch;
using IdLcm.Gateway.Notifications;
using IdLcm.Gateway.Scim;
using Microsoft.AspNetCore.Routing;
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
        services.TryAddSingleton<EvidenceRetention>();
        services.TryAddSingleton(new ProfileFreshness(TimeSpan.Zero));
        services.AddSingleton<LaneSignal>();
        services.AddSingleton<ChangeFeed>();
        services.AddSingleton<RunningOperations>();
        services.AddSingleton<IntegrationStore>();
        services.AddSingleton<IntegrationProfiles>();
        services.AddSingleton<ActivityLog>();
        services.AddSingleton<UserService>();
        services.AddSingleton<InviteResend>();
        services.AddSingleton<EntitlementCatalog>();
        services.AddSingleton<AssetCatalog>();
        services.AddSingleton<AccessDecisions>();
        services.AddSingleton<CountedListing>();
        services.AddSingleton<ListingKeeper>();
        services.AddSingleton<GroupReader>();
        services.AddSingleton<GroupRoll>();
        services.AddSingleton<GroupWork>();
        services.AddSingleton<GroupService>();
        services.AddSingleton<GroupMappings>();
        services.AddSingleton<MemberCare>();
        services.AddSingleton<SyncPlans>();
        services.AddSingleton<SyncDecisions>();
        services.AddSingleton<SyncTimer>();
        services.AddSingleton<RotationTimer>();
        services.AddSingleton<RotationPolicies>();
        services.AddSingleton<PostureReport>();
        services.AddSingleton<PostureExceptions>();
        services.AddSingleton<PostureAlerts>();
        services.AddSingleton<DriftReport>();
        services.AddSingleton<Unmatched>();
        services.AddSingleton<PersonErasure>();
        services.AddSingleton<ErasureReplay>();
        services.AddSingleton<RestoredData>();
        services.AddSingleton<ApprovalService>();
        services.AddSingleton<HumanTaskService>();
        services.AddSingleton<EmergencyRevoke>();
        services.AddSingleton<LeaverWatch>();
        services.AddSingleton<ExemptionEnds>();
        services.AddSingleton<IntegrationClosing>();
        services.TryAddSingleton<SmtpOptions>();
        services.AddSingleton<Mailer>();
        services.AddSingleton(s => new ClaimMails(
            s.GetRequiredService<IRecordStore>(), s.GetRequiredService<IntegrationProfiles>(), s.GetRequiredService<ApprovalService>(), s.GetRequiredService<ClaimLinks>(),
            s.GetRequiredService<Mailer>(), s.GetRequiredService<GatewayAddress>(), s.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<INotificationSender, NotificationSender>();
        services.AddSingleton<NotificationPump>();
        services.AddSingleton<DueTasks>();
        services.AddSingleton<OperationService>();
        services.AddSingleton<Settlement>();
        services.AddSingleton<LaneScheduler>();
        services.AddSingleton<IActivity, OperationActivity>();
        services.AddSingleton<IActivity, ReopenActivity>();
        services.AddSingleton<IActivity, ApplySyncActivity>();
        services.AddSingleton<IActivity, EndSyncActivity>();
        services.AddSingleton<IActivity, CorrectDriftActivity>();
        services.AddSingleton<IWorkflow, ProvisionWorkflow>();
        services.AddSingleton<IWorkflow, UpdateWorkflow>();
        services.AddSingleton<IWorkflow, DeprovisionWorkflow>();
        services.AddSingleton<IWorkflow, ValidateWorkflow>();
        services.AddSingleton<IWorkflow, SyncWorkflow>();
        services.AddSingleton<IWorkflow, RotatePasswordWorkflow>();
        services.AddSingleton<IWorkflow, EnableMfaWorkflow>();
        services.AddSingleton<IWorkflow, DisableMfaWorkflow>();
        services.AddSingleton<IWorkflow, SecureAccountWorkflow>();
        services.AddSingleton<IWorkflow, RotateAccountPasswordWorkflow>();
        services.AddSingleton<IWorkflow, RetryWorkflow>();
        services.AddScimGateway();
        services.AddManagementApi();
        services.AddDashboard();
        services.AddLaunch();
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
        services.AddHostedService<DueWork>();
        services.AddHostedService<NotificationHost>();
        services.AddHostedService<StatusWatch>();
        return services;
    }

    /// <summary>Renders the first pages of the dashboard once when the process has started. For a process that stays: one that is started for a request has better things to do.</summary>
    /// <param name="services">The services.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddPageWarmUp(this IServiceCollection services) => services.AddHostedService<PageWarmUp>();

    /// <summary>Maps every endpoint.</summary>
    /// <typeparam name="TRoutes">An application, or the routes of a pipeline inside another host.</typeparam>
    /// <param name="routes">The routes.</param>
    /// <returns>The routes.</returns>
    public static TRoutes MapGateway<TRoutes>(this TRoutes routes)
        where TRoutes : IEndpointRouteBuilder
    {
        routes.MapScimGateway();
        routes.MapManagementApi();
        routes.MapClaims();
        routes.MapLaunch();
        routes.MapCapture();
        routes.MapPerson();
        routes.MapHealth();
        routes.MapDashboard();
        return routes;
    }
}
