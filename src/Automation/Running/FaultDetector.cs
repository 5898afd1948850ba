using System.Text.Json;
using System.Text.RegularExpressions;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>What a page shows, in one round trip.</summary>
internal sealed record PageFacts(int Status, string Url, IReadOnlyList<bool> Texts, IReadOnlyList<bool> Alerts);

/// <summary>Recognises pages that explain why a step cannot succeed, each with its own failure code.</summary>
internal sealed class FaultDetector(RunState run)
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    private async Task<PageFacts> InspectAsync(List<string> texts, List<string> alerts, IFrame? inside)
    {
        if (run.Http.Reply is { } reply)
        {
            var body = texts.Count == 0 ? "" : Folded(reply.Body);
            return new(reply.Status, reply.Address.AbsoluteUri, [.. texts.Select(t => body.Contains(Folded(t), StringComparison.OrdinalIgnoreCase))], [.. alerts.Select(_ => false)]);
        }

        if (run.Browser is null)
        {
            return new(0, "", [.. texts.Select(_ => false)], [.. alerts.Select(_ => false)]);
        }

        var json = await (inside ?? run.Page.MainFrame).EvaluateAsync<string>(PageScripts.Inspect, JsonSerializer.Serialize(new { texts, alerts }, Web));
        return JsonSerializer.Deserialize<PageFacts>(json, Web)!;
    }

    /// <summary>What the address alone says; costs nothing.</summary>
    public StepFault? FromAddress(Frame frame)
    {
        if (LooksAtAnswer)
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

        return !frame.SigningIn && run.Connector.SignedOut?.Url is { } signedOut && Glob(signedOut, url) ? StepFault.SessionEnded : null;
    }

    /// <summary>Looks at the page for anything that is known to be wrong.</summary>
    /// <param name="frame">Whose errors and placeholders count.</param>
    /// <param name="ownErrors">True to look for the operation's own errors too.</param>
    public async Task<StepFault?> DetectAsync(Frame frame, bool ownErrors)
    {
        var (fault, isToLookAgain) = await LookAsync(frame, ownErrors);

        // The page came while it was looked at: what it says was looked for before, and goes before what it merely shows.
        return isToLookAgain ? (await LookAsync(frame, ownErrors)).Fault ?? fault : fault;
    }

    private async Task<(StepFault? Fault, bool IsToLookAgain)> LookAsync(Frame frame, bool ownErrors)
    {
        if (FromAddress(frame) is { } fault)
        {
            return (fault, false);
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
        var facts = await InspectAsync(texts, alerts, inside: null);
        if (frame.Document is { } inner && !LooksAtAnswer)
        {
            // What goes wrong in a frame may be told in it or around it.
            var within = await InspectAsync(texts, alerts, inner);
            facts = facts with
            {
                Texts = [.. facts.Texts.Zip(within.Texts, (outside, inside) => outside || inside)],
                Alerts = [.. facts.Alerts.Zip(within.Alerts, (outside, inside) => outside || inside)],
            };
        }

        if (FromAddress(frame) is { } moved)
        {
            // The page went on while it was looked at.
            return (moved, false);
        }

        foreach (var rule in rules)
        {
            if (await MatchesAsync(rule.When, frame, facts, texts, alerts) is { } seen)
            {
                return (new(rule.Code, rule.Message?.Resolve(frame.Scope, out _) ?? seen), rule.When.See?.Locator is not null && rule != rules[0]);
            }
        }

        if (LooksAtAnswer)
        {
            return (null, false);
        }

        if (!frame.SigningIn && run.Connector.SignedOut is { See: { } see })
        {
            var shown = see.Locator is { } locator ? await IsVisibleAsync(frame, locator) : texts.Count > 0 && facts.Texts[^1];
            if (shown)
            {
                return (StepFault.SessionEnded, false);
            }
        }

        return (FromStatus(facts.Status, frame.SigningIn), false);
    }

    /// <summary>True while the last answer of the app's API, and not a page, is what steps look at.</summary>
    public bool LooksAtAnswer => run.Browser is null || run.Http.Reply is not null;

    public async Task<bool> IsVisibleAsync(Frame frame, Locator locator) =>
        !LooksAtAnswer && TemplateWalk.Templates(locator).All(t => t.Resolve(frame.Scope, out _) is not null)
        && await LocatorBuilder.Build(run.Page, frame, locator).CountAsync() > 0;

    /// <summary>True when all of a condition holds now.</summary>
    public async Task<bool> HoldsAsync(Condition condition, Frame frame)
    {
        if (condition.Given is { } input && frame.Scope.Get(new(input, [])) is null)
        {
            return false;
        }

        if (condition.Value is { } value && !Equal(value, condition.OneOf, frame.Scope))
        {
            return false;
        }

        if (condition.Url is { } glob && !Glob(glob, run.Http.Reply?.Address.AbsoluteUri ?? run.Browser?.Page.Url ?? ""))
        {
            return false;
        }

        if (condition.See?.Locator is { } see && !await IsVisibleAsync(frame, see))
        {
            return false;
        }

        if (condition.NotSee?.Locator is { } notSee && await IsVisibleAsync(frame, notSee))
        {
            return false;
        }

        if (condition is { See.Text: null, NotSee.Text: null, Alert: null, Status.Count: 0 })
        {
            return true;
        }

        var facts = await InspectAsync(
            [condition.See?.Text?.Resolve(frame.Scope, out _) ?? "", condition.NotSee?.Text?.Resolve(frame.Scope, out _) ?? ""],
            [condition.Alert?.Resolve(frame.Scope, out _) ?? ""],
            frame.Document);
        return (condition.See?.Text is null || facts.Texts[0])
            && (condition.NotSee?.Text is null || !facts.Texts[1])
            && (condition.Alert is null || facts.Alerts[0])
            && (condition.Status.Count == 0 || condition.Status.Contains(facts.Status));
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

    private static string Folded(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static bool Equal(Template value, IReadOnlyList<Template> oneOf, Scope scope) =>
        value.Resolve(scope, out _) is { } text
        && oneOf.Any(o => o.ResolveList(scope, out _)?.Contains(text, StringComparer.OrdinalIgnoreCase) == true);

    /// <summary>Whether an address's path (with query where the glob has one) is as wanted; * stands for anything.</summary>
    private static bool Glob(string glob, string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address))
        {
            return false;
        }

        var subject = glob.Contains('?', StringComparison.Ordinal) ? address.PathAndQuery : address.AbsolutePath;
        var pattern = "^" + Regex.Escape(glob).Replace("\\*", ".*", StringComparison.Ordinal) + "$";
        return Regex.IsMatch(subject, pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
    }

    private async Task<string?> MatchesAsync(Condition rule, Frame frame, PageFacts facts, List<string> texts, List<string> alerts)
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

        if (rule.See?.Locator is { } locator && !await IsVisibleAsync(frame, locator))
        {
            return null;
        }

        if ((rule.Url is { } glob && !Glob(glob, facts.Url)) || (rule.Status.Count > 0 && !rule.Status.Contains(facts.Status)))
        {
            return null;
        }

        return said ?? (rule.See?.Locator is { } shown ? $"The app shows {LocatorBuilder.Describe(shown, frame.Scope)}."
            : rule.Status.Count > 0 ? $"The app answered with status {facts.Status}." : $"The app led to {facts.Url}.");
    }
}
