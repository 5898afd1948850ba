using IdLcm.Automation;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Workflows;
using IdLcm.Functions.Activities;
using IdLcm.Functions.Hosting;
using IdLcm.Functions.Orchestrations;
using IdLcm.Functions.Storage;
using IdLcm.Functions.Timers;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Hosting;
using IdLcm.Gateway.Scim;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdLcm.Functions;

/// <summary>Composes the Azure edition: the gateway with its adapters, in a Functions worker.</summary>
public static class AzureEdition
{
    /// <summary>Adds the whole edition.</summary>
    /// <param name="services">The services.</param>
    /// <param name="options">How it is set up.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddAzureEdition(this IServiceCollection services, AzureEditionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddFunctionsGateway(options);
        services.AddAzureStorage(options.Storage);
        services.AddWorkerTelemetry(options);
        if (options.Role != EditionRole.Automation)
        {
            services.AddHostedService<FirstOwnerKey>();
        }

        services.AddAutomation(options.Automation with
        {
            ConnectorDirectories =
            [
                .. new[] { Path.Combine(AppContext.BaseDirectory, "apps") }.Where(Directory.Exists),
                .. options.Connectors,
            ],
        });
        return services;
    }

    /// <summary>Adds what the functions run: everything but the adapters of storage, secrets and connectors.</summary>
    /// <param name="services">The services.</param>
    /// <param name="options">How it is set up.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddFunctionsGateway(this IServiceCollection services, AzureEditionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddRouting();
        services.AddSingleton(options);
        services.AddSingleton(options.Retry);
        services.AddSingleton(new EvidenceRetention { Days = (int)options.EvidenceRetention.TotalDays, Megabytes = 0 });
        services.AddSingleton(options.SignIn);
        services.TryAddSingleton(options.Entra);
        services.TryAddSingleton(options.Smtp);
        services.AddSingleton<IdlePace>();
        services.AddSingleton(new ProfileFreshness(options.IntegrationMaxAge));
        services.TryAddSingleton(new GatewayAddress { PublicUrl = options.PublicUrl?.AbsoluteUri.TrimEnd('/') });
        services.AddSingleton(new InstanceHistory { Template = options.HistoryUrl });
        services.AddSingleton<IFunctionMetadataTransformer>(new RoleFilter(options.Role));
        services.AddSingleton<DurableClientSource>();
        services.AddSingleton<WorkflowCatalog>();
        services.AddSingleton<RunningActivities>();
        services.AddSingleton<IWorkflowClient, DurableWorkflowClient>();
        services.AddGateway();
        services.AddSingleton<GatewayPipeline>();
        services.AddSingleton<RestoreGate>();
        if (options.Restored is not null)
        {
            services.AddHostedService<RestoredStart>();
        }

        services.AddHostedService<ProcessSignals>();

        // Statuses are looked at by the timer of due work: to look at each change costs more storage calls than an operation may.
        return services;
    }
}
