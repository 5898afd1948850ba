using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Groups;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Operations;

/// <summary>
/// Makes the app agree for one account: reads the wish, reads the app, does the difference one step at a time, and
/// reads the app again until it shows what is wished. A step whose outcome is unknown is settled by reading, never by
/// doing it again.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="runner">Runs connectors.</param>
/// <param name="clock">The clock.</param>
internal sealed class AccountRun(IRecordStore store, IConnectorRunner runner, TimeProvider clock)
{
    /// <summary>More steps than any account needs: beyond it the app does not keep what it is told.</summary>
    private const int MaxVerbs = 8;

    /// <summary>How many wishes one visit serves; whatever comes later has a visit of its own, so that nobody else waits for ever.</summary>
    private const int MaxRounds = 5;

    public async Task<RunOutcome> RunAsync(ActiveRun run, CancellationToken cancellationToken)
    {
        var profile = run.Profile;
        var account = (await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(run.Operation.AccountKey!), cancellationToken))?.Value
            ?? throw new InvalidDataException($"Operation {run.Operation.Id} has no account record.");
        var user = (await store.FindUserAsync(profile.Partition, account.UserId, cancellationToken))?.Value
            ?? throw new InvalidDataException($"Account {account.Key} has no user.");
        var goal = AccountGoals.Of(profile, user, account, clock.GetUtcNow());
        var outcome = new RunOutcome { UserId = user.Id, Generation = user.Wish };
        if (AccountGoals.KindFor(account.State, goal) != run.Operation.Kind)
        {
            return outcome with { Overtaken = true };
        }

        var opened = await runner.OpenAsync(Sessions.For(profile, run), cancellationToken);
        run.Keep(opened.Evidence);
        if (opened.Session is null)
        {
            return outcome with { Failure = opened.Failure };
        }

        await using var session = opened.Session;

        for (var round = 1; ; round++)
        {
            run.Serve(user, goal);

            // The memberships after the user: what changes from now on makes the wish grow, and the next look finds it.
            var granted = await GroupAccess.ThroughGroupsAsync(new GroupReader(store), profile, user.Id, cancellationToken);
            var desired = DesiredAccount.Of(profile, user, granted) with { Recreate = account.RecreateApproved == user.Wish };
            var agreed = await AgreeAsync(run, session, account, desired, goal, outcome with { Generation = user.Wish, Failure = null, Overtaken = false }, cancellationToken);
            outcome = agreed with { Changes = [.. outcome.Changes, .. agreed.Changes] };
            var turned = outcome is { Overtaken: true, Cancelled: false, CalledOff: false };
            if ((outcome.Failure is not null && !turned) || round == MaxRounds)
            {
                return outcome;
            }

            // A wish that changed during the visit is served by the same visit, where it asks for nothing of another kind: also one
            // that turned round before a step was taken.
            var now = (await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(account.Key), cancellationToken))?.Value;
            var wish = now is null ? null : (await store.FindUserAsync(profile.Partition, now.UserId, cancellationToken))?.Value;
            if (wish is null || wish.Id != user.Id || wish.Wish == user.Wish)
            {
                return outcome;
            }

