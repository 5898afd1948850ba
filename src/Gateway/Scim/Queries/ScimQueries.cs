using System.Text.Json;
using IdLcm.Domain.Scim;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Scim.Queries;

/// <summary>
/// Answers queries (RFC 7644 sections 3.4.2 and 3.4.3, RFC 9865): over one resource type or over all of them, by index or
/// by cursor, asked by GET or by POST to <c>.search</c>.
/// </summary>
internal static class ScimQueries
{
    private const int DefaultCount = 100;
    private const string Password = "password";

    /// <summary>A query in the URL.</summary>
    public static Task GetAsync(ScimExchange exchange, params IReadOnlyList<ScimSource> sources)
    {
        var query = ScimQuery.FromParameters(exchange.Http.Request.Query.Select(p => new KeyValuePair<string, string?>(p.Key, p.Value.ToString())));
        return query.Filter is not null && exchange.Http.Request.Query["filter"].ToString().Contains(Password, StringComparison.OrdinalIgnoreCase)
            && FilterPaths.Of(query.Filter).Any(path => path.Is(Password))
            ? throw new ScimError(
                StatusCodes.Status403Forbidden, ScimErrorType.Sensitive, "A password does not belong into an address: proxies and logs keep it (RFC 7644 section 7.5.2).").ToException()
            : AnswerAsync(exchange, query, sources);
    }

    /// <summary>A query in the body of <c>.search</c>.</summary>
    public static async Task SearchAsync(ScimExchange exchange, params IReadOnlyList<ScimSource> sources) =>
        await AnswerAsync(exchange, ScimQuery.FromSearchRequest((await exchange.ReadBodyAsync()).Span), sources);

    private static Task AnswerAsync(ScimExchange exchange, ScimQuery query, IReadOnlyList<ScimSource> sources)
    {
        var count = query.PageSize(ScimLimits.Default, DefaultCount);
        return query.Cursor is null ? IndexAsync(exchange, query, sources, count)
            : sources is [{ IsOrderedById: true } only] && query.SortBy is null ? AfterAsync(exchange, query, only, count)
            : OffsetAsync(exchange, query, sources, count);
    }

    private static async Task IndexAsync(ScimExchange exchange, ScimQuery query, IReadOnlyList<ScimSource> sources, int count)
    {
        var page = await PageAsync(exchange, query, sources, query.StartIndex, count);
        await WriteAsync(exchange, new Answer(page.Total, page.Resources, query.StartIndex, null));
    }

    private static async Task AfterAsync(ScimExchange exchange, ScimQuery query, ScimSource source, int count)
    {
        var endpoint = source.TypeOf(exchange.Profile).Endpoint;
        var page = await source.AfterAsync(exchange, query, ScimCursor.Read(exchange, endpoint, query).AfterId, count);
        var next = page.More && page.Resources.Count > 0 ? new ScimCursor(page.Resources[^1].Resource.Id, 0).Write(exchange, endpoint, query) : null;
        await WriteAsync(exchange, new Answer(page.Total, page.Resources, null, next));
    }

    private static async Task OffsetAsync(ScimExchange exchange, ScimQuery query, IReadOnlyList<ScimSource> sources, int count)
    {
        var endpoint = sources is [var only] ? only.TypeOf(exchange.Profile).Endpoint : "/";
        var offset = ScimCursor.Read(exchange, endpoint, query).Offset;
        var page = await PageAsync(exchange, query, sources, offset + 1, count);
        var end = offset + page.Resources.Count;
        var next = page.Resources.Count > 0 && end < page.Total ? new ScimCursor(null, end).Write(exchange, endpoint, query) : null;
        await WriteAsync(exchange, new Answer(page.Total, page.Resources, null, next));
    }

    private static Task<IndexPage> PageAsync(ScimExchange exchange, ScimQuery query, IReadOnlyList<ScimSource> sources, long start, int count) =>
        sources is [var only] ? only.IndexAsync(exchange, query, start, count)
        : query.SortBy is null ? ConcatenateAsync(exchange, query, sources, start, count)
        : MergeAsync(exchange, query, sources, start, count);

    /// <summary>One type after the other.</summary>
    private static async Task<IndexPage> ConcatenateAsync(ScimExchange exchange, ScimQuery query, IReadOnlyList<ScimSource> sources, long start, int count)
    {
        var resources = new List<ShownResource>();
        long total = 0;
        foreach (var source in sources)
        {
            var page = await source.IndexAsync(exchange, query, Math.Max(1, start - total), count - resources.Count, lenient: true);
            resources.AddRange(page.Resources);
            total += page.Total;
        }

        return new IndexPage(total, resources);
    }

    /// <summary>All types in one order: by an attribute that all of them, or at least one, define.</summary>
    private static async Task<IndexPage> MergeAsync(ScimExchange exchange, ScimQuery query, IReadOnlyList<ScimSource> sources, long start, int count)
    {
        ScimSort? sort = null;
        ScimException? refusal = null;
        foreach (var source in sources)
        {
            try
            {
                sort ??= ScimSort.Parse(source.TypeOf(exchange.Profile), query.SortBy!, query.IsDescending);
            }
            catch (ScimException error)
            {
                refusal ??= error;
            }
        }

        if (sort is null)
        {
            throw refusal!;
        }

        var resources = new List<ShownResource>();
        long total = 0;
        foreach (var source in sources)
        {
            var page = await source.IndexAsync(exchange, query with { SortBy = null }, 1, int.MaxValue, lenient: true);
            resources.AddRange(page.Resources);
            total += page.Total;
        }

        return new IndexPage(total, [.. resources
            .Order(Comparer<ShownResource>.Create((a, b) => sort.Compare(a.Resource, b.Resource)))
            .Skip((int)Math.Min(start - 1, int.MaxValue))
            .Take(count)]);
    }

    private static Task WriteAsync(ScimExchange exchange, Answer answer) => ScimExchange.WriteAsync(
        exchange.Http, StatusCodes.Status200OK, (answer, exchange.BaseUrl), static (writer, state) => state.answer.WriteTo(writer, state.BaseUrl));

    private sealed record Answer(long? Total, IReadOnlyList<ShownResource> Resources, long? StartIndex, string? NextCursor)
    {
        public void WriteTo(Utf8JsonWriter writer, string baseUrl)
        {
            writer.WriteStartObject();
            writer.WriteStartArray("schemas"u8);
            writer.WriteStringValue(ScimListResponse.Schema);
            writer.WriteEndArray();
            if (Total is { } total)
            {
                writer.WriteNumber("totalResults"u8, total);
            }

            writer.WriteNumber("itemsPerPage"u8, Resources.Count);
            if (StartIndex is { } start)
            {
                writer.WriteNumber("startIndex"u8, start);
            }

            if (NextCursor is not null)
            {
                writer.WriteString("nextCursor"u8, NextCursor);
            }

            writer.WriteStartArray("Resources"u8);
            foreach (var (resource, projection) in Resources)
            {
                resource.WriteTo(writer, projection, baseUrl);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }
    }
}
