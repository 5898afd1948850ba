#nullable disable
using Azure.Core;
using Azure.Core.Pipeline;
using IdLcm.Functions.Tests.Sdk;
namespace Azure.Storage.Blobs;
public class BlobClientOptions : ClientOptions { }
public class BlobServiceClient
{
    public BlobServiceClient(string connectionString, BlobClientOptions options) { }
    public BlobServiceClient(Uri serviceUri, TokenCredential credential, BlobClientOptions options = null) { }
}
