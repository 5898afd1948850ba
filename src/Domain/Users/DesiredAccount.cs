using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Groups;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Scim;

namespace IdLcm.Domain.Users;

/// <summary>The identity provider's wish in the words of the app.</summary>
/// <param name="Identifier">The primary identifier.</param>
/// <param name="Attributes">The wished values by the names of the user schema; an attribute that the identity provider does not send is absent and left alone.</param>
/// <param name="Roles">The wished roles, the person's own and those that groups give; empty where there are none: then roles are left alone, save those of <see cref="Managed"/>.</param>
/// <param name="Active">True when the account is to be usable.</param>
public sealed record DesiredAccount(string Identifier, JsonObject Attributes, IReadOnlyList<string> Roles, bool Active)
{
    /// <summary>What some group gives, or gave: who has any of it without being wished it loses it.</summary>
    public AccessGrants Managed { get; init; } = AccessGrants.None;

    /// <summary>The wished entitlements, the person's own and those that groups give.</summary>
    public IReadOnlyList<string> Entitlements { get; init; } = [];

    /// <summary>True when the identity provider says which entitlements the person has of its own: then those are all.</summary>
    public bool NamesEntitlements { get; init; }

    /// <summary>The entitlements of the wish and of the account as the app offers them, where that is known.</summary>
    public IReadOnlyList<EntitlementOption> Offered { get; init; } = [];

    /// <summary>True when a person approved that the account be removed and made again for this wish.</summary>
    public bool Recreate { get; init; }

    /// <summary>Reads the wish out of a SCIM user.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="user">The user.</param>
    /// <param name="granted">What groups give.</param>
    /// <returns>The wish.</returns>
    public static DesiredAccount Of(IntegrationProfile profile, UserRecord user, AccessGrants? granted = null) =>
        Of(profile, ScimResource.FromStored(user.Resource.Span, profile.UserType), granted);

    /// <summary>Reads the wish out of a SCIM resource.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="granted">What groups give.</param>
    /// <returns>The wish.</returns>
    public static DesiredAccount Of(IntegrationProfile profile, ScimResource resource, AccessGrants? granted = null)
    {
        var attributes = new JsonObject();
        foreach (var attribute in profile.Schema.Attributes)
        {
            var text = resource.GetText(attribute.Scim ?? $"{UserResourceTypes.ExtensionUrn(profile.Manifest.Id)}:{attribute.Name}");
            if (text is not null)
            {
                attributes[attribute.Name] = text;
            }
        }

        var identifier = IdentifierOf(profile, resource) ?? "";
        attributes[profile.PrimaryIdentifier.Name] = identifier;
        return new DesiredAccount(identifier, attributes, RolesOf(profile, resource, granted?.Roles), resource.IsActive)
        {
            Managed = GroupAccess.ManagedBy(profile),
            Entitlements = EntitlementsOf(profile, resource, granted?.Entitlements),
            NamesEntitlements = profile.Schema.EntitlementTypes.Count > 0 && resource["entitlements"] is not null,
        };
    }

    /// <summary>The values that were written, to be compared with later where the app does not show them.</summary>
    /// <param name="applied">What was written last.</param>
    /// <returns>The values to keep.</returns>
    public JsonObject Kept(JsonObject? applied)
    {
        var kept = (JsonObject)Attributes.DeepClone();
        if (applied?["entitlements"] is { } entitlements)
        {
            kept["entitlements"] = entitlements.DeepClone();
        }

        return kept;
    }

