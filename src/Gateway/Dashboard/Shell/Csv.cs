using System.Text;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Dashboard;

/// <summary>Writes lists as CSV (RFC 4180) while they are read.</summary>
internal static class Csv
{
    /// <summary>Begins a file to save.</summary>
    public static async Task BeginAsync(HttpContext http, string name, params string[] columns)
    {
        http.Response.ContentType = "text/csv; charset=utf-8";
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";

        // Without a byte order mark spreadsheets take UTF-8 for something else.
        await http.Response.Body.WriteAsync(Encoding.UTF8.Preamble.ToArray(), http.RequestAborted);
        await LineAsync(http, columns);
    }

    public static async Task LineAsync(HttpContext http, params string?[] fields) =>
        await http.Response.WriteAsync(string.Join(',', fields.Select(Quote)) + "\r\n", http.RequestAborted);

    /// <summary>Names come from identity providers: a spreadsheet must not take one for a formula.</summary>
    private static string Quote(string? field)
    {
        var text = field ?? "";
        if (text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..])
        {
            text = "'" + text;
        }

        return text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
