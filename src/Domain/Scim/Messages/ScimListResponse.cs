using System.Text.Json;

namespace IdLcm.Domain.Scim;

/// <summary>Writes the answer to a query (RFC 7644 §3.4.2; RFC 9865 §2).</summary>
public static class ScimListResponse
{
    /// <summary>The URN of the message.</summary>
    public const string Schema = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

    /// <summary>Writes a page by index. Counters are integers, and an empty page is an answer like any other.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="totalResults">How many resources match in all.</param>
    /// <param name="startIndex">The 1-based index of the first of the page.</param>
    /// <param name="page">The resources.</param>
    /// <param name="projection">Which attributes; null for the default.</param>
    /// <param name="baseUrl">The absolute base URL without a slash at its end.</param>
    public static void WriteIndexPage(
        Utf8JsonWriter writer, long totalResults, long startIndex, IReadOnlyList<ScimResource> page, ScimProjection? projection, string baseUrl)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(page);
        WriteStart(writer, totalResults, page.Count);
        writer.WriteNumber("startIndex"u8, startIndex);
        WriteEnd(writer, page, projection, baseUrl);
    }

    /// <summary>Writes a page by cursor.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="totalResults">How many resources match in all, or null where that is not known (RFC 9865 §2).</param>
    /// <param name="page">The resources.</param>
    /// <param name="nextCursor">The cursor of the next page, or null on the last.</param>
    /// <param name="previousCursor">The cursor of the page before, or null.</param>
    /// <param name="projection">Which attributes; null for the default.</param>
    /// <param name="baseUrl">The absolute base URL without a slash at its end.</param>
    public static void WriteCursorPage(
        Utf8JsonWriter writer,
        long? totalResults,
        IReadOnlyList<ScimResource> page,
        string? nextCursor,
        string? previousCursor,
        ScimProjection? projection,
        string baseUrl)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(page);
        WriteStart(writer, totalResults, page.Count);
        if (previousCursor is not null)
        {
            writer.WriteString("previousCursor"u8, previousCursor);
        }

        if (nextCursor is not null)
        {
            writer.WriteString("nextCursor"u8, nextCursor);
        }

        WriteEnd(writer, page, projection, baseUrl);
    }

    internal static void WriteAll<T>(Utf8JsonWriter writer, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        WriteStart(writer, items.Count, items.Count);
        writer.WriteNumber("startIndex"u8, 1);
        writer.WriteStartArray("Resources"u8);
        foreach (var item in items)
        {
            write(writer, item);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteStart(Utf8JsonWriter writer, long? totalResults, int itemsPerPage)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("schemas"u8);
        writer.WriteStringValue(Schema);
        writer.WriteEndArray();
        if (totalResults is { } total)
        {
            writer.WriteNumber("totalResults"u8, total);
        }

        writer.WriteNumber("itemsPerPage"u8, itemsPerPage);
    }

    private static void WriteEnd(Utf8JsonWriter writer, IReadOnlyList<ScimResource> page, ScimProjection? projection, string baseUrl)
    {
        writer.WriteStartArray("Resources"u8);
        for (var i = 0; i < page.Count; i++)
        {
            page[i].WriteTo(writer, projection, baseUrl);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
