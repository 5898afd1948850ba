using System.Buffers;
using System.Text;
using IdLcm.Automation.Catalog;
using IdLcm.Automation.Lint;

namespace IdLcm.Automation.Format;

/// <summary>Reads connector files: the door for the catalog, the CLI and tests.</summary>
public static class ConnectorFile
{
    /// <summary>The JSON Schema (draft 2020-12) of the format.</summary>
    public static string JsonSchema => FormatSchema.ReadText();

    /// <summary>The reference page of the format (Markdown), made of the schema.</summary>
    public static string Reference => FormatReference.Markdown();

    /// <summary>Parses connector text: form and meaning, without the reviewer's rules.</summary>
    /// <param name="file">The name to report in findings.</param>
    /// <param name="text">The YAML.</param>
    /// <returns>The connector, or null where there are errors; and every finding, in file order.</returns>
    public static ConnectorParseResult Parse(string file, string text)
    {
        var diagnostics = new DiagnosticBag(file);
        var connector = ConnectorParser.Parse(text, diagnostics);
        return new(connector, diagnostics.Sorted());
    }

    /// <summary>Parses connector text and applies the reviewer's rules to it: unverified writes, missing commit markers, wide hosts and so on.</summary>
    /// <param name="file">The name to report in findings.</param>
    /// <param name="text">The YAML.</param>
    /// <returns>The connector, or null where there are errors; and every finding, in file order.</returns>
    public static ConnectorParseResult Lint(string file, string text)
    {
        var diagnostics = new DiagnosticBag(file);
        var connector = ConnectorParser.Parse(text, diagnostics, out var tree);
        if (tree is not null)
        {
            ConnectorLint.TextRules(tree, diagnostics);
        }

        if (connector is not null)
        {
            ConnectorLint.Rules(connector, tree!, diagnostics);
        }

        return new(diagnostics.HasErrors ? null : connector, diagnostics.Sorted());
    }

    /// <summary>Reads and parses a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>As <see cref="Parse"/>; a file that cannot be read is a finding.</returns>
    public static ConnectorParseResult Load(string path) => Read(path, Parse);

    /// <summary>Reads, parses and lints a file, also against what was published under its version (<see cref="PublishedVersions"/>).</summary>
    /// <param name="path">The file.</param>
    /// <returns>As <see cref="Lint"/>; a file that cannot be read is a finding.</returns>
    public static ConnectorParseResult LoadAndLint(string path) => Read(path, (file, text) =>
    {
        var linted = Lint(file, text);
        return linted.Connector is { } connector && PublishedVersions.Problem(file, text, connector) is { } problem
            ? new(null, [new(file, VersionLine(text), 1, DiagnosticSeverity.Error, "published", problem), .. linted.Diagnostics])
            : linted;
    });

    private static int VersionLine(string text) =>
        text.Split('\n').Index().FirstOrDefault(line => line.Item.StartsWith("version:", StringComparison.Ordinal)).Index + 1;

    private static ConnectorParseResult Read(string path, Func<string, string, ConnectorParseResult> parse)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > YamlReader.MaxCharacters * 4L } large)
            {
                return Unreadable(path, "too-large", $"The file has {large.Length} bytes; the limit is {YamlReader.MaxCharacters} characters.");
            }

            var bytes = File.ReadAllBytes(path);
            return NotUtf8(bytes) is (var line, var column)
                ? new(null, [new(path, line, column, DiagnosticSeverity.Error, "encoding", "This is not UTF-8 text; save the file as UTF-8.")])
                : parse(path, new StreamReader(new MemoryStream(bytes)).ReadToEnd());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Unreadable(path, "unreadable", $"The file cannot be read: {error.Message}");
        }
    }

    /// <summary>Where a file stops to be UTF-8; what a decoder puts in place of it would be written into people's apps.</summary>
    private static (int Line, int Column)? NotUtf8(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [0xFE, 0xFF, ..] or [0xFF, 0xFE, ..])
        {
            // A byte order mark says what else it is.
            return null;
        }

        var (line, column) = (1, 1);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) != OperationStatus.Done)
            {
                return (line, column);
            }

            (line, column) = rune.Value == '\n' ? (line + 1, 1) : (line, column + rune.Utf16SequenceLength);
            bytes = bytes[length..];
        }

        return null;
    }

    private static ConnectorParseResult Unreadable(string path, string rule, string message) =>
        new(null, [new(path, 1, 1, DiagnosticSeverity.Error, rule, message)]);
}

/// <summary>What reading a connector gave.</summary>
/// <param name="Connector">The connector, or null where there are errors.</param>
/// <param name="Diagnostics">Every finding, in file order.</param>
public sealed record ConnectorParseResult(ConnectorDefinition? Connector, IReadOnlyList<ConnectorDiagnostic> Diagnostics)
{
    /// <summary>True when the connector can be used.</summary>
    public bool Succeeded => Connector is not null;
}
