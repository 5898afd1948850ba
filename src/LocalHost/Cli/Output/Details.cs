namespace IdLcm.LocalHost.Cli.Output;

/// <summary>Names and values below each other.</summary>
internal static class Details
{
    /// <summary>Writes what has a value.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="facts">Names and values, in order.</param>
    public static void Write(TextWriter output, params (string Name, string? Value)[] facts)
    {
        var shown = facts.Where(fact => !string.IsNullOrEmpty(fact.Value)).ToList();
        var width = shown.Count == 0 ? 0 : shown.Max(fact => fact.Name.Length);
        foreach (var (name, value) in shown)
        {
            output.WriteLine($"{name.PadRight(width)}  {value}");
        }
    }
}
