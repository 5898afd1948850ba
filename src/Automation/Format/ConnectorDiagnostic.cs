namespace IdLcm.Automation.Format;

/// <summary>How bad a finding is.</summary>
public enum DiagnosticSeverity
{
    /// <summary>The connector runs, but a reviewer would object.</summary>
    Warning,

    /// <summary>The connector cannot be used.</summary>
    Error,
}

/// <summary>One finding in a connector file.</summary>
/// <param name="File">The file as it was named to the parser.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
/// <param name="Severity">Error or warning.</param>
/// <param name="Rule">A stable name of the rule, for example <c>unknown-key</c>, for tests and suppressions.</param>
/// <param name="Message">What is wrong, with what value, and what to write instead.</param>
public sealed record ConnectorDiagnostic(
    string File, int Line, int Column, DiagnosticSeverity Severity, string Rule, string Message)
{
    /// <summary>The form that editors and CI systems recognise: <c>file(line,column): error rule: message</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() =>
        $"{File}({Line},{Column}): {(Severity == DiagnosticSeverity.Error ? "error" : "warning")} {Rule}: {Message}";
}
