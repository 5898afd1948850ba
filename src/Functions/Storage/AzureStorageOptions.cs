using Azure.Core;

namespace IdLcm.Functions.Storage;

/// <summary>Where the Azure edition keeps its data. Nothing of it is a secret.</summary>
public sealed record AzureStorageOptions
{
    /// <summary>The table service of the storage account, for example <c>https://account.table.core.windows.net</c>.</summary>
    public Uri? TableEndpoint { get; init; }

    /// <summary>The blob service of the storage account, for example <c>https://account.blob.core.windows.net</c>.</summary>
    public Uri? BlobEndpoint { get; init; }

    /// <summary>The key vault, for example <c>https://vault.vault.azure.net</c>.</summary>
    public Uri? KeyVaultEndpoint { get; init; }

    /// <summary>
    /// The connection string of a storage emulator on this machine, instead of the endpoints. One that names another machine is
    /// refused: in Azure the managed identity signs in, and shared keys are off.
    /// </summary>
    public string? DevelopmentConnectionString { get; init; }

    /// <summary>The client id of the user-assigned managed identity to sign in with; null for what the environment offers.</summary>
    public string? ManagedIdentityClientId { get; init; }

    /// <summary>The table that holds the records.</summary>
    public string TableName { get; init; } = "idlcm";

    /// <summary>The blob container for evidence and large values.</summary>
    public string ContainerName { get; init; } = "idlcm";

    /// <summary>The blob container for the anchors of activity chains; it can have an immutability policy that allows appends.</summary>
    public string AnchorContainerName { get; init; } = "idlcm-anchors";

    /// <summary>The blob container for the erasure ledger. A restore must not bring back an older state of it.</summary>
    public string ErasureContainerName { get; init; } = "idlcm-erasures";

    /// <summary>How long a commit is tried while the service is busy or away, before its caller is told.</summary>
    public TimeSpan CommitPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a secret that was read may be handed out again without asking the vault.</summary>
    public TimeSpan SecretCacheTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a secret that was read may be handed out while the vault is busy or away.</summary>
    public TimeSpan SecretOutageTime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>What signs in; null for <see cref="Azure.Identity.DefaultAzureCredential"/>.</summary>
    internal TokenCredential? Credential { get; init; }

    /// <summary>Changes the options of every client, for tests.</summary>
    internal Action<ClientOptions>? ConfigureClient { get; init; }
}
