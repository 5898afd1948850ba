using System.Text.Json;
using System.Text.RegularExpressions;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Catalog;

/// <summary>Writes a proposal into a connector's text: the new locator before the old one, which stays as the second choice.</summary>
internal static partial class ConnectorRepair
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] LocatorKeys = ["role", "name", "label", "text", "placeholder", "testId", "css", "xpath", "match"];

    /// <summary>The text of the repaired version.</summary>
    /// <param name="text">The text as it is, without an error.</param>
    /// <param name="repair">The proposal.</param>
    /// <param name="version">The new version.</param>
    /// <returns>The text, or null where it has no locator in that place.</returns>
    public static string? Apply(string text, LocatorRepair repair, string version)
    {
        text = text.ReplaceLineEndings("\n");
        var locator = TextNode.Read(text).All().FirstOrDefault(node =>
            node.At == new Mark(repair.Line, repair.Column) && node.Entries.Any(entry => entry.Key.Scalar == "any" || IsOfLocator(entry)));
        if (locator is null)
        {
            return null;
        }

        var changed = locator.Entries.FirstOrDefault(entry => entry.Key.Scalar == "any").Value is { Items: [var first, ..] } choices
            ? text.Insert(first.Start, New(repair) + (choices.IsBlock ? $"\n{new string(' ', first.At.Column - 3)}- " : ", "))
            : locator.IsBlock ? InBlock(text, locator, New(repair)) : InFlow(text, locator, New(repair));
        changed = Version().Replace(changed, $"version: {version}", 1);
        return ConnectorFile.Parse("connector.yaml", changed).Connector?.Manifest.Version == version ? changed : null;
    }

    private static string New(LocatorRepair repair) => repair.Kind == "role"
        ? $"{{ role: {repair.Role}, name: {Quoted(Name(repair))} }}"
        : $"{{ {repair.Kind}: {Quoted(Name(repair))} }}";

    private static string InFlow(string text, TextNode locator, string first)
    {
        var others = locator.Entries.Where(entry => !IsOfLocator(entry)).Select(entry => text[entry.Key.Start..entry.Value.End]);
        return string.Concat(text.AsSpan(0, locator.Start), $"{{ {string.Join(", ", others.Prepend(Both(locator, first)))} }}", text.AsSpan(locator.End));
    }

    private static string InBlock(string text, TextNode locator, string first)
    {
        var own = locator.Entries.Where(IsOfLocator).ToList();
        foreach (var (key, value) in Enumerable.Reverse(own).SkipLast(1))
        {
            // From the end of the line before to the end of its own value.
            var from = text.LastIndexOf('\n', key.Start);
            text = text.Remove(from, value.End - from);
        }

        return string.Concat(text.AsSpan(0, own[0].Key.Start), Both(locator, first), text.AsSpan(own[0].Value.End));
    }

    private static string Both(TextNode locator, string first) =>
        $"any: [{first}, {{ {string.Join(", ", locator.Entries.Where(IsOfLocator).Select(entry => $"{entry.Key.Scalar}: {Quoted(entry.Value.Scalar!)}"))} }}]";

    /// <summary>What a page shows is text: a brace in it begins no placeholder.</summary>
    private static string Name(LocatorRepair repair) => repair.IsTemplate ? repair.Name : Template.Literal(repair.Name);

    private static string Quoted(string value) => JsonSerializer.Serialize(value, Readable);

    private static bool IsOfLocator((TextNode Key, TextNode Value) entry) => entry is { Key.Scalar: { } key, Value.Scalar: not null } && LocatorKeys.Contains(key);

    [GeneratedRegex("^version:.*$", RegexOptions.Multiline, matchTimeoutMilliseconds: 2000)]
    private static partial Regex Version();
}