    /// <summary>
    /// What the entitlements of an account are to become. Where the identity provider names none, a person keeps what no
    /// group gives, and has what groups give beside it.
    /// </summary>
    /// <param name="has">The entitlements that the account has.</param>
    /// <returns>The entitlements, or null where they are left alone.</returns>
    public IReadOnlyList<string>? EntitlementsFor(IReadOnlyList<string> has)
    {
        if (NamesEntitlements)
        {
            return Entitlements;
        }

        return Entitlements.Count == 0 && !has.Any(value => Managed.Entitlements.Contains(value, StringComparer.OrdinalIgnoreCase))
            ? null
            : [.. has.Except(Managed.Entitlements, StringComparer.OrdinalIgnoreCase).Union(Entitlements, StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>
    /// What the roles of an account are to become. Where nothing is wished, a person keeps what no group gives; an app that
    /// knows no account without role gets the one that ranks lowest.
    /// </summary>
    /// <param name="profile">The integration.</param>
    /// <param name="seen">The roles that the app shows.</param>
    /// <returns>The roles, or null where they are left alone.</returns>
    public IReadOnlyList<string>? RolesFor(IntegrationProfile profile, IReadOnlyList<string> seen)
    {
        if (Roles.Count > 0)
        {
            return Roles;
        }

        if (!seen.Any(role => Managed.Roles.Contains(role, StringComparer.OrdinalIgnoreCase)))
        {
            return null;
        }

        var kept = seen.Where(role => !Managed.Roles.Contains(role, StringComparer.OrdinalIgnoreCase)).ToList();
        return kept.Count > 0 || profile.Manifest.Capabilities.MultipleRoles
            ? kept
            : profile.Schema.Roles.MinBy(option => option.Ranking) is { } least ? [least.Value] : null;
    }

    /// <summary>The primary identifier of a resource.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="resource">The resource.</param>
    /// <returns>The identifier, or null where the resource has none.</returns>
    public static string? IdentifierOf(IntegrationProfile profile, ScimResource resource)
    {
        var path = profile.PrimaryIdentifier.Scim ?? "userName";
        var text = resource.GetText(path);
        if (string.IsNullOrWhiteSpace(text) && path.StartsWith("emails", StringComparison.OrdinalIgnoreCase))
        {
            // Not every identity provider is set to send a work address: the primary one, the only one, or a user name that is one will do.
            text = resource.GetText("emails[primary eq true].value") ?? resource.GetText("emails.value")
                ?? (resource.UserName?.Contains('@', StringComparison.Ordinal) is true ? resource.UserName : null);
        }

        return string.IsNullOrWhiteSpace(text) ? null : text.Trim();
    }

    /// <summary>
    /// The roles that a resource names and that groups give, as the app spells them, the highest ranking first. Where the app
    /// allows only one, or two that a group gives cannot be held together, the higher ranking one wins.
    /// </summary>
    /// <param name="profile">The integration.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="granted">The roles that groups give.</param>
    /// <returns>The roles.</returns>
    public static IReadOnlyList<string> RolesOf(IntegrationProfile profile, ScimResource resource, IReadOnlyList<string>? granted = null)
    {
        var options = profile.Schema.Roles;
        var roles = new List<RoleOption>();
        var ranked = Values(resource).Concat(granted ?? [])
            .Select(value => options.FirstOrDefault(o => Matches(o, value)) ?? new RoleOption(value, value, Ranking: int.MinValue))
            .DistinctBy(option => option.Value)
            .OrderByDescending(option => option.Ranking);
        foreach (var role in ranked)
        {
            if (roles.Count == 0 || (profile.Manifest.Capabilities.MultipleRoles && !roles.Exists(other => Clash(other, role) || Clash(role, other))))
            {
                roles.Add(role);
            }
        }

        return [.. roles.Select(option => option.Value)];
    }

    /// <summary>Whether two entitlements cannot be held together.</summary>
    internal bool ClashesAsEntitlement(string one, string other) =>
        Offered.Any(option => string.Equals(option.Value, one, StringComparison.OrdinalIgnoreCase) && option.Excludes(other));

    /// <summary>The asset that an entitlement is about, and what it permits there.</summary>
    internal (string Asset, string Permission) PartsOf(string entitlement) =>
        Offered.FirstOrDefault(option => string.Equals(option.Value, entitlement, StringComparison.OrdinalIgnoreCase)) is { Asset: { } asset, Permission: { } permission }
            ? (asset, permission)
            : Assets.Asset.Split(entitlement);

    /// <summary>Whether a role names another as one that cannot be held beside it.</summary>
    internal static bool Clash(IntegrationProfile profile, string role, string other) =>
        profile.Schema.Roles.FirstOrDefault(option => Matches(option, role)) is { } one
        && profile.Schema.Roles.FirstOrDefault(option => Matches(option, other)) is { } two && Clash(one, two);

    private static bool Clash(RoleOption role, RoleOption other) =>
        role.IncompatibleRoles?.Contains(other.Value, StringComparer.OrdinalIgnoreCase) == true;

    /// <summary>Finds what is wrong with the roles that a resource names.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="resource">The resource.</param>
    /// <returns>A sentence for the client, or null when nothing is.</returns>
    public static string? RoleProblem(IntegrationProfile profile, ScimResource resource)
    {
        var options = profile.Schema.Roles;
        if (options.Count == 0)
        {
            return null;
        }

        var named = new List<RoleOption>();
        foreach (var value in Values(resource))
        {
            if (options.FirstOrDefault(o => Matches(o, value)) is not { } option)
            {
                return $"'{value}' is not a role of {profile.Manifest.AppName}. Its roles are {string.Join(", ", options.Select(o => $"'{o.Value}'"))}.";
            }

            named.Add(option);
        }

        foreach (var option in named)
        {
            if (option.IncompatibleRoles is { } incompatible && named.Find(other => incompatible.Contains(other.Value, StringComparer.OrdinalIgnoreCase)) is { } clash)
            {
                return $"The roles '{option.Value}' and '{clash.Value}' of {profile.Manifest.AppName} cannot be held together.";
            }
        }

        return null;
    }

    /// <summary>The entitlements that a resource names and that groups give; none where the app has no kind of them.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="granted">The entitlements that groups give.</param>
    /// <returns>The value strings.</returns>
    public static IReadOnlyList<string> EntitlementsOf(IntegrationProfile profile, ScimResource resource, IReadOnlyList<string>? granted = null) =>
        profile.Schema.EntitlementTypes.Count == 0 ? [] : [.. Values(resource, "entitlements").Union(granted ?? [], StringComparer.OrdinalIgnoreCase)];

    private static bool Matches(RoleOption option, string value) =>
        string.Equals(option.Value, value, StringComparison.OrdinalIgnoreCase)
        || string.Equals(option.DisplayName, value, StringComparison.OrdinalIgnoreCase);

    private static List<string> Values(ScimResource resource, string attribute = "roles")
    {
        var values = new List<string>();
        if (resource[attribute] is ScimArray array)
        {
            foreach (var item in array)
            {
                var text = item switch
                {
                    ScimComplex complex => complex.GetString("value") ?? complex.GetString("display"),
                    ScimString plain => plain.Value,
                    _ => null,
                };
                if (!string.IsNullOrWhiteSpace(text))
                {
                    values.Add(text.Trim());
                }
            }
        }

        return values;
    }
}
