using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Posture;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Rotation;

/// <summary>
/// Changes a password in two phases: the new one is kept, set in the app, proved by a sign-in and only then promoted.
/// Wherever it was interrupted, the next run finds in the record what may have happened and signs in to see what did.
/// </summary>
internal sealed class RotationRun(IRecordStore store, ISecretStore secrets, IConnectorRunner runner, TimeProvider clock)
{
    /// <summary>Changes the password of the service account.</summary>
    public async Task<RunOutcome> RunServiceAsync(ActiveRun run, CancellationToken cancellationToken)
    {
        var profile = run.Profile;
        return profile.Manifest.Verbs.Contains(ConnectorVerb.RotatePassword) && profile.Integration.ServiceAccount is { LoginMethod: "password" }
            ? await RunAsync(run, new ServicePassword(store, profile), cancellationToken)
            : Failed(new Failure(FailureCode.UnsupportedOperation, $"The connector of {profile.Manifest.AppName} cannot change the service account's password."));
    }

    /// <summary>Changes the password of a person's account that the gateway manages.</summary>
    public async Task<RunOutcome> RunAccountAsync(ActiveRun run, CancellationToken cancellationToken)
    {
        var profile = run.Profile;
        if (!profile.Manifest.Verbs.Contains(ConnectorVerb.ResetPassword))
        {
            return Failed(new Failure(FailureCode.UnsupportedOperation, $"The connector of {profile.Manifest.AppName} cannot set the password of a person's account."));
        }

        if (await store.FindLiveUserAsync(profile.Partition, run.Operation.UserId!, cancellationToken) is not { } user || AccountGoals.HasLeft(profile, user.Value))
        {
            return new RunOutcome { Changes = ["nothing: the person left"] };
        }

        var kept = await store.FindAsync<ConnectedAccount>(profile.Partition, ConnectedAccount.Row(run.Operation.UserId!), cancellationToken);
        if (await store.FindAsync<ManagedPassword>(profile.Partition, ManagedPassword.Row(run.Operation.UserId!), cancellationToken) is { } managed)
        {
            return await RunAsync(run, new AccountPassword(store, profile, managed.Value, kept?.Value.HasTotp ?? false, clock), cancellationToken);
        }

        if (kept is null)
        {
            // Whatever an attempt kept while the account was being forgotten.
            await secrets.DeleteAsync(ConnectedAccount.PasswordSecret(profile.Integration.Id, run.Operation.UserId!), cancellationToken);
        }

        return new RunOutcome { Changes = ["nothing: the account is not managed any more"] };
    }

    private async Task<RunOutcome> RunAsync(ActiveRun run, IRotatedPassword credential, CancellationToken cancellationToken)
    {
        if ((await credential.ReadAsync(cancellationToken)).Pending is { } left)
        {
            if ((await secrets.GetLatestAsync(credential.Secret, cancellationToken))?.Version is { } current && current != left.BaseVersion && current != left.Version)
            {
                // A person saved another one meanwhile: theirs is in force.
                await credential.ChangeAsync(run, state => state with { Pending = null }, cancellationToken);
                await secrets.DisableAsync(credential.Secret, left.Version, cancellationToken);
            }
            else if (left.Stage is ChangeStage.Unproved or ChangeStage.NeitherProved
                && await SettleAsync(run, credential, left, newFirst: true, cancellationToken) is { } settled
                && (credential.SetsItself || settled.Failure is not { } failure || !CredentialProof.Refutes(failure)))
            {
                return settled;
            }
        }

        return await ChangeAsync(run, credential, cancellationToken);
    }

