namespace IdLcm.Automation.Format;

/// <summary>What a reviewer would find.</summary>
internal static class ConnectorLint
{
    public static void TextRules(YamlMapping tree, DiagnosticBag diagnostics)
    {
    }

    public static void Rules(ConnectorDefinition connector, DiagnosticBag diagnostics)
    {
    }
}
