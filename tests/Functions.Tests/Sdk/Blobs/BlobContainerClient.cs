#nullable disable
using System.Globalization;
using System.Xml.Linq;
using Azure.Core;
using Azure.Storage.Blobs.Models;

namespace Azure.Storage.Blobs;

public class BlobContainerClient
{
    internal BlobContainerClient(BlobWire wire, Uri uri, string name) => (Wire, Uri, Name) = (wire, uri, name);

    protected BlobContainerClient()
    {
    }

    public virtual Uri Uri { get; }

    public virtual string Name { get; }

    internal BlobWire Wire { get; }

    public virtual BlobClient GetBlobClient(string blobName) => new(Wire, AddressOf(blobName), Name, blobName);

    public virtual async Task<Response<BlobContainerInfo>> CreateIfNotExistsAsync(
        PublicAccessType publicAccessType = PublicAccessType.None,
        IDictionary<string, string> metadata = null,
        BlobContainerEncryptionScopeOptions encryptionScopeOptions = null,
        CancellationToken cancellationToken = default)
    {
        using var message = Wire.Message(RequestMethod.Put, $"{Uri.AbsoluteUri}?restype=container");
        message.Request.Content = RequestContent.Create(Array.Empty<byte>());
        var response = await Wire.SendAsync(message, [201, 409], cancellationToken);
        return response.Status == 409 ? null : Response.FromValue(new BlobContainerInfo(response.Headers.ETag.GetValueOrDefault()), response);
    }

    public virtual AsyncPageable<BlobItem> GetBlobsAsync(
        BlobTraits traits = BlobTraits.None, BlobStates states = BlobStates.None, string prefix = null, CancellationToken cancellationToken = default) =>
        new Pages(this, traits, prefix, cancellationToken);

    internal Uri AddressOf(string blobName) =>
        new($"{Uri.AbsoluteUri}/{string.Join('/', blobName.Split('/').Select(System.Uri.EscapeDataString))}");

    private sealed class Pages(BlobContainerClient container, BlobTraits traits, string prefix, CancellationToken cancellationToken)
        : AsyncPageable<BlobItem>(cancellationToken)
    {
        public override async IAsyncEnumerable<Page<BlobItem>> AsPages(string continuationToken = null, int? pageSizeHint = null)
        {
            do
            {
                var url = $"{container.Uri.AbsoluteUri}?restype=container&comp=list"
                    + (prefix is null ? "" : "&prefix=" + System.Uri.EscapeDataString(prefix))
                    + (traits.HasFlag(BlobTraits.Metadata) ? "&include=metadata" : "")
                    + (pageSizeHint is { } size ? "&maxresults=" + size.ToString(CultureInfo.InvariantCulture) : "")
                    + (continuationToken is null ? "" : "&marker=" + System.Uri.EscapeDataString(continuationToken));
                using var message = container.Wire.Message(RequestMethod.Get, url);
                var response = await container.Wire.SendAsync(message, [200], CancellationToken);
                var xml = BlobWire.Xml(response).Root;
                var items = xml.Element("Blobs").Elements("Blob").Select(Item).ToList();
                continuationToken = (string)xml.Element("NextMarker") is { Length: > 0 } next ? next : null;
                yield return Page<BlobItem>.FromValues(items, continuationToken, response);
            }
            while (continuationToken is not null);
        }

        private static BlobItem Item(XElement blob)
        {
            var properties = blob.Element("Properties");
            return new BlobItem(
                (string)blob.Element("Name"),
                new BlobItemProperties(
                    (long?)properties.Element("Content-Length"),
                    new ETag((string)properties.Element("Etag")),
                    DateTimeOffset.Parse((string)properties.Element("Last-Modified"), CultureInfo.InvariantCulture)),
                blob.Element("Metadata")?.Elements().ToDictionary(static entry => entry.Name.LocalName, static entry => entry.Value, StringComparer.OrdinalIgnoreCase));
        }
    }
}
