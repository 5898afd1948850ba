#nullable disable
namespace Azure.Storage.Blobs.Models;

public enum PublicAccessType
{
    None = 0,
    BlobContainer = 1,
    Blob = 2,
}

[Flags]
public enum BlobTraits
{
    All = -1,
    None = 0,
    CopyStatus = 1,
    Metadata = 2,
    Tags = 4,
    ImmutabilityPolicy = 8,
    LegalHold = 16,
}

[Flags]
public enum BlobStates
{
    All = -1,
    None = 0,
    Snapshots = 1,
    Uncommitted = 2,
    Deleted = 4,
    Version = 8,
    DeletedWithVersions = 16,
}

public enum DeleteSnapshotsOption
{
    None = 0,
    IncludeSnapshots = 1,
    OnlySnapshots = 2,
}

public class BlobContainerEncryptionScopeOptions
{
}

public class BlobContainerInfo
{
    internal BlobContainerInfo(ETag etag) => ETag = etag;

    public ETag ETag { get; }
}

public class BlobContentInfo
{
    internal BlobContentInfo(ETag etag) => ETag = etag;

    public ETag ETag { get; }
}

public class BlobInfo
{
    internal BlobInfo(ETag etag) => ETag = etag;

    public ETag ETag { get; }
}

public class BlobAppendInfo
{
    internal BlobAppendInfo(ETag etag) => ETag = etag;

    public ETag ETag { get; }
}

public class BlobItem
{
    internal BlobItem(string name, BlobItemProperties properties, IDictionary<string, string> metadata) =>
        (Name, Properties, Metadata) = (name, properties, metadata);

    public string Name { get; }

    public BlobItemProperties Properties { get; }

    public IDictionary<string, string> Metadata { get; }
}

public class BlobItemProperties
{
    internal BlobItemProperties(long? length, ETag? etag, DateTimeOffset? lastModified) =>
        (ContentLength, ETag, LastModified) = (length, etag, lastModified);

    public long? ContentLength { get; }

    public ETag? ETag { get; }

    public DateTimeOffset? LastModified { get; }
}

public class BlobHttpHeaders
{
    public string ContentType { get; set; }
}

public class BlobRequestConditions : RequestConditions
{
    public string LeaseId { get; set; }
}

public class BlobUploadOptions
{
    public BlobHttpHeaders HttpHeaders { get; set; }

    public IDictionary<string, string> Metadata { get; set; }

    public BlobRequestConditions Conditions { get; set; }
}

public class BlobDownloadOptions
{
}

public class AppendBlobCreateOptions
{
}

public class AppendBlobAppendBlockOptions
{
}

public class BlobDownloadStreamingResult : IDisposable
{
    internal BlobDownloadStreamingResult(Stream content) => Content = content;

    public Stream Content { get; }

    public void Dispose()
    {
        Content.Dispose();
        GC.SuppressFinalize(this);
    }
}

public class UserDelegationKey
{
    internal UserDelegationKey(
        string objectId, string tenantId, DateTimeOffset startsOn, DateTimeOffset expiresOn, string service, string version, string value) =>
        (SignedObjectId, SignedTenantId, SignedStartsOn, SignedExpiresOn, SignedService, SignedVersion, Value) =
        (objectId, tenantId, startsOn, expiresOn, service, version, value);

    public string SignedObjectId { get; }

    public string SignedTenantId { get; }

    public DateTimeOffset SignedStartsOn { get; }

    public DateTimeOffset SignedExpiresOn { get; }

    public string SignedService { get; }

    public string SignedVersion { get; }

    public string Value { get; }
}
