using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Api;

/// <summary>A page of a list.</summary>
/// <typeparam name="T">What it lists.</typeparam>
/// <param name="Items">The items.</param>
/// <param name="NextCursor">The <c>cursor</c> of the next page; null when this was the last.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);

/// <summary>Which page is asked for.</summary>
/// <param name="Limit">The most items.</param>
/// <param name="Cursor">Where it begins; null for the start.</param>
internal readonly record struct PageRequest(int Limit, string? Cursor)
{
    public const int DefaultLimit = 50;

    public const int MaxLimit = 200;

    /// <summary>Reads the parameters of a list whose cursors are ids (32 digits, or a UUID that may follow a mark of its list).</summary>
    public static bool TryRead(string? limit, string? cursor, out PageRequest page, out IResult? problem)
    {
        if (!TryReadLimit(limit, out var count, out problem))
        {
            page = default;
            return false;
        }

        page = new PageRequest(count, string.IsNullOrEmpty(cursor) ? null : cursor);
        if (page.Cursor is { } id && (id.Length is not (32 or 36 or 38) || !id.All(c => char.IsAsciiHexDigitLower(c) || c == '-')))
        {
            problem = BadCursor();
            return false;
        }

        return true;
    }

    public static bool TryReadLimit(string? limit, out int count, out IResult? problem)
    {
        problem = null;
        count = DefaultLimit;
        if (string.IsNullOrEmpty(limit) || (int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count is >= 1 and <= MaxLimit))
        {
            return true;
        }

        problem = ApiProblems.BadParameter("limit", $"'{limit}' must be a number from 1 to {MaxLimit}.");
        return false;
    }

    public static IResult BadCursor() => ApiProblems.BadParameter("cursor", "must be a nextCursor of this list.");
}
