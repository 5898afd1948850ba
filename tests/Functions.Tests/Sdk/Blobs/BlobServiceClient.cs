#nullable disable
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs.Models;
using IdLcm.Functions.Tests.Sdk;

namespace Azure.Storage.Blobs;

public class BlobClientOptions : ClientOptions
{
    public BlobClientOptions(ServiceVersion version = ServiceVersion.V2024_08_04) => Version = version;

    public enum ServiceVersion
    {
        V2021_12_02 = 15,
        V2024_08_04 = 23,
    }

    public ServiceVersion Version { get; }
}

public class BlobServiceClient
{
    private readonly BlobWire _wire;

    public BlobServiceClient(string connectionString, BlobClientOptions options)
    {
        var account = StorageAccount.Parse(connectionString);
        (Uri, AccountName) = (account.BlobEndpoint, account.Name);
        _wire = new BlobWire(HttpPipelineBuilder.Build(options ?? new BlobClientOptions(), [], [new SharedKeyPolicy(account)], new ResponseClassifier()));
    }

    public BlobServiceClient(Uri serviceUri, TokenCredential credential, BlobClientOptions options = null)
    {
        (Uri, AccountName) = (serviceUri, serviceUri.Host.Split('.')[0]);
        var bearer = new BearerTokenAuthenticationPolicy(credential, "https://storage.azure.com/.default");
        _wire = new BlobWire(HttpPipelineBuilder.Build(options ?? new BlobClientOptions(), [], [bearer], new ResponseClassifier()));
    }

    protected BlobServiceClient()
    {
    }

    public virtual string AccountName { get; }

    public virtual Uri Uri { get; }

    public virtual BlobContainerClient GetBlobContainerClient(string blobContainerName) =>
        new(_wire, new Uri($"{Uri.AbsoluteUri.TrimEnd('/')}/{blobContainerName}"), blobContainerName);

    public virtual async Task<Response<UserDelegationKey>> GetUserDelegationKeyAsync(
        DateTimeOffset? startsOn, DateTimeOffset expiresOn, CancellationToken cancellationToken = default)
    {
        var start = startsOn is { } from ? $"<Start>{BlobWire.Moment(from)}</Start>" : "";
        var body = $"<?xml version=\"1.0\" encoding=\"utf-8\"?><KeyInfo>{start}<Expiry>{BlobWire.Moment(expiresOn)}</Expiry></KeyInfo>";
        using var message = _wire.Message(RequestMethod.Post, $"{Uri.AbsoluteUri.TrimEnd('/')}/?restype=service&comp=userdelegationkey");
        message.Request.Headers.SetValue("Content-Type", "application/xml");
        message.Request.Content = RequestContent.Create(System.Text.Encoding.UTF8.GetBytes(body));
        var response = await _wire.SendAsync(message, [200], cancellationToken);
        var xml = BlobWire.Xml(response).Root;
        return Response.FromValue(
            new UserDelegationKey(
                Text("SignedOid"), Text("SignedTid"), DateTimeOffset.Parse(Text("SignedStart")), DateTimeOffset.Parse(Text("SignedExpiry")),
                Text("SignedService"), Text("SignedVersion"), Text("Value")),
            response);

        string Text(string name) => (string)xml.Element(name);
    }
}
