using IdLcm.Domain.Activity;
using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Integrations;

/// <summary>
/// Deletes integrations. The accounts in the app are kept as they are, or taken away first as leavers are; then the
/// integration ends when the last of them is done. Tokens end at once, and so do the secrets in the end.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="integrations">The integrations.</param>
/// <param name="profiles">The integrations with their connectors.</param>
/// <param name="secrets">Keeps the secrets of service accounts.</param>
/// <param name="signal">Told when a lane has work.</param>
/// <param name="feed">Told of every change.</param>
/// <param name="clock">The clock.</param>
public sealed class IntegrationClosing(
    IRecordStore store, IntegrationStore integrations, IntegrationProfiles profiles, ISecretStore secrets, LaneSignal signal, ChangeFeed feed, TimeProvider clock)
{
    private const int MaxOpened = 200;

    /// <summary>Deletes an integration, or begins to.</summary>
    /// <param name="id">The integration; any text.</param>
    /// <param name="takeAway">True to take the accounts away first, false to keep them as they are.</param>
    /// <param name="reason">Why.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The integration as it ends, or why it is not deleted.</returns>
    public async Task<Result<Integration>> DeleteAsync(string id, bool takeAway, string? reason, Provenance by, CancellationToken cancellationToken = default)
    {
        var problems = new List<FieldProblem>();
        if (IntegrationRules.Text(reason, "reason", IntegrationRules.MaxText, problems) is not { } why)
        {
            return Refusal.Invalid(problems);
        }

        var now = clock.GetUtcNow();
        var changed = await integrations.ChangeAsync(
            id,
            before => (before with { Closing = new Pause(by.Actor, now, why), Tokens = [], EntraTenants = [], BasicUserNames = [], Paused = takeAway ? null : before.Paused },
                [Event(ActivityKind.IntegrationDeleted, by.Actor, now, before.Name, $"{(takeAway ? "its accounts are taken away first" : "its accounts are kept")}: {why}")]),
            cancellationToken);
        if (changed is null)
        {
            return Refusal.NotFound("integration_not_found", $"There is no integration '{id}'.");
        }

        if (takeAway)
        {
            await RunDueAsync(id, cancellationToken);
        }
        else
        {
            await EndAsync(changed, cancellationToken);
        }

        feed.Publish(new LiveChange(id, null));
        return changed;
    }

    /// <summary>
    /// Disables an integration: identity providers are refused from now on and nothing is written any more. Its accounts,
    /// people and settings stay; a new token and a resume bring it back.
    /// </summary>
    /// <param name="id">The integration; any text.</param>
    /// <param name="reason">Why.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The integration, or why it is not disabled.</returns>
    public async Task<Result<Integration>> DisableAsync(string id, string? reason, Provenance by, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(by);
        var problems = new List<FieldProblem>();
        if (IntegrationRules.Text(reason, "reason", IntegrationRules.MaxText, problems) is not { } why)
        {
            return Refusal.Invalid(problems);
        }

        var now = clock.GetUtcNow();
        var changed = await integrations.ChangeAsync(
            id,
            before => (before with { Paused = new Pause(by.Actor, now, why), Tokens = [], EntraTenants = [], BasicUserNames = [], ModifiedAt = now },
                [Event(ActivityKind.Paused, by.Actor, now, before.Name, $"disabled, and every credential of identity providers ended: {why}")]),
            cancellationToken);
        if (changed is null)
        {
            return Refusal.NotFound("integration_not_found", $"There is no integration '{id}'.");
        }

        feed.Publish(new LiveChange(id, null));
        return changed;
    }

    /// <summary>Goes on with an integration that is being deleted: takes accounts away, and ends it when none is left to.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels between accounts.</param>
    /// <returns>True when the integration ended.</returns>
    public async Task<bool> RunDueAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        if (await profiles.FindAsync(integrationId, cancellationToken) is not { Integration.Closing: { } closing } profile)
        {
            return false;
        }

        var (opened, left) = (0, false);
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(profile.Partition, RowRange.Prefix(Rows.Accounts), 250, continuation, cancellationToken);
            foreach (var record in page.Records)
            {
                var account = DomainJson.Decode<AppAccount>(record.Value);
                var user = account.ReservedFor is null ? await store.FindUserAsync(profile.Partition, account.UserId, cancellationToken) : null;
                if (user is not { Value.Owned: true } || account.Observed is null || IsDone(profile, account, user.Value))
                {
                    left |= account.OpenOperationId is not null;
                    continue;
                }

                // What failed waits for a person: the integration is there until they have seen to it.
                left = true;
                if (account.OpenOperationId is null && account.LastFailure is null && opened < MaxOpened)
                {
                    opened += await OpenAsync(profile, new Versioned<AppAccount>(account, record.ETag), user, closing, cancellationToken) ? 1 : 0;
                }
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);

        if (opened > 0)
        {
            signal.Raise(integrationId);
        }

        if (!left)
        {
            await EndAsync(profile.Integration, cancellationToken);
        }

        return !left;
    }

    private bool IsDone(IntegrationProfile profile, AppAccount account, UserRecord user) =>
        AccountGoals.Of(profile, user, account, clock.GetUtcNow()) == AccountGoal.Inactive && account.Observed is { Active: false };

    private async Task<bool> OpenAsync(
        IntegrationProfile profile, Versioned<AppAccount> account, Versioned<UserRecord> user, Pause closing, CancellationToken cancellationToken)
    {
        var intake = new Intake(store, profile, new Provenance(closing.By, "api"), clock.GetUtcNow());
        intake.Changes.Add(RecordChange.Check(UserRecords.RowOf(user.Value), user.ETag));
        await intake.ServeAsync(account.Value, account.ETag, touched: true, user.Value, cancellationToken);
        return (await store.CommitAsync(profile.Partition, intake.Changes, cancellationToken)).Committed;
    }

    private async Task EndAsync(Integration integration, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var by = integration.Closing!.By;
        await integrations.ChangeAsync(
            integration.Id,
            before => (before with { DeletedAt = now, ServiceAccount = null },
                before.ServiceAccount is null ? [] : [Event(ActivityKind.ServiceAccountRemoved, by, now, before.ServiceAccount.UserName, null)]),
            cancellationToken);
        await integrations.UnlistAsync(integration, Event(ActivityKind.IntegrationDeleted, by, now, integration.Name, $"integration {integration.Id}: {integration.Closing.Reason}"), cancellationToken);
        await foreach (var name in ConnectedSecretsAsync(integration.Id, cancellationToken))
        {
            await secrets.DeleteAsync(name, cancellationToken);
        }

        foreach (var name in new[] { ServiceAccount.PasswordSecret(integration.Id), ServiceAccount.TotpSecret(integration.Id), Posture.ServiceCredential.BackupCodesSecret(integration.Id) })
        {
            await secrets.DeleteAsync(name, cancellationToken);
        }
    }

    private async IAsyncEnumerable<string> ConnectedSecretsAsync(string integrationId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A managed password is kept before the account is one for launches.
        foreach (var prefix in (string[])[ConnectedAccount.Rows, ManagedPassword.Rows])
        {
            await foreach (var record in store.ScanAsync(Rows.Partition(integrationId), RowRange.Prefix(prefix), cancellationToken))
            {
                var userId = record.Row[prefix.Length..];
                yield return ConnectedAccount.PasswordSecret(integrationId, userId);
                yield return ConnectedAccount.TotpSecret(integrationId, userId);
            }
        }
    }

    private static ActivityEvent Event(ActivityKind kind, string actor, DateTimeOffset now, string target, string? detail) =>
        ActivityEvent.Of(now, actor, kind, target, detail);
}
