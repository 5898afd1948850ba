using System.Net;
using System.Text.Json;

namespace IdLcm.Automation.Running;

/// <summary>Takes known secrets out of text, in the forms in which markup, JSON and addresses carry them.</summary>
internal sealed class SecretMask
{
    public const string Mask = "•••";

    private readonly SortedSet<string> forms = new(Comparer<string>.Create((a, b) =>
        a.Length != b.Length ? b.Length.CompareTo(a.Length) : string.CompareOrdinal(a, b)));

    public IReadOnlyCollection<string> Forms => forms;

    public void Add(string? secret)
    {
        // Very short values would mask half of every page, and protect nothing that cannot be guessed.
        if (secret is not { Length: >= 4 })
        {
            return;
        }

        lock (forms)
        {
            forms.Add(secret);
            forms.Add(Uri.EscapeDataString(secret));
            forms.Add(WebUtility.UrlEncode(secret));
            forms.Add(WebUtility.HtmlEncode(secret));
            forms.Add(secret.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal));
            forms.Add(JsonSerializer.Serialize(secret)[1..^1]);
            forms.Add(secret.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal));
        }
    }

    /// <summary>Whether a known secret stands in a text, in any of its forms.</summary>
    public bool IsIn(string text)
    {
        lock (forms)
        {
            return forms.Any(form => text.Contains(form, StringComparison.Ordinal));
        }
    }

    /// <summary>A mask of the same secrets, and of what is added to it.</summary>
    public SecretMask Copy()
    {
        var copy = new SecretMask();
        lock (forms)
        {
            copy.forms.UnionWith(forms);
        }

        return copy;
    }

    public string Apply(string text)
    {
        lock (forms)
        {
            foreach (var form in forms)
            {
                text = text.Replace(form, Mask, StringComparison.Ordinal);
            }
        }

        return text;
    }
}
