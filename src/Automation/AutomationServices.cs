using IdLcm.Automation.Browser;
using IdLcm.Automation.Catalog;
using IdLcm.Automation.Evidence;
using IdLcm.Automation.Running;
using IdLcm.Automation.Sessions;
using IdLcm.Domain.Connectors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdLcm.Automation;

/// <summary>Adds the connector runner to a host.</summary>
public static class AutomationServices
{
    /// <summary>
    /// Adds <see cref="IConnectorRunner"/>, <see cref="IConnectorCatalog"/> and <see cref="FileConnectorCatalog"/>. The
    /// host provides <see cref="Domain.Secrets.ISecretStore"/>, <see cref="Domain.Storage.IBlobStore"/> and logging; it
    /// may provide its own <see cref="ISessionStorage"/> and <see cref="TimeProvider"/>. The browser starts with the
    /// first session and ends with the service provider.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">How connectors are run.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="InvalidDataException">A setting cannot be used; the message says which.</exception>
    public static IServiceCollection AddAutomation(this IServiceCollection services, AutomationOptions options)
    {
        if (options.Problem() is { } problem)
        {
            throw new InvalidDataException($"A setting of the automation is wrong: {problem}");
        }

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ISessionStorage>(options.SessionDirectory is { } directory ? new DirectorySessionStorage(directory) : new MemorySessionStorage());
        services.AddSingleton(options);
        services.AddSingleton(new FileConnectorCatalog(options.ConnectorDirectories, options.OwnConnectorDirectory));
        services.AddSingleton<IConnectorCatalog>(s => s.GetRequiredService<FileConnectorCatalog>());
        services.AddSingleton<BrowserStarter>();
        services.AddSingleton<BrowserHost>();
        services.AddSingleton<SessionVault>();
        services.AddSingleton<ServiceAccounts>();
        services.AddSingleton<EvidenceCollector>();
        services.AddSingleton<RunnerServices>();
        services.AddSingleton<IConnectorRunner, ConnectorRunner>();
        return services;
    }
}
