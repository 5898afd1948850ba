using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Integrations;

/// <summary>A role as the app's own list shows it.</summary>
/// <param name="Value">The value.</param>
/// <param name="Description">What the app says about it; empty where it says nothing.</param>
public sealed record OfferedRole(string Value, string Description = "");

/// <summary>The roles that the app offers, as the last complete read of them showed. The user schema says which of them are assigned.</summary>
/// <param name="Shown">The roles in the app's order, each once; at most <see cref="Most"/>.</param>
/// <param name="At">When they were read.</param>
public sealed record OfferedRoles(IReadOnlyList<OfferedRole> Shown, DateTimeOffset At)
{
    /// <summary>How many are kept.</summary>
    public const int Most = 500;

    /// <summary>Makes roles of the rows that <c>listRoles</c> extracts: <c>value</c> (else <c>role</c>, else <c>name</c>) and <c>description</c>. A row without value is passed over.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="at">When they were read.</param>
    /// <returns>The roles.</returns>
    public static OfferedRoles Read(IEnumerable<JsonObject> rows, DateTimeOffset at) => new(
        [
            .. rows
                .Select(row => (Value: AttributeValues.Text(row["value"] ?? row["role"] ?? row["name"])?.Trim(), Description: AttributeValues.Text(row["description"])))
                .Where(row => row.Value is { Length: > 0 })
                .Select(row => new OfferedRole(row.Value!, row.Description ?? ""))
                .DistinctBy(role => role.Value, StringComparer.OrdinalIgnoreCase)
                .Take(Most),
        ],
        at);

    /// <summary>The roles of a user schema that the app does not show.</summary>
    /// <param name="schema">The user schema.</param>
    /// <returns>Their values.</returns>
    public IReadOnlyList<string> MissingOf(UserSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return [.. schema.Roles.Select(role => role.Value).Except(Shown.Select(role => role.Value), StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>The roles that the app shows and a user schema does not have.</summary>
    /// <param name="schema">The user schema.</param>
    /// <returns>Their values.</returns>
    public IReadOnlyList<string> BesideSchema(UserSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return [.. Shown.Select(role => role.Value).Except(schema.Roles.Select(role => role.Value), StringComparer.OrdinalIgnoreCase)];
    }
}
