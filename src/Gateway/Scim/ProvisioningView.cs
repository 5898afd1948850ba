using System.Globalization;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Gateway.Scim;

/// <summary>The gateway's own read-only extension of users: where the account stands in the app. Sent only when asked for.</summary>
internal sealed class ProvisioningView(IRecordStore store)
{
    public async ValueTask<ScimResource> AddAsync(IntegrationProfile profile, UserRecord user, ScimResource resource, CancellationToken cancellationToken)
    {
        var found = await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.AccountKey), cancellationToken);
        if (found?.Value is not { State: { } state } account)
        {
            return resource;
        }

        var members = new List<ScimMember> { new("state", ProvisioningStates.NameOf(state)) };
        if (account.Observed is { } seen)
        {
            members.Add(new("userNameInApp", seen.Identifier));
        }

        var shown = found.ETag;
        if (account.LastOperationId is { } id
            && await store.FindAsync<Operation>(profile.Partition, Rows.Operation(id), cancellationToken) is { Value: var operation, ETag: var version })
        {
            shown += '\n' + version;
            var parts = new List<ScimMember> { new("id", id), new("status", operation.Status.ToString()) };
            if (operation.Failure is { } failure)
            {
                parts.Add(new("failureCode", failure.Code.ToString()));
            }

            var time = operation.EndedAt ?? operation.StartedAt ?? operation.CreatedAt;
            parts.Add(new("time", time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)));
            members.Add(new("lastOperation", new ScimComplex([.. parts])));
        }

        return resource.With(ScimSchemas.ProvisioningUrn, new ScimComplex([.. members])).Versioned(shown);
    }
}
