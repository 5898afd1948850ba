using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>
/// Does one thing to a page and finds out why when it does not work. The good case costs exactly the browser's own
/// call; the page is only looked at when that call does not end at once.
/// </summary>
internal sealed class PageActions(RunState run, PageInspector inspector, FaultDetector detector, NearestElements nearest)
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan NextLook = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    /// <summary>The page as it came; null once something was done to it.</summary>
    public LoadedPage? Loaded { get; private set; }

    /// <summary>Says that something is done to the page.</summary>
    public void Touch() => Loaded = null;

    /// <summary>Acts on the one element of a locator.</summary>
    public async Task<(StepFault? Fault, int? Alternative)> OnElementAsync(
        Frame frame, Locator target, TimeSpan limit, Func<ILocator, float, Task> act, bool visible = true)
    {
        Touch();
        var (element, alternative, missing) = await ChooseAsync(frame, target, limit, visible);
        return element is null
            ? (missing, null)
            : (await WatchAsync(frame, () => act(element, (float)limit.TotalMilliseconds), target, ownErrors: run.CommitEntered), alternative);
    }

    /// <summary>Waits for a call while looking, when it takes long, whether the page shows a reason.</summary>
    public async Task<StepFault?> WatchAsync(Frame frame, Func<Task> act, Locator? target, bool ownErrors = false)
    {
        run.Session.Mark();
        var openBefore = !run.Session.PopUpHasClosed;
        try
        {
            var call = act();
            var look = FirstLook;
            while (await Task.WhenAny(call, Task.Delay(look, run.Token)) != call)
            {
                if (run.Token.IsCancellationRequested)
                {
                    Abandon(call);
                    run.Token.ThrowIfCancellationRequested();
                }

                var detecting = detector.DetectAsync(frame, ownErrors);
                if (await Task.WhenAny(call, detecting, Task.Delay(NextLook, run.Token)) == detecting
                    && await QuietlyAsync(detecting) is { } found && !call.IsCompleted)
                {
                    Abandon(call);
                    return found;
                }

                Ignore(detecting);
                look = NextLook;
            }

            await call;
            await WholeAsync(frame);
            return detector.FromAddress(frame);
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException)
        {
            return await ExplainAsync(frame, target, error, ownErrors, openBefore);
        }
    }

    /// <summary>
    /// Waits until the page that an action has led to has come whole. The driver's call ends when the first part of
    /// it is there; what the app still sends must not be taken for absent. A page that never ends is left at the limit of a step.
    /// </summary>
    public async Task WholeAsync(Frame frame)
    {
        if (inspector.LooksAtAnswer)
        {
            return;
        }

        var limit = run.DefaultStepLimit;
        try
        {
            foreach (var document in frame.Document is { } inner ? [inner, run.Page.MainFrame] : new[] { run.Page.MainFrame })
            {
                await document.WaitForLoadStateAsync(LoadState.DOMContentLoaded, new() { Timeout = (float)limit.TotalMilliseconds }).WaitAsync(limit, run.Token);
            }
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException)
        {
            // Gone, or endless: whoever looks next tells.
        }
    }

    /// <summary>Waits until nothing that the document has asked for is still on its way; the driver counts what it asks from its first request on.</summary>
    public async Task<bool> AsksNothingAsync(Frame frame, TimeSpan limit)
    {
        try
        {
            await run.DocumentOf(frame).WaitForLoadStateAsync(LoadState.NetworkIdle, new() { Timeout = Math.Max(1, (float)limit.TotalMilliseconds) }).WaitAsync(run.Token);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        catch (PlaywrightException)
        {
            // Another document comes: the next look sees it.
            return true;
        }
    }

    /// <summary>Takes a commit step and looks, once the app has answered it, for anything that it says against it.</summary>
    /// <param name="frame">The surroundings.</param>
    /// <param name="act">The step.</param>
    public async Task<(StepFault? Fault, int? Alternative)> CommitAsync(Frame frame, Func<Task<(StepFault? Fault, int? Alternative)>> act)
    {
        using var traffic = run.Browser is null ? null : new PageTraffic(run.Page);
        var (fault, alternative) = await act();
        if (fault is null && traffic is { HasArrived: false } && !inspector.LooksAtAnswer)
        {
            await traffic.QuietAsync(run.Connector.Manifest.SettleTime, run.DefaultStepLimit, run.Time, run.Token);
            await WholeAsync(frame);
        }

        return (fault ?? await DetectQuietlyAsync(frame, ownErrors: true), alternative);
    }

    /// <summary>Waits until a condition holds.</summary>
    public async Task<StepFault?> UntilAsync(Frame frame, Condition condition, TimeSpan limit, bool ownErrors)
    {
        var start = run.Time.GetTimestamp();
        var looks = 0;
        while (true)
        {
            run.Token.ThrowIfCancellationRequested();
            if (run.Session.PopUpHasClosed)
            {
                return Gone;
            }

            if (await HoldsAsync(frame, condition) is var (holds, problem) && (holds || problem is not null))
            {
                return holds ? null : problem;
            }

            if (await DetectQuietlyAsync(frame, ownErrors) is { } fault)
            {
                return fault;
            }

            if (inspector.LooksAtAnswer)
            {
                // An answer does not change while one looks at it.
                return new(FailureCode.PageChanged, $"The answer{(run.Http.Reply is { } reply ? $" to {reply} (status {reply.Status})" : "")} did not show {Describe(condition, frame)}.");
            }

            if (run.Time.GetElapsedTime(start) >= limit)
            {
                return new(FailureCode.PageChanged, $"The page did not show {Describe(condition, frame)} within {limit.TotalSeconds:0.#} s. {await nearest.NearestAsync(condition.See?.Locator, frame)}");
            }

            await Task.Delay(looks++ < 4 ? Poll : 4 * Poll, run.Time, run.Token);
        }
    }

    public async Task<(bool Holds, StepFault? Problem)> HoldsAsync(Frame frame, Condition condition)
    {
        try
        {
            return (await inspector.HoldsAsync(condition, frame).WaitAsync(run.DefaultStepLimit, run.Token), null);
        }
        catch (TimeoutException)
        {
            return (false, new(FailureCode.Timeout, "The page did not answer."));
        }
        catch (PlaywrightException error)
        {
            return IsGone(error) ? (false, Gone) : (false, null);
        }
    }

    public async Task<StepFault?> DetectQuietlyAsync(Frame frame, bool ownErrors)
    {
        try
        {
            return await detector.DetectAsync(frame, ownErrors).WaitAsync(run.DefaultStepLimit, run.Token);
        }
        catch (TimeoutException)
        {
            return new(FailureCode.Timeout, "The page did not answer.");
        }
        catch (PlaywrightException error)
        {
            // Between two documents there is nothing to look at; the next look sees the new one.
            return IsGone(error) && !run.Session.PopUpHasClosed ? Gone : null;
        }
    }

    public async Task<StepFault?> GotoAsync(Frame frame, Uri address, TimeSpan limit)
    {
        if (!run.Session.Policy.Allows(address))
        {
            return FaultDetector.Blocked(address.Authority);
        }

        Loaded = null;
        IResponse? response = null;
        var fault = await WatchAsync(
            frame,
            async () => response = await run.Page.GotoAsync(address.AbsoluteUri, new() { WaitUntil = WaitUntilState.DOMContentLoaded, Timeout = (float)limit.TotalMilliseconds }),
            target: null);
        fault ??= response is { Status: >= 400 } ? await DetectQuietlyAsync(frame, ownErrors: false) : null;
        Loaded = fault is null ? new(address.AbsoluteUri, run.Page.Url) : null;
        return fault;
    }

    private StepFault Gone => run.Session.PopUpHasClosed
        ? new(FailureCode.PageChanged, "The pop-up has been closed.")
        : new(FailureCode.AppUnavailable, run.Session.EndedBecause ?? "The browser ended unexpectedly.");

    private static bool IsGone(Exception error) =>
        error.Message.Contains("has been closed", StringComparison.Ordinal)
        || error.Message.Contains("crashed", StringComparison.Ordinal)
        || error.Message.Contains("Process exited", StringComparison.Ordinal)
        || error.Message.Contains("Connection closed", StringComparison.Ordinal);

    private static string Describe(Condition condition, Frame frame)
    {
        string? Of(See? see) => see?.Locator is { } locator ? LocatorBuilder.Describe(locator, frame.Scope)
            : see?.Text is { } text ? $"the text \"{text.Resolve(frame.Scope, out _) ?? text.Source}\"" : null;
        return Of(condition.See) ?? (Of(condition.NotSee) is { } gone ? $"that {gone} is gone" : null)
            ?? (condition.Alert is { } alert ? $"the message \"{alert.Resolve(frame.Scope, out _) ?? alert.Source}\"" : null)
            ?? (condition.Url is { } url ? $"the address {url}" : "what was expected");
    }

    /// <summary>Picks the alternative that is on the page; a single locator needs no look.</summary>
    private async Task<(ILocator? Element, int? Alternative, StepFault? Fault)> ChooseAsync(Frame frame, Locator target, TimeSpan limit, bool visible)
    {
        if (target.Kind != LocatorKind.Any)
        {
            return (LocatorBuilder.Build(run.Page, frame, target, visible: visible), 0, null);
        }

        var root = target.Within is { } within ? LocatorBuilder.Build(run.Page, frame, within) : null;
        var alternatives = target.Alternatives.Select(a => LocatorBuilder.Build(run.Page, frame, a, root, visible)).ToList();
        var start = run.Time.GetTimestamp();
        while (true)
        {
            for (var i = 0; i < alternatives.Count; i++)
            {
                var (count, fault) = await CountAsync(alternatives[i]);
                if (fault is not null || count > 0)
                {
                    return fault is null ? (alternatives[i], i, null) : (null, null, fault);
                }
            }

            if (await DetectQuietlyAsync(frame, ownErrors: true) is { } found)
            {
                return (null, null, found);
            }

            if (run.Time.GetElapsedTime(start) >= limit)
            {
                return (null, null, await nearest.MissingAsync(target, frame));
            }

            await Task.Delay(Poll, run.Time, run.Token);
        }
    }

    private async Task<(int Count, StepFault? Fault)> CountAsync(ILocator element)
    {
        try
        {
            return (await element.CountAsync().WaitAsync(run.DefaultStepLimit, run.Token), null);
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException)
        {
            return IsGone(error) ? (0, Gone) : (0, null);
        }
    }

    private async Task<StepFault?> ExplainAsync(Frame frame, Locator? target, Exception error, bool ownErrors, bool openBefore)
    {
        var message = error.Message;
        if (IsGone(error))
        {
            // What was done in a pop-up may close it.
            return openBefore && run.Session.PopUpHasClosed && message.Contains("performing ", StringComparison.Ordinal) ? null : Gone;
        }

        if (run.Session.BlockedSinceMark is { } blocked && message.Contains("net::", StringComparison.Ordinal))
        {
            return FaultDetector.Blocked(blocked);
        }

        if (message.Contains("net::ERR_ABORTED", StringComparison.Ordinal))
        {
            return new(FailureCode.PageChanged, "The address did not lead to a page (a download, or nothing at all).");
        }

        if (message.Contains("net::ERR", StringComparison.Ordinal))
        {
            // The browser's own error page is still coming: it would end the next navigation of this page.
            run.Session.Spoil();
            return new(FailureCode.AppUnavailable, $"The app does not answer ({Word(message, "net::")}).");
        }

        if (await DetectQuietlyAsync(frame, ownErrors || target is not null) is { } found)
        {
            return found;
        }

        if (target is null)
        {
            return new(FailureCode.Timeout, "The page did not load in time.");
        }

        var wanted = LocatorBuilder.Describe(target, frame.Scope);
        if (message.Contains("strict mode violation", StringComparison.Ordinal))
        {
            return new(FailureCode.PageChanged, $"Looked for {wanted}: {Word(message, "resolved to ")} elements match instead of one.");
        }

        if (message.Contains("performing ", StringComparison.Ordinal) && message.Contains(" action", StringComparison.Ordinal))
        {
            return new(FailureCode.Timeout, $"The app did not react in time to the action on {wanted}.");
        }

        var (count, _) = await CountAsync(LocatorBuilder.Build(run.Page, frame, target));
        return count switch
        {
            0 => await nearest.MissingAsync(target, frame),
            1 => new(FailureCode.PageChanged, $"Found {wanted}, but it could not be used: {Reason(message)}."),
            _ => new(FailureCode.PageChanged, $"Looked for {wanted}: {count} elements match instead of one."),
        };
    }

    private static string Word(string message, string after)
    {
        var at = message.IndexOf(after, StringComparison.Ordinal);
        var rest = at < 0 ? "" : message[(at + after.Length)..];
        var end = rest.IndexOfAny([' ', '\n', '\r']);
        return end < 0 ? rest : rest[..end];
    }

    private static string Reason(string message) =>
        message.Contains("not enabled", StringComparison.Ordinal) ? "it is disabled"
        : message.Contains("intercepts pointer", StringComparison.Ordinal) ? "something covers it"
        : message.Contains("not editable", StringComparison.Ordinal) ? "it is read-only"
        : message.Contains("did not find some options", StringComparison.Ordinal) ? "it does not offer the wanted option"
        : message.Contains("not an <input>", StringComparison.Ordinal) || message.Contains("not a <select>", StringComparison.Ordinal) ? "it is another kind of element"
        : "it did not become ready";

    /// <summary>Leaves a call that is still under way: the page is closed after the run, which ends it.</summary>
    private void Abandon(Task call)
    {
        run.Session.Spoil();
        Ignore(call);
    }

    private static void Ignore(Task task) =>
        _ = task.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    private static async Task<StepFault?> QuietlyAsync(Task<StepFault?> detecting)
    {
        try
        {
            return await detecting;
        }
        catch (PlaywrightException)
        {
            return null;
        }
    }
}
