namespace IdLcm.Gateway.Scim.Access;

/// <summary>Where the signing keys of Entra ID tenants are read. Nothing beyond this host is ever asked.</summary>
public sealed record EntraAuthority
{
    /// <summary>
    /// The base address; <c>/{tenantId}/.well-known/openid-configuration</c> is read below it. A national cloud has one of
    /// its own, for example <c>https://login.microsoftonline.us</c>.
    /// </summary>
    public Uri BaseAddress { get; init; } = new("https://login.microsoftonline.com/");

    /// <summary>For whom a token must be meant: Entra's provisioning service. A national cloud may have another.</summary>
    public string Audience { get; init; } = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";

    /// <summary>
    /// The tenants whose tokens may be taken at all, whatever an integration lists; empty for no such limit. For whoever runs
    /// the gateway for several parties and does not leave this to the managers of integrations.
    /// </summary>
    public IReadOnlyList<string> AllowedTenants { get; init; } = [];

    /// <summary>Finds what is wrong with the settings.</summary>
    /// <returns>A sentence, or null when nothing is.</returns>
    public string? Problem() =>
        !BaseAddress.IsAbsoluteUri || (BaseAddress.Scheme != Uri.UriSchemeHttps && !BaseAddress.IsLoopback) ? $"Entra:BaseAddress '{BaseAddress}' is no https address."
        : string.IsNullOrWhiteSpace(Audience) ? "Entra:Audience is empty."
        : AllowedTenants.FirstOrDefault(tenant => !Guid.TryParse(tenant, out var id) || id == Guid.Empty) is { } wrong ? $"Entra:AllowedTenants holds '{wrong}', which is no tenant id."
        : null;

    /// <summary>Whether tokens of a tenant may be taken by an integration that lists it.</summary>
    internal bool Allows(Guid tenant) => AllowedTenants.Count == 0 || AllowedTenants.Any(text => Guid.TryParse(text, out var id) && id == tenant);

    /// <summary>
    /// The <c>iss</c> of a tenant's tokens, version 1 and 2. Entra's provisioning service sends the first
    /// (https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups).
    /// </summary>
    internal IReadOnlyList<string> IssuersOf(Guid tenant) =>
        [$"https://sts.windows.net/{tenant}/", $"https://login.microsoftonline.com/{tenant}/v2.0", new Uri(BaseAddress, $"/{tenant}/v2.0").AbsoluteUri];
}
