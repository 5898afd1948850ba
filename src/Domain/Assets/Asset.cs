using System.Text.Json.Nodes;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Assets;

/// <summary>A thing that the app manages access to, as a sync read it. Row <c>as:{key}</c>.</summary>
/// <param name="Name">The name by which the app's pages know it.</param>
/// <param name="DisplayName">What people see.</param>
/// <param name="Type">What it is, for example <c>project</c>; empty where the app does not say.</param>
/// <param name="Description">More about it.</param>
/// <param name="Entitlements">The value strings by which access to it is given.</param>
public sealed record Asset(string Name, string DisplayName, string Type, string Description, IReadOnlyList<string> Entitlements)
{
    /// <summary>Prefix of the rows.</summary>
    public const string Prefix = "as:";

    /// <summary>Its id: no character of the name reaches it.</summary>
    public string Id => Ids.KeyOf(Name);

    /// <summary>The value string of a permission on an asset: <c>Apollo: Write</c>.</summary>
    /// <param name="asset">The asset's name.</param>
    /// <param name="permission">The permission.</param>
    /// <returns>The value string.</returns>
    public static string ValueOf(string asset, string permission) => $"{asset}: {permission}";

    /// <summary>Takes a value string apart where nobody said what it consists of.</summary>
    /// <param name="value">The value string.</param>
    /// <returns>The asset's name and the permission; the value itself and nothing where it is not of that form.</returns>
    internal static (string Asset, string Permission) Split(string value)
    {
        var at = value.LastIndexOf(": ", StringComparison.Ordinal);
        return at < 0 ? (value, "") : (value[..at], value[(at + 2)..]);
    }

    internal bool IsSameAs(Asset other) =>
        this with { Entitlements = [] } == other with { Entitlements = other.Entitlements.Count == 0 ? Entitlements : [] } && Entitlements.SequenceEqual(other.Entitlements, StringComparer.Ordinal);

    /// <summary>
    /// Makes an asset of a row that <c>listAssets</c> extracts: <c>value</c> (else <c>name</c>), <c>displayName</c>, <c>type</c>,
    /// <c>description</c>, and <c>entitlements</c>, the permissions that can be given on it; <c>single</c> is <c>true</c> where
    /// a person has one of them at a time and a new one replaces it.
    /// </summary>
    internal static (Asset Asset, IReadOnlyList<EntitlementOption> Options)? Read(IntegrationProfile profile, JsonObject row)
    {
        if ((AttributeValues.Text(row["value"]) ?? AttributeValues.Text(row["name"]))?.Trim() is not { Length: > 0 } name)
        {
            return null;
        }

        var display = AttributeValues.Text(row["displayName"])?.Trim() is { Length: > 0 } shown ? shown : name;
        var permissions = AttributeValues.Strings(row["entitlements"]);
        var values = permissions.Select(permission => ValueOf(name, permission)).ToList();
        var single = string.Equals(AttributeValues.Text(row["single"]), "true", StringComparison.OrdinalIgnoreCase);
        var type = profile.Schema.EntitlementTypes is [var first, ..] ? first : "entitlement";
        var options = permissions.Select((permission, i) => new EntitlementOption(
            values[i], ValueOf(display, permission), type, "", single && values.Count > 1 ? [.. values.Where((_, other) => other != i)] : null) { Asset = name, Permission = permission });
        return (new Asset(name, display, AttributeValues.Text(row["type"]) ?? "", AttributeValues.Text(row["description"]) ?? "", values), [.. options]);
    }
}
