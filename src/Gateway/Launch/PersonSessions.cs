using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using IdLcm.Domain.Launch;
using IdLcm.Domain.Secrets;
using IdLcm.Gateway.Hosting.SignIn;
using IdLcm.Gateway.Scim;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Launch;

/// <summary>Who is signed in to the pages for people, in a cookie that only this gateway can make.</summary>
/// <param name="Issuer">The provider.</param>
/// <param name="Subject">The person's id there.</param>
/// <param name="Name">The name to show.</param>
/// <param name="Ids">Ids of the person at the provider.</param>
/// <param name="Addresses">Verified address and user principal name.</param>
/// <param name="ExpiresAt">Until when.</param>
internal sealed record PersonSession(string Issuer, string Subject, string Name, IReadOnlyList<string> Ids, IReadOnlyList<string> Addresses, DateTimeOffset ExpiresAt)
{
    public LaunchPerson Person => new(Name, Ids, Addresses);
}

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PersonSession))]
[JsonSerializable(typeof(ReleasedCredential))]
[JsonSerializable(typeof(ReleaseRequest))]
[JsonSerializable(typeof(CapturePage))]
[JsonSerializable(typeof(CapturedCredential))]
internal sealed partial class LaunchJson : JsonSerializerContext;

/// <summary>Signs people in to the pages for people: an hour at most, since whether they still may is asked again at every launch anyway.</summary>
internal sealed class PersonSessions(ISecretStore secrets, GatewayAddress address, TimeProvider clock)
{
    private const string CookieName = "idlcm_person";
    private const string KeySecret = "idlcm-person-session-key";
    private const int MaxCookie = 4000;

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>Claims that hold an id of the person: Entra ID sends the object id as <c>oid</c>.</summary>
    private static readonly string[] IdClaims = ["oid", "sub"];

    public async Task SignInAsync(HttpContext http, OpenIdPerson person, CancellationToken cancellationToken)
    {
        var ids = IdClaims.SelectMany(claim => person[claim].Take(1)).Distinct(StringComparer.Ordinal).ToList();
        var addresses = new[] { person.Email, person.PreferredUserName }.OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        var session = new PersonSession(person.Issuer, person.Subject, person.Name, ids, addresses, clock.GetUtcNow() + Lifetime);
        var body = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(session, LaunchJson.Default.PersonSession));
        Set(http, $"{body}.{Sign(await KeyAsync(cancellationToken), body)}", session.ExpiresAt);
    }

    public void SignOut(HttpContext http) => Set(http, "", DateTimeOffset.UnixEpoch);

    public async Task<PersonSession?> FindAsync(HttpContext http)
    {
        if (http.Request.Cookies[CookieName] is not { Length: > 0 and <= MaxCookie } cookie || cookie.Split('.') is not [var body, var signature]
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Sign(await KeyAsync(http.RequestAborted), body)), Encoding.UTF8.GetBytes(signature)))
        {
            return null;
        }

        var session = JsonSerializer.Deserialize(Base64Url.DecodeFromChars(body), LaunchJson.Default.PersonSession);
        return session is not null && session.ExpiresAt > clock.GetUtcNow() ? session : null;
    }

    private void Set(HttpContext http, string value, DateTimeOffset expires) => http.Response.Cookies.Append(CookieName, value, new CookieOptions
    {
        HttpOnly = true,

        // People come here by links of their identity provider's portal.
        SameSite = SameSiteMode.Lax,
        Secure = address.IsSecure(http.Request),
        Path = "/",
        IsEssential = true,
        Expires = expires,
    });

    private async Task<byte[]> KeyAsync(CancellationToken cancellationToken)
    {
        if (await secrets.GetAsync(KeySecret, cancellationToken) is not { } kept)
        {
            await secrets.PromoteAsync(KeySecret, await secrets.SetAsync(KeySecret, RandomNumberGenerator.GetHexString(64), cancellationToken), cancellationToken);
            kept = (await secrets.GetAsync(KeySecret, cancellationToken))!;
        }

        return Encoding.UTF8.GetBytes(kept.Value);
    }

    private static string Sign(byte[] key, string body) => Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(body)));
}

/// <summary>Signs people in who came to be launched, or to see what is theirs.</summary>
internal sealed class LaunchSignIn(PersonSessions sessions) : ISignInPurpose
{
    public string Name => "launch";

    public async Task<IResult> SignedInAsync(HttpContext http, OpenIdPerson person, string returnPath)
    {
        await sessions.SignInAsync(http, person, http.RequestAborted);
        return Results.LocalRedirect(returnPath);
    }

    public Task<IResult> RefusedAsync(HttpContext http, SignInFailure failure, string returnPath) =>
        Task.FromResult(LaunchPages.Page(http, StatusCodes.Status400BadRequest, "Not signed in", $"<p role=\"alert\">{LaunchPages.Text(failure.Detail)}</p><p><a href=\"{LaunchPages.Text(returnPath)}\">Try again</a></p>"));
}
