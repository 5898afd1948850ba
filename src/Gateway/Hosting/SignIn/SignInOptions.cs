using IdLcm.Domain.Integrations;

namespace IdLcm.Gateway.Hosting.SignIn;

/// <summary>How people sign in: section <c>SignIn</c> of the settings.</summary>
public sealed record SignInOptions
{
    /// <summary>How long a browser stays signed in; 12 hours where nothing is set, from a second to 30 days.</summary>
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromHours(12);

    /// <summary>The OpenID provider; null where people sign in by links alone.</summary>
    public OpenIdOptions? OpenId { get; init; }

    /// <summary>Finds what is wrong with the settings.</summary>
    /// <returns>A sentence, or null when nothing is.</returns>
    public string? Problem() =>
        SessionLifetime < TimeSpan.FromSeconds(1) || SessionLifetime > TimeSpan.FromDays(30)
            ? $"SignIn:SessionLifetime is {SessionLifetime}; it must be from 00:00:01 to 30.00:00:00."
            : OpenId?.Problem();
}

/// <summary>The OpenID provider by which people sign in: section <c>SignIn:OpenId</c>.</summary>
public sealed record OpenIdOptions
{
    /// <summary>
    /// The provider's issuer: <c>https://login.microsoftonline.com/{tenantId}/v2.0</c> for Entra ID,
    /// <c>https://{org}.okta.com</c> for Okta. Its discovery document is read below it (OpenID Connect Discovery 1.0 section 4).
    /// </summary>
    public Uri? Authority { get; init; }

    /// <summary>The client id that the provider gave to this gateway.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>
    /// The client secret; null for a public client, whose only proof is PKCE. It belongs into the environment or a vault's
    /// reference and not into a file of settings: see <see cref="ClientSecretFile"/>.
    /// </summary>
    public string? ClientSecret { get; init; }

    /// <summary>A file that holds the client secret and nothing else, read at each sign-in; null where there is none.</summary>
    public string? ClientSecretFile { get; init; }

    /// <summary>The provider's name on the button.</summary>
    public string DisplayName { get; init; } = "single sign-on";

    /// <summary>The scopes that are asked for, between blanks; <c>openid</c> must be among them.</summary>
    public string Scopes { get; init; } = "openid profile email";

    /// <summary>The claim that <see cref="Roles"/> look at: <c>roles</c> for Entra ID's app roles, <c>groups</c> for groups.</summary>
    public string RoleClaim { get; init; } = "roles";

    /// <summary>Which value of the claim gives which role. Whoever has none of them is refused.</summary>
    public IReadOnlyList<OpenIdRole> Roles { get; init; } = [];

    /// <summary>Finds what is wrong with the settings.</summary>
    /// <returns>A sentence, or null when nothing is.</returns>
    public string? Problem() =>
        Authority is not { IsAbsoluteUri: true } || !MaySpeakTo(Authority) ? $"SignIn:OpenId:Authority '{Authority}' is no https address."
        : string.IsNullOrWhiteSpace(ClientId) ? "SignIn:OpenId:ClientId is empty."
        : !Scopes.Split(' ').Contains("openid", StringComparer.Ordinal) ? "SignIn:OpenId:Scopes lacks openid."
        : string.IsNullOrWhiteSpace(RoleClaim) ? "SignIn:OpenId:RoleClaim is empty."
        : ClientSecretFile is { } file && !File.Exists(file) ? $"SignIn:OpenId:ClientSecretFile '{file}' does not exist."
        : Roles.FirstOrDefault(role => string.IsNullOrWhiteSpace(role.Value)) is not null ? "An entry of SignIn:OpenId:Roles has no Value."
        : Roles.FirstOrDefault(role => role.Role == WorkspaceRole.IntegrationManager && role.Integrations.Count == 0) is { } manager
            ? $"SignIn:OpenId:Roles gives IntegrationManager to '{manager.Value}' without saying which Integrations."
            : null;

    /// <summary>Whether an address may be spoken to: https, or this machine for whoever tries a provider on it.</summary>
    internal bool MaySpeakTo(Uri address) => address.Scheme == Uri.UriSchemeHttps || (address.IsLoopback && Authority?.IsLoopback == true);

    /// <summary>What a person's claims give them.</summary>
    /// <param name="values">The values of <see cref="RoleClaim"/>.</param>
    /// <returns>The highest role, with the integrations that go with it; null where no value gives any.</returns>
    internal (WorkspaceRole Role, IReadOnlyList<string>? IntegrationIds)? RoleOf(IReadOnlyList<string> values)
    {
        var given = Roles.Where(role => values.Contains(role.Value, StringComparer.Ordinal)).ToList();
        if (given.Count == 0)
        {
            return null;
        }

        var highest = given.Max(role => role.Role);
        return (highest, highest == WorkspaceRole.IntegrationManager ? [.. given.SelectMany(role => role.Integrations).Distinct(StringComparer.Ordinal)] : null);
    }
}

/// <summary>What one value of the claim gives.</summary>
public sealed record OpenIdRole
{
    /// <summary>The value: an app role's value, a group's name or its object id. Letter case matters.</summary>
    public string Value { get; init; } = "";

    /// <summary>The role in this workspace.</summary>
    public WorkspaceRole Role { get; init; }

    /// <summary>For <see cref="WorkspaceRole.IntegrationManager"/>, the ids of the integrations given.</summary>
    public IReadOnlyList<string> Integrations { get; init; } = [];
}
