using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Engine.History;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdLcm.LocalHost.Engine;

/// <summary>Registers the embedded engine.</summary>
public static class EngineServiceCollectionExtensions
{
    /// <summary>
    /// Adds the embedded engine over the database that the services hold: <see cref="IWorkflowClient"/>,
    /// <see cref="IWorkflowHistoryReader"/> and the hosted service that runs every registered <see cref="IWorkflow"/> and
    /// <see cref="IActivity"/> (singletons, found by their names).
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="options">How it runs; null for the defaults.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddEmbeddedEngine(this IServiceCollection services, EmbeddedEngineOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options ?? new EmbeddedEngineOptions());
        services.AddSingleton<EmbeddedEngine>();
        services.AddSingleton<EmbeddedWorkflowClient>();
        services.AddSingleton<IWorkflowClient>(static provider => provider.GetRequiredService<EmbeddedWorkflowClient>());
        services.AddSingleton<IWorkflowHistoryReader>(static provider => provider.GetRequiredService<EmbeddedWorkflowClient>());
        services.AddHostedService(static provider => provider.GetRequiredService<EmbeddedEngine>());
        return services;
    }
}