            (user, account) = (wish, now! with { Observed = outcome.Observed, Applied = outcome.Applied ?? account.Applied });
            goal = AccountGoals.Of(profile, user, now, clock.GetUtcNow());
            if (AccountGoals.KindFor(account.State, goal) != run.Operation.Kind)
            {
                return outcome;
            }
        }
    }

    private async Task<RunOutcome> AgreeAsync(
        ActiveRun run, IConnectorSession session, AppAccount account, DesiredAccount desired, AccountGoal goal, RunOutcome outcome, CancellationToken cancellationToken)
    {
        var profile = run.Profile;
        string[] identifiers = [account.Observed?.Identifier ?? account.Identifier, desired.Identifier];
        var reader = new AccountReader(profile, session, run, identifiers, clock) { TakesAway = goal == AccountGoal.Gone ? account : null };
        var read = await reader.ReadAsync(cancellationToken);
        if (read.Failure is not null)
        {
            return outcome with { Failure = read.Failure };
        }

        var resend = goal == AccountGoal.Active && InviteResend.CanResend(profile) && await IsToResendAsync(run, account, read.Seen, cancellationToken);
        if (run.Unsettled.Count > 0)
        {
            // Somebody was about to do, or did, what cannot be taken back, and never saw what came of it.
            read = await reader.ReadSettledAsync(read, seen => AccountPlan.Next(profile, goal, desired, seen, account.Applied) == AccountStep.Done, cancellationToken);
            if (read.Failure is not null)
            {
                return outcome with { Failure = read.Failure };
            }

            if (read.Seen is null && goal == AccountGoal.Active && !profile.Manifest.Capabilities.PendingUsersVisible
                && run.Unsettled.Any(intent => intent.Verb == ConnectorVerb.CreateUser))
            {
                return outcome with
                {
                    Failure = new Failure(FailureCode.VerificationFailed, $"{profile.Manifest.AppName} does not show pending people, so it cannot be proved whether '{desired.Identifier}' was invited."),
                    Final = true,
                };
            }

            run.Settle(done: read.Seen is not null);
        }
        else if (read.Seen is null && goal == AccountGoal.Active && run.Operation.Kind == OperationKind.Update && account.Observed is { Active: true } && !desired.Recreate)
        {
            var gone = new Failure(FailureCode.UserNotFound, $"'{account.Identifier}' is gone from {profile.Manifest.AppName}, and nobody here took the account away: it is reported as a drift and made again when a person says so.");
            return outcome with { Failure = gone, Final = true, Missing = true, WasRead = true };
        }

        var seen = read.Seen;
        var applied = account.Applied;
        var most = MaxVerbs;
        if (seen is not null && profile.Manifest.Capabilities.SetEntitlements)
        {
            string[] values = [.. desired.Entitlements, .. seen.Entitlements];
            desired = desired with { Offered = await new EntitlementCatalog(store).OfferedAsync(profile, values, cancellationToken) };
            most += values.Length;
        }

        var changes = new List<string>();
        for (var i = 0; i < most; i++)
        {
            var step = AccountPlan.Next(profile, goal, desired, seen, applied);
            outcome = outcome with { Observed = seen, WasRead = true, Changes = changes };
            if (step.Failure is not null)
            {
                return outcome with { Failure = step.Failure, Final = true, NeedsApproval = step.NeedsApproval };
            }

            if (step.Call is null && resend && seen is { Status: "pending" })
            {
                resend = false;
                var (again, refused) = await ResendAsync(run, session, reader, seen, changes, cancellationToken);
                if (refused is not null)
                {
                    return outcome with { Failure = refused, CalledOff = run.CalledOff, Cancelled = run.Cancelled, Overtaken = run.Overtaken, WasRead = again is not null };
                }

                seen = again;
                continue;
            }

            if (step.Call is not { } verb)
            {
                return outcome with { Applied = goal == AccountGoal.Active ? desired.Kept(applied) : applied };
            }

            run.Begin(verb);
            var result = await session.RunAsync(new VerbCall(verb, step.Inputs!, run), cancellationToken);
            run.Keep(result.Evidence);
            if (!result.Succeeded && (!result.CommitEntered || AccountProof.IsAnswer(result.Failure!.Code)))
            {
                run.Settle(done: false);
                return outcome with { Failure = result.Failure, CalledOff = run.CalledOff, Cancelled = run.Cancelled, Overtaken = run.Overtaken };
            }

            applied = Merge(applied, step.Inputs!);
            read = await reader.AfterAsync(result, cancellationToken);
            var reached = AccountProof.Reached(profile, verb, step, read.Seen);
            if (read.Failure is null && !reached)
            {
                read = await reader.ReadSettledAsync(read, found => AccountProof.Reached(profile, verb, step, found), cancellationToken);
                reached = AccountProof.Reached(profile, verb, step, read.Seen);
            }

            if (read.Failure is not null)
            {
                return outcome with { Failure = read.Failure, WasRead = false };
            }

            run.Settle(done: reached);
            if (!reached)
            {
                return outcome with { Observed = read.Seen, Failure = result.Failure ?? AccountProof.NotShown(profile, step, desired), };
            }

            changes.Add(step.Change!);
            seen = read.Seen;
        }

        return outcome with { Failure = new Failure(FailureCode.VerificationFailed, $"{profile.Manifest.AppName} does not keep what it is told: {string.Join("; ", changes)}.") };
    }

    /// <summary>
    /// Whether a pending invitation is to be sent again: somebody asked for it, or the person is provisioned here and was
    /// invited by somebody else before. Never where this operation sent it, or may have: a second mail is not the same as none.
    /// </summary>
    private async Task<bool> IsToResendAsync(ActiveRun run, AppAccount account, ObservedAccount? seen, CancellationToken cancellationToken)
    {
        if (seen is not { Status: "pending" } || (account.ResendAskedAt is null && (run.Operation.Kind != OperationKind.Provision || account.Observed is not null)))
        {
            return false;
        }

        for (var number = 1; number <= run.Lease.Attempt; number++)
        {
            var attempt = await store.FindAsync<OperationAttempt>(run.Profile.Partition, Rows.Attempt(run.Operation.Id, number), cancellationToken);
            if (attempt?.Value.Intents.Any(intent => intent.Verb is ConnectorVerb.CreateUser or ConnectorVerb.ResendInvite && intent.Settled != "absent") == true)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>No page shows how often a mail was sent: what the app answers is the proof, and where its answer is lost that is said and nothing is repeated.</summary>
    private static async Task<(ObservedAccount? Seen, Failure? Failure)> ResendAsync(
        ActiveRun run, IConnectorSession session, AccountReader reader, ObservedAccount seen, List<string> changes, CancellationToken cancellationToken)
    {
        run.Begin(ConnectorVerb.ResendInvite);
        var inputs = (JsonObject)seen.Attributes.DeepClone();
        inputs["identifier"] = seen.Identifier;
        var result = await session.RunAsync(new VerbCall(ConnectorVerb.ResendInvite, inputs, run), cancellationToken);
        run.Keep(result.Evidence);
        if (!result.Succeeded && (!result.CommitEntered || AccountProof.IsAnswer(result.Failure!.Code)))
        {
            run.Settle(done: false);
            return (seen, result.Failure);
        }

        run.Settle(done: true);
        changes.Add(result.Succeeded ? "sent the invitation again" : "may have sent the invitation again: the app's answer was lost");
        var read = await reader.ReadAsync(cancellationToken);
        return (read.Seen, read.Failure ?? (read.Seen is null ? new Failure(FailureCode.VerificationFailed, $"'{seen.Identifier}' is not shown any more after the invitation was sent again.") : null));
    }

    private static JsonObject Merge(JsonObject? applied, JsonObject inputs)
    {
        var merged = (JsonObject?)applied?.DeepClone() ?? [];
        foreach (var (name, value) in inputs)
        {
            if (name is not ("identifier" or "roles" or "addedRoles" or "removedRoles" or "addedEntitlements" or "removedEntitlements" or "addedAsset" or "addedPermission" or "removedAsset" or "removedPermission"))
            {
                merged[name] = value?.DeepClone();
            }
        }

        return merged;
    }
}
