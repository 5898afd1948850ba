using System.Globalization;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Dashboard;

/// <summary>
/// A page of a list that the store keeps newest first and people sort otherwise. So many rows at a time are read and sorted
/// together, however many there are; the older ones follow after them.
/// </summary>
/// <typeparam name="T">A row.</typeparam>
/// <param name="Rows">The rows of this page.</param>
/// <param name="Sort">How they are sorted.</param>
internal sealed record SortedPage<T>(IReadOnlyList<T> Rows, string Sort)
{
    /// <summary>How many rows are sorted together.</summary>
    public const int Together = 500;

    private const int PageSize = 50;

    /// <summary>Which of how many rows are shown.</summary>
    public required ListRange Range { get; init; }

    /// <summary>What the address of the next page carries; null at the end.</summary>
    public required (string Name, string? Value)[]? Next { get; init; }

    /// <summary>True on every page but the first.</summary>
    public required bool IsFurther { get; init; }

    /// <summary>True when not all rows are sorted together.</summary>
    public required bool IsPart { get; init; }

    /// <summary>Reads what the address of a page says, and shows that page.</summary>
    /// <param name="sorter">What the list can be sorted by.</param>
    /// <param name="read">Reads so many rows after a row, newest first, and says whether more follow.</param>
    /// <param name="idOf">A row's id.</param>
    /// <param name="query">What the address says: <c>sort</c>, <c>page</c> among the rows that are sorted together, <c>cursor</c> after which these begin, and <c>first</c>, the number of the first of them.</param>
    /// <returns>The page; null where the address is wrong.</returns>
    public static async Task<SortedPage<T>?> ReadAsync(
        ListSorter<T> sorter, Func<int, string?, Task<(IReadOnlyList<T> Rows, bool More)>> read, Func<T, string> idOf, IQueryCollection query)
    {
        if (!PageRequest.TryRead(null, query["cursor"], out var request, out _))
        {
            return null;
        }

        var (rows, more) = await read(Together, request.Cursor);
        var sort = sorter.Read(query["sort"]);
        var page = Math.Clamp(int.TryParse(query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 1, 1, Math.Max(1, (rows.Count + PageSize - 1) / PageSize));
        var begin = ListRange.FirstOf(request.Cursor, query["first"]);
        var shown = sorter.Sort(rows, sort).Skip((page - 1) * PageSize).Take(PageSize).ToList();
        return new SortedPage<T>(shown, sort)
        {
            Range = new ListRange(begin + ((page - 1) * PageSize), shown.Count, begin - 1 + rows.Count, IsAll: !more),
            Next = page * PageSize < rows.Count ? [("cursor", request.Cursor), ("first", request.Cursor is null ? null : $"{begin}"), ("page", $"{page + 1}")]
                : more ? [("cursor", idOf(rows[^1])), ("first", $"{begin + rows.Count}")]
                : null,
            IsFurther = page > 1 || request.Cursor is not null,
            IsPart = more || request.Cursor is not null,
        };
    }
}
