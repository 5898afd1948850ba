using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Api;

/// <summary>Streams of rows, as files: written as they are read, whatever their number.</summary>
internal static class Exports
{
    private static readonly SearchValues<char> Quoted = SearchValues.Create("\",\r\n");

    /// <summary>One JSON object a line (JSON Lines).</summary>
    public static IResult JsonLines<T>(string fileName, IAsyncEnumerable<T> items) => Stream(fileName, "application/jsonl", async (stream, stop) =>
    {
        await foreach (var item in items.WithCancellation(stop))
        {
            await JsonSerializer.SerializeAsync(stream, item, ApiJson.Info<T>(), stop);
            await stream.WriteAsync("\n"u8.ToArray(), stop);
        }
    });

    /// <summary>A table (RFC 4180) with a header.</summary>
    public static IResult Csv(string fileName, string[] columns, IAsyncEnumerable<string?[]> rows) => Stream(fileName, "text/csv; charset=utf-8", async (stream, stop) =>
    {
        var line = new StringBuilder();
        await stream.WriteAsync(Line(line, columns), stop);
        await foreach (var row in rows.WithCancellation(stop))
        {
            await stream.WriteAsync(Line(line, row), stop);
        }
    });

    /// <summary>A moment as it stands in exports.</summary>
    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static byte[] Line(StringBuilder line, string?[] fields)
    {
        line.Clear();
        for (var i = 0; i < fields.Length; i++)
        {
            line.Append(i == 0 ? "" : ",").Append(Field(fields[i] ?? ""));
        }

        return Encoding.UTF8.GetBytes(line.Append("\r\n").ToString());
    }

    private static string Field(string text)
    {
        // A spreadsheet would take what begins so for a formula: somebody's name must not be one.
        var safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" + text : text;
        return safe.AsSpan().ContainsAny(Quoted) ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }

    private static StreamResult Stream(string fileName, string contentType, Func<Stream, CancellationToken, Task> write) => new StreamResult(fileName, contentType, write);

    private sealed class StreamResult(string fileName, string contentType, Func<Stream, CancellationToken, Task> write) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentType = contentType;
            httpContext.Response.Headers.ContentDisposition = $"attachment; filename=\"{fileName}\"";
            await write(httpContext.Response.Body, httpContext.RequestAborted);
        }
    }
}
