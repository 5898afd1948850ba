namespace IdLcm.LocalHost.Cli.Output;

/// <summary>A plain table for a terminal: columns as wide as their widest cell, the last one open.</summary>
/// <param name="headers">The column headers.</param>
internal sealed class Table(params string[] headers)
{
    private const int MaxCell = 60;

    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row.</summary>
    /// <param name="cells">Its cells, one for each header.</param>
    public void Add(params string?[] cells) => _rows.Add([.. cells.Select(Clean)]);

    /// <summary>Writes the table, or a sentence where it has no rows.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="none">The sentence.</param>
    public void Write(TextWriter output, string none)
    {
        if (_rows.Count == 0)
        {
            output.WriteLine(none);
            return;
        }

        var widths = headers.Select((header, column) => _rows.Append(headers).Max(row => row[column].Length)).ToArray();
        foreach (var row in _rows.Prepend(headers))
        {
            output.WriteLine(string.Join("  ", row.Select((cell, column) => column == row.Length - 1 ? cell : cell.PadRight(widths[column]))).TrimEnd());
        }
    }

    // What an app shows may hold control characters; a terminal must not obey them.
    private static string Clean(string? cell)
    {
        var text = string.Concat((cell ?? "").Select(c => char.IsControl(c) ? ' ' : c));
        return text.Length <= MaxCell ? text : text[..(MaxCell - 1)] + "…";
    }
}
