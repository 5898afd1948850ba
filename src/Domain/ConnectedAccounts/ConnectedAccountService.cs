using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.ConnectedAccounts;

/// <summary>A person's own credential as it is given. It goes to the secret store and is never shown to an administrator.</summary>
public sealed record ConnectedAccountInput
{
    /// <summary>The user name in the app; null for the one by which the app knows the person.</summary>
    public string? UserName { get; init; }

    /// <summary>The password.</summary>
    public string? Password { get; init; }

    /// <summary>The TOTP secret in Base32; null for none.</summary>
    public string? TotpSecret { get; init; }

    /// <summary>Names the account and never its secrets.</summary>
    /// <returns>The user name.</returns>
    public override string ToString() => $"connected account '{UserName}'";
}

/// <summary>Keeps the credentials of people's own accounts, and lets them go when the person leaves.</summary>
/// <param name="store">The record store.</param>
/// <param name="secrets">The secrets.</param>
/// <param name="profiles">The integrations with their connectors.</param>
/// <param name="signal">Told when a lane has work.</param>
/// <param name="clock">The clock.</param>
public sealed class ConnectedAccountService(IRecordStore store, ISecretStore secrets, IntegrationProfiles profiles, LaneSignal signal, TimeProvider clock)
{
    private const int MaxText = 256;
    private const int MaxPassword = 1024;

    /// <summary>Reads the connected account of a person.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="userId">The person; any text.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The account, or null where none is kept.</returns>
    public async Task<ConnectedAccount?> FindAsync(IntegrationProfile profile, string userId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return IntegrationStore.IsWellFormed(userId) ? (await store.FindAsync<ConnectedAccount>(profile.Partition, ConnectedAccount.Row(userId), cancellationToken))?.Value : null;
    }

    /// <summary>Reads the connected accounts of an integration, by person.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The accounts.</returns>
    public async IAsyncEnumerable<ConnectedAccount> ListAsync(
        IntegrationProfile profile, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(profile.Partition, RowRange.Prefix(ConnectedAccount.Rows), 200, continuation, cancellationToken);
            foreach (var record in page.Records)
            {
                yield return DomainJson.Decode<ConnectedAccount>(record.Value);
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    /// <summary>Keeps the credential of a person's account.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="userId">The person; any text.</param>
    /// <param name="input">The credential.</param>
    /// <param name="by">Who gives it.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The account, or why it was refused.</returns>
    public async Task<Result<ConnectedAccount>> SaveAsync(
        IntegrationProfile profile, string userId, ConnectedAccountInput input, Provenance by, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(by);
        if (!IntegrationStore.IsWellFormed(userId) || await store.FindLiveUserAsync(profile.Partition, userId, cancellationToken) is not { } user)
        {
            return Refusal.NotFound("no_user", $"There is no user '{userId}'.");
        }

        // Nobody would look at it again: leavers are seen to once.
        if (AccountGoals.HasLeft(profile, user.Value))
        {
            return Refusal.Conflict("left", "The person has left: no credential of theirs is kept.");
        }

        var known = (await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.Value.AccountKey), cancellationToken))?.Value.Observed?.Identifier;
        var problems = new List<FieldProblem>();
        var userName = input.UserName?.Trim() ?? known;
        if (userName is not { Length: > 0 and <= MaxText })
        {
            problems.Add(new FieldProblem("userName", $"is required while the app has not shown the account: at most {MaxText} characters."));
        }

        if (input.Password is not { Length: > 0 and <= MaxPassword })
        {
            problems.Add(new FieldProblem("password", $"is required: at most {MaxPassword} characters."));
        }

        var totp = string.IsNullOrWhiteSpace(input.TotpSecret) ? null : ServiceAccountRules.NormalizeTotp(input.TotpSecret);
        if (totp is null && !string.IsNullOrWhiteSpace(input.TotpSecret))
        {
            problems.Add(new FieldProblem("totpSecret", "must be Base32 (letters A to Z and digits 2 to 7), at least 16 characters."));
        }

        if (problems.Count > 0)
        {
            return Refusal.Invalid(problems);
        }

        // The record may only speak of secrets that are kept already.
        var id = profile.Integration.Id;
        await KeepAsync(ConnectedAccount.PasswordSecret(id, userId), input.Password!, cancellationToken);
        if (totp is not null)
        {
            await KeepAsync(ConnectedAccount.TotpSecret(id, userId), totp, cancellationToken);
        }
        else
        {
            await secrets.DeleteAsync(ConnectedAccount.TotpSecret(id, userId), cancellationToken);
        }

        var now = clock.GetUtcNow();
        var person = ScimResource.FromStored(user.Value.Resource.Span, profile.UserType).UserName ?? userId;
        var tied = UserNames.AreSame(userName, known) || UserNames.AreSame(userName, person) ? TiedBy.Email : TiedBy.Hand;
        var account = new ConnectedAccount(userId, userName!, tied, totp is not null, now, by.Actor);
        await store.CommitAsync(
            profile.Partition,
            [
                RecordChange.Upsert(ConnectedAccount.Row(userId), DomainJson.Encode(account)),
                RecordChange.DeleteIfExists(ManagedPassword.Row(userId)),
                ActivityLog.Append(Told(ActivityKind.ConnectedAccountSaved, person, userId, by.Actor, now, $"as {userName}")),
            ],
            cancellationToken);
        return account;
    }