    private async Task<RunOutcome> ChangeAsync(ActiveRun run, IRotatedPassword credential, CancellationToken cancellationToken)
    {
        var opened = await runner.OpenAsync(Sessions.For(run.Profile, run), cancellationToken);
        run.Keep(opened.Evidence);
        if (opened.Session is not { } session)
        {
            return credential.SetsItself ? await RefusedAtOnceAsync(run, credential, opened.Failure!, cancellationToken) : new RunOutcome { Failure = opened.Failure };
        }

        VerbResult result;
        PendingSecret pending;
        await using (session)
        {
            var current = await secrets.GetLatestAsync(credential.Secret, cancellationToken);
            if (PasswordGenerator.Make(run.Profile.Manifest.PasswordRules, credential.UserName) is not { } password)
            {
                return Failed(new Failure(FailureCode.PasswordRefused, "No password follows the connector's password rules."));
            }

            pending = new PendingSecret(
                await secrets.SetAsync(credential.Secret, password, cancellationToken), current?.Version, ChangeStage.Stored, run.Operation.Id, clock.GetUtcNow());
            var before = (await credential.ReadAsync(cancellationToken)).Pending;
            await credential.ChangeAsync(run, state => state with { Pending = pending }, cancellationToken);
            if (before is not null)
            {
                await secrets.DisableAsync(credential.Secret, before.Version, cancellationToken);
            }

            run.Begin(credential.Verb);
            var gate = new CredentialGate(run, token => StageAsync(run, credential, ChangeStage.Unproved, token));
            result = await session.RunAsync(new VerbCall(credential.Verb, credential.Inputs(current?.Value, password), gate), cancellationToken);
            run.Keep(result.Evidence);
        }

        if (!result.CommitEntered)
        {
            // The gate may have noted the step before it said no; nothing was clicked.
            await StageAsync(run, credential, ChangeStage.Stored, CancellationToken.None);
            return run.CalledOff
                ? new RunOutcome { CalledOff = true }
                : new RunOutcome { Failure = result.Failure ?? new Failure(FailureCode.PageChanged, $"The connector's {credential.Verb} came to its end without its commit step."), Cancelled = run.Cancelled };
        }

        if (result.Failure is not null)
        {
            await Task.Delay(run.Profile.Manifest.SettleTime, clock, cancellationToken);
        }

        var unproved = pending with { Stage = ChangeStage.Unproved };
        return await SettleAsync(run, credential, unproved, newFirst: result.Failure?.Code != FailureCode.PasswordRefused, cancellationToken)
            ?? Failed(result.Failure ?? new Failure(FailureCode.VerificationFailed, "The app said that the password was changed, and still takes the one from before."), final: false);
    }

    /// <summary>The value in force is refused. One that an earlier run left may be the right one.</summary>
    private async Task<RunOutcome> RefusedAtOnceAsync(ActiveRun run, IRotatedPassword credential, Failure failure, CancellationToken cancellationToken)
    {
        if (!CredentialProof.Refutes(failure) || (await credential.ReadAsync(cancellationToken)).Pending is not { } left)
        {
            return new RunOutcome { Failure = failure };
        }

        await StageAsync(run, credential, ChangeStage.Unproved, cancellationToken);
        return await SettleAsync(run, credential, left, newFirst: true, cancellationToken) ?? new RunOutcome { Failure = failure };
    }

    /// <summary>Finds by signing in which password the app takes. Each is tried once: apps lock accounts after some wrong ones.</summary>
    /// <returns>The outcome, or null when the password from before is proved.</returns>
    private async Task<RunOutcome?> SettleAsync(
        ActiveRun run, IRotatedPassword credential, PendingSecret pending, bool newFirst, CancellationToken cancellationToken)
    {
        foreach (var isNew in newFirst ? (bool[])[true, false] : [false, true])
        {
            if (!isNew && pending.BaseVersion is null)
            {
                // Nobody knows what the account had before.
                continue;
            }

            var (failure, _) = await CredentialProof.SignInAsync(
                runner, run, request => credential.SignIn(request, isNew ? pending.Version : pending.BaseVersion), cancellationToken);
            if (failure is null)
            {
                run.Settle(done: isNew);
                return isNew ? await PromoteAsync(run, credential, pending, cancellationToken) : await KeepOldAsync(run, credential, cancellationToken);
            }

            if (!CredentialProof.Refutes(failure))
            {
                return new RunOutcome { Failure = failure, Unsettled = credential.SetsItself };
            }
        }

        await StageAsync(run, credential, ChangeStage.NeitherProved, cancellationToken);
        return Failed(new Failure(FailureCode.BadCredentials, "The app takes neither the password from before nor the new one. Both are kept."));
    }

    private async Task<RunOutcome> PromoteAsync(ActiveRun run, IRotatedPassword credential, PendingSecret pending, CancellationToken cancellationToken)
    {
        await secrets.PromoteAsync(credential.Secret, pending.Version, cancellationToken);
        var prior = (await credential.ReadAsync(cancellationToken)).Prior;
        var now = clock.GetUtcNow();
        await credential.ChangeAsync(run, state => state with { Pending = null, Prior = pending.BaseVersion, ChangedAt = now, ProvedAt = now }, cancellationToken);
        if (prior is not null && prior != pending.BaseVersion && prior != pending.Version)
        {
            await secrets.DisableAsync(credential.Secret, prior, cancellationToken);
        }

        return new RunOutcome { Changes = ["password changed, proved by a sign-in"] };
    }

    private async Task<RunOutcome?> KeepOldAsync(ActiveRun run, IRotatedPassword credential, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await credential.ChangeAsync(run, state => state with { Pending = state.Pending! with { Stage = ChangeStage.OldProved, At = now }, ProvedAt = now }, cancellationToken);
        return null;
    }

    private Task StageAsync(ActiveRun run, IRotatedPassword credential, ChangeStage stage, CancellationToken cancellationToken) =>
        credential.ChangeAsync(run, state => state.Pending is null ? state : state with { Pending = state.Pending with { Stage = stage, At = clock.GetUtcNow() } }, cancellationToken);

    private static RunOutcome Failed(Failure failure, bool final = true) => new() { Failure = failure, Final = final };
}
