using System.Text.RegularExpressions;

namespace IdLcm.Dashboard.Tests;

/// <summary>
/// A connector by somebody who means harm: the sample app's, with a script in every text of it that people are shown. It
/// has aged as well: the first of two locators finds nothing any more, and the button that removes somebody has another name.
/// </summary>
internal static partial class HostileConnector
{
    public const string Id = "hostile-app";

    public const string Script = """<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>""";

    private const string Text = $"'Hostile {Script}'";

    /// <summary>Writes it into a catalog of its own.</summary>
    /// <returns>The catalog's directory.</returns>
    public static async Task<string> WriteAsync(string catalog)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(RunningDashboard.RepositoryRoot(), "apps", "sample-workspace", "connector.yaml"));
        var described = text.IndexOf("\ndetect:", StringComparison.Ordinal);
        var head = InRow().Replace(InLine().Replace(text[..described].Replace("id: sample-workspace", $"id: {Id}", StringComparison.Ordinal), "${lead}${name}: " + Text), "${name}: " + Text);
        var steps = Message().Replace(text[described..], $"message: {Text}")
            .Replace("name: Remove member }", "name: Remove this member }", StringComparison.Ordinal)
            .Replace("- fill: { label: First name, value: \"{givenName}\" }", "- fill: { any: [{ label: Forename }, { label: First name }], value: \"{givenName}\" }", StringComparison.Ordinal);
        var folder = Directory.CreateDirectory(Path.Combine(catalog, Id)).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "connector.yaml"), head + steps);
        return catalog;
    }

    [GeneratedRegex("^(?<lead> +)(?<name>name|label|description): [A-Z].*$", RegexOptions.Multiline, 1000)]
    private static partial Regex InLine();

    [GeneratedRegex("(?<=[{,] )(?<name>label|description): [A-Z][^,}]*", RegexOptions.None, 1000)]
    private static partial Regex InRow();

    [GeneratedRegex("message: .*", RegexOptions.None, 1000)]
    private static partial Regex Message();
}
