using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace IdLcm.Functions.Storage;

/// <summary>Makes the clients of the storage account.</summary>
/// <param name="options">Where the account is.</param>
internal sealed class StorageClients(AzureStorageOptions options)
{
    private static readonly string[] LocalHosts = ["127.0.0.1", "localhost", "azurite", "[::1]"];

    /// <summary>Signs in everywhere.</summary>
    public TokenCredential Credential { get; } = options.Credential ?? new DefaultAzureCredential(
        new DefaultAzureCredentialOptions { ManagedIdentityClientId = options.ManagedIdentityClientId });

    /// <summary>A client of the record table that tries again by itself.</summary>
    /// <returns>The client.</returns>
    public TableClient Reads() => Table(new TableClientOptions
    {
        Retry = { MaxRetries = 6, Delay = TimeSpan.FromMilliseconds(100), MaxDelay = TimeSpan.FromSeconds(4), NetworkTimeout = TimeSpan.FromSeconds(20) },
    });

    /// <summary>A client of the record table that asks once.</summary>
    /// <returns>The client.</returns>
    public TableClient Writes() => Table(new TableClientOptions { Retry = { MaxRetries = 0, NetworkTimeout = TimeSpan.FromSeconds(20) } });

    /// <summary>A client of the blob service.</summary>
    /// <returns>The client.</returns>
    public BlobServiceClient Blobs()
    {
        var client = Configured(new BlobClientOptions
        {
            Retry = { MaxRetries = 6, Delay = TimeSpan.FromMilliseconds(200), MaxDelay = TimeSpan.FromSeconds(8), NetworkTimeout = TimeSpan.FromSeconds(60) },
        });
        return Development() is { } emulator
            ? new BlobServiceClient(emulator, client)
            : new BlobServiceClient(Endpoint(options.BlobEndpoint, nameof(options.BlobEndpoint)), Credential, client);
    }

    /// <summary>Applies what tests ask for.</summary>
    /// <typeparam name="T">The kind of options.</typeparam>
    /// <param name="client">The options.</param>
    /// <returns>The same.</returns>
    public T Configured<T>(T client)
        where T : ClientOptions
    {
        options.ConfigureClient?.Invoke(client);
        return client;
    }

    /// <summary>An endpoint that must be there and must be safe to send a token to.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="name">The name of its setting.</param>
    /// <returns>The endpoint.</returns>
    /// <exception cref="InvalidOperationException">It is missing or not https.</exception>
    public static Uri Endpoint(Uri? endpoint, string name) => endpoint switch
    {
        null => throw new InvalidOperationException($"The setting '{name}' is missing."),
        { IsAbsoluteUri: true, Scheme: "https" } => endpoint,
        _ => throw new InvalidOperationException($"The setting '{name}' must be an https address; it is '{endpoint}'."),
    };

    private TableClient Table(TableClientOptions client)
    {
        Configured(client);
        var service = Development() is { } emulator
            ? new TableServiceClient(emulator, client)
            : new TableServiceClient(Endpoint(options.TableEndpoint, nameof(options.TableEndpoint)), Credential, client);
        return service.GetTableClient(options.TableName);
    }

    private string? Development()
    {
        if (options.DevelopmentConnectionString is not { Length: > 0 } text)
        {
            return null;
        }

        var emulator = text.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(static part => part.Split('=', 2)).All(static part =>
            part.Length == 2 && part[0].Trim().ToUpperInvariant() switch
            {
                "USEDEVELOPMENTSTORAGE" => true,
                "DEFAULTENDPOINTSPROTOCOL" or "ACCOUNTNAME" or "ACCOUNTKEY" => true,
                "BLOBENDPOINT" or "TABLEENDPOINT" or "QUEUEENDPOINT" => Uri.TryCreate(part[1], UriKind.Absolute, out var endpoint) && LocalHosts.Contains(endpoint.Host, StringComparer.OrdinalIgnoreCase),
                _ => false,
            });
        var named = text.Contains("UseDevelopmentStorage=true", StringComparison.OrdinalIgnoreCase)
            || (text.Contains("BlobEndpoint=", StringComparison.OrdinalIgnoreCase) && text.Contains("TableEndpoint=", StringComparison.OrdinalIgnoreCase));
        return emulator && named
            ? text
            : throw new InvalidOperationException(
                $"The setting '{nameof(options.DevelopmentConnectionString)}' is for an emulator on this machine only. In Azure set the endpoints: the managed identity signs in.");
    }
}
