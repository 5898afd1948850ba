using Azure.Security.KeyVault.Secrets;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Erasure;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;
using IdLcm.Functions.Evidence;
using IdLcm.Functions.Secrets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdLcm.Functions.Storage;

/// <summary>Registers where the Azure edition keeps its data.</summary>
public static class AzureStorageServices
{
    /// <summary>
    /// Adds the record store on Table Storage, blobs and evidence links on Blob Storage, the anchors of activity chains, the erasure ledger, and
    /// secrets in Key Vault. Everything signs in with the managed identity. With a development connection string and without a
    /// vault, secrets lie beside the records of the emulator.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="options">Where things are.</param>
    /// <returns>The services.</returns>
    /// <exception cref="InvalidOperationException">When the services are first asked for: a setting is missing or not allowed.</exception>
    public static IServiceCollection AddAzureStorage(this IServiceCollection services, AzureStorageOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(new StorageClients(options));
        services.AddSingleton(static provider => provider.GetRequiredService<StorageClients>().Blobs());
        services.AddSingleton<IRecordStore>(provider =>
        {
            var clients = provider.GetRequiredService<StorageClients>();
            return new TableRecordStore(clients.Reads(), clients.Writes(), Clock(provider), options.CommitPatience);
        });
        services.AddSingleton<IBlobStore>(provider => new AzureBlobStore(Blobs(provider).GetBlobContainerClient(options.ContainerName), Clock(provider)));
        if (options.DevelopmentConnectionString is not { Length: > 0 })
        {
            // The emulator signs in with a key, which signs no links.
            services.AddLogging();
            services.AddSingleton<IEvidenceLinks>(provider => ActivatorUtilities.CreateInstance<EvidenceLinks>(provider, Blobs(provider), options.ContainerName, Clock(provider)));
        }

        services.AddSingleton<IChainAnchor>(provider => new BlobChainAnchor(Blobs(provider).GetBlobContainerClient(options.AnchorContainerName), Clock(provider)));
        services.AddSingleton<IErasureLedger>(provider => new BlobErasureLedger(Blobs(provider).GetBlobContainerClient(options.ErasureContainerName)));
        services.AddSingleton<ISecretStore>(provider => options is { KeyVaultEndpoint: null, DevelopmentConnectionString.Length: > 0 }
            ? new DevelopmentSecretStore(provider.GetRequiredService<IRecordStore>())
            : KeyVault(options, provider.GetRequiredService<StorageClients>(), Clock(provider)));
        return services;
    }

    /// <summary>Makes the secret store on Key Vault.</summary>
    /// <param name="options">Where the vault is.</param>
    /// <param name="clients">Signs in.</param>
    /// <param name="clock">The clock.</param>
    /// <returns>The store.</returns>
    internal static KeyVaultSecretStore KeyVault(AzureStorageOptions options, StorageClients clients, TimeProvider clock)
    {
        var client = clients.Configured(new SecretClientOptions
        {
            Retry = { MaxRetries = 5, Delay = TimeSpan.FromMilliseconds(400), MaxDelay = TimeSpan.FromSeconds(8), NetworkTimeout = TimeSpan.FromSeconds(20) },
        });
        var vault = StorageClients.Endpoint(options.KeyVaultEndpoint, nameof(options.KeyVaultEndpoint));
        return new KeyVaultSecretStore(
            new SecretClient(vault, clients.Credential, client), new SecretCache(clock, options.SecretCacheTime, options.SecretOutageTime), clock);
    }

    private static Azure.Storage.Blobs.BlobServiceClient Blobs(IServiceProvider provider) => provider.GetRequiredService<Azure.Storage.Blobs.BlobServiceClient>();

    private static TimeProvider Clock(IServiceProvider provider) => provider.GetRequiredService<TimeProvider>();
}
