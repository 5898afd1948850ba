namespace IdLcm.Automation.Running;

/// <summary>The functions that are evaluated inside pages.</summary>
internal static class PageScripts
{
    public static string Inspect { get; } = Read("inspect.js");

    /// <summary>Takes (root, json); <see cref="RowsOfDocument"/> is the same for the whole document.</summary>
    public static string Rows { get; } = Read("rows.js");

    public static string RowsOfDocument { get; } = $"(json) => ({Rows})(document, json)";

    /// <summary>Takes { role, name }; the element, or null.</summary>
    public static string Container { get; } = Read("container.js");

    /// <summary>Takes the same as <see cref="RowsOfDocument"/>, with the container that the rows are in; null when it is not found for certain.</summary>
    public static string RowsOfContainer { get; } = $"(json) => {{ const root = ({Container})(JSON.parse(json).container); return root && ({Rows})(root, json); }}";

    /// <summary>Takes (element, attribute or null).</summary>
    public static string Value { get; } = Read("value.js");

    /// <summary>Takes a list of { label, css, attribute }; null when one of them is not found for certain.</summary>
    public static string Fields { get; } = $"(json) => ({Read("fields.js")})(json, {Value})";

    /// <summary>Takes (element, limit); <see cref="CandidatesOfDocument"/> is the same for the whole document.</summary>
    public static string Candidates { get; } = Read("candidates.js");

    public static string CandidatesOfDocument { get; } = $"(limit) => ({Candidates})(document, limit)";

    public static string Dom { get; } = Read("dom.js");

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(PageScripts).Assembly.GetManifestResourceStream(name)!);
        var text = reader.ReadToEnd();
        return text[text.IndexOf('(', StringComparison.Ordinal)..].TrimEnd();
    }
}
