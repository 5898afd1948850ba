using System.Globalization;

namespace IdLcm.Gateway.Dashboard;

/// <summary>Which of how many rows a page of a list shows.</summary>
/// <param name="First">The number of the first one, from 1.</param>
/// <param name="Shown">How many there are on the page.</param>
/// <param name="Total">How many match, as far as they were counted.</param>
/// <param name="IsAll">True when all were counted.</param>
internal sealed record ListRange(int First, int Shown, long Total, bool IsAll)
{
    /// <summary>The number of the first row, which a link to a further page carries.</summary>
    public static int FirstOf(string? cursor, string? first) =>
        !string.IsNullOrEmpty(cursor) && int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var given) && given > 0 ? given : 1;

    /// <summary>The range of a page of which the number of all is a count that may have stopped.</summary>
    public static ListRange Of(string? cursor, string? first, int shown, (int Count, bool IsAll) all) => new(FirstOf(cursor, first), shown, all.Count, all.IsAll);

    /// <summary>What a link to the page after this one carries; null for one to the first page.</summary>
    public string? After(string? cursor) => cursor is null ? null : string.Create(CultureInfo.InvariantCulture, $"{First + Shown}");

    public override string ToString()
    {
        var last = First + Shown - 1;
        return $"{Words.Number(First)}–{Words.Number(last)} of {(IsAll ? "" : "at least ")}{Words.Number(Math.Max(Total, last))}";
    }
}
