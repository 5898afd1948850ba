using IdLcm.Domain.Integrations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Scim.Queries;

namespace IdLcm.Gateway.Scim;

/// <summary>Something that a user may be given, in the shape that Okta discovers. Its id is the value to give.</summary>
internal sealed record ScimGrant(string Value, string DisplayName, string Type, string Description);

/// <summary>
/// Read-only lists of what users may be given (Okta, "Entitlement management with SCIM"): found by the schema of the
/// resource type, each with id, displayName, type and description.
/// </summary>
internal abstract class ScimGrants(ScimResourceType type) : ScimSource<ScimGrant>
{
    private const int MaxDescription = 1_000;

    /// <summary>They are few, and in the order in which the user schema or the app has them.</summary>
    public override bool IsOrderedById => false;

    public override ScimResourceType TypeOf(IntegrationProfile profile) => type;

    public abstract ValueTask<IReadOnlyList<ScimGrant>> ListAsync(IntegrationProfile profile, CancellationToken cancellationToken);

    public async Task<ScimAnswer> GetAsync(ScimCall call)
    {
        // A slash within a segment stays encoded when the route is matched.
        var id = call.Id.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var grants = await ListAsync(call.Exchange.Profile, call.Exchange.Aborted);
        var grant = grants.FirstOrDefault(g => g.Value == id) ?? throw ScimError.NotFound(type.Name, id).ToException();
        return ScimAnswer.ShowUnlessKnown(call, Plain(call.Exchange.Profile, grant), call.ProjectionOf(type));
    }

    protected override async ValueTask<(long Total, IReadOnlyList<ScimGrant> Records)> PageAsync(
        IntegrationProfile profile, long start, int count, CancellationToken cancellationToken)
    {
        var grants = await ListAsync(profile, cancellationToken);
        return (grants.Count, [.. grants.Skip((int)Math.Min(start - 1, int.MaxValue)).Take(count)]);
    }

    protected override ValueTask<IReadOnlyList<ScimGrant>?> LookupAsync(IntegrationProfile profile, ScimFilter filter, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<ScimGrant>?>(null);

    protected override async IAsyncEnumerable<ScimGrant> ScanAsync(
        IntegrationProfile profile, string? afterId, int expected, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var grant in await ListAsync(profile, cancellationToken))
        {
            yield return grant;
        }
    }

    protected override ScimResource Plain(IntegrationProfile profile, ScimGrant record)
    {
        var description = record.Description.Length > MaxDescription ? record.Description[..MaxDescription] : record.Description;
        var attributes = new ScimComplex(new ScimMember("displayName", record.DisplayName), new ScimMember("type", record.Type));
        var changed = profile.Integration.ModifiedAt;
        return new ScimResource(
            type,
            description.Length == 0 ? attributes : attributes.With("description", description),
            record.Value,
            new ScimMeta(profile.Integration.CreatedAt, changed, Domain.Ids.KeyOf($"{record.Value}\n{record.DisplayName}\n{description}")[..16]));
    }
}

/// <summary>The endpoint <c>/Roles</c>: the options of the user schema.</summary>
internal sealed class ScimRoles() : ScimGrants(ScimSchemas.RoleType)
{
    public override ValueTask<IReadOnlyList<ScimGrant>> ListAsync(IntegrationProfile profile, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<ScimGrant>>([.. profile.Schema.Roles.Select(role => new ScimGrant(role.Value, role.DisplayName, "Role", role.Description))]);
}

/// <summary>The endpoint <c>/Entitlements</c>: what a sync read from the app.</summary>
internal sealed class ScimEntitlements(EntitlementCatalog catalog) : ScimGrants(ScimSchemas.EntitlementType)
{
    public override async ValueTask<IReadOnlyList<ScimGrant>> ListAsync(IntegrationProfile profile, CancellationToken cancellationToken) =>
        [.. (await catalog.ListAsync(profile, cancellationToken)).Select(option => new ScimGrant(option.Value, option.DisplayName, "Entitlement", option.Description))];
}
