using System.Globalization;
using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;

namespace IdLcm.LocalHost.Cli.Connectors.Checking;

/// <summary>Makes up the people that a check creates: recognisable, and another one each time.</summary>
/// <param name="manifest">The connector, whose required attributes they have.</param>
/// <param name="given">Values that a person gave for attributes.</param>
/// <param name="mailDomain">The domain of their addresses.</param>
/// <param name="run">What tells this run's people from those of others.</param>
internal sealed class CheckPeople(ConnectorManifest manifest, IReadOnlyDictionary<string, string> given, string mailDomain, string run)
{
    private int _made;

    /// <summary>The attribute by which the app knows people.</summary>
    public string Identifier => manifest.UserSchema.PrimaryIdentifier;

    /// <summary>The attributes that createUser takes.</summary>
    public IReadOnlyList<string> Inputs => manifest.Inputs.GetValueOrDefault(ConnectorVerb.CreateUser) ?? [];

    /// <summary>Makes up someone.</summary>
    /// <param name="role">Their role, or null for none.</param>
    /// <returns>The inputs of createUser.</returns>
    public JsonObject Next(string? role)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"idlcm-check-{run}-{++_made}");
        var person = new JsonObject();
        foreach (var attribute in manifest.UserSchema.Attributes.Where(a => Inputs.Contains(a.Name, StringComparer.Ordinal) && (a.Required || a.PrimaryIdentifier)))
        {
            person[attribute.Name] = given.GetValueOrDefault(attribute.Name) ?? Value(attribute, name);
        }

        if (role is not null && Inputs.Contains("roles", StringComparer.Ordinal))
        {
            person["roles"] = new JsonArray(role);
        }

        return person;
    }

    /// <summary>Attributes that are names of people, in which odd characters may stand.</summary>
    /// <returns>Their names.</returns>
    public IReadOnlyList<string> NameAttributes() =>
        [.. manifest.UserSchema.Attributes.Where(a => Inputs.Contains(a.Name, StringComparer.Ordinal) && a.Scim is "name.givenName" or "name.familyName" or "displayName").Select(a => a.Name)];

    private string Value(UserSchemaAttribute attribute, string name) => attribute switch
    {
        { Scim: { } scim } when scim.StartsWith("emails", StringComparison.Ordinal) => $"{name}@{mailDomain}",
        { Scim: "userName" } => name,
        { Scim: "name.givenName" } => "Check",
        { Scim: "name.familyName" } => "Idlcm",
        { PrimaryIdentifier: true } => $"{name}@{mailDomain}",
        { Type: "boolean" } => "false",
        { Type: "integer" or "decimal" } => "1",
        _ => "Check",
    };
}