    /// <summary>Forgets the credential of a person's account.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="userId">The person; any text.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Cancels before the first change.</param>
    /// <returns>False where none was kept.</returns>
    public async Task<bool> ForgetAsync(IntegrationProfile profile, string userId, Provenance by, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(by);
        if (await FindAsync(profile, userId, cancellationToken) is not { } account)
        {
            return false;
        }

        // The secrets first: a crash in between leaves a record of what is gone already, and the next call ends it.
        await secrets.DeleteAsync(ConnectedAccount.PasswordSecret(profile.Integration.Id, userId), cancellationToken);
        await secrets.DeleteAsync(ConnectedAccount.TotpSecret(profile.Integration.Id, userId), cancellationToken);
        await store.CommitAsync(
            profile.Partition,
            [
                RecordChange.DeleteIfExists(ConnectedAccount.Row(userId)),
                RecordChange.DeleteIfExists(ManagedPassword.Row(userId)),
                ActivityLog.Append(Told(ActivityKind.ConnectedAccountForgotten, account.UserName, userId, by.Actor, clock.GetUtcNow(), reason)),
            ],
            cancellationToken);
        return true;
    }

    /// <summary>Sees to the accounts of people who have left since the last look: secures those that the app keeps, and forgets every credential.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels between accounts.</param>
    /// <returns>How many were forgotten.</returns>
    public async Task<int> RunDueAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        if (await profiles.FindAsync(integrationId, cancellationToken) is not { } profile
            || (await store.FindAsync<Lane>(profile.Partition, Rows.Lane, cancellationToken))?.Value.LastLeaverAt is not { } leaverAt)
        {
            return 0;
        }

        var swept = await store.FindAsync<LeaversSwept>(profile.Partition, LeaversSwept.Row, cancellationToken);
        if (swept?.Value.LeaverAt >= leaverAt)
        {
            return 0;
        }

        var (forgotten, left) = (0, false);
        await foreach (var account in ListAsync(profile, cancellationToken))
        {
            var user = (await store.FindUserAsync(profile.Partition, account.UserId, cancellationToken))?.Value;
            if (user is not null && !AccountGoals.HasLeft(profile, user))
            {
                continue;
            }

            if (await SecuredAsync(profile, account, user, cancellationToken))
            {
                forgotten += await ForgetAsync(profile, account.UserId, Provenance.System, "the person left", cancellationToken) ? 1 : 0;
            }
            else
            {
                left = true;
            }
        }

        if (!left)
        {
            await store.CommitAsync(profile.Partition, [TypedRecords.Write(LeaversSwept.Row, new LeaversSwept(leaverAt), swept?.ETag)], cancellationToken);
        }

        return forgotten;
    }

    /// <summary>Whether nothing is to be done in the app for the account of somebody who left, or it was done, or it failed for good, which the failed operation says.</summary>
    private async Task<bool> SecuredAsync(IntegrationProfile profile, ConnectedAccount account, UserRecord? user, CancellationToken cancellationToken)
    {
        if (account.SecuringOperationId is { } id)
        {
            return await store.FindAsync<Operation>(profile.Partition, Rows.Operation(id), cancellationToken) is not { Value.Ended: false };
        }

        var record = user is null ? null : (await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.AccountKey), cancellationToken))?.Value;
        if (record is { OpenOperationId: not null })
        {
            // It is being taken away: whether the app keeps it shows then.
            return false;
        }

        var identifier = account.TiedBy == TiedBy.Hand ? account.UserName : record?.Observed?.Identifier ?? account.UserName;
        if (record?.Observed is null || SecuringRun.VerbsOf(profile.Manifest).Count == 0 || profile.Integration.ServiceAccount is not { } service
            || UserNames.AreSame(identifier, service.UserName) || profile.Integration.ObserveOnly is not null)
        {
            return true;
        }

        var intake = new Intake(store, profile, new Provenance("after a leaver", "system"), clock.GetUtcNow());
        intake.OpenSecuring(account.UserId, identifier);
        var committed = await store.CommitAsync(
            profile.Partition,
            [.. intake.Changes, RecordChange.Upsert(ConnectedAccount.Row(account.UserId), DomainJson.Encode(account with { SecuringOperationId = intake.OperationId }))],
            cancellationToken);
        if (committed.Committed)
        {
            signal.Raise(profile.Integration.Id);
        }

        return false;
    }

    internal static ActivityEvent Told(ActivityKind kind, string target, string userId, string actor, DateTimeOffset now, string? detail) => ActivityEvent.Of(now, actor, kind, target, detail, userId);

    private async Task KeepAsync(string name, string value, CancellationToken cancellationToken) =>
        await secrets.PromoteAsync(name, await secrets.SetAsync(name, value, cancellationToken), cancellationToken);
}
