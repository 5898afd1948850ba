namespace IdLcm.Automation.Format;

/// <summary>The app's words and ours: one declaration for both directions.</summary>
internal sealed class ValueMap
{
    private const string Others = "*";

    private readonly Dictionary<string, string> ours = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> theirs = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Takes pairs of the app's word and ours, in the order of the file.</summary>
    public ValueMap(IEnumerable<(string Theirs, string Ours)> pairs)
    {
        foreach (var (word, value) in pairs)
        {
            if (ours.TryAdd(word, value) && word != Others)
            {
                theirs.TryAdd(value, word);
            }
        }
    }

    /// <summary>Our values.</summary>
    public IEnumerable<string> Ours => ours.Values;

    /// <summary>Ours for the app's word; the word itself where the map has none.</summary>
    public string Read(string word) => ours.TryGetValue(word, out var value) || ours.TryGetValue(Others, out value) ? value : word;

    /// <summary>The app's word for our value, the first one that means it; the value itself where the map has none.</summary>
    public string Write(string value) => theirs.GetValueOrDefault(value, value);
}
