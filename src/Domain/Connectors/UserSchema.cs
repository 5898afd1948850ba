using System.Text.Json.Serialization;

namespace IdLcm.Domain.Connectors;

/// <summary>The attributes, roles and entitlement types that people have in one app; SCIM <c>/Schemas</c> tells exactly this.</summary>
public sealed record UserSchema
{
    /// <summary>The attributes beside SCIM's core ones, and how core ones are used.</summary>
    public IReadOnlyList<UserSchemaAttribute> Attributes { get; init; } = [];

    /// <summary>The roles that can be assigned.</summary>
    public IReadOnlyList<RoleOption> Roles { get; init; } = [];

    /// <summary>The kinds of entitlement, for example <c>project-permission</c>.</summary>
    public IReadOnlyList<string> EntitlementTypes { get; init; } = [];

    /// <summary>The attribute by which an account is known in the app, for example <c>email</c>.</summary>
    [JsonIgnore]
    public string PrimaryIdentifier => Attributes.FirstOrDefault(a => a.PrimaryIdentifier)?.Name ?? "email";
}

/// <summary>One attribute of the user schema.</summary>
/// <param name="Name">The name in placeholders and extracted rows, for example <c>jobTitle</c>.</param>
/// <param name="Label">What people see.</param>
/// <param name="Type">string, boolean, integer, decimal, dateTime or reference.</param>
/// <param name="Scim">The SCIM path it is fed from, for example <c>name.givenName</c> or <c>emails[type eq "work"].value</c>; null for an attribute of the integration's own extension schema.</param>
/// <param name="Required">True when an account cannot be made without it.</param>
/// <param name="MultiValued">True when it holds several values.</param>
/// <param name="Returned">always, never, default or request (RFC 7643 section 7).</param>
/// <param name="DataClassification">plain or encrypted.</param>
/// <param name="AllowEmptyInSync">True when an empty value read from the app clears ours.</param>
/// <param name="PrimaryIdentifier">True for the one attribute by which an account is known in the app.</param>
public sealed record UserSchemaAttribute(
    string Name,
    string Label,
    string Type = "string",
    string? Scim = null,
    bool Required = false,
    bool MultiValued = false,
    string Returned = "default",
    string DataClassification = "plain",
    bool AllowEmptyInSync = false,
    bool PrimaryIdentifier = false);

/// <summary>A role that can be assigned in the app.</summary>
/// <param name="Value">The value, as in SCIM <c>roles[].value</c> and as the app shows it.</param>
/// <param name="DisplayName">What people see.</param>
/// <param name="Description">What it allows.</param>
/// <param name="Ranking">Higher wins where only one role is possible.</param>
/// <param name="IncompatibleRoles">Values of roles that cannot be held beside it.</param>
/// <param name="Exclusive">True when only one person may hold it at a time.</param>
public sealed record RoleOption(
    string Value,
    string DisplayName,
    string Description = "",
    int Ranking = 0,
    IReadOnlyList<string>? IncompatibleRoles = null,
    bool Exclusive = false);
