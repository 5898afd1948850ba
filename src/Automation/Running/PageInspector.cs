using System.Text.Json;
using System.Text.RegularExpressions;
using IdLcm.Automation.Format;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>What a page shows, in one round trip.</summary>
/// <param name="Status">The HTTP status that it came with; 0 where that is not known.</param>
/// <param name="Url">Its address.</param>
/// <param name="Texts">Which of the texts it says.</param>
/// <param name="Alerts">Which of the messages it shows.</param>
/// <param name="Shown">Which of the selectors have a visible element; null where only the driver can tell.</param>
/// <param name="Whole">False while the app is still sending it.</param>
internal sealed record PageFacts(int Status, string Url, IReadOnlyList<bool> Texts, IReadOnlyList<bool> Alerts, IReadOnlyList<bool?> Shown, bool Whole = true);

/// <summary>Looks at what a page shows, without waiting for anything.</summary>
internal sealed class PageInspector(RunState run)
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    /// <summary>Looks at the page, or at an API's answer.</summary>
    /// <param name="texts">Texts that may stand anywhere.</param>
    /// <param name="alerts">Texts that may stand in messages.</param>
    /// <param name="selectors">CSS of elements that may be shown.</param>
    /// <param name="inside">The iframe to look into; null for the page itself.</param>
    public async Task<PageFacts> InspectAsync(IReadOnlyList<string> texts, IReadOnlyList<string> alerts, IReadOnlyList<string> selectors, IFrame? inside = null)
    {
        if (run.Http.Reply is { } reply)
        {
            var body = texts.Count == 0 ? "" : Folded(reply.Body);
            return new(reply.Status, reply.Address.AbsoluteUri, [.. texts.Select(t => body.Contains(Folded(t), StringComparison.OrdinalIgnoreCase))], [.. alerts.Select(_ => false)], []);
        }

        if (run.Browser is null)
        {
            return new(0, "", [.. texts.Select(_ => false)], [.. alerts.Select(_ => false)], []);
        }

        var json = await (inside ?? run.Page.MainFrame).EvaluateAsync<string>(PageScripts.Inspect, JsonSerializer.Serialize(new { texts, alerts, selectors }, Web));
        return JsonSerializer.Deserialize<PageFacts>(json, Web)!;
    }

    /// <summary>The CSS of a locator that is nothing but that, so that it needs no selector engine of the driver; else null.</summary>
    public static string? Selector(Locator? locator, Frame frame) =>
        locator is { Kind: LocatorKind.Css, Within: null, Has: null, HasText: null } && frame.Row is null ? locator.Value?.Resolve(frame.Scope, out _) : null;

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

        // What is to be gone may be in the part of the page that has not come yet.
        if (condition.NotSee?.Locator is { } notSee && (!(await InspectAsync([], [], [], frame.Document)).Whole || await IsVisibleAsync(frame, notSee)))
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
            [],
            frame.Document);
        return (condition.See?.Text is null || facts.Texts[0])
            && (condition.NotSee?.Text is null || (facts.Whole && !facts.Texts[1]))
            && (condition.Alert is null || facts.Alerts[0])
            && (condition.Status.Count == 0 || condition.Status.Contains(facts.Status));
    }

    private static string Folded(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static bool Equal(Template value, IReadOnlyList<Template> oneOf, Scope scope) =>
        value.Resolve(scope, out _) is { } text
        && oneOf.Any(o => o.ResolveList(scope, out _)?.Contains(text, StringComparer.OrdinalIgnoreCase) == true);

    /// <summary>Whether an address's path (with query where the glob has one) is as wanted; * stands for anything.</summary>
    public static bool Glob(string glob, string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address))
        {
            return false;
        }

        var subject = glob.Contains('?', StringComparison.Ordinal) ? address.PathAndQuery : address.AbsolutePath;
        var pattern = "^" + Regex.Escape(glob).Replace("\\*", ".*", StringComparison.Ordinal) + "$";
        return Regex.IsMatch(subject, pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
    }
}
