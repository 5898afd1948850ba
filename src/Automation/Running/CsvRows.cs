using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Running;

/// <summary>Rows of a CSV file (RFC 4180) with a header line.</summary>
internal static class CsvRows
{
    public static (IReadOnlyList<JsonObject> Rows, StepFault? Problem) Read(string text, DownloadStep step, Scope scope)
    {
        var records = Records(text.TrimStart('\uFEFF'), step.Separator).GetEnumerator();
        if (!records.MoveNext())
        {
            return ([], new(FailureCode.IncompleteRead, "The downloaded file is empty."));
        }

        var header = records.Current.Select(h => h.Trim()).ToList();
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (name, field) in step.Fields)
        {
            columns[name] = field.Column is { } column ? header.FindIndex(h => h.Equals(column, StringComparison.OrdinalIgnoreCase)) : field.Cell ?? -1;
            if (columns[name] < 0 && field.Value is null)
            {
                return ([], new(FailureCode.PageChanged, $"The downloaded file has no column '{field.Column}'; it has {string.Join(", ", header)}."));
            }
        }

        var rows = new List<JsonObject>();
        while (records.MoveNext())
        {
            var cells = records.Current;
            if (cells is [""])
            {
                continue;
            }

            if (cells.Count != header.Count)
            {
                return ([], new(FailureCode.IncompleteRead, $"Row {rows.Count + 1} of the downloaded file has {cells.Count} cells instead of {header.Count}."));
            }

            var row = new JsonObject();
            foreach (var (name, field) in step.Fields)
            {
                if (FieldValues.Put(row, name, field, field.Value?.Resolve(scope, out _) ?? cells[columns[name]], RowReader.IsList(name, null)) is { } malformed)
                {
                    return ([], malformed);
                }
            }

            rows.Add(row);
        }

        return (rows, null);
    }

    private static IEnumerable<List<string>> Records(string text, char separator)
    {
        var record = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted)
            {
                if (c != '"')
                {
                    cell.Append(c);
                }
                else if (i + 1 < text.Length && text[i + 1] == '"')
                {
                    cell.Append('"');
                    i++;
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
