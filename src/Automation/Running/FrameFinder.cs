using System.Text.Json;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>Finds iframes by what they are called.</summary>
internal sealed class FrameFinder(RunState run, PageActions actions)
{
    private const string Frames = "iframe, frame";
    private const string Names = "es => JSON.stringify(es.map(e => [e.name, e.title, e.id, e.getAttribute('aria-label')]))";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>The surroundings of steps inside an iframe, once it is there and has a document.</summary>
    public async Task<(Frame? Inner, StepFault? Fault)> EnterAsync(Frame frame, FrameName wanted, TimeSpan limit)
    {
        var start = run.Time.GetTimestamp();
        while (true)
        {
            run.Token.ThrowIfCancellationRequested();
            var (document, fault) = await FindAsync(frame, wanted, limit);
            if (document is not null || fault is not null)
            {
                return document is null ? (null, fault) : (frame with { Document = document, Row = null }, null);
            }

            if (await actions.DetectQuietlyAsync(frame, ownErrors: true) is { } found)
            {
                return (null, found);
            }

            if (run.Time.GetElapsedTime(start) >= limit)
            {
                return (null, new(FailureCode.PageChanged, $"Looked for {wanted}: there is none. {await ThereAsync(frame)}"));
            }

            await Task.Delay(Poll, run.Time, run.Token);
        }
    }

    private async Task<(IFrame? Document, StepFault? Fault)> FindAsync(Frame frame, FrameName wanted, TimeSpan limit)
    {
        try
        {
            var all = run.DocumentOf(frame).Locator(wanted.Css is { } css ? "css=" + css : Frames);
            int[] matching = wanted.Name is { } name
                ? [.. (await NamesAsync(all)).Index().Where(f => f.Item.Contains(name, StringComparer.Ordinal)).Select(f => f.Index)]
                : [.. Enumerable.Range(0, await all.CountAsync().WaitAsync(run.DefaultStepLimit, run.Token))];
            if (matching.Length > 1)
            {
                return (null, new(FailureCode.PageChanged, $"Looked for {wanted}: {matching.Length} match instead of one."));
            }

            if (matching is not [var index] || await all.Nth(index).ElementHandleAsync().WaitAsync(run.DefaultStepLimit, run.Token) is not { } element
                || await element.ContentFrameAsync().WaitAsync(run.DefaultStepLimit, run.Token) is not { } document)
            {
                return (null, null);
            }

            await document.WaitForLoadStateAsync(LoadState.DOMContentLoaded, new() { Timeout = (float)limit.TotalMilliseconds });
            if (document.Url.StartsWith("chrome-error:", StringComparison.Ordinal))
            {
                return (null, run.Session.BlockedSinceMark is { } blocked ? FaultDetector.Blocked(blocked) : new(FailureCode.AppUnavailable, $"The {wanted} does not load."));
            }

            // A frame that was just put there is still empty; its real document follows.
            return document.Url is "" or "about:blank" && await element.GetAttributeAsync("src") is { Length: > 0 } source && source != "about:blank"
                ? (null, null)
                : (document, null);
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException or JsonException)
        {
            // It was replaced while it was looked at; the next look sees the new one.
            return (null, null);
        }
    }

    private async Task<string?[][]> NamesAsync(ILocator all) =>
        JsonSerializer.Deserialize<string?[][]>(await all.EvaluateAllAsync<string>(Names).WaitAsync(run.DefaultStepLimit, run.Token))!;

    private async Task<string> ThereAsync(Frame frame)
    {
        try
        {
            var names = (await NamesAsync(run.DocumentOf(frame).Locator(Frames))).Select(f => f.FirstOrDefault(n => n is { Length: > 0 })).OfType<string>().Take(6).ToList();
            return names.Count == 0 ? "The page has no named frame." : $"The page has {string.Join(", ", names.Select(n => $"frame \"{n}\""))}.";
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException or JsonException)
        {
            return "";
        }
    }
}
