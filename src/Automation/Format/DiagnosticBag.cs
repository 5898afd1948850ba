using System.Runtime.InteropServices;

namespace IdLcm.Automation.Format;

/// <summary>Collects findings, up to a bound, so that a hostile file cannot fill the memory with them.</summary>
internal sealed class DiagnosticBag(string file)
{
    public const int MaxDiagnostics = 5000;

    private readonly List<ConnectorDiagnostic> items = [];

    public bool HasErrors { get; private set; }

    public string File => file;

    public IReadOnlyList<ConnectorDiagnostic> Sorted() =>
        [.. items.OrderBy(d => d.Line).ThenBy(d => d.Column).ThenBy(d => d.Rule, StringComparer.Ordinal)];

    public void Error(Mark at, string rule, string message) => Add(at, DiagnosticSeverity.Error, rule, message);

    public void Warning(Mark at, string rule, string message) => Add(at, DiagnosticSeverity.Warning, rule, message);

    private void Add(Mark at, DiagnosticSeverity severity, string rule, string message)
    {
        HasErrors |= severity == DiagnosticSeverity.Error;
        if (items.Count < MaxDiagnostics)
        {
            items.Add(new(file, at.Line, at.Column, severity, rule, message));
        }
    }
}

/// <summary>A place in a file, both from 1.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Mark(int Line, int Column);
