#nullable disable
using System.Security.Cryptography;
using System.Text;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Azure.Storage.Sas
{
    [Flags]
    public enum BlobSasPermissions
    {
        All = -1,
        Read = 1,
        Add = 2,
        Create = 4,
        Write = 8,
        Delete = 16,
    }

    public enum SasProtocol
    {
        None = 0,
        HttpsAndHttp = 1,
        Https = 2,
    }

    public class SasQueryParameters
    {
        private readonly string _query;

        internal SasQueryParameters(string query) => _query = query;

        public override string ToString() => _query;
    }

    public sealed class BlobSasQueryParameters : SasQueryParameters
    {
        internal BlobSasQueryParameters(string query)
            : base(query)
        {
        }
    }

    /// <summary>Signs as https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas says.</summary>
    public class BlobSasBuilder
    {
        private readonly BlobSasPermissions _permissions;

        public BlobSasBuilder(BlobSasPermissions permissions, DateTimeOffset expiresOn) => (_permissions, ExpiresOn) = (permissions, expiresOn);

        public string BlobContainerName { get; set; }

        public string BlobName { get; set; }

        public string Resource { get; set; }

        public SasProtocol Protocol { get; set; }

        public DateTimeOffset StartsOn { get; set; }

        public DateTimeOffset ExpiresOn { get; set; }

        public string CacheControl { get; set; }

        public string ContentDisposition { get; set; }

        public string ContentType { get; set; }

        public BlobSasQueryParameters ToSasQueryParameters(UserDelegationKey userDelegationKey, string accountName)
        {
            if (_permissions != BlobSasPermissions.Read || Resource != "b")
            {
                throw new NotSupportedException("Declared for reading one blob only.");
            }

            var start = StartsOn == default ? "" : BlobWire.Moment(StartsOn);
            var expiry = BlobWire.Moment(ExpiresOn);
            var protocol = Protocol switch { SasProtocol.Https => "https", SasProtocol.HttpsAndHttp => "https,http", _ => "" };
            string[] text =
            [
                "r", start, expiry, $"/blob/{accountName}/{BlobContainerName}/{BlobName}",
                userDelegationKey.SignedObjectId, userDelegationKey.SignedTenantId,
                BlobWire.Moment(userDelegationKey.SignedStartsOn), BlobWire.Moment(userDelegationKey.SignedExpiresOn),
                userDelegationKey.SignedService, userDelegationKey.SignedVersion,
                "", "", "", "", protocol, BlobWire.Version, Resource, "", "",
                CacheControl ?? "", ContentDisposition ?? "", "", "", ContentType ?? "",
            ];
            var signature = Convert.ToBase64String(
                HMACSHA256.HashData(Convert.FromBase64String(userDelegationKey.Value), Encoding.UTF8.GetBytes(string.Join('\n', text))));
            (string Name, string Value)[] query =
            [
                ("sv", BlobWire.Version), ("st", start), ("se", expiry), ("spr", protocol), ("skoid", userDelegationKey.SignedObjectId),
                ("sktid", userDelegationKey.SignedTenantId), ("skt", BlobWire.Moment(userDelegationKey.SignedStartsOn)),
                ("ske", BlobWire.Moment(userDelegationKey.SignedExpiresOn)), ("sks", userDelegationKey.SignedService),
                ("skv", userDelegationKey.SignedVersion), ("sr", Resource), ("sp", "r"), ("rscc", CacheControl ?? ""),
                ("rscd", ContentDisposition ?? ""), ("rsct", ContentType ?? ""), ("sig", signature),
            ];
            return new BlobSasQueryParameters(string.Join(
                '&', query.Where(static item => item.Value.Length > 0).Select(static item => $"{item.Name}={Uri.EscapeDataString(item.Value)}")));
        }
    }
}

namespace Azure.Storage.Blobs
{
    public class BlobUriBuilder
    {
        private readonly Uri _uri;

        public BlobUriBuilder(Uri uri) => _uri = uri;

        public Sas.BlobSasQueryParameters Sas { get; set; }

        public Uri ToUri() => new UriBuilder(_uri) { Query = Sas?.ToString() }.Uri;
    }
}
