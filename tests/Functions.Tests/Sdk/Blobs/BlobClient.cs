#nullable disable
using Azure.Core;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Azure.Storage.Blobs
{
    public class BlobClient : BlobBaseClient
    {
        internal BlobClient(BlobWire wire, Uri uri, string container, string name)
            : base(wire, uri, container, name)
        {
        }

        protected BlobClient()
        {
        }

        public virtual Task<Response<BlobContentInfo>> UploadAsync(BinaryData content, BlobUploadOptions options, CancellationToken cancellationToken = default) =>
            UploadAsync(RequestContent.Create(content), options, cancellationToken);

        public virtual Task<Response<BlobContentInfo>> UploadAsync(Stream content, BlobUploadOptions options, CancellationToken cancellationToken = default) =>
            UploadAsync(RequestContent.Create(content), options, cancellationToken);

        private async Task<Response<BlobContentInfo>> UploadAsync(RequestContent content, BlobUploadOptions options, CancellationToken cancellationToken)
        {
            using var message = Wire.Message(RequestMethod.Put, Uri.AbsoluteUri);
            message.Request.Headers.SetValue("x-ms-blob-type", "BlockBlob");
            if (options?.HttpHeaders?.ContentType is { } type)
            {
                message.Request.Headers.SetValue("x-ms-blob-content-type", type);
            }

            SetMetadata(message, options?.Metadata);
            SetConditions(message, options?.Conditions);
            message.Request.Content = content;
            var response = await Wire.SendAsync(message, [201], cancellationToken);
            return Response.FromValue(new BlobContentInfo(response.Headers.ETag.GetValueOrDefault()), response);
        }
    }
}

namespace Azure.Storage.Blobs.Specialized
{
    public class BlobBaseClient
    {
        internal BlobBaseClient(BlobWire wire, Uri uri, string container, string name) => (Wire, Uri, BlobContainerName, Name) = (wire, uri, container, name);

        protected BlobBaseClient()
        {
        }

        public virtual Uri Uri { get; }

        public virtual string BlobContainerName { get; }

        public virtual string Name { get; }

        internal BlobWire Wire { get; }

        public virtual async Task<Response<BlobDownloadStreamingResult>> DownloadStreamingAsync(
            BlobDownloadOptions options = null, CancellationToken cancellationToken = default)
        {
            using var message = Wire.Message(RequestMethod.Get, Uri.AbsoluteUri);
            message.BufferResponse = false;
            var response = await Wire.SendAsync(message, [200], cancellationToken);
            return Response.FromValue(new BlobDownloadStreamingResult(message.ExtractResponseContent()), response);
        }

        public virtual async Task<Response<BlobInfo>> SetMetadataAsync(
            IDictionary<string, string> metadata, BlobRequestConditions conditions = null, CancellationToken cancellationToken = default)
        {
            using var message = Wire.Message(RequestMethod.Put, Uri.AbsoluteUri + "?comp=metadata");
            SetMetadata(message, metadata);
            SetConditions(message, conditions);
            message.Request.Content = RequestContent.Create(Array.Empty<byte>());
            var response = await Wire.SendAsync(message, [200], cancellationToken);
            return Response.FromValue(new BlobInfo(response.Headers.ETag.GetValueOrDefault()), response);
        }

        public virtual async Task<Response<bool>> DeleteIfExistsAsync(
            DeleteSnapshotsOption snapshotsOption = DeleteSnapshotsOption.None,
            BlobRequestConditions conditions = null,
            CancellationToken cancellationToken = default)
        {
            using var message = Wire.Message(RequestMethod.Delete, Uri.AbsoluteUri);
            if (snapshotsOption == DeleteSnapshotsOption.IncludeSnapshots)
            {
                message.Request.Headers.SetValue("x-ms-delete-snapshots", "include");
            }

            SetConditions(message, conditions);
            var response = await Wire.SendAsync(message, [202, 404], cancellationToken);
            return Response.FromValue(response.Status == 202, response);
        }

        internal static void SetMetadata(HttpMessage message, IDictionary<string, string> metadata)
        {
            foreach (var (name, value) in metadata ?? new Dictionary<string, string>(StringComparer.Ordinal))
            {
                message.Request.Headers.SetValue("x-ms-meta-" + name, value);
            }
        }

        internal static void SetConditions(HttpMessage message, BlobRequestConditions conditions)
        {
            if (conditions?.IfMatch is { } match)
            {
                message.Request.Headers.SetValue("If-Match", match.ToString("H"));
            }

            if (conditions?.IfNoneMatch is { } none)
            {
                message.Request.Headers.SetValue("If-None-Match", none.ToString("H"));
            }
        }
    }

    public class AppendBlobClient : BlobBaseClient
    {
        internal AppendBlobClient(BlobWire wire, Uri uri, string container, string name)
            : base(wire, uri, container, name)
        {
        }

        protected AppendBlobClient()
        {
        }

        public virtual async Task<Response<BlobContentInfo>> CreateIfNotExistsAsync(AppendBlobCreateOptions options, CancellationToken cancellationToken = default)
        {
            using var message = Wire.Message(RequestMethod.Put, Uri.AbsoluteUri);
            message.Request.Headers.SetValue("x-ms-blob-type", "AppendBlob");
            message.Request.Headers.SetValue("If-None-Match", "*");
            message.Request.Content = RequestContent.Create(Array.Empty<byte>());
            var response = await Wire.SendAsync(message, [201, 409], cancellationToken);
            return response.Status == 409 ? null : Response.FromValue(new BlobContentInfo(response.Headers.ETag.GetValueOrDefault()), response);
        }

        public virtual async Task<Response<BlobAppendInfo>> AppendBlockAsync(
            Stream content, AppendBlobAppendBlockOptions options = null, CancellationToken cancellationToken = default)
        {
            using var message = Wire.Message(RequestMethod.Put, Uri.AbsoluteUri + "?comp=appendblock");
            message.Request.Content = RequestContent.Create(content);
            var response = await Wire.SendAsync(message, [201], cancellationToken);
            return Response.FromValue(new BlobAppendInfo(response.Headers.ETag.GetValueOrDefault()), response);
        }
    }

    public static class SpecializedBlobExtensions
    {
        public static AppendBlobClient GetAppendBlobClient(this BlobContainerClient client, string blobName) =>
            new(client.Wire, client.AddressOf(blobName), client.Name, blobName);
    }
}
