using IdLcm.Automation.Format;

namespace IdLcm.Automation.Lint;

/// <summary>What a reviewer would find in a connector that is well-formed.</summary>
internal static class ConnectorLint
{
    /// <summary>Rules about the text itself; they also apply to a file that does not parse.</summary>
    public static void TextRules(YamlMapping tree, DiagnosticBag diagnostics) => SecretRules.Check(tree, diagnostics);

    /// <summary>Rules about what the connector means.</summary>
    public static void Rules(ConnectorDefinition connector, YamlMapping tree, DiagnosticBag diagnostics)
    {
        var places = new LintPlaces(tree);
        HostRules.Check(connector, places, diagnostics);
        CapabilityRules.Check(connector, places, diagnostics);
        HttpRules.Check(connector, places, diagnostics);
        WriteRules.Check(connector, diagnostics);
        ReadRules.Check(connector, places, diagnostics);
        PlaceholderRules.Check(connector, places, diagnostics);
        LocatorRules.Check(connector, diagnostics);
        FragmentRules.Check(connector, places, diagnostics);
        ErrorRules.Check(connector, diagnostics);
    }
}

/// <summary>Finds the line of a key by its path.</summary>
internal sealed class LintPlaces(YamlMapping tree)
{
    public Mark Of(params string[] path)
    {
        var mark = tree.Mark;
        YamlNode? node = tree;
        foreach (var key in path)
        {
            if ((node as YamlMapping)?.Find(key) is not { } entry)
            {
                break;
            }

            mark = entry.Key.Mark;
            node = entry.Value;
        }

        return mark;
    }

    public bool Has(params string[] path)
    {
        YamlNode? node = tree;
        foreach (var key in path)
        {
            node = (node as YamlMapping)?.Find(key)?.Value;
        }

        return node is not null;
    }

    public IEnumerable<YamlNode> Items(params string[] path)
    {
        YamlNode? node = tree;
        foreach (var key in path)
        {
            node = (node as YamlMapping)?.Find(key)?.Value;
        }

        return node switch
        {
            YamlSequence sequence => sequence.Items,
            YamlMapping mapping => mapping.Entries.Select(e => e.Key),
            _ => [],
        };
    }
}
