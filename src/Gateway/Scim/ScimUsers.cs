using IdLcm.Domain.Groups;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Listing;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Scim.Queries;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Scim;

/// <summary>The endpoint <c>/Users</c> (RFC 7644 section 3).</summary>
internal sealed class ScimUsers(UserService users, CountedListing listing, GroupReader groups, ProvisioningView provisioning)
    : ScimSource<UserRecord>, IScimResources
{
    private const string Groups = "groups";

    private const ScimLookupKeys Indexed =
        ScimLookupKeys.Id | ScimLookupKeys.UserName | ScimLookupKeys.ExternalId | ScimLookupKeys.WorkEmail | ScimLookupKeys.Email | ScimLookupKeys.Group;

    public override ScimResourceType TypeOf(IntegrationProfile profile) => profile.UserType;

    public async Task<ScimAnswer> CreateAsync(ScimCall call)
    {
        var exchange = call.Exchange;
        var projection = call.ProjectionOf(exchange.Profile.UserType);
        var resource = ScimResource.FromBody(call.Body!, exchange.Profile.UserType);
        var write = await users.CreateAsync(exchange.Profile, resource, exchange.Provenance, exchange.Aborted);
        Refuse(write, "");
        return Answer(call, StatusCodes.Status201Created, write, projection, write.Kind == UserWriteKind.Created
            ? await ShowAloneAsync(exchange, write.User!, projection)
            : await ShowAsync(exchange, write.User!, projection));
    }

    public async Task<ScimAnswer> GetAsync(ScimCall call)
    {
        var projection = call.ProjectionOf(call.Exchange.Profile.UserType);
        var user = await users.FindAsync(call.Exchange.Profile, call.Id, call.Exchange.Aborted) ?? throw ScimError.NotFound("User", call.Id).ToException();
        return ScimAnswer.ShowUnlessKnown(call, await ShowAsync(call.Exchange, user, projection), projection);
    }

    public Task<ScimAnswer> ReplaceAsync(ScimCall call)
    {
        var incoming = ScimResource.FromBody(call.Body!, call.Exchange.Profile.UserType);
        return ChangeAsync(call, before => ScimPut.Merge(before, incoming).Resource);
    }

    public Task<ScimAnswer> PatchAsync(ScimCall call)
    {
        var request = ScimPatchRequest.FromBody(call.Body!);
        return ChangeAsync(call, before => ScimPatch.Apply(before, request).Resource);
    }

    public async Task<ScimAnswer> DeleteAsync(ScimCall call)
    {
        var exchange = call.Exchange;
        var write = await users.DeleteAsync(exchange.Profile, call.Id, GenerationsOf(call), exchange.Provenance, exchange.Aborted);
        Refuse(write, call.Id);
        return new ScimAnswer(StatusCodes.Status204NoContent)
        {
            OperationId = write.OperationId,
            Again = () => Task.FromResult(new ScimAnswer(StatusCodes.Status204NoContent)),
        };
    }

    protected override async ValueTask<(long Total, IReadOnlyList<UserRecord> Records)> PageAsync(
        IntegrationProfile profile, long start, int count, CancellationToken cancellationToken)
    {
        var page = await listing.PageAsync(profile.Partition, Listed.Users, start, count, cancellationToken);
        return (page.Total, [.. page.Rows.Select(row => UserRecords.Decode(row.Value))]);
    }

    protected override async ValueTask<IReadOnlyList<UserRecord>?> LookupAsync(IntegrationProfile profile, ScimFilter filter, CancellationToken cancellationToken)
    {
        // The index folds more than the attribute may allow, so the filter itself always has the last word.
        var lookup = ScimLookup.TryGetEquality(filter, Indexed);
        return lookup?.Key switch
        {
            null => null,
            ScimLookupKeys.Id => OneOrNone(await users.FindAsync(profile, lookup.Value, cancellationToken)),
            ScimLookupKeys.UserName => OneOrNone(await users.FindByUserNameAsync(profile, lookup.Value, cancellationToken)),
            ScimLookupKeys.ExternalId => await users.FindByIndexAsync(profile, 'e', lookup.Value, cancellationToken),
            ScimLookupKeys.Group => await MembersOfAsync(profile, lookup.Value, cancellationToken),
            _ => await users.FindByIndexAsync(profile, 'm', lookup.Value, cancellationToken),
        };
    }

    protected override async ValueTask<IReadOnlyList<UserRecord>?> FindOneAsync(IntegrationProfile profile, ScimFilter filter, CancellationToken cancellationToken)
    {
        if (filter is not ScimComparisonFilter { Operator: ScimOperator.Equal, Value: { Kind: ScimLiteralKind.Text, Text: var value }, Path: { Schema: null, SubName: null } path }
            || !string.Equals(path.Name, "userName", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return await users.FindByUserNameAsync(profile, value, cancellationToken) is { } user && UserNames.AreSame(UserNameOf(user), value) ? [user] : [];
    }

    /// <summary>The user name alone, without taking the rest apart.</summary>
    private static string? UserNameOf(UserRecord user)
    {
        var reader = new System.Text.Json.Utf8JsonReader(user.Resource.Span);
        reader.Read();
        while (reader.Read() && reader.TokenType == System.Text.Json.JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueTextEquals("userName"u8);
            reader.Read();
            if (isIt)
            {
                return reader.GetString();
            }

            reader.Skip();
        }

        return null;
    }

    protected override async IAsyncEnumerable<UserRecord> ScanAsync(
        IntegrationProfile profile, string? afterId, int expected, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in listing.ScanAsync(profile.Partition, Listed.Users, afterId, expected, cancellationToken))
        {
            yield return UserRecords.Decode(row.Value);
        }
    }

    protected override ScimResource Plain(IntegrationProfile profile, UserRecord record) => UserDefaults.Complete(
        ScimResource.FromStoredLazily(record.Resource, profile.UserType, record.Id, new ScimMeta(record.CreatedAt, record.ModifiedAt, VersionOf(record.Generation))),
        record.Resource.Span);

    protected override bool IsElsewhere(string name) =>
        string.Equals(name, Groups, StringComparison.OrdinalIgnoreCase) || string.Equals(name, ScimSchemas.ProvisioningUrn, StringComparison.OrdinalIgnoreCase);

    protected override async ValueTask<ScimResource> CompleteAsync(ScimExchange exchange, UserRecord record, ScimResource plain, Func<string, bool> needs)
    {
        if (needs(Groups))
        {
            plain = WithGroups(plain, await groups.GroupsOfAsync(exchange.Profile, record.Id, exchange.Aborted), exchange);
        }

        return needs(ScimSchemas.ProvisioningUrn) ? await provisioning.AddAsync(exchange.Profile, record, plain, exchange.Aborted) : plain;
    }

    /// <summary>The groups of a whole page are read in one pass.</summary>
    protected override async Task<IReadOnlyList<ShownResource>> ShowPageAsync(ScimExchange exchange, IReadOnlyList<UserRecord> records, ScimProjection projection)
    {
        var memberOf = projection.Shows(Groups)
            ? await groups.GroupsOfPageAsync(exchange.Profile, [.. records.Select(user => user.Id)], exchange.Aborted)
            : null;
        var withState = projection.ShowsExtension(ScimSchemas.ProvisioningUrn);
        var shown = new ShownResource[records.Count];
        for (var i = 0; i < shown.Length; i++)
        {
            var resource = Plain(exchange.Profile, records[i]);
            if (memberOf is not null && memberOf.TryGetValue(records[i].Id, out var of))
            {
                resource = WithGroups(resource, of, exchange);
            }

            shown[i] = new ShownResource(withState ? await provisioning.AddAsync(exchange.Profile, records[i], resource, exchange.Aborted) : resource, projection);
        }

        return shown;
    }

    private static ScimArray ValueOf(IReadOnlyList<GroupRecord> memberOf, string baseUrl) => new([.. memberOf.Select(group => (ScimValue)new ScimComplex(
        new ScimMember("value", group.Id),
        new ScimMember("$ref", $"{baseUrl}/Groups/{group.Id}"),
        new ScimMember("display", group.DisplayName),
        new ScimMember("type", "direct")))]);

    private async Task<ScimAnswer> ChangeAsync(ScimCall call, Func<ScimResource, ScimResource> change)
    {
        var exchange = call.Exchange;
        var projection = call.ProjectionOf(exchange.Profile.UserType);
        var changing = users.ChangeAsync(
            exchange.Profile, call.Id, (_, before) => change(before), GenerationsOf(call), exchange.Provenance, exchange.Aborted);

        // Beside the change, which does not touch them: one wait less.
        var memberOf = projection.Shows(Groups) && IntegrationStore.IsWellFormed(call.Id)
            ? groups.GroupsOfAsync(exchange.Profile, call.Id, exchange.Aborted).AsTask()
            : Task.FromResult<IReadOnlyList<GroupRecord>>([]);
        await Task.WhenAll(changing, memberOf);
        var write = await changing;
        Refuse(write, call.Id);
        var shown = await ShowAloneAsync(exchange, write.User!, projection);
        return Answer(call, StatusCodes.Status200OK, write, projection, WithGroups(shown, await memberOf, exchange));
    }

    /// <summary>Without groups: nobody is in one before there is an id to name, or the caller has them.</summary>
    private ValueTask<ScimResource> ShowAloneAsync(ScimExchange exchange, UserRecord user, ScimProjection projection) => CompleteAsync(
        exchange, user, Plain(exchange.Profile, user), name => name != Groups && projection.ShowsExtension(name));

    private static ScimResource WithGroups(ScimResource resource, IReadOnlyList<GroupRecord> memberOf, ScimExchange exchange) =>
        memberOf.Count > 0
            ? resource.With(Groups, ValueOf(memberOf, exchange.BaseUrl)).Versioned(string.Join('\n', memberOf.SelectMany(group => (string[])[group.Id, group.DisplayName])))
            : resource;

    private ScimAnswer Answer(ScimCall call, int status, UserWrite write, ScimProjection projection, ScimResource shown) =>
        ScimAnswer.Show(status, shown, projection) with
        {
            OperationId = write.OperationId,
            Again = async () =>
            {
                var user = await users.FindAsync(call.Exchange.Profile, write.User!.Id, call.Exchange.Aborted) ?? write.User;
                return ScimAnswer.Show(status, await ShowAsync(call.Exchange, user, projection), projection);
            },
        };

    private async Task<IReadOnlyList<UserRecord>> MembersOfAsync(IntegrationProfile profile, string groupId, CancellationToken cancellationToken)
    {
        var found = new List<UserRecord>();
        if (await groups.FindAsync(profile, groupId, cancellationToken) is null)
        {
            return found;
        }

        foreach (var member in await groups.MembersAsync(profile, groupId, cancellationToken))
        {
            if (member.Kind == MemberKind.User && await users.FindAsync(profile, member.Id, cancellationToken) is { } user)
            {
                found.Add(user);
            }
        }

        return found;
    }

    private static IReadOnlyList<UserRecord> OneOrNone(UserRecord? user) => user is null ? [] : [user];

    private static string VersionOf(long generation) => generation.ToString("x");

    // What the server shows beside the wish, groups among it, is not the client's to guard.
    private static Predicate<long>? GenerationsOf(ScimCall call) =>
        call.Accepts(static (meta, header) => meta.IsAcceptedBy(header)) is { } accepts ? generation => accepts(VersionOf(generation)) : null;

    private static void Refuse(UserWrite write, string id)
    {
        var error = write.Kind switch
        {
            UserWriteKind.NotFound => ScimError.NotFound("User", id),
            UserWriteKind.VersionMismatch => ScimError.PreconditionFailed($"W/\"{VersionOf(write.User!.Generation)}\""),
            UserWriteKind.Taken => ScimError.Uniqueness(write.Detail!),
            UserWriteKind.Invalid => ScimError.InvalidValue(write.Detail!),
            UserWriteKind.Refused => ScimError.Forbidden(write.Detail!),
            _ => null,
        };
        if (error is not null)
        {
            throw error.ToException();
        }
    }
}
