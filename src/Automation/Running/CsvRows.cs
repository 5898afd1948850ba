using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Running;

/// <summary>Rows of a CSV file (RFC 4180) with a header line.</summary>
internal static class CsvRows
{
    private const int AtOnce = 200;

    /// <summary>Reads a file to its end, some rows at a time.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public static async Task<StepFault?> ReadAsync(TextReader file, DownloadStep step, Scope scope, ListedRows rows, CancellationToken cancellationToken)
    {
        using var records = Records(file, step.Separator).GetEnumerator();
        if (!records.MoveNext())
        {
            return new(FailureCode.IncompleteRead, "The downloaded file is empty.");
        }

        var header = records.Current.Select(h => h.Trim()).ToList();
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (name, field) in step.Fields)
        {
            columns[name] = field.Column is { } column ? header.FindIndex(h => h.Equals(column, StringComparison.OrdinalIgnoreCase)) : field.Cell ?? -1;
            if (columns[name] < 0 && field.Value is null)
            {
                return new(FailureCode.PageChanged, $"The downloaded file has no column '{field.Column}'; it has {string.Join(", ", header)}.");
            }
        }

        rows.BeginPart([]);
        var some = new List<JsonObject>(AtOnce);
        for (var number = 1; records.MoveNext(); number++)
        {
            var cells = records.Current;
            if (cells is [""])
            {
                continue;
            }

            if (cells.Count != header.Count)
            {
                return new(FailureCode.IncompleteRead, $"Row {number} of the downloaded file has {cells.Count} cells instead of {header.Count}.");
            }

            var row = new JsonObject();
            foreach (var (name, field) in step.Fields)
            {
                if (FieldValues.Put(row, name, field, field.Value?.Resolve(scope, out _) ?? cells[columns[name]], RowReader.IsList(name, null)) is { } malformed)
                {
                    return malformed;
                }
            }

            some.Add(row);
            if (some.Count == AtOnce)
            {
                await rows.TakeAsync(some, cancellationToken);
                some.Clear();
            }
        }

        await rows.TakeAsync(some, cancellationToken);
        return null;
    }

    private static IEnumerable<List<string>> Records(TextReader text, char separator)
    {
        var record = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        while (text.Read() is var read and >= 0)
        {
            var c = (char)read;
            if (quoted)
            {
                if (c != '"')
                {
                    cell.Append(c);
                }
                else if (text.Peek() == '"')
                {
                    cell.Append('"');
                    _ = text.Read();
                }
                else
                {
                    quoted = false;
                }
            }
            else if (c == '"' && cell.Length == 0)
            {
                quoted = true;
            }
            else if (c == separator)
            {
                record.Add(cell.ToString());
                cell.Clear();
            }
            else if (c == '\n')
            {
                record.Add(cell.ToString().TrimEnd('\r'));
                cell.Clear();
                yield return record;
                record = [];
            }
            else
            {
                cell.Append(c);
            }
        }

        if (cell.Length > 0 || record.Count > 0)
        {
            record.Add(cell.ToString());
            yield return record;
        }
    }
}
