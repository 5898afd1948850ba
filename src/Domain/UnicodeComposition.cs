using System.Collections.Frozen;

namespace IdLcm.Domain;

/// <summary>
/// Unicode normalization form C. The runtime's own does nothing here, because the product is culture-invariant; names
/// need it, so that one person is not two who look the same (RFC 7644 section 5, RFC 8265 section 3.3).
/// </summary>
public static class UnicodeComposition
{
    private const char FirstMark = '\u0300';

    private const int HangulFirst = 0xAC00;
    private const int LeadFirst = 0x1100;
    private const int VowelFirst = 0x1161;
    private const int TailBefore = 0x11A7;
    private const int Leads = 19;
    private const int Vowels = 21;
    private const int Tails = 28;

    private static readonly FrozenDictionary<(char, char), char> Composed = Triples(UnicodeCompositionTable.Pairs).ToFrozenDictionary(t => (t[1], t[2]), t => t[0]);

    private static readonly FrozenDictionary<char, string> TakenApart = Triples(UnicodeCompositionTable.Pairs)
        .Concat(Triples(UnicodeCompositionTable.Apart))
        .ToFrozenDictionary(t => t[0], t => t[2] == '\0' ? t[1..2] : t[1..]);

    private static readonly FrozenDictionary<char, byte> Classes = Triples(UnicodeCompositionTable.Classes)
        .SelectMany(t => Enumerable.Range(t[0], t[1] - t[0] + 1).Select(c => ((char)c, (byte)t[2])))
        .ToFrozenDictionary(pair => pair.Item1, pair => pair.Item2);

    /// <summary>Composes a text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The text composed; the same instance where it holds nothing that could compose.</returns>
    public static string Compose(string text)
    {
        // Nothing before the combining marks composes, or is composed of anything else than them.
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', (char)(FirstMark - 1)) < 0)
        {
            return text;
        }

        var parts = new List<char>(text.Length + 8);
        foreach (var c in text)
        {
            TakeApart(c, parts);
        }

        Order(parts);
        Join(parts);
        return new string([.. parts]);
    }

    private static IEnumerable<string> Triples(string table) => table.Chunk(3).Select(triple => new string(triple));

    private static int ClassOf(char c) => c < FirstMark ? 0 : Classes.GetValueOrDefault(c);

    private static void TakeApart(char c, List<char> parts)
    {
        if (!TakenApart.TryGetValue(c, out var pair))
        {
            parts.Add(c);
            return;
        }

        foreach (var part in pair)
        {
            TakeApart(part, parts);
        }
    }

    /// <summary>Marks of different classes after one letter have one order; those of the same class keep theirs.</summary>
    private static void Order(List<char> parts)
    {
        for (var first = 0; first < parts.Count; first++)
        {
            var end = first;
            while (end < parts.Count && ClassOf(parts[end]) != 0)
            {
                end++;
            }

            if (end - first > 1)
            {
                // Sorted, not inserted one by one: nobody can make it slow with a name of thousands of marks.
                var marks = parts.GetRange(first, end - first).OrderBy(ClassOf).ToArray();
                for (var i = 0; i < marks.Length; i++)
                {
                    parts[first + i] = marks[i];
                }
            }

            first = end;
        }
    }

    private static void Join(List<char> parts)
    {
        var kept = 0;
        var letter = -1;
        var last = 0;
        for (var i = 0; i < parts.Count; i++)
        {
            var c = parts[i];
            var its = ClassOf(c);
            var isBlocked = letter < 0 || kept - letter > 1 && (last == 0 || last >= its);
            if (!isBlocked && TryCompose(parts[letter], c, out var composed))
            {
                parts[letter] = composed;
                continue;
            }

            if (its == 0)
            {
                letter = kept;
            }

            last = its;
            parts[kept++] = c;
        }

        parts.RemoveRange(kept, parts.Count - kept);
    }

    private static bool TryCompose(char first, char second, out char composed)
    {
        var (lead, vowel) = (first - LeadFirst, second - VowelFirst);
        if (lead is >= 0 and < Leads && vowel is >= 0 and < Vowels)
        {
            composed = (char)(HangulFirst + (((lead * Vowels) + vowel) * Tails));
            return true;
        }

        var (syllable, tail) = (first - HangulFirst, second - TailBefore);
        if (syllable is >= 0 and < Leads * Vowels * Tails && syllable % Tails == 0 && tail is > 0 and < Tails)
        {
            composed = (char)(first + tail);
            return true;
        }

        return Composed.TryGetValue((first, second), out composed);
    }
}
