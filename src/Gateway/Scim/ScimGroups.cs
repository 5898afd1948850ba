using IdLcm.Domain.Groups;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Listing;
using IdLcm.Domain.Scim;
using IdLcm.Gateway.Scim.Queries;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Scim;

/// <summary>The endpoint <c>/Groups</c> (RFC 7644 section 3). Members are read only where an answer or a filter needs them.</summary>
internal sealed class ScimGroups(GroupService groups, GroupReader reader, CountedListing listing) : ScimSource<Group>, IScimResources
{
    private const string Members = "members";
    private const string Display = "members.display";

    private const ScimLookupKeys Indexed = ScimLookupKeys.Id | ScimLookupKeys.DisplayName | ScimLookupKeys.ExternalId | ScimLookupKeys.Member;

    public override ScimResourceType TypeOf(IntegrationProfile profile) => ScimSchemas.GroupType;

    public async Task<ScimAnswer> CreateAsync(ScimCall call)
    {
        var exchange = call.Exchange;
        var projection = call.ProjectionOf(ScimSchemas.GroupType);
        var members = ScimGroupMember.TakeFrom(ScimResource.FromBody(call.Body!, ScimSchemas.GroupType), out var resource);
        var write = await groups.CreateAsync(exchange.Profile, resource, [.. members.Select(m => m.Value)], exchange.Provenance, exchange.Aborted);
        Refuse(write, "");
        return ScimAnswer.Show(StatusCodes.Status201Created, await ShowAsync(exchange, write.Group!, projection), projection);
    }

    public async Task<ScimAnswer> GetAsync(ScimCall call)
    {
        var projection = call.ProjectionOf(ScimSchemas.GroupType);
        var group = await reader.FindAsync(call.Exchange.Profile, call.Id, call.Exchange.Aborted) ?? throw ScimError.NotFound("Group", call.Id).ToException();
        return ScimAnswer.ShowUnlessKnown(call, await ShowAsync(call.Exchange, group, projection), projection);
    }

    public async Task<ScimAnswer> ReplaceAsync(ScimCall call)
    {
        var members = ScimGroupMember.TakeFrom(ScimResource.FromBody(call.Body!, ScimSchemas.GroupType), out var incoming);
        string[] ids = [.. members.Select(m => m.Value)];
        var write = await ChangeAsync(call, (_, before) => ValueTask.FromResult(new GroupChange(ScimPut.Merge(before, incoming).Resource, ReplacesMembers: true, ids, [])));
        var projection = call.ProjectionOf(ScimSchemas.GroupType);
        return ScimAnswer.Show(StatusCodes.Status200OK, await ShowAsync(call.Exchange, write.Group!, projection), projection);
    }

    public async Task<ScimAnswer> PatchAsync(ScimCall call)
    {
        var request = ScimPatchRequest.FromBody(call.Body!);
        var analysis = ScimGroupPatch.Analyze(request, ScimSchemas.GroupType);
        var write = await ChangeAsync(call, (group, before) => analysis.NeedsMembers
            ? ApplyToMembersAsync(call.Exchange, group, before, request)
            : ValueTask.FromResult(new GroupChange(
                analysis.Attributes is null ? before : ScimPatch.Apply(before, analysis.Attributes).Resource,
                analysis.ReplacesMembers,
                [.. analysis.Adds.Select(m => m.Value)],
                analysis.Removes)));

        // Microsoft Entra ID asks for 204; a client that names attributes wants to see them (RFC 7644 section 3.5.2).
        if (!call.Exchange.Http.Request.Query.ContainsKey("attributes"))
        {
            return new ScimAnswer(StatusCodes.Status204NoContent, ETag: MetaOf(write.Group!).ETag, Id: call.Id);
        }

        var projection = call.ProjectionOf(ScimSchemas.GroupType);
        return ScimAnswer.Show(StatusCodes.Status200OK, await ShowAsync(call.Exchange, write.Group!, projection), projection);
    }

    public async Task<ScimAnswer> DeleteAsync(ScimCall call)
    {
        var write = await groups.DeleteAsync(call.Exchange.Profile, call.Id, call.Versions, call.Exchange.Provenance, call.Exchange.Aborted);
        Refuse(write, call.Id);
        return new ScimAnswer(StatusCodes.Status204NoContent);
    }

    protected override async ValueTask<(long Total, IReadOnlyList<Group> Records)> PageAsync(
        IntegrationProfile profile, long start, int count, CancellationToken cancellationToken)
    {
        var page = await listing.PageAsync(profile.Partition, Listed.Groups, start, count, cancellationToken);
        var records = new List<Group>(page.Rows.Count);
        foreach (var row in page.Rows)
        {
            records.Add(await reader.ReadAsync(profile, row, cancellationToken));
        }

        return (page.Total, records);
    }

