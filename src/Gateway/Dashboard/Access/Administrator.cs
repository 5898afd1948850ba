using System.Text.Json;
using System.Text.Json.Serialization;
using IdLcm.Domain.Integrations;

namespace IdLcm.Gateway.Dashboard;

/// <summary>A person who may use the dashboard. Row <c>admin:{id}</c> of the dashboard's partition.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">The name that stands in the activity.</param>
/// <param name="Role">What the person may do.</param>
/// <param name="CreatedAt">Since when.</param>
/// <param name="CreatedBy">Who added the person.</param>
/// <param name="IntegrationIds">For <see cref="WorkspaceRole.IntegrationManager"/>, the integrations given to the person.</param>
/// <param name="Provider">The issuer of the OpenID provider that vouches for the person at each sign-in; null for who signs in by links.</param>
/// <param name="SignedInAt">When the person signed in last: by a link, or as the provider vouched.</param>
internal sealed record Administrator(
    string Id,
    string Name,
    WorkspaceRole Role,
    DateTimeOffset CreatedAt,
    string CreatedBy,
    IReadOnlyList<string>? IntegrationIds = null,
    string? Provider = null,
    DateTimeOffset? SignedInAt = null);

/// <summary>A link that signs an administrator in, once. Row <c>link:{id}</c>.</summary>
/// <param name="Hash">SHA-256 of the secret in the link.</param>
/// <param name="AdministratorId">Whom it signs in.</param>
/// <param name="ExpiresAt">Until when.</param>
internal sealed record SignInLink(string Hash, string AdministratorId, DateTimeOffset ExpiresAt);

/// <summary>A signed-in browser. Row <c>session:{id}</c>.</summary>
/// <param name="Hash">SHA-256 of the cookie.</param>
/// <param name="AdministratorId">Who is signed in.</param>
/// <param name="CreatedAt">Since when.</param>
/// <param name="ExpiresAt">Until when.</param>
internal sealed record DashboardSession(string Hash, string AdministratorId, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>A sign-in link that was made: its address is shown this once.</summary>
/// <param name="Address">What to open in a browser.</param>
/// <param name="ExpiresAt">Until when it works.</param>
internal sealed record SignInLinkResource(string Address, DateTimeOffset ExpiresAt);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Administrator))]
[JsonSerializable(typeof(SignInLink))]
[JsonSerializable(typeof(DashboardSession))]
[JsonSerializable(typeof(SignInLinkResource))]
internal sealed partial class DashboardJson : JsonSerializerContext
{
    public static byte[] Encode<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, typeof(T), Default);

    public static T Decode<T>(ReadOnlyMemory<byte> utf8)
        where T : class =>
        JsonSerializer.Deserialize(utf8.Span, typeof(T), Default) as T ?? throw new InvalidDataException($"A stored {typeof(T).Name} is null.");
}
