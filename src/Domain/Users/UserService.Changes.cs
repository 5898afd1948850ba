using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Users;

/// <summary>Changes and deletions.</summary>
public sealed partial class UserService
{
    private async Task<(bool Committed, UserWrite Write)> TryChangeAsync(
        IntegrationProfile profile,
        string id,
        Func<UserRecord, ScimResource, ScimResource> change,
        Predicate<long>? versions,
        Provenance provenance,
        CancellationToken cancellationToken)
    {
        var found = await FindAnyAsync(profile, id, cancellationToken);
        if (found?.Value is not { DeletedAt: null } user)
        {
            return (true, new UserWrite(UserWriteKind.NotFound));
        }

        if (versions?.Invoke(user.Generation) == false)
        {
            return (true, new UserWrite(UserWriteKind.VersionMismatch, user));
        }

        var before = UserDefaults.Complete(ScimResource.FromStored(user.Resource.Span, profile.UserType, user.Id));
        var after = UserDefaults.Complete(change(user, before));
        if (Problem(profile, after, before) is { } problem)
        {
            return (true, new UserWrite(UserWriteKind.Invalid, user, Detail: problem));
        }

        if (!Equals(after["entitlements"], before["entitlements"]) && await EntitlementProblemAsync(profile, after, cancellationToken) is { } refused)
        {
            return (true, new UserWrite(UserWriteKind.Invalid, user, Detail: refused));
        }

        if (user.Owned && after.Attributes.Equals(before.Attributes) && !await HasFailedAsync(profile, user, cancellationToken))
        {
            return (true, new UserWrite(UserWriteKind.Unchanged, user));
        }

        return await PutAsync(profile, found, before, after, provenance, clock.GetUtcNow(), cancellationToken);
    }

    /// <summary>An identity provider that sends the same wish again after a failure wants it tried again.</summary>
    private async Task<bool> HasFailedAsync(IntegrationProfile profile, UserRecord user, CancellationToken cancellationToken)
    {
        var account = await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.AccountKey), cancellationToken);
        return account?.Value.State is ProvisioningState.ProvisioningFailed or ProvisioningState.UpdateFailed or ProvisioningState.DeleteFailed;
    }

    private async Task<(bool Committed, UserWrite Write)> PutAsync(
        IntegrationProfile profile,
        Versioned<UserRecord> found,
        ScimResource before,
        ScimResource resource,
        Provenance provenance,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var user = found.Value;
        var changed = user with
        {
            Generation = user.Generation + 1,
            Resource = resource.ToStored(),
            Owned = true,
            ModifiedAt = now,
            Active = resource.IsActive,
        };
        var intake = new Intake(store, profile, provenance, now);
        intake.Changes.Add(UserRecords.Write(changed, found.ETag));

        if (await claims.MoveUserNameAsync(profile, before, resource, user.Id, intake.Changes, cancellationToken) is { } taken)
        {
            return (true, taken);
        }

        if (await roles.ClaimAsync(profile, resource, changed, intake.Changes, cancellationToken) is { } held)
        {
            return (true, held);
        }

        var account = await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.AccountKey), cancellationToken)
            ?? throw new InvalidDataException($"User {user.Id} has no account record.");
        var identifier = DesiredAccount.IdentifierOf(profile, resource)!;
        if (await claims.ReserveAsync(profile, account.Value, DesiredAccount.IdentifierOf(profile, before), identifier, intake.Changes, cancellationToken) is { } reserved)
        {
            return (true, reserved);
        }

        // Whoever was away and is wanted again is provisioned again, whatever became of the account meanwhile.
        var returns = account.Value.MissingSince is not null && !user.Active && changed.Active;
        var served = returns ? account.Value with { MissingSince = null } : account.Value;

        // Whoever is provisioned and was invited by somebody else before gets that invitation again, not another one.
        var resent = !user.Owned && changed.Active && InviteResend.IsPossible(profile, served);
        served = resent ? served with { ResendAskedAt = now } : served;
        await intake.ServeAsync(served, account.ETag, touched: returns || resent, changed, cancellationToken);
        return (await CommitAsync(profile, intake, cancellationToken), new UserWrite(UserWriteKind.Changed, changed, intake.OperationId));
    }

    private async Task<(bool Committed, UserWrite Write)> TryDeleteAsync(
        IntegrationProfile profile, string id, Predicate<long>? versions, Provenance provenance, CancellationToken cancellationToken)
    {
        var found = await FindAnyAsync(profile, id, cancellationToken);
        if (found?.Value is not { DeletedAt: null } user)
        {
            return (true, new UserWrite(UserWriteKind.NotFound));
        }

        if (versions?.Invoke(user.Generation) == false)
        {
            return (true, new UserWrite(UserWriteKind.VersionMismatch, user));
        }

        var now = clock.GetUtcNow();
        var resource = ScimResource.FromStored(user.Resource.Span, profile.UserType);
        var deleted = user with { Generation = user.Generation + 1, DeletedAt = now, ModifiedAt = now };
        var intake = new Intake(store, profile, provenance, now);
        intake.Changes.AddRange(UserRecords.Bury(deleted, found.ETag));
        intake.Changes.Add(RecordChange.DeleteIfExists(Rows.UserName(resource.UserName!)));
        intake.Changes.AddRange(UserClaims.IndexRows(resource, user.Id).Select(RecordChange.DeleteIfExists));
        var account = await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.AccountKey), cancellationToken)
            ?? throw new InvalidDataException($"User {user.Id} has no account record.");

        // A reservation for an identifier that the app never got is given back.
        var wished = Ids.KeyOf(DesiredAccount.IdentifierOf(profile, resource) ?? account.Value.Identifier);
        if (wished != account.Value.Key)
        {
            intake.Changes.Add(RecordChange.DeleteIfExists(Rows.Account(wished)));
        }

        await intake.ServeAsync(account.Value, account.ETag, touched: false, deleted, cancellationToken);
        await memberships.LeaveAllAsync(profile.Partition, user.Id, intake.Changes, now, cancellationToken);
        if (!await CommitAsync(profile, intake, cancellationToken))
        {
            return (false, new UserWrite(UserWriteKind.NotFound));
        }

        // A group that took the user in at this very moment, and those beyond what one commit holds.
        await memberships.SweepAsync(profile.Partition, user.Id, now, cancellationToken);
        return (true, new UserWrite(UserWriteKind.Deleted, deleted, intake.OperationId));
    }
}
