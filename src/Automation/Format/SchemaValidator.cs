using System.Globalization;

namespace IdLcm.Automation.Format;

/// <summary>Checks a YAML tree against the schema and says, for each fault, where it is and what would be right.</summary>
internal sealed class SchemaValidator(DiagnosticBag diagnostics)
{
    public void Validate(YamlNode node, SchemaNode schema, string name)
    {
        if (schema.AnyOf.Count > 0)
        {
            if (schema.AnyOf.Select(s => s.Value).FirstOrDefault(s => Fits(node, s)) is { } branch)
            {
                Validate(node, branch, name);
            }
            else
            {
                TypeError(node, name, string.Join(" or ", schema.AnyOf.Select(s => Words(s.Value)).Distinct(StringComparer.Ordinal)));
            }

            return;
        }

        if (schema.Type is not null && !Fits(node, schema))
        {
            TypeError(node, name, Words(schema));
            return;
        }

        switch (node)
        {
            case YamlScalar scalar:
                ValidateScalar(scalar, schema, name);
                break;
            case YamlSequence sequence:
                ValidateSequence(sequence, schema, name);
                break;
            case YamlMapping mapping:
                ValidateMapping(mapping, schema, name);
                break;
        }
    }

    private static bool Fits(YamlNode node, SchemaNode schema) => (schema.Type, node) switch
    {
        ("string", YamlScalar scalar) => !scalar.IsNull,
        ("boolean", YamlScalar scalar) => scalar is { Plain: true, Value: "true" or "false" },
        ("integer", YamlScalar scalar) => scalar.Plain && long.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        ("array", YamlSequence) => true,
        ("object", YamlMapping) => true,
        (null, _) => true,
        _ => false,
    };

    private static string Words(SchemaNode schema) => schema switch
    {
        { Enum: { } values } => $"one of {string.Join(", ", values.Order(StringComparer.Ordinal))}",
        { Type: "boolean" } => "true or false",
        { Type: "integer" } => "a whole number",
        { Type: "array" } => "a list",
        { Type: "object" } => "a mapping",
        _ => "text",
    };

    private void TypeError(YamlNode node, string name, string wanted) =>
        diagnostics.Error(node.Mark, "type", $"'{name}' is {wanted}, not {node.Kind}.");

    private void ValidateScalar(YamlScalar scalar, SchemaNode schema, string name)
    {
        var value = scalar.Value;
        if (schema.Enum is { } allowed && !allowed.Contains(value))
        {
            diagnostics.Error(scalar.Mark, "value", $"'{name}' is one of {string.Join(", ", allowed.Order(StringComparer.Ordinal))}, not {scalar.Kind}.");
        }
        else if (schema.Pattern is { } pattern && !pattern.IsMatch(value))
        {
            diagnostics.Error(scalar.Mark, "value", $"'{name}' cannot be {scalar.Kind}: it has the form {pattern}.");
        }
        else if (schema.Type == "integer")
        {
            var number = long.Parse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            if (number < schema.Minimum || number > schema.Maximum)
            {
                diagnostics.Error(scalar.Mark, "value", $"'{name}' is {schema.Minimum} to {schema.Maximum}, not {number}.");
            }
        }
        else if (value.Length < schema.MinCount || value.Length > schema.MaxCount)
        {
            diagnostics.Error(scalar.Mark, "value", $"'{name}' has {value.Length} characters; allowed are {schema.MinCount ?? 0} to {schema.MaxCount?.ToString(CultureInfo.InvariantCulture) ?? "any number"}.");
        }
    }

    private void ValidateSequence(YamlSequence sequence, SchemaNode schema, string name)
    {
        if (sequence.Items.Count < schema.MinCount)
        {
            diagnostics.Error(sequence.Mark, "value", $"'{name}' needs at least {schema.MinCount} entries.");
        }

        if (schema.Items is { } items)
        {
            foreach (var item in sequence.Items)
            {
                Validate(item, items.Value, name);
            }
        }
    }

    private void ValidateMapping(YamlMapping mapping, SchemaNode schema, string name)
    {
        foreach (var entry in mapping.Entries)
        {
            ValidateEntry(entry, schema, name);
        }

        foreach (var required in schema.Required)
        {
            if (mapping.Find(required) is null)
            {
                diagnostics.Error(mapping.Mark, "missing-key", $"'{name}' needs '{required}'.");
            }
        }

        foreach (var (key, needed) in schema.DependentRequired)
        {
            if (mapping.Find(key) is { } entry && needed.FirstOrDefault(n => mapping.Find(n) is null) is { } missing)
            {
                diagnostics.Error(entry.Key.Mark, "missing-key", $"'{key}' needs '{missing}' beside it.");
            }
        }

        if (schema.ExactlyOne.Count > 0)
        {
            var present = schema.ExactlyOne.Where(k => mapping.Find(k) is not null).ToList();
            if (present.Count != 1)
            {
                var found = present.Count == 0 ? "none" : string.Join(" and ", present);
                diagnostics.Error(mapping.Mark, "one-of", $"'{name}' needs exactly one of {string.Join(", ", schema.ExactlyOne)}; it has {found}.");
            }
        }

        if (mapping.Entries.Count < schema.MinCount)
        {
            diagnostics.Error(mapping.Mark, "missing-key", $"'{name}' is empty; it may have {KeysOf(schema)}.");
        }
        else if (mapping.Entries.Count > schema.MaxCount)
        {
            diagnostics.Error(mapping.Entries[1].Key.Mark, "one-of", $"'{name}' has one key; this one has {string.Join(", ", mapping.Entries.Take(4).Select(e => e.Key.Value))}. Is a '-' or an indent missing?");
        }
    }

    private void ValidateEntry(YamlEntry entry, SchemaNode schema, string name)
    {
        var key = entry.Key.Value;
        if (schema.Properties.TryGetValue(key, out var property))
        {
            Validate(entry.Value, property.Value, key);
        }
        else if (!schema.Open)
        {
            var nearest = Nearest.Of(key, schema.Properties.Keys);
            diagnostics.Error(entry.Key.Mark, "unknown-key", nearest is null
                ? $"'{name}' has no key '{key}'; it may have {KeysOf(schema)}."
                : $"'{name}' has no key '{key}'; did you mean '{nearest}'?");
        }
        else
        {
            if (schema.PropertyNames is { } names && !names.IsMatch(key))
            {
                diagnostics.Error(entry.Key.Mark, "value", $"'{key}' is not a name for an entry of '{name}': it has the form {names}.");
            }

            if (schema.Additional is { } additional)
            {
                Validate(entry.Value, additional.Value, key);
            }
        }
    }

    private static string KeysOf(SchemaNode schema) => string.Join(", ", schema.Properties.Keys);
}
