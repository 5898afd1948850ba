using System.Text.RegularExpressions;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Scim;

namespace IdLcm.Domain.Integrations;

/// <summary>What the configuration of an integration must be like. Each rule adds the fields that break it.</summary>
internal static partial class IntegrationRules
{
    public const int MaxName = 100;
    public const int MaxText = 1000;
    public const int MaxUserName = 320;
    public const int MaxSecret = 4096;
    public const int MaxSchemaAttributes = 100;
    public const int MaxRoles = 500;

    private static readonly TimeSpan PatternPatience = TimeSpan.FromMilliseconds(250);

    private static readonly string[] AttributeTypes = ["string", "boolean", "integer", "decimal", "dateTime", "reference"];
    private static readonly string[] ReturnedKinds = ["always", "never", "default", "request"];
    private static readonly string[] Classifications = ["plain", "encrypted"];

    /// <summary>A name or label for people.</summary>
    public static string? Text(string? value, string field, int max, List<FieldProblem> problems)
    {
        var text = value?.Trim() ?? "";
        if (text.Length is 0 || text.Length > max || text.Any(char.IsControl))
        {
            problems.Add(new FieldProblem(field, text.Length == 0 ? "is required." : $"must be one line of at most {max} characters."));
            return null;
        }

        return text;
    }

    /// <summary>The connector's settings, with its defaults filled in.</summary>
    public static Dictionary<string, string> Settings(
        ConnectorManifest manifest, IEnumerable<KeyValuePair<string, string?>> given, List<FieldProblem> problems)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in given)
        {
            if (manifest.Settings.All(setting => setting.Name != name))
            {
                var known = manifest.Settings.Count == 0 ? "It has none." : $"Its settings are {string.Join(", ", manifest.Settings.Select(s => s.Name))}.";
                problems.Add(new FieldProblem($"settings.{name}", $"is no setting of {manifest.AppName}. {known}"));
            }
            else if (!string.IsNullOrEmpty(value))
            {
                values[name] = value;
            }
        }

        foreach (var setting in manifest.Settings)
        {
            if (!values.TryGetValue(setting.Name, out var value))
            {
                if (setting.Default is { } fallback)
                {
                    values[setting.Name] = fallback;
                }
                else if (setting.Required)
                {
                    problems.Add(new FieldProblem($"settings.{setting.Name}", $"({setting.Label}) is required. {setting.Description}".TrimEnd()));
                }
            }
            else if (Misfit(setting, value) is { } misfit)
            {
                problems.Add(new FieldProblem($"settings.{setting.Name}", misfit));
            }
        }

        return values;
    }

    private static string? Misfit(ConnectorSetting setting, string value)
    {
        if (value.Length > MaxText || value.Any(char.IsControl))
        {
            return $"({setting.Label}) must be one line of at most {MaxText} characters.";
        }

        if (setting.Pattern is null)
        {
            return null;
        }

        try
        {
            return Regex.IsMatch(value, $@"\A(?:{setting.Pattern})\z", RegexOptions.CultureInvariant, PatternPatience)
                ? null
                : $"({setting.Label}) must match {setting.Pattern} as a whole.";
        }
        catch (RegexMatchTimeoutException)
        {
            return $"({setting.Label}) could not be checked against {setting.Pattern} in time.";
        }
    }

    /// <summary>A user schema of the integration's own.</summary>
    public static void Schema(UserSchema schema, List<FieldProblem> problems)
    {
        if (schema.Attributes is not { Count: > 0 and <= MaxSchemaAttributes })
        {
            problems.Add(new FieldProblem("userSchema.attributes", $"must hold 1 to {MaxSchemaAttributes} attributes."));
            return;
        }

        if (schema.Attributes.Count(a => a?.PrimaryIdentifier == true) != 1)
        {
            problems.Add(new FieldProblem("userSchema.attributes", "must hold exactly one attribute with primaryIdentifier true."));
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < schema.Attributes.Count; i++)
        {
            var field = $"userSchema.attributes[{i}]";
            if (schema.Attributes[i] is not { Name: not null, Label: not null } attribute || !AttributeName().IsMatch(attribute.Name))
            {
                problems.Add(new FieldProblem(field, "must have a label and a name of letters, digits, '-' and '_' that begins with a letter."));
                continue;
            }

            if (!names.Add(attribute.Name))
            {
                problems.Add(new FieldProblem($"{field}.name", $"'{attribute.Name}' stands twice."));
            }

            OneOf(attribute.Type, AttributeTypes, $"{field}.type", problems);
            OneOf(attribute.Returned, ReturnedKinds, $"{field}.returned", problems);
            OneOf(attribute.DataClassification, Classifications, $"{field}.dataClassification", problems);
            Path(attribute.Scim, $"{field}.scim", problems);
        }

        Roles(schema.Roles, problems);
    }

    private static void Path(string? path, string field, List<FieldProblem> problems)
    {
        if (path is null)
        {
            return;
        }

        try
        {
            new ScimResource(ScimSchemas.UserType, new ScimComplex()).GetText(path);
        }
        catch (ScimException error)
        {
            problems.Add(new FieldProblem(field, $"'{path}' is no path of a SCIM user. {error.Message}"));
        }
    }

    private static void Roles(IReadOnlyList<RoleOption>? roles, List<FieldProblem> problems)
    {
        if (roles is null || roles.Count > MaxRoles)
        {
            problems.Add(new FieldProblem("userSchema.roles", $"must be a list of at most {MaxRoles} roles."));
            return;
        }

        var values = roles.Where(r => r?.Value is not null).Select(r => r.Value).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (values.Count != roles.Count || roles.Any(r => string.IsNullOrWhiteSpace(r.Value) || string.IsNullOrWhiteSpace(r.DisplayName)))
        {
            problems.Add(new FieldProblem("userSchema.roles", "must each have a value of their own and a displayName."));
        }

        foreach (var unknown in roles.SelectMany(r => r?.IncompatibleRoles ?? []).Where(role => !values.Contains(role)).Distinct(StringComparer.Ordinal))
        {
            problems.Add(new FieldProblem("userSchema.roles", $"name '{unknown}' as incompatible, which is none of them."));
        }
    }

    private static void OneOf(string? value, string[] allowed, string field, List<FieldProblem> problems)
    {
        if (!allowed.Contains(value))
        {
            problems.Add(new FieldProblem(field, $"'{value}' must be one of {string.Join(", ", allowed)}."));
        }
    }

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_-]{0,63}\z", RegexOptions.CultureInvariant, 250)]
    private static partial Regex AttributeName();
}
