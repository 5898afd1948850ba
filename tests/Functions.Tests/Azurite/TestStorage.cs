using IdLcm.Functions.Storage;

namespace IdLcm.Functions.Tests.Azurite;

/// <summary>Adapters as the product makes them, on an Azurite.</summary>
internal static class TestStorage
{
    public static AzureStorageOptions Options(this AzuriteServer azurite, int? tablePort = null, int? blobPort = null) => new()
    {
        DevelopmentConnectionString = azurite.ConnectionString(tablePort, blobPort),
    };

    public static TableRecordStore Records(AzureStorageOptions options)
    {
        var clients = new StorageClients(options);
        return new TableRecordStore(clients.Reads(), clients.Writes(), TimeProvider.System, options.CommitPatience);
    }
}
