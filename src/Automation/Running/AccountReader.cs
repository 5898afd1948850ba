using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IdLcm.Automation.Format;
using IdLcm.Automation.Http;
using IdLcm.Domain;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Users;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>Reads one account by its primary identifier, and compares what the app shows with what was wanted.</summary>
internal sealed class AccountReader(RunState run, StepExecutor executor, RowReader rows, PageActions actions, NearestElements nearest, FrameFinder frames)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Finds the one row whose primary identifier is the wanted one.</summary>
    public async Task<(ReadResult Read, JsonObject? Row)> FindAsync(Operation reading, Scope settings, string identifier, bool withDetail)
    {
        (run.Sighting, run.Standing) = (null, null);
        var scope = new Scope(settings);
        scope.Set("identifier", identifier);
        var frame = new Frame(reading, scope);
        var primary = run.Connector.Manifest.UserSchema.PrimaryIdentifier;
        var listed = new ListedRows(primary, wanted: row => UserNames.AreSame((row[primary] as JsonValue)?.ToString(), identifier), progressed: run.Progressed);
        var read = await ReadAsync(reading, frame, listed);
        var matches = listed.Kept;
        if (read.Fault is not null)
        {
            return (read, null);
        }

        if (matches.Count > 1)
        {
            return (read with { Complete = false, Fault = new(FailureCode.IncompleteRead, $"The app shows {matches.Count} accounts of {identifier}; which one is meant cannot be told.") }, null);
        }

        if (matches is not [var row])
        {
            return (read, null);
        }

        var listedRow = (JsonObject)row.DeepClone();
        if (withDetail && reading.Detail is { } detail)
        {
            scope.Set("row", row.DeepClone());
            if ((await executor.RunAsync(detail.Steps, frame) ?? await ReadDetailAsync(detail, frame, row)) is { } problem)
            {
                return (read with { Fault = problem }, null);
            }
        }

        run.Sighting = new(identifier, listedRow, run.Browser is null ? null : actions.Loaded, run.Time.GetTimestamp());
        return (read, row);
    }

    /// <summary>Reads all parts of a list; complete when each of them is.</summary>
    public async Task<ReadResult> ReadAsync(Operation reading, Frame frame, ListedRows listed)
    {
        var all = await ReadPartAsync(reading.Steps, reading.Extract!, reading.Values, frame, listed);
        foreach (var part in reading.Also)
        {
            if (all.Fault is not null)
            {
                return all;
            }

            var further = await ReadPartAsync(part.Steps, part.Extract ?? reading.Extract!, part.Values, frame, listed);
            all = new(all.Complete && further.Complete, further.Fault);
        }

        return all;
    }

    private async Task<ReadResult> ReadPartAsync(
        IReadOnlyList<Step> steps, Extract extract, IReadOnlyDictionary<string, Template> values, Frame frame, ListedRows listed)
    {
        if (await executor.RunAsync(steps, frame) is { } fault)
        {
            return ReadResult.Stopped(fault);
        }

        listed.BeginPart([.. values.Select(value => KeyValuePair.Create(value.Key, value.Value.Resolve(frame.Scope, out _)))]);
        return await rows.ReadAsync(extract, frame, listed);
    }

    /// <summary>Reads back until the app shows the result, or the time is up.</summary>
    /// <returns>No fault when it shows it, with the whole account as it was read, so that nobody has to read it again.</returns>
    public async Task<(StepFault? Fault, JsonObject? Row)> VerifyAsync(Verify verify, Operation reading, Scope settings, Scope inputs)
    {
        var identifierField = run.Connector.Manifest.UserSchema.PrimaryIdentifier;
        var wanted = Wanted(verify, inputs);
        var identifier = verify.Absent is { } absent
            ? absent.Value.Resolve(inputs, out _)
            : (wanted.TryGetValue(identifierField, out var named) && named.Values is [var first, ..] ? first : null) ?? (inputs.Get(new("identifier", [])) as JsonValue)?.ToString();
        if (identifier is null)
        {
            return (new(FailureCode.UnsupportedOperation, $"The verification needs '{identifierField}', which was not given."), null);
        }

        var start = run.Time.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var (read, row) = await FindAsync(reading, settings, identifier, withDetail: verify.Absent is null);
            if (read.Fault is { SignedOut: true } or { Code: FailureCode.CaptchaOrStepUp or FailureCode.RateLimited or FailureCode.SubscriptionDeactivated })
            {
                return (read.Fault, null);
            }

            var difference = read.Fault?.Detail ?? (verify.Absent is not null
                ? row is null ? null : $"The app still shows {identifier}."
                : row is null ? $"The app does not show {identifier}." : Difference(row, wanted));
            if (difference is null)
            {
                return (null, row);
            }

            if (run.Time.GetElapsedTime(start) + pause > verify.Within)
            {
                return (read.Fault is { Code: not FailureCode.IncompleteRead } ? read.Fault : new(FailureCode.VerificationFailed, difference), null);
            }

            await Task.Delay(pause, run.Time, run.Token);
        }
    }

    private static Dictionary<string, (IReadOnlyList<string> Values, bool Whole)> Wanted(Verify verify, Scope inputs)
    {
        var wanted = new Dictionary<string, (IReadOnlyList<string>, bool)>(StringComparer.Ordinal);
        foreach (var (field, templates) in verify.Listed)
        {
            var values = templates.Select(t => t.ResolveList(inputs, out _)).OfType<IReadOnlyList<string>>().SelectMany(v => v).ToList();
            if (values.Count > 0 || templates is [{ IsSinglePlaceholder: true } only] && inputs.First([.. only.Placeholders]) is JsonArray)
            {
                wanted[field] = (values, templates is [{ IsSinglePlaceholder: true }]);
            }
        }

        return wanted;
    }

    /// <summary>The first field that the app shows differently, in words; null when all agree.</summary>
    private string? Difference(JsonObject row, Dictionary<string, (IReadOnlyList<string> Values, bool Whole)> wanted)
    {
        foreach (var (field, (values, whole)) in wanted)
        {
            var loose = field is "status" or "roles" or "entitlements" || field == run.Connector.Manifest.UserSchema.PrimaryIdentifier;
            var comparer = loose ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
            var shown = row[field] is JsonArray array ? array.Select(v => Folded(v?.ToString())).ToList() : [Folded(row[field]?.ToString())];
            var expected = values.Select(Folded).ToList();
            var agrees = row[field] is JsonArray && whole
                ? shown.ToHashSet(comparer).SetEquals(expected)
                : shown.Count > 0 && shown.TrueForAll(s => expected.Contains(s, comparer));
            if (!agrees)
            {
                return $"The app shows {field} {string.Join(", ", shown.Select(s => $"\"{s}\""))} instead of {string.Join(whole ? ", " : " or ", expected.Select(s => $"\"{s}\""))}.";
            }
        }

        return null;
    }

    /// <summary>As pages show text: composed characters, single spaces.</summary>
    private static string Folded(string? text) =>
        string.Join(' ', UnicodeComposition.Compose(text ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private async Task<StepFault?> ReadDetailAsync(Detail detail, Frame frame, JsonObject row)
    {
        var multiValued = (string name) => RowReader.IsList(name, run.Connector.Manifest.UserSchema);
        if (detail.Fields.Values.All(f => f.Path is not null || f.Value is not null))
        {
            foreach (var (name, field) in detail.Fields)
            {
                if (JsonRowReader.Put(row, name, field, run.Http.Reply?.Json, frame.Scope, multiValued(name)) is { } malformed)
                {
                    return malformed;
                }
            }

            return null;
        }

        if (detail.Frame is { } named)
        {
            var (inner, none) = await frames.EnterAsync(frame, named, run.DefaultStepLimit);
            if (inner is null)
            {
                return none;
            }

            frame = inner;
        }

        var document = run.DocumentOf(frame);
        var limit = (float)run.DefaultStepLimit.TotalMilliseconds;
        var texts = new Dictionary<string, string?>(StringComparer.Ordinal);
        var fault = await actions.WatchAsync(
            frame,
            async () =>
            {
                var labels = detail.Fields.Where(f => f.Value.Value is null).ToList();
                var query = JsonSerializer.Serialize(labels.Select(f => new { label = f.Value.Label, css = f.Value.Css, attribute = f.Value.Attribute }));
                if (await document.EvaluateAsync<string?>(PageScripts.Fields, query) is { } quick)
                {
                    foreach (var (field, text) in labels.Zip(JsonSerializer.Deserialize<string?[]>(quick)!))
                    {
                        texts[field.Key] = text;
                    }

                    return;
                }

                var reads = labels.Select(async f =>
                {
                    var element = (f.Value.Label is { } label ? document.GetByLabel(label, new() { Exact = true }) : document.Locator("css=" + f.Value.Css)).Filter(new() { Visible = true });
                    return (f.Key, Text: await element.EvaluateAsync<string?>(PageScripts.Value, f.Value.Attribute, new() { Timeout = limit }));
                });
                foreach (var (name, text) in await Task.WhenAll(reads))
                {
                    texts[name] = text;
                }
            },
            target: null);
        if (fault is not null)
        {
            return fault.Code == FailureCode.Timeout
                ? new(FailureCode.PageChanged, $"The account's page does not show all of {string.Join(", ", detail.Fields.Keys)}. {await nearest.NearestAsync(null, frame)}")
                : fault;
        }

        foreach (var (name, field) in detail.Fields)
        {
            var raw = field.Value?.Resolve(frame.Scope, out _) ?? texts.GetValueOrDefault(name);
            if (FieldValues.Put(row, name, field, raw, multiValued(name)) is { } malformed)
            {
                return malformed;
            }
        }

        return null;
    }
}
