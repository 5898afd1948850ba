namespace IdLcm.Automation.Running;

/// <summary>The functions that are evaluated inside pages.</summary>
internal static class PageScripts
{
    public static string Inspect { get; } = Read("inspect.js");

    /// <summary>Takes (root, json); <see cref="RowsOfDocument"/> is the same for the whole document.</summary>
    public static string Rows { get; } = Read("rows.js");

    public static string RowsOfDocument { get; } = $"(json) => ({Rows})(document, json)";

    public static string Candidates { get; } = Read("candidates.js");

    public static string Dom { get; } = Read("dom.js");

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(PageScripts).Assembly.GetManifestResourceStream(name)!);
        var text = reader.ReadToEnd();
        return text[text.IndexOf('(', StringComparison.Ordinal)..].TrimEnd();
    }
}
