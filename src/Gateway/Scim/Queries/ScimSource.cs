using IdLcm.Domain.Integrations;
using IdLcm.Domain.Scim;

namespace IdLcm.Gateway.Scim.Queries;

/// <summary>A resource and which of its attributes are shown.</summary>
internal readonly record struct ShownResource(ScimResource Resource, ScimProjection Projection);

/// <summary>A page by index.</summary>
internal sealed record IndexPage(long Total, IReadOnlyList<ShownResource> Resources);

/// <summary>A page by id.</summary>
/// <param name="Total">How many match in all, or null where that would take reading everything.</param>
/// <param name="Resources">The page.</param>
/// <param name="More">True when others follow.</param>
internal sealed record KeyPage(long? Total, IReadOnlyList<ShownResource> Resources, bool More);

/// <summary>Answers queries over one resource type.</summary>
internal abstract class ScimSource
{
    public abstract ScimResourceType TypeOf(IntegrationProfile profile);

    /// <summary>Whether its resources come in the order of their ids, so that a page can begin after one.</summary>
    public virtual bool IsOrderedById => true;

    /// <summary>Answers a page by index (RFC 7644 section 3.4.2.4).</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="query">The query.</param>
    /// <param name="start">The index of the first, from 1.</param>
    /// <param name="count">The most to return; 0 for the total alone.</param>
    /// <param name="lenient">True when attributes that the type does not define are absent, not wrong: a query over several types.</param>
    public abstract Task<IndexPage> IndexAsync(ScimExchange exchange, ScimQuery query, long start, int count, bool lenient = false);

    /// <summary>Answers a page of what comes after an id, in the order of ids.</summary>
    public abstract Task<KeyPage> AfterAsync(ScimExchange exchange, ScimQuery query, string? afterId, int count);
}

/// <summary>Answers queries over the records of one resource type.</summary>
internal abstract class ScimSource<T> : ScimSource
{
    /// <summary>Beyond what a sorted page needs, this many are kept before the rest is thrown away.</summary>
    private const int SortSlack = 1_000;

    public override async Task<IndexPage> IndexAsync(ScimExchange exchange, ScimQuery query, long start, int count, bool lenient = false)
    {
        var type = TypeOf(exchange.Profile);
        var projection = ScimProjection.Parse(type, query.Attributes, query.ExcludedAttributes);
        if (query.Filter is null && query.SortBy is null)
        {
            var (total, records) = await PageAsync(exchange.Profile, start, count, exchange.Aborted);
            return new IndexPage(total, await ShowPageAsync(exchange, records, projection));
        }

        if (!lenient && query.SortBy is null && await FindOneAsync(exchange.Profile, query.Filter!, exchange.Aborted) is { } only)
        {
            return new IndexPage(only.Count, await ShowAsync(exchange, start == 1 && count > 0 ? only : [], projection));
        }

        var matches = new Matcher(this, exchange, query, type, lenient);
        if (matches.Sort is { } sort)
        {
            var (total, records) = await SortedAsync(exchange, query, matches, sort, start, count);
            return new IndexPage(total, await ShowAsync(exchange, records, projection));
        }

        long found = 0;
        var page = new List<T>();
        await foreach (var record in CandidatesAsync(exchange, query, null))
        {
            if (await matches.FindAsync(record) is not null && ++found >= start && page.Count < count)
            {
                page.Add(record);
            }
        }

        return new IndexPage(found, await ShowAsync(exchange, page, projection));
    }

    public override async Task<KeyPage> AfterAsync(ScimExchange exchange, ScimQuery query, string? afterId, int count)
    {
        var type = TypeOf(exchange.Profile);
        var projection = ScimProjection.Parse(type, query.Attributes, query.ExcludedAttributes);
        var matches = new Matcher(this, exchange, query, type, lenient: false);
        var page = new List<T>();
        var more = false;
        await foreach (var record in CandidatesAsync(exchange, query, afterId, query.Filter is null ? count + 1 : int.MaxValue))
        {
            if (await matches.FindAsync(record) is null)
            {
                continue;
            }

            if (page.Count == count)
            {
                more = true;
                break;
            }

            page.Add(record);
        }

        long? total = query.Filter is null ? (await PageAsync(exchange.Profile, 1, 0, exchange.Aborted)).Total : null;
        return new KeyPage(
            total, query.Filter is null ? await ShowPageAsync(exchange, page, projection) : await ShowAsync(exchange, page, projection), more);
    }

    /// <summary>Reads a page of everything.</summary>
    protected abstract ValueTask<(long Total, IReadOnlyList<T> Records)> PageAsync(
        IntegrationProfile profile, long start, int count, CancellationToken cancellationToken);

    /// <summary>Finds the records that an index names for a filter, in the order of ids; null where the filter needs a scan.</summary>
    protected abstract ValueTask<IReadOnlyList<T>?> LookupAsync(IntegrationProfile profile, ScimFilter filter, CancellationToken cancellationToken);

