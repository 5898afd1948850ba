using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using IdLcm.Automation.Format;
using IdLcm.Automation.Http;
using IdLcm.Domain.Connectors;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>What came of a read.</summary>
/// <param name="Complete">True when the last page was reached and the count that the app shows was met.</param>
/// <param name="Fault">Why it stopped, or null.</param>
internal sealed record ReadResult(bool Complete, StepFault? Fault)
{
    public static ReadResult Proved { get; } = new(Complete: true, null);

    public static ReadResult Stopped(StepFault fault) => new(Complete: false, fault);

    public static ReadResult Incomplete(string detail) => Stopped(new(FailureCode.IncompleteRead, detail));
}

/// <summary>Reads lists: one evaluation for each page, page after page, with a proof that nothing is missing.</summary>
internal sealed partial class RowReader(RunState run, PageActions actions, NearestElements nearest, JsonRowReader answers, FrameFinder frames)
{
    private const int MaxRows = 2_000_000;

    /// <summary>How long a table has to stay without rows where nothing on the page says that there are none: scripts fill tables after their heads.</summary>
    private static readonly TimeSpan Stillness = TimeSpan.FromMilliseconds(500);

    private const string StillAsking =
        "The page shows a table without rows while it is still asking its server. Where it always does, say by \"empty\" or \"expectCount\" how it shows that there are none.";

    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);
    private static readonly JsonSerializerOptions WithoutNulls = new(Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>True for fields that hold lists.</summary>
    public static bool IsList(string name, UserSchema? schema) =>
        name is "roles" or "entitlements" || schema?.Attributes.Any(a => a.Name == name && a.MultiValued) == true;

    public async Task<ReadResult> ReadAsync(Extract extract, Frame frame, ListedRows rows)
    {
        if (extract.RowPath is not null)
        {
            return await answers.ReadAsync(extract, frame, rows);
        }

        run.Http.Reply = null;
        if (extract.Frame is not { } name)
        {
            return await ReadPagesAsync(extract, frame, rows);
        }

        var (inner, fault) = await frames.EnterAsync(frame, name, run.DefaultStepLimit);
        return inner is null ? new(Complete: false, fault) : await ReadPagesAsync(extract, inner, rows);
    }

    private async Task<ReadResult> ReadPagesAsync(Extract extract, Frame frame, ListedRows rows)
    {
        long? expected = null;
        var shown = 0;
        for (var page = 1; ; page++)
        {
            run.Token.ThrowIfCancellationRequested();
            var (read, fault) = page > 1 && extract.Scroll is { } patience
                ? await ScrolledAsync(extract, frame, rows, patience)
                : await PageAsync(extract, frame, rows, mayBeEmpty: page > 1 && (extract.PageParameter ?? extract.OffsetParameter) is not null);
            if (fault is not null || read is null)
            {
                return fault is null ? Proved(extract, rows.CountOfPart, expected) : ReadResult.Stopped(fault);
            }

            expected = read.Count ?? expected;
            rows.Seats = read.Seats is [var used, var total] ? new(used, total) : rows.Seats;
            shown += read.Rows.Count;
            var taken = new List<JsonObject>(read.Rows.Count);
            foreach (var values in read.Rows)
            {
                var (row, malformed) = Row(extract, frame, values);
                if (malformed is not null)
                {
                    return ReadResult.Stopped(malformed);
                }

                taken.Add(row);
            }

            await rows.TakeAsync(taken, run.Token, shownAgain: extract.Scroll is not null);
            if (page == 1 && read is { Rows.Count: 0, Empty: true })
            {
                // A page that says that there is nothing need not say how many.
                return ReadResult.Proved;
            }

            if (rows.CountOfPart > MaxRows)
            {
                return ReadResult.Incomplete($"The list has more than {MaxRows} rows.");
            }

            var (more, problem) = await NextAsync(extract, frame, page, read.Rows.Count, rows.CountOfPart, shown, expected);
            if (problem is not null)
            {
                return ReadResult.Stopped(problem);
            }

            if (!more)
            {
                return Proved(extract, rows.CountOfPart, expected);
            }

            if (page >= extract.MaxPages)
            {
                return ReadResult.Incomplete($"The list goes on after {page} pages, the most that the connector allows.");
            }
        }
    }

    private static ReadResult Proved(Extract extract, int rows, long? expected) => extract.ExpectCount is { } text && expected is null
        ? ReadResult.Incomplete($"The page does not say how many there are (\"{text}\"), so the list cannot be proved complete.")
        : expected is { } count && count != rows ? ReadResult.Incomplete($"The app says that there are {count}, but {rows} were read.") : ReadResult.Proved;

    private (JsonObject Row, StepFault? Malformed) Row(Extract extract, Frame frame, IReadOnlyList<string?> values)
    {
        var row = new JsonObject();
        var i = 0;
        foreach (var (name, field) in extract.Fields)
        {
            var raw = field.Value is { } fixedValue ? fixedValue.Resolve(frame.Scope, out _) : values[i];
            if (FieldValues.Put(row, name, field, raw, IsList(name, run.Connector.Manifest.UserSchema)) is { } malformed)
            {
                return (row, malformed);
            }

            i++;
        }

        return (row, null);
    }

    /// <summary>Scrolls to the end of the list and waits until it shows something else; null where it does not.</summary>
    private async Task<(PageRows? Rows, StepFault? Fault)> ScrolledAsync(Extract extract, Frame frame, ListedRows rows, TimeSpan patience)
    {
        actions.Touch();
        var query = Query(extract, frame, scroll: true);
        var start = run.Time.GetTimestamp();
        while (true)
        {
            run.Token.ThrowIfCancellationRequested();
            var (read, fault) = await EvaluateAsync(extract, frame, query);
            if (fault is not null)
            {
                return (null, fault);
            }

            if (read is { Whole: true, Rows.Count: > 0 } && rows.NotePage(Signature(read)))
            {
                return (read, null);
            }

            if (await actions.DetectQuietlyAsync(frame, ownErrors: true) is { } found)
            {
                return (null, found);
            }

            if (run.Time.GetElapsedTime(start) >= patience)
            {
                return (null, null);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), run.Time, run.Token);
        }
    }

    /// <summary>Reads the page once it shows rows or says that there are none.</summary>
    private async Task<(PageRows? Rows, StepFault? Fault)> PageAsync(Extract extract, Frame frame, ListedRows rows, bool mayBeEmpty)
    {
        var query = Query(extract, frame);
        var limit = run.DefaultStepLimit;
        var start = run.Time.GetTimestamp();
        long? emptySince = null;
        while (true)
        {
            var (read, fault) = await EvaluateAsync(extract, frame, query);
            if (fault is not null)
            {
                return (null, fault);
            }

            var repeated = false;
            if (read is { Whole: true })
            {
                if (read is { Rows.Count: > 0, Missing.Count: > 0 })
                {
                    return (null, await actions.DetectQuietlyAsync(frame, ownErrors: true)
                        ?? new(FailureCode.PageChanged, $"The list has no column {string.Join(", ", read.Missing.Select(m => $"\"{m}\""))}. {await nearest.NearestAsync(null, frame)}"));
                }

                repeated = read.Rows.Count > 0 && rows.SawPage(Signature(read));
                var ready = !repeated && Ready(extract, read, mayBeEmpty);
                if (ready && read is { Rows.Count: 0, Empty: false } and not { Count: 0 })
                {
                    if (emptySince is null)
                    {
                        emptySince = run.Time.GetTimestamp();
                        if (!await actions.AsksNothingAsync(frame, limit - run.Time.GetElapsedTime(start)))
                        {
                            return (null, await actions.DetectQuietlyAsync(frame, ownErrors: true) ?? new(FailureCode.IncompleteRead, StillAsking));
                        }

                        continue;
                    }

                    ready = run.Time.GetElapsedTime(emptySince.Value) >= Stillness;
                }

                if (ready)
                {
                    rows.NotePage(Signature(read));
                    return (read, null);
                }
            }

            if (await actions.DetectQuietlyAsync(frame, ownErrors: true) is { } found)
            {
                return (null, found);
            }

            if (run.Time.GetElapsedTime(start) >= limit)
            {
                return (null, read is { Whole: false }
                    ? new(FailureCode.IncompleteRead, "The page was still coming when its rows were to be read.")
                    : repeated
                    ? new(FailureCode.IncompleteRead, "The next page shows the same rows as a page before it: the list does not end.")
                    : read is { Count: > 0 }
                        ? new(FailureCode.IncompleteRead, $"The app says that there are {read.Count}, but shows no row.")
                        : new(FailureCode.PageChanged, $"The page shows no rows, and nothing that says there are none. {await nearest.NearestAsync(null, frame)}"));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), run.Time, run.Token);
        }
    }

    private static bool Ready(Extract extract, PageRows read, bool mayBeEmpty)
    {
        if (read.Rows.Count > 0)
        {
            return true;
        }

        return extract.ExpectCount is not null || extract.Empty is not null
            ? read.Count == 0 || read.Empty || (mayBeEmpty && read.Headers)
            : read.Headers;
    }

    private async Task<(PageRows? Rows, StepFault? Fault)> EvaluateAsync(Extract extract, Frame frame, string query)
    {
        try
        {
            if (Container(extract, frame) is not null && await run.DocumentOf(frame).EvaluateAsync<string?>(PageScripts.RowsOfContainer, query).WaitAsync(run.DefaultStepLimit, run.Token) is { } quick)
            {
                return (JsonSerializer.Deserialize<PageRows>(quick, Web), null);
            }

            var reading = extract.Within is { } within
                ? LocatorBuilder.Build(run.Page, frame, within).EvaluateAsync<string>(PageScripts.Rows, query, new() { Timeout = (float)run.DefaultStepLimit.TotalMilliseconds })
                : run.DocumentOf(frame).EvaluateAsync<string>(PageScripts.RowsOfDocument, query);
            var json = await reading.WaitAsync(run.DefaultStepLimit + TimeSpan.FromSeconds(1), run.Token);
            return (JsonSerializer.Deserialize<PageRows>(json, Web), null);
        }
        catch (TimeoutException)
        {
            return (null, await actions.DetectQuietlyAsync(frame, ownErrors: true) ?? (extract.Within is { } within
                ? await nearest.MissingAsync(within, frame)
                : new(FailureCode.Timeout, "The page did not answer.")));
        }
        catch (PlaywrightException error) when (error.Message.Contains("strict mode", StringComparison.Ordinal))
        {
            return (null, new(FailureCode.PageChanged, $"{LocatorBuilder.Describe(extract.Within!, frame.Scope)} is there more than once."));
        }
        catch (PlaywrightException)
        {
            // The document was replaced while it was read; the next look sees the new one, or why there is none.
            return (null, null);
        }
    }

    /// <summary>What is looked for around the rows, where it is simple enough to be found without the driver's selector engine.</summary>
    private static object? Container(Extract extract, Frame frame) =>
        extract.Within is { Kind: LocatorKind.Role, Role: "table" or "grid" or "treegrid" or "list" or "main", Match: MatchMode.Exact, Within: null, Has: null, HasText: null } within && frame.Row is null
            ? new { role = within.Role, name = within.Value?.Resolve(frame.Scope, out _) is { } name ? LocatorBuilder.Fold(name) : null }
            : null;

    private static string Query(Extract extract, Frame frame, bool scroll = false)
    {
        var fields = extract.Fields.Values.Select(f => new { column = f.Column, cell = f.Cell, css = f.Css, attribute = f.Attribute, link = f.Link ? true : (bool?)null });
        var query = new
        {
            container = Container(extract, frame),
            role = extract.RowRole,
            css = extract.RowCss,
            fields,
            count = extract.ExpectCount?.Split("{n}", 2),
            seats = extract.SeatsText is { } seats ? new { parts = SeatNumbers().Split(seats), usedFirst = seats.IndexOf("{used}", StringComparison.Ordinal) < seats.IndexOf("{total}", StringComparison.Ordinal) } : null,
            empty = extract.Empty?.Resolve(frame.Scope, out _),
            scroll = scroll ? true : (bool?)null,
        };
        return JsonSerializer.Serialize(query, WithoutNulls);
    }

    private static string Signature(PageRows read) => string.Join('\u001e', read.Rows.Select(r => string.Join('\u001f', r)));

    private async Task<(bool More, StepFault? Fault)> NextAsync(Extract extract, Frame frame, int page, int rowsOnPage, int rowsSoFar, int shown, long? expected)
    {
        // As many as the app says that there are: no page can follow.
        if (rowsSoFar == expected)
        {
            return (false, null);
        }

        if (extract.PageParameter is { } parameter)
        {
            return rowsOnPage == 0 || rowsSoFar > expected
                ? (false, null)
                : Result(await actions.GotoAsync(frame, WithParameter(run.Page.Url, parameter, page + 1), run.DefaultStepLimit));
        }

        if (extract.OffsetParameter is { } offset)
        {
            return rowsOnPage == 0 || rowsSoFar > expected
                ? (false, null)
                : Result(await actions.GotoAsync(frame, WithParameter(run.Page.Url, offset, shown), run.DefaultStepLimit));
        }

        if (extract.Scroll is not null)
        {
            return (rowsSoFar < (expected ?? long.MaxValue), null);
        }

        if (extract.Next is not { } next)
        {
            return (false, null);
        }

        var links = LocatorBuilder.Build(run.Page, frame, next);
        const string Look = "es => JSON.stringify(es.map(e => [e.matches(':disabled,[aria-disabled=true]') ? '' : e.tagName === 'A' && e.getAttribute('href') && !e.getAttribute('href').startsWith('#') ? e.href : 'click', e.tagName]))";
        string[][] found;
        try
        {
            found = JsonSerializer.Deserialize<string[][]>(await links.EvaluateAllAsync<string>(Look).WaitAsync(run.DefaultStepLimit, run.Token))!;
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException)
        {
            return (false, await actions.DetectQuietlyAsync(frame, ownErrors: true) ?? new(FailureCode.PageChanged, "The page went away while its list was read."));
        }

        var targets = found.Select(f => f[0]).Where(f => f.Length > 0).Distinct(StringComparer.Ordinal).ToList();
        return targets switch
        {
            [] => (false, null),
            // A plain link is opened rather than clicked: the same page, without the wait for a stable button.
            [var one] when one != "click" && frame.Document is null && Uri.TryCreate(one, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" =>
                Result(await actions.GotoAsync(frame, address, run.DefaultStepLimit)),
            [_] => Result((await actions.OnElementAsync(frame, next, run.DefaultStepLimit, (e, ms) => e.ClickAsync(new() { Timeout = ms }))).Fault),
            _ => (false, new(FailureCode.PageChanged, $"{LocatorBuilder.Describe(next, frame.Scope)} is there {targets.Count} times with different targets.")),
        };
        static (bool More, StepFault? Fault) Result(StepFault? fault) => (fault is null, fault);
    }

    public static Uri WithParameter(string url, string parameter, int value)
    {
        var builder = new UriBuilder(url);
        var others = builder.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Where(p => !p.StartsWith(parameter + "=", StringComparison.Ordinal));
        builder.Query = string.Join('&', others.Append($"{parameter}={value}"));
        return builder.Uri;
    }

    private sealed record PageRows(IReadOnlyList<IReadOnlyList<string?>> Rows, IReadOnlyList<string> Missing, long? Count, bool Empty, bool Headers, long[]? Seats, bool Whole);

    [GeneratedRegex(@"\{used\}|\{total\}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SeatNumbers();
}
