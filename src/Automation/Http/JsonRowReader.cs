using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IdLcm.Automation.Format;
using IdLcm.Automation.Running;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Http;

/// <summary>Reads lists of an app's API, answer after answer, with the same proof of completeness as of pages.</summary>
internal sealed partial class JsonRowReader(RunState run, HttpRunner http)
{
    private const int MaxRows = 2_000_000;

    public async Task<ReadResult> ReadAsync(Extract extract, Frame frame, ListedRows rows)
    {
        long? expected = null;
        var read = 0;
        for (var page = 1; ; page++)
        {
            run.Token.ThrowIfCancellationRequested();
            if (run.Http.Reply is not { } reply)
            {
                return ReadResult.Stopped(new(FailureCode.UnsupportedOperation, "There is no answer to read: an http step comes first."));
            }

            // The step has named 404 as expected: what was asked for is not there.
            if (reply.Status == 404)
            {
                return ReadResult.Proved;
            }

            if (Found(extract.RowPath!, reply.Json) is not { } found)
            {
                return ReadResult.Stopped(new(FailureCode.PageChanged, $"The answer to {reply} has nothing at {extract.RowPath}{HttpRunner.Keys(reply.Json)}."));
            }

            if (found.Count > 0 && !rows.NotePage(string.Concat(found.Select(f => f.ToJsonString()))))
            {
                return ReadResult.Incomplete("The next page holds the same rows as a page before it: the list does not end.");
            }

            read += found.Count;
            var taken = new List<JsonObject>(found.Count);
            foreach (var (row, malformed) in found.Select(node => Row(extract, frame, node)))
            {
                if (malformed is not null)
                {
                    return ReadResult.Stopped(malformed);
                }

                taken.Add(row);
            }

            await rows.TakeAsync(taken, run.Token);
            expected = Count(extract, reply) ?? expected;
            rows.Seats = Seats(extract, reply) ?? rows.Seats;
            if (rows.CountOfPart == expected || Next(extract, reply, page, found.Count, read) is not { } next)
            {
                return Proved(extract, rows.CountOfPart, expected);
            }

            if (rows.CountOfPart > MaxRows || page >= extract.MaxPages)
            {
                return ReadResult.Incomplete($"The list goes on after {page} pages and {rows.CountOfPart} rows.");
            }

            if (await http.NextAsync(frame, next) is { } fault)
            {
                return ReadResult.Stopped(fault);
            }
        }
    }

    /// <summary>Puts one field into a row; the same for an account's own answer.</summary>
    /// <returns>A fault where the text does not have the form that the connector says, else null.</returns>
    public static StepFault? Put(JsonObject target, string name, Field field, JsonNode? row, Scope scope, bool multiValued)
    {
        if (field.Value is { } made)
        {
            return FieldValues.Put(target, name, field, made.Resolve(scope, out _), multiValued);
        }

        var texts = field.Path!.Select(row).SelectMany(n => n is JsonArray array ? array.OfType<JsonNode>() : [n]).Select(Text).ToList();
        if (field.Split is not null || !multiValued || (texts.Count == 0 && field.Otherwise is not null))
        {
            return FieldValues.Put(target, name, field, texts.Count == 0 ? null : string.Join(field.Split ?? ", ", texts), multiValued);
        }

        var values = new JsonArray();
        foreach (var text in texts)
        {
            var value = FieldValues.Of(field, text, multiValued: false, out var problem);
            if (problem is not null)
            {
                return new(FailureCode.PageChanged, $"The field {name} has {problem}.");
            }

            if (value is not null && value.ToString().Length > 0)
            {
                values.Add(value);
            }
        }

        target[name] = values;
        return null;
    }

    private static string Text(JsonNode node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : node.ToJsonString();

    /// <summary>The rows: the items of a list, or one object; null where the path leads nowhere.</summary>
    private static List<JsonNode>? Found(JsonPath path, JsonNode? json)
    {
        var found = path.Select(json).ToList();
        return found switch
        {
            [JsonArray array] => [.. array.OfType<JsonNode>()],
            [] => path.Source.Contains("[*]", StringComparison.Ordinal) && json is not null ? [] : null,
            _ => found,
        };
    }

    private (JsonObject Row, StepFault? Malformed) Row(Extract extract, Frame frame, JsonNode node)
    {
        var row = new JsonObject();
        foreach (var (name, field) in extract.Fields)
        {
            if (Put(row, name, field, node, frame.Scope, RowReader.IsList(name, run.Connector.Manifest.UserSchema)) is { } malformed)
            {
                return (row, malformed);
            }
        }

        return (row, null);
    }

    private static long? Count(Extract extract, HttpReply reply)
    {
        var text = extract.CountPath is { } path ? path.Select(reply.Json).FirstOrDefault()?.ToString() : extract.CountHeader is { } header ? reply.Header(header) : null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;
    }

    private static ListedSeats? Seats(Extract extract, HttpReply reply)
    {
        long? Number(JsonPath path) => long.TryParse(path.Select(reply.Json).FirstOrDefault()?.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        return extract.SeatsPaths is { } paths && Number(paths.Used) is { } used && Number(paths.Total) is { } total ? new(used, total) : null;
    }

    private static Uri? Next(Extract extract, HttpReply reply, int page, int onPage, int read)
    {
        if (extract.PageParameter is { } pages)
        {
            return onPage == 0 ? null : RowReader.WithParameter(reply.Address.AbsoluteUri, pages, page + 1);
        }

        if (extract.OffsetParameter is { } offset)
        {
            return onPage == 0 ? null : RowReader.WithParameter(reply.Address.AbsoluteUri, offset, read);
        }

        var link = extract.NextPath is { } path ? path.Select(reply.Json).FirstOrDefault()?.ToString()
            : extract.NextLink && reply.Header("Link") is { } header && NextOfLink().Match(header) is { Success: true } match ? match.Groups["to"].Value : null;
        return link is { Length: > 0 } && Uri.TryCreate(reply.Address, link, out var next) ? next : null;
    }

    private static ReadResult Proved(Extract extract, int rows, long? expected) => extract.Counted && expected is null
        ? ReadResult.Incomplete("The answer does not say how many there are, so the list cannot be proved complete.")
        : expected is { } count && count != rows ? ReadResult.Incomplete($"The app says that there are {count}, but {rows} were read.") : ReadResult.Proved;

    [GeneratedRegex("<(?<to>[^>]*)>\\s*;[^,<]*rel=\"?next\"?", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NextOfLink();
}
