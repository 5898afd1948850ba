using IdLcm.Automation.Format;

namespace IdLcm.Automation.Lint;

/// <summary>An error that an earlier one always matches first is never reported.</summary>
internal static class ErrorRules
{
    public static void Check(ConnectorDefinition connector, DiagnosticBag diagnostics)
    {
        Check(connector.Detect, diagnostics);
        foreach (var operation in connector.Operations.Values)
        {
            Check(operation.Errors, diagnostics);
        }
    }

    private static void Check(IReadOnlyList<ErrorRule> rules, DiagnosticBag diagnostics)
    {
        for (var i = 1; i < rules.Count; i++)
        {
            if (rules.Take(i).FirstOrDefault(earlier => Covers(earlier.When, rules[i].When)) is { } first)
            {
                diagnostics.Warning(rules[i].When.Mark, "unreachable", $"This error is never reported: the one on line {first.When.Mark.Line} matches wherever it does.");
            }
        }
    }

    private static bool Covers(Condition earlier, Condition later) =>
        earlier.See?.Locator is null && Text(earlier.See?.Text, later.See?.Text ?? later.Alert) && Text(earlier.Alert, later.Alert)
        && (earlier.Url is null || earlier.Url == later.Url)
        && (earlier.Status.Count == 0 || (later.Status.Count > 0 && later.Status.All(earlier.Status.Contains)));

    private static bool Text(Template? earlier, Template? later) =>
        earlier is null || (later is not null && later.Source.Contains(earlier.Source, StringComparison.OrdinalIgnoreCase));
}
