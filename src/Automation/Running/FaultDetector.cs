using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Running;

/// <summary>Recognises pages that explain why a step cannot succeed, each with its own failure code.</summary>
internal sealed class FaultDetector(RunState run, PageInspector inspector)
{
    /// <summary>What the address alone says; costs nothing.</summary>
    public StepFault? FromAddress(Frame frame)
    {
        if (inspector.LooksAtAnswer)
        {
            return null;
        }

        if (run.Session.FloodedSinceMark)
        {
            run.Session.Spoil();
            return new(FailureCode.PageChanged, $"The app sent more than {run.Session.MaxPageBytes / (1024 * 1024)} MB for one step; the rest was cut off.");
        }

        var url = run.Page.Url;
        if (url.StartsWith("chrome-error:", StringComparison.Ordinal))
        {
            return run.Session.BlockedSinceMark is { } blocked ? Blocked(blocked) : new(FailureCode.AppUnavailable, "The app does not answer: the browser shows its own error page.");
        }

        if (Uri.TryCreate(url, UriKind.Absolute, out var address) && !run.Session.Policy.Allows(address))
        {
            return Blocked(address.Authority);
        }

        return !frame.SigningIn && run.Connector.SignedOut?.Url is { } signedOut && PageInspector.Glob(signedOut, url) ? StepFault.SessionEnded : null;
    }

    /// <summary>Looks at the page for anything that is known to be wrong.</summary>
    /// <param name="frame">Whose errors and placeholders count.</param>
    /// <param name="ownErrors">True to look for the operation's own errors too.</param>
    public async Task<StepFault?> DetectAsync(Frame frame, bool ownErrors)
    {
        var found = await LookAsync(frame, ownErrors);

        // Texts are looked for before elements: a page that came in between has the element, and nobody has asked yet what it says.
        return found is { MayBeOfNewPage: true } ? (await LookAsync(frame, ownErrors) ?? found).Fault : found?.Fault;
    }

    private async Task<Finding?> LookAsync(Frame frame, bool ownErrors)
    {
        if (FromAddress(frame) is { } fault)
        {
            return new(fault);
        }

        var rules = (ownErrors ? frame.Operation.Errors : []).Concat(run.Connector.Detect).ToList();
        var signedOutText = frame.SigningIn ? null : run.Connector.SignedOut?.See?.Text;
        var texts = new List<string>();
        var alerts = new List<string>();
        string? Add(Template? template, List<string> to)
        {
            var text = template?.Resolve(frame.Scope, out _);
            if (text is not null)
            {
                to.Add(text);
            }

            return text;
        }

        foreach (var rule in rules)
        {
            Add(rule.When.See?.Text, texts);
            Add(rule.When.Alert, alerts);
        }

        Add(signedOutText, texts);
        List<string> selectors = [.. rules.Select(r => PageInspector.Selector(r.When.See?.Locator, frame)).OfType<string>().Distinct(StringComparer.Ordinal)];
        var facts = await inspector.InspectAsync(texts, alerts, frame.Document is null ? selectors : []);
        if (frame.Document is { } inner && !inspector.LooksAtAnswer)
        {
            // What goes wrong in a frame may be told in it or around it.
            var within = await inspector.InspectAsync(texts, alerts, selectors, inner);
            facts = within with
            {
                Status = facts.Status,
                Url = facts.Url,
                Texts = [.. facts.Texts.Zip(within.Texts, (outside, inside) => outside || inside)],
                Alerts = [.. facts.Alerts.Zip(within.Alerts, (outside, inside) => outside || inside)],
            };
        }

        if (FromAddress(frame) is { } moved)
        {
            // The page went on while it was looked at.
            return new(moved);
        }

        foreach (var rule in rules)
        {
            var shown = PageInspector.Selector(rule.When.See?.Locator, frame) is { } selector ? facts.Shown.ElementAtOrDefault(selectors.IndexOf(selector)) : null;
            if (await MatchesAsync(rule.When, frame, facts, texts, alerts, shown) is { } seen)
            {
                return new(new(rule.Code, rule.Message?.Resolve(frame.Scope, out _) ?? seen), MayBeOfNewPage: rule.When.See?.Locator is not null && shown is null && rule != rules[0]);
            }
        }

        if (inspector.LooksAtAnswer)
        {
            return null;
        }

        if (!frame.SigningIn && run.Connector.SignedOut is { See: { } see })
        {
            var isOut = see.Locator is { } locator ? await inspector.IsVisibleAsync(frame, locator) : texts.Count > 0 && facts.Texts[^1];
            if (isOut)
            {
                return new(StepFault.SessionEnded);
            }
        }

        return FromStatus(facts.Status, frame.SigningIn) is { } status ? new(status) : null;
    }

    public static StepFault? FromStatus(int status, bool signingIn) => status switch
    {
        429 => new(FailureCode.RateLimited, "The app answered with status 429 (too many requests)."),
        403 => new(FailureCode.UnderpermissionedAccount, "The app answered with status 403 (forbidden)."),
        401 when !signingIn => StepFault.SessionEnded,
        >= 500 => new(FailureCode.AppUnavailable, $"The app answered with status {status}."),
        _ => null,
    };

    public static StepFault Blocked(string host) =>
        new(FailureCode.PageChanged, $"The app led to {host}, which is not among the connector's allowedHosts; it was blocked.");

    private async Task<string?> MatchesAsync(Condition rule, Frame frame, PageFacts facts, List<string> texts, List<string> alerts, bool? isShown)
    {
        string? said = null;
        if (rule.See?.Text is { } text)
        {
            if (text.Resolve(frame.Scope, out _) is not { } wanted || !facts.Texts[texts.IndexOf(wanted)])
            {
                return null;
            }

            said = $"The app says: {wanted}";
        }

        if (rule.Alert is { } alert)
        {
            if (alert.Resolve(frame.Scope, out _) is not { } wanted || !facts.Alerts[alerts.IndexOf(wanted)])
            {
                return null;
            }

            said = $"The app says: {wanted}";
        }

        if (rule.See?.Locator is { } locator && !(isShown ?? await inspector.IsVisibleAsync(frame, locator)))
        {
            return null;
        }

        if ((rule.Url is { } glob && !PageInspector.Glob(glob, facts.Url)) || (rule.Status.Count > 0 && !rule.Status.Contains(facts.Status)))
        {
            return null;
        }

        return said ?? (rule.See?.Locator is { } shown ? $"The app shows {LocatorBuilder.Describe(shown, frame.Scope)}."
            : rule.Status.Count > 0 ? $"The app answered with status {facts.Status}." : $"The app led to {facts.Url}.");
    }

    /// <summary>A fault that a look has found.</summary>
    /// <param name="Fault">The fault.</param>
    /// <param name="MayBeOfNewPage">True where the page that shows it may have come after earlier rules were asked.</param>
    private sealed record Finding(StepFault Fault, bool MayBeOfNewPage = false);
}