    protected override async ValueTask<IReadOnlyList<Group>?> LookupAsync(IntegrationProfile profile, ScimFilter filter, CancellationToken cancellationToken)
    {
        // Entra ID's reference check is answered from one membership, whatever the size of the group.
        if (ScimLookup.TryGetMembership(filter, out var groupId, out var memberId))
        {
            return await reader.IsMemberAsync(profile, groupId, memberId, cancellationToken) ? OneOrNone(await reader.FindAsync(profile, groupId, cancellationToken)) : [];
        }

        var lookup = ScimLookup.TryGetEquality(filter, Indexed);
        return lookup?.Key switch
        {
            null => null,
            ScimLookupKeys.Id => OneOrNone(await reader.FindAsync(profile, lookup.Value, cancellationToken)),
            ScimLookupKeys.DisplayName => await reader.FindByIndexAsync(profile, 'd', lookup.Value, cancellationToken),
            ScimLookupKeys.ExternalId => await reader.FindByIndexAsync(profile, 'f', lookup.Value, cancellationToken),
            _ => await GroupsOfAsync(profile, lookup.Value, cancellationToken),
        };
    }

    protected override async IAsyncEnumerable<Group> ScanAsync(
        IntegrationProfile profile, string? afterId, int expected, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in listing.ScanAsync(profile.Partition, Listed.Groups, afterId, expected, cancellationToken))
        {
            yield return await reader.ReadAsync(profile, row, cancellationToken);
        }
    }

    protected override ScimResource Plain(IntegrationProfile profile, Group record) =>
        ScimResource.FromStoredLazily(record.Record.Resource, ScimSchemas.GroupType, record.Id, MetaOf(record));

    protected override bool IsElsewhere(string name) =>
        string.Equals(name, Members, StringComparison.OrdinalIgnoreCase) || string.Equals(name, Display, StringComparison.OrdinalIgnoreCase);

    protected override async ValueTask<ScimResource> CompleteAsync(ScimExchange exchange, Group record, ScimResource plain, Func<string, bool> needs)
    {
        if (!needs(Members) || await reader.MembersAsync(exchange.Profile, record.Id, exchange.Aborted) is not { Count: > 0 } members)
        {
            return plain;
        }

        var named = needs(Display);
        var values = new ScimValue[members.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var (id, kind) = members[i];
            var member = new ScimComplex(
                new ScimMember("value", id),
                new ScimMember("$ref", kind == MemberKind.User ? $"{exchange.BaseUrl}/Users/{id}" : $"{exchange.BaseUrl}/Groups/{id}"),
                new ScimMember("type", kind == MemberKind.User ? "User" : "Group"));
            values[i] = named && await reader.NameOfAsync(exchange.Profile, members[i], exchange.Aborted) is { } name ? member.With("display", name) : member;
        }

        return plain.With(Members, new ScimArray(values));
    }

    private async Task<GroupWrite> ChangeAsync(ScimCall call, Func<Group, ScimResource, ValueTask<GroupChange>> change)
    {
        var write = await groups.ChangeAsync(call.Exchange.Profile, call.Id, change, call.Versions, call.Exchange.Provenance, call.Exchange.Aborted);
        Refuse(write, call.Id);
        return write;
    }

    /// <summary>A PATCH that selects members by something else than their id sees them all.</summary>
    private async ValueTask<GroupChange> ApplyToMembersAsync(ScimExchange exchange, Group group, ScimResource before, ScimPatchRequest request)
    {
        var whole = await CompleteAsync(exchange, group, before, static _ => true);
        var members = ScimGroupMember.TakeFrom(ScimPatch.Apply(whole, request).Resource, out var after);
        return new GroupChange(after, ReplacesMembers: true, [.. members.Select(m => m.Value)], []);
    }

    private async Task<IReadOnlyList<Group>> GroupsOfAsync(IntegrationProfile profile, string memberId, CancellationToken cancellationToken)
    {
        var found = new List<Group>();
        if (!IntegrationStore.IsWellFormed(memberId))
        {
            return found;
        }

        foreach (var record in await reader.GroupsOfAsync(profile, memberId, cancellationToken))
        {
            if (await reader.FindAsync(profile, record.Id, cancellationToken) is { } group)
            {
                found.Add(group);
            }
        }

        return found;
    }

    private static ScimMeta MetaOf(Group group) => new(group.Record.CreatedAt, group.ModifiedAt, group.Version);

    private static IReadOnlyList<Group> OneOrNone(Group? group) => group is null ? [] : [group];

    private static void Refuse(GroupWrite write, string id)
    {
        var error = write.Kind switch
        {
            GroupWriteKind.NotFound => ScimError.NotFound("Group", id),
            GroupWriteKind.VersionMismatch => ScimError.PreconditionFailed($"W/\"{write.Group!.Version}\""),
            GroupWriteKind.Invalid => ScimError.InvalidValue(write.Detail!),
            _ => null,
        };
        if (error is not null)
        {
            throw error.ToException();
        }
    }
}
