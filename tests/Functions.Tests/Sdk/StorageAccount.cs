#nullable disable
using System.Security.Cryptography;
using System.Text;

namespace IdLcm.Functions.Tests.Sdk;

/// <summary>A storage account as a connection string names it.</summary>
internal sealed record StorageAccount(string Name, byte[] Key, Uri BlobEndpoint, Uri TableEndpoint)
{
    // Public: the emulator's one account, https://learn.microsoft.com/azure/storage/common/storage-connect-azurite.
    private const string Development =
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
        + "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
        + "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;TableEndpoint=http://127.0.0.1:10002/devstoreaccount1";

    public static StorageAccount Parse(string connectionString)
    {
        if (connectionString.Equals("UseDevelopmentStorage=true", StringComparison.OrdinalIgnoreCase))
        {
            connectionString = Development;
        }

        var parts = connectionString.Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(static part => part.Split('=', 2))
            .ToDictionary(static part => part[0], static part => part[1], StringComparer.OrdinalIgnoreCase);
        return new StorageAccount(
            parts["AccountName"], Convert.FromBase64String(parts["AccountKey"]), Endpoint("Blob"), Endpoint("Table"));

        Uri Endpoint(string service) => new(
            parts.TryGetValue(service + "Endpoint", out var endpoint)
                ? endpoint
                : $"https://{parts["AccountName"]}.{service.ToLowerInvariant()}.{parts.GetValueOrDefault("EndpointSuffix", "core.windows.net")}");
    }

    public string Sign(string text) => Convert.ToBase64String(HMACSHA256.HashData(Key, Encoding.UTF8.GetBytes(text)));
}
