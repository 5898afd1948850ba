namespace IdLcm.Gateway.Scim.Access;

/// <summary>Where the signing keys of Entra ID tenants are read. Nothing beyond this host is ever asked.</summary>
public sealed record EntraAuthority
{
    /// <summary>
    /// The base address; <c>/{tenantId}/.well-known/openid-configuration</c> is read below it. A national cloud has one of
    /// its own, for example <c>https://login.microsoftonline.us</c>.
    /// </summary>
    public Uri BaseAddress { get; init; } = new("https://login.microsoftonline.com/");

    /// <summary>
    /// The <c>iss</c> of a tenant's tokens, version 1 and 2. Entra's provisioning service sends the first
    /// (https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups).
    /// </summary>
    internal static IReadOnlyList<string> IssuersOf(Guid tenant) =>
        [$"https://sts.windows.net/{tenant}/", $"https://login.microsoftonline.com/{tenant}/v2.0"];
}
