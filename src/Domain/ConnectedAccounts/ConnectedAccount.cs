using System.Text.Json.Serialization;

namespace IdLcm.Domain.ConnectedAccounts;

/// <summary>How an account of the app was tied to a person.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TiedBy>))]
public enum TiedBy
{
    /// <summary>Its user name in the app is the person's user name or e-mail address.</summary>
    Email,

    /// <summary>An administrator said so.</summary>
    Hand,
}

/// <summary>
/// An individual's own account in the app, whose credential is kept for launches. Row <c>ca:{userId}</c> of the
/// integration's partition; the credential itself is in the secret store.
/// </summary>
/// <param name="UserId">The person's SCIM id.</param>
/// <param name="UserName">The user name in the app.</param>
/// <param name="TiedBy">How it was tied.</param>
/// <param name="HasTotp">True when a TOTP secret is kept.</param>
/// <param name="SavedAt">When the credential was last saved.</param>
/// <param name="SavedBy">By whom.</param>
public sealed record ConnectedAccount(string UserId, string UserName, TiedBy TiedBy, bool HasTotp, DateTimeOffset SavedAt, string SavedBy)
{
    /// <summary>When it was last released to the person's browser.</summary>
    public DateTimeOffset? LaunchedAt { get; init; }

    /// <summary>The operation that secures it after its person left; null for none yet.</summary>
    public string? SecuringOperationId { get; init; }

    internal const string Rows = "ca:";

    internal static string Row(string userId) => Rows + userId;

    /// <summary>The name in the secret store of its password.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="userId">The person.</param>
    /// <returns>The name.</returns>
    public static string PasswordSecret(string integrationId, string userId) => $"idlcm-{integrationId}-account-{userId}-password";

    /// <summary>The name in the secret store of its TOTP secret.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="userId">The person.</param>
    /// <returns>The name.</returns>
    public static string TotpSecret(string integrationId, string userId) => $"idlcm-{integrationId}-account-{userId}-totp";
}

/// <summary>Until when leavers were looked for among the connected accounts. Row <c>ca-swept</c>.</summary>
/// <param name="LeaverAt">The last leaver that was seen to.</param>
public sealed record LeaversSwept(DateTimeOffset LeaverAt)
{
    internal const string Row = "ca-swept";
}
