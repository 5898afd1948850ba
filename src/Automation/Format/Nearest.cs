namespace IdLcm.Automation.Format;

/// <summary>Finds what a mistyped name was probably meant to be.</summary>
internal static class Nearest
{
    /// <summary>The nearest of some names, or null where none is near.</summary>
    public static string? Of(string given, IEnumerable<string> names)
    {
        if (given.Length > 60)
        {
            return null;
        }

        string? best = null;
        var bestDistance = Math.Max(1, given.Length / 3) + 1;
        foreach (var name in names)
        {
            var distance = Distance(given, name);
            if (distance < bestDistance)
            {
                (best, bestDistance) = (name, distance);
            }
        }

        return best;
    }

    /// <summary>Levenshtein's distance, ignoring case.</summary>
    public static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]);
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (same ? 0 : 1)));
            }
        }

        return row[b.Length];
    }
}