    /// <summary>
    /// Answers a filter that names one resource by an attribute that is unique, without compiling it: the question that
    /// identity providers ask most. Null where it is another question.
    /// </summary>
    protected virtual ValueTask<IReadOnlyList<T>?> FindOneAsync(IntegrationProfile profile, ScimFilter filter, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<T>?>(null);

    /// <summary>Reads everything after an id, in the order of ids.</summary>
    protected abstract IAsyncEnumerable<T> ScanAsync(IntegrationProfile profile, string? afterId, int expected, CancellationToken cancellationToken);

    /// <summary>The resource without what has to be read from elsewhere.</summary>
    protected abstract ScimResource Plain(IntegrationProfile profile, T record);

    /// <summary>Whether an attribute has to be read from elsewhere.</summary>
    protected virtual bool IsElsewhere(string name) => false;

    /// <summary>Adds what has to be read from elsewhere, as far as it is needed.</summary>
    protected virtual ValueTask<ScimResource> CompleteAsync(ScimExchange exchange, T record, ScimResource plain, Func<string, bool> needs) =>
        ValueTask.FromResult(plain);

    /// <summary>A record as the client wants to see it.</summary>
    public ValueTask<ScimResource> ShowAsync(ScimExchange exchange, T record, ScimProjection projection) =>
        CompleteAsync(exchange, record, Plain(exchange.Profile, record), name =>
            name.Contains(':', StringComparison.Ordinal) ? projection.ShowsExtension(name)
            : name.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? projection.ShowsPart(name[..dot], name[(dot + 1)..])
            : projection.Shows(name));

    /// <summary>Shows records that follow one another, with no other between them.</summary>
    protected virtual Task<IReadOnlyList<ShownResource>> ShowPageAsync(ScimExchange exchange, IReadOnlyList<T> records, ScimProjection projection) =>
        ShowAsync(exchange, records, projection);

    private async Task<IReadOnlyList<ShownResource>> ShowAsync(ScimExchange exchange, IReadOnlyList<T> records, ScimProjection projection)
    {
        var shown = new List<ShownResource>(records.Count);
        foreach (var record in records)
        {
            shown.Add(new ShownResource(await ShowAsync(exchange, record, projection), projection));
        }

        return shown;
    }

    private async IAsyncEnumerable<T> CandidatesAsync(ScimExchange exchange, ScimQuery query, string? afterId, int expected = int.MaxValue)
    {
        if (query.Filter is { } filter && await LookupAsync(exchange.Profile, filter, exchange.Aborted) is { } found)
        {
            foreach (var record in found)
            {
                if (afterId is null || string.CompareOrdinal(Plain(exchange.Profile, record).Id, afterId) > 0)
                {
                    yield return record;
                }
            }

            yield break;
        }

        await foreach (var record in ScanAsync(exchange.Profile, afterId, expected, exchange.Aborted))
        {
            yield return record;
        }
    }

    /// <summary>Sorts all that match, holding no more of them than the page asks for.</summary>
    private async Task<(long Total, IReadOnlyList<T> Records)> SortedAsync(
        ScimExchange exchange, ScimQuery query, Matcher matches, ScimSort sort, long start, int count)
    {
        // Whatever index was asked for: nothing holds more resources than a list can.
        var end = (int)Math.Min(start - 1, int.MaxValue - count) + count;
        var kept = new List<(ScimResource Resource, T Record)>();
        long found = 0;
        var order = Comparer<(ScimResource Resource, T Record)>.Create((a, b) => sort.Compare(a.Resource, b.Resource));
        await foreach (var record in CandidatesAsync(exchange, query, null))
        {
            if (await matches.FindAsync(record) is not { } resource)
            {
                continue;
            }

            found++;
            kept.Add((resource, record));
            if (kept.Count > (2L * end) + SortSlack)
            {
                kept.Sort(order);
                kept.RemoveRange(end, kept.Count - end);
            }
        }

        kept.Sort(order);
        return (found, [.. kept.Skip((int)Math.Min(start - 1, int.MaxValue)).Take(count).Select(k => k.Record)]);
    }

    /// <summary>Tries a query on one record after the other.</summary>
    private sealed class Matcher
    {
        private readonly ScimSource<T> source;
        private readonly ScimExchange exchange;
        private readonly Func<ScimResource, bool>? matches;
        private readonly HashSet<string> elsewhere = new(StringComparer.OrdinalIgnoreCase);
        private readonly bool byLocation;

        public Matcher(ScimSource<T> source, ScimExchange exchange, ScimQuery query, ScimResourceType type, bool lenient)
        {
            this.source = source;
            this.exchange = exchange;
            matches = query.Filter?.Compile(type, lenient);
            Sort = query.SortBy is null || lenient ? null : ScimSort.Parse(type, query.SortBy, query.IsDescending);
            foreach (var path in FilterPaths.Of(query.Filter))
            {
                // The whole text too: the path of an extension holds its URN.
                elsewhere.UnionWith(new[] { path.Name, $"{path.Name}.{path.SubName}", path.Schema ?? "", $"{path.Schema}:{path.Name}" }.Where(source.IsElsewhere));
                byLocation |= string.Equals(path.Name, "meta", StringComparison.OrdinalIgnoreCase);
            }

            if (query.SortBy is { } by)
            {
                elsewhere.UnionWith(new[] { by.Split('.')[0], by[..Math.Max(0, by.LastIndexOf(':'))] }.Where(source.IsElsewhere));
                byLocation |= by.EndsWith("meta.location", StringComparison.OrdinalIgnoreCase);
            }
        }

        public ScimSort? Sort { get; }

        /// <summary>The resource where it matches, or null.</summary>
        public async ValueTask<ScimResource?> FindAsync(T record)
        {
            var resource = source.Plain(exchange.Profile, record);
            if (byLocation)
            {
                resource = resource.WithLocation(exchange.BaseUrl);
            }

            if (elsewhere.Count > 0)
            {
                resource = await source.CompleteAsync(exchange, record, resource, elsewhere.Contains);
            }

            return matches?.Invoke(resource) == false ? null : resource;
        }
    }
}
