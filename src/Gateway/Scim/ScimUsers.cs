using IdLcm.Domain.Integrations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Users;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Scim;

/// <summary>The endpoint <c>/Users</c> (RFC 7644 section 3).</summary>
internal sealed class ScimUsers(UserService users, UserDirectory directory, ProvisioningView provisioning)
{
    private const ScimLookupKeys Indexed = ScimLookupKeys.Id | ScimLookupKeys.UserName | ScimLookupKeys.ExternalId | ScimLookupKeys.WorkEmail | ScimLookupKeys.Email;

    public async Task CreateAsync(ScimExchange exchange)
    {
        var body = await exchange.ReadBodyAsync();
        var projection = ProjectionOf(exchange);
        var resource = ScimResource.Parse(body.Span, exchange.Profile.UserType);
        var write = await users.CreateAsync(exchange.Profile, resource, exchange.Provenance, exchange.Aborted);
        Refuse(write, exchange, "");
        await exchange.WriteResourceAsync(StatusCodes.Status201Created, await ShowAsync(exchange, write.User!, projection), projection);
    }

    public async Task GetAsync(ScimExchange exchange)
    {
        var id = exchange.Route("id");
        var projection = ProjectionOf(exchange);
        var user = await users.FindAsync(exchange.Profile, id, exchange.Aborted) ?? throw ScimError.NotFound("User", id).ToException();
        var resource = await ShowAsync(exchange, user, projection);
        var known = exchange.Http.Request.Headers.IfNoneMatch.ToString();
        if (known.Length > 0 && resource.Meta!.IsNamedBy(known))
        {
            exchange.Http.Response.Headers.ETag = resource.Meta.ETag;
            exchange.Http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await exchange.WriteResourceAsync(StatusCodes.Status200OK, resource, projection);
    }

    public async Task ReplaceAsync(ScimExchange exchange)
    {
        var incoming = ScimResource.Parse((await exchange.ReadBodyAsync()).Span, exchange.Profile.UserType);
        await ChangeAsync(exchange, before => ScimPut.Merge(before, incoming).Resource);
    }

    public async Task PatchAsync(ScimExchange exchange)
    {
        var request = ScimPatchRequest.Parse((await exchange.ReadBodyAsync()).Span);
        await ChangeAsync(exchange, before => ScimPatch.Apply(before, request).Resource);
    }

    public async Task DeleteAsync(ScimExchange exchange)
    {
        var id = exchange.Route("id");
        var write = await users.DeleteAsync(exchange.Profile, id, VersionsOf(exchange), exchange.Provenance, exchange.Aborted);
        Refuse(write, exchange, id);
        exchange.Http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public async Task ListAsync(ScimExchange exchange)
    {
        var query = ScimQuery.FromParameters(exchange.Http.Request.Query.Select(p => new KeyValuePair<string, string?>(p.Key, p.Value.ToString())));
        var projection = ScimProjection.Parse(exchange.Profile.UserType, query.Attributes, query.ExcludedAttributes);
        var count = query.PageSize(ScimLimits.Default);
        var start = Math.Max(1, query.StartIndex);
        long total;
        IReadOnlyList<UserRecord> page;
        if (query.Filter is { } filter)
        {
            var matches = await FilterAsync(exchange, filter);
            total = matches.Count;
            page = [.. matches.Skip((int)Math.Min(start - 1, int.MaxValue)).Take(count)];
        }
        else
        {
            (total, page) = await directory.PageAsync(exchange.Profile, start, count, exchange.Aborted);
        }

        var resources = new List<ScimResource>(page.Count);
        foreach (var user in page)
        {
            resources.Add(await ShowAsync(exchange, user, projection));
        }

        await ScimExchange.WriteAsync(
            exchange.Http,
            StatusCodes.Status200OK,
            (total, start, resources, projection, exchange.BaseUrl),
            static (writer, state) => ScimListResponse.WriteIndexPage(writer, state.total, state.start, state.resources, state.projection, state.BaseUrl));
    }

    private async Task ChangeAsync(ScimExchange exchange, Func<ScimResource, ScimResource> change)
    {
        var id = exchange.Route("id");
        var projection = ProjectionOf(exchange);
        var write = await users.ChangeAsync(
            exchange.Profile, id, (_, before) => change(before), VersionsOf(exchange), exchange.Provenance, exchange.Aborted);
        Refuse(write, exchange, id);
        await exchange.WriteResourceAsync(StatusCodes.Status200OK, await ShowAsync(exchange, write.User!, projection), projection);
    }

    private async Task<IReadOnlyList<UserRecord>> FilterAsync(ScimExchange exchange, ScimFilter filter)
    {
        var profile = exchange.Profile;
        var lookup = ScimLookup.TryGetEquality(filter, Indexed);
        IEnumerable<UserRecord> candidates = lookup?.Key switch
        {
            null => await directory.AllAsync(profile, exchange.Aborted),
            ScimLookupKeys.Id => OneOrNone(await users.FindAsync(profile, lookup.Value, exchange.Aborted)),
            ScimLookupKeys.UserName => OneOrNone(await users.FindByUserNameAsync(profile, lookup.Value, exchange.Aborted)),
            ScimLookupKeys.ExternalId => await users.FindByIndexAsync(profile, 'e', lookup.Value, exchange.Aborted),
            _ => await users.FindByIndexAsync(profile, 'm', lookup.Value, exchange.Aborted),
        };

        // The index folds more than the attribute may allow, so the filter itself always has the last word.
        var matches = filter.Compile(profile.UserType);
        return [.. candidates.Where(user => matches(Plain(profile, user)))];
    }

    private static IEnumerable<UserRecord> OneOrNone(UserRecord? user) => user is null ? [] : [user];

    private async ValueTask<ScimResource> ShowAsync(ScimExchange exchange, UserRecord user, ScimProjection projection)
    {
        var resource = Plain(exchange.Profile, user);
        return projection.ShowsExtension(ScimSchemas.ProvisioningUrn)
            ? await provisioning.AddAsync(exchange.Profile, user, resource, exchange.Aborted)
            : resource;
    }

    private static ScimResource Plain(IntegrationProfile profile, UserRecord user) => ScimResource.FromStored(
        user.Resource.Span, profile.UserType, user.Id, new ScimMeta(user.CreatedAt, user.ModifiedAt, VersionOf(user.Generation)));

    private static string VersionOf(long generation) => generation.ToString("x");

    private static ScimProjection ProjectionOf(ScimExchange exchange)
    {
        var query = exchange.Http.Request.Query;
        return query.Count == 0
            ? ScimProjection.DefaultFor(exchange.Profile.UserType)
            : ScimProjection.Parse(exchange.Profile.UserType, query["attributes"], query["excludedAttributes"]);
    }

    private static Predicate<long>? VersionsOf(ScimExchange exchange)
    {
        var header = exchange.Http.Request.Headers.IfMatch.ToString();
        return header.Length == 0 ? null : generation => new ScimMeta(default, default, VersionOf(generation)).IsNamedBy(header);
    }

    private static void Refuse(UserWrite write, ScimExchange exchange, string id)
    {
        var error = write.Kind switch
        {
            UserWriteKind.NotFound => ScimError.NotFound("User", id),
            UserWriteKind.VersionMismatch => ScimError.PreconditionFailed($"W/\"{VersionOf(write.User!.Generation)}\""),
            UserWriteKind.Taken => ScimError.Uniqueness(write.Detail!),
            UserWriteKind.Invalid => ScimError.InvalidValue(write.Detail!),
            _ => null,
        };
        if (error is not null)
        {
            throw error.ToException();
        }
    }
}
