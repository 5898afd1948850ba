using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace IdLcm.LocalHost.Cli.Connectors.Authoring;

/// <summary>
/// Makes steps of a recording (developer.chrome.com, "Recorder": the JSON export). What people see (the accessible name, the
/// text) comes before selectors, and nothing that looks like a secret is carried over.
/// </summary>
/// <param name="verb">The verb that the steps are for.</param>
/// <param name="inputs">What was typed for which input.</param>
internal sealed partial class RecordingImport(string verb, IReadOnlyDictionary<string, string> inputs)
{
    private static readonly string[] Reading = ["login", "logout", "validate", "listUsers", "getUser", "listRoles", "listEntitlements", "listAssets"];
    private static readonly JsonSerializerOptions Quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private string? _origin;

    /// <summary>The steps as YAML.</summary>
    /// <param name="steps">The recording's steps.</param>
    /// <returns>The lines.</returns>
    public IEnumerable<string> Lines(JsonArray steps)
    {
        var found = new List<string>();
        var all = steps.OfType<JsonObject>().ToList();
        for (var i = 0; i < all.Count; i++)
        {
            var next = i + 1 < all.Count ? all[i + 1] : null;
            if (Line(all[i], next) is { } line)
            {
                found.Add(line);
            }
        }

        if (!Reading.Contains(verb, StringComparer.Ordinal) && found.FindLastIndex(l => l.StartsWith("- click:", StringComparison.Ordinal)) is var last and >= 0)
        {
            found[last] = $"{found[last][..^2]}, commit: true }}  # is this the step that cannot be taken back?";
        }

        return found.Prepend("steps:").Select((line, at) => at == 0 ? line : "  " + line);
    }

    private string? Line(JsonObject step, JsonObject? next) => Text(step, "type") switch
    {
        ("click" or "doubleClick" or "hover" or "change" or "waitForElement") and var type when Find(step, type == "change") is null => $"# not carried over: {type} of an element that the recording does not name",
        "navigate" => Navigate(Text(step, "url") ?? ""),
        "click" when next is not null && Text(next, "type") == "change" && SameTarget(step, next) => null,
        "click" or "doubleClick" => $"- click: {Locator(step, field: false)}",
        "hover" => $"- hover: {Locator(step, field: false)}",
        "change" => Change(step),
        "keyDown" when Text(step, "key") is { } key && key is "Enter" or "Escape" => $"- press: {{ key: {key} }}",
        "waitForElement" => $"- waitFor: {{ see: {Locator(step, field: false)} }}",
        "setViewport" or "keyDown" or "keyUp" or "scroll" or "close" or "emulateNetworkConditions" => null,
        var other => $"# not carried over: {Clean(other ?? "a step without type")}",
    };

    private string Navigate(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address))
        {
            return $"# not carried over: navigate to {Clean(url)}";
        }

        _origin ??= address.GetLeftPart(UriPartial.Authority);
        var query = string.Join('&', address.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Where(p => !SecretName().IsMatch(p.Split('=')[0])));
        var path = address.AbsolutePath + (query.Length == 0 ? "" : "?" + query);
        return $"- goto: {Quote(Braced(address.GetLeftPart(UriPartial.Authority) == _origin ? path : address.GetLeftPart(UriPartial.Path)))}";
    }

    private string Change(JsonObject step)
    {
        var locator = Locator(step, field: true);
        var value = Text(step, "value") ?? "";
        var names = string.Join(' ', Selectors(step));
        if (CodeName().IsMatch(names))
        {
            return $"- totp: {locator}";
        }

        if (SecretName().IsMatch(names))
        {
            return $"- fill: {With(locator, verb == "login" ? "{password}" : "{newPassword}")}";
        }

        if (inputs.FirstOrDefault(i => i.Value == value).Key is { } input)
        {
            return $"- fill: {With(locator, $"{{{input}}}")}";
        }

        return verb == "login" ? $"- fill: {With(locator, "{username}")}" : $"- fill: {With(locator, Braced(value))}";
    }

    private static string With(string locator, string value) => $"{locator[..^2]}, value: {Quote(value)} }}";

    /// <summary>The first selector that says what people see, with the next best beside it.</summary>
    private static string? Find(JsonObject step, bool field)
    {
        var found = Selectors(step).Select(s => One(s, field)).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        return found switch
        {
            [] => Selectors(step).Select(LastResort).OfType<string>().FirstOrDefault(),
            [var only] => only,
            [var first, var second, ..] => $"{{ any: [{first}, {second}] }}",
        };
    }

    /// <summary>What nobody would write by hand, where the recording has nothing else.</summary>
    private static string? LastResort(string selector) => selector.Split('/', 2) switch
    {
        ["xpath", var path] => $"{{ xpath: {Quote(Braced(path))} }}",

        // CSS looks into open shadow roots by itself.
        ["pierce", var css] => $"{{ css: {Quote(Braced(css))} }}",
        _ => null,
    };

    private static string Locator(JsonObject step, bool field) => Find(step, field)!;

    private static string? One(string selector, bool field)
    {
        var braced = Braced(selector);
        if (selector.StartsWith("aria/", StringComparison.Ordinal))
        {
            var match = Aria().Match(braced["aria/".Length..]);
            var name = Quote(match.Groups["name"].Value);
            return field ? $"{{ label: {name} }}" : $"{{ role: {(match.Groups["role"] is { Success: true, Value: var role } ? role : "button")}, name: {name} }}";
        }

        if (selector.StartsWith("text/", StringComparison.Ordinal))
        {
            return field ? null : $"{{ text: {Quote(braced["text/".Length..])} }}";
        }

        if (TestId().Match(braced) is { Success: true } test)
        {
            return $"{{ testId: {Quote(test.Groups["id"].Value)} }}";
        }

        return selector.StartsWith("xpath/", StringComparison.Ordinal) || selector.StartsWith("pierce/", StringComparison.Ordinal) ? null : $"{{ css: {Quote(braced)} }}";
    }

    private static IEnumerable<string> Selectors(JsonObject step) => (step["selectors"] as JsonArray ?? [])
        .Select(s => s is JsonArray { Count: 1 } path ? path[0] : s).OfType<JsonValue>().Select(s => s.ToString()).Take(20);

    private static bool SameTarget(JsonObject one, JsonObject other) => Selectors(one).Intersect(Selectors(other), StringComparer.Ordinal).Any();

    private static string? Text(JsonObject step, string name) => (step[name] as JsonValue)?.ToString();

    private static string Braced(string text) => text.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);

    /// <summary>JSON's text is YAML's double-quoted text.</summary>
    private static string Quote(string text) => JsonSerializer.Serialize(text, Quoting);

    private static string Clean(string text) => string.Concat(text.Where(c => !char.IsControl(c)).Take(200));

    [GeneratedRegex("passw|secret|token|api.?key|\\bpin\\b|session|signature", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SecretName();

    [GeneratedRegex("one.?time|otp|authenticat\\w* code|verification code|2fa|twofa", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CodeName();

    [GeneratedRegex("^(?<name>.*?)(\\[role=\"(?<role>[a-z]+)\"\\])?$", RegexOptions.ExplicitCapture | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Aria();

    [GeneratedRegex("^\\[data-testid=['\"]?(?<id>[^'\"\\]]+)['\"]?\\]$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TestId();
}
