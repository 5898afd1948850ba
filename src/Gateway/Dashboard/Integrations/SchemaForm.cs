using System.Globalization;
using IdLcm.Domain.Connectors;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Dashboard;

/// <summary>Reads a user schema out of the fields of <see cref="SchemaFields"/>. Whether it holds together is checked where every other door has it checked.</summary>
internal static class SchemaForm
{
    /// <summary>Rows beyond this are no form of ours; the schema itself allows fewer.</summary>
    private const int MaxRows = 1000;

    /// <summary>Longer schemas are edited as JSON: a page of so many fields serves nobody.</summary>
    private const int MaxShown = 40;

    /// <summary>Whether a schema is short enough for a form.</summary>
    public static bool Fits(UserSchema schema) => schema.Attributes.Count + schema.Roles.Count <= MaxShown;

    /// <summary>Reads a schema. A row without a name, or with its box <i>Remove</i> checked, is left out.</summary>
    /// <param name="form">The form.</param>
    /// <param name="before">Has what the form does not show.</param>
    public static UserSchema Read(IFormCollection form, UserSchema before) => before with
    {
        Attributes = [.. Rows(form, "attribute", "name").Select(row => Attribute(form, row))],
        Roles = [.. Rows(form, "role", "value").Select(row => Role(form, row))],
        EntitlementTypes = Values(form, "entitlementTypes"),
    };

    private static IEnumerable<string> Rows(IFormCollection form, string kind, string key) => form.Keys
        .Where(field => field.StartsWith(kind + ".", StringComparison.Ordinal) && field.EndsWith("." + key, StringComparison.Ordinal))
        .Select(field => field[..^(key.Length + 1)])
        .Where(row => int.TryParse(row.AsSpan(kind.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _))
        .OrderBy(row => int.Parse(row.AsSpan(kind.Length + 1), CultureInfo.InvariantCulture))
        .Take(MaxRows)
        .Where(row => form.Text($"{row}.{key}") is not null && form.Text($"{row}.remove") is null);

    private static UserSchemaAttribute Attribute(IFormCollection form, string row) => new(
        form.Text($"{row}.name")!,
        form.Text($"{row}.label") ?? form.Text($"{row}.name")!,
        form.Text($"{row}.type") ?? "string",
        form.Text($"{row}.scim"),
        form.Text($"{row}.required") is not null,
        form.Text($"{row}.multiValued") is not null,
        form.Text($"{row}.returned") ?? "default",
        form.Text($"{row}.dataClassification") ?? "plain",
        form.Text($"{row}.allowEmptyInSync") is not null,
        form.Text("primaryIdentifier") == row);

    private static RoleOption Role(IFormCollection form, string row) => new(
        form.Text($"{row}.value")!,
        form.Text($"{row}.displayName") ?? form.Text($"{row}.value")!,
        form.Text($"{row}.description") ?? "",
        form.Number($"{row}.ranking") ?? 0,
        Values(form, $"{row}.incompatibleRoles") is { Count: > 0 } others ? others : null,
        form.Text($"{row}.exclusive") is not null);

    private static List<string> Values(IFormCollection form, string field) =>
        [.. (form.Text(field) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
}
