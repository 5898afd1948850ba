using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Posture;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Rotation;

/// <summary>
/// Changes the service account's password in two phases: the new one is kept, set in the app, proved by a sign-in and
/// only then promoted. Wherever it was interrupted, the next run finds in the record what may have happened and signs in
/// to see what did.
/// </summary>
internal sealed class RotationRun(IRecordStore store, ISecretStore secrets, IConnectorRunner runner, TimeProvider clock)
{
    public async Task<RunOutcome> RunAsync(ActiveRun run, CancellationToken cancellationToken)
    {
        var profile = run.Profile;
        if (!profile.Manifest.Verbs.Contains(ConnectorVerb.RotatePassword) || profile.Integration.ServiceAccount is not { LoginMethod: "password" } account)
        {
            return Failed(new Failure(FailureCode.UnsupportedOperation, $"The connector of {profile.Manifest.AppName} cannot change the service account's password."));
        }

        var ledger = new CredentialLedger(store, profile.Partition);
        var name = ServiceAccount.PasswordSecret(profile.Integration.Id);
        var known = await ledger.ReadAsync(cancellationToken);
        if (known.Password is { } left)
        {
            if ((await secrets.GetAsync(name, cancellationToken))?.Version is { } current && current != left.BaseVersion && current != left.Version)
            {
                // A person saved another one meanwhile: theirs is in force.
                await ledger.ChangeAsync(run, c => c with { Password = null }, cancellationToken);
                await secrets.DisableAsync(name, left.Version, cancellationToken);
            }
            else if (left.Stage is ChangeStage.Unproved or ChangeStage.NeitherProved
                && await SettleAsync(run, ledger, name, left, newFirst: true, cancellationToken) is { } settled)
            {
                return settled;
            }
        }

        return await ChangeAsync(run, ledger, name, account, cancellationToken);
    }

    private async Task<RunOutcome> ChangeAsync(ActiveRun run, CredentialLedger ledger, string name, ServiceAccount account, CancellationToken cancellationToken)
    {
        var opened = await runner.OpenAsync(Sessions.For(run.Profile, run), cancellationToken);
        run.Keep(opened.Evidence);
        if (opened.Session is not { } session)
        {
            return await RefusedAtOnceAsync(run, ledger, name, opened.Failure!, cancellationToken);
        }

        VerbResult result;
        PendingSecret pending;
        await using (session)
        {
            var current = await secrets.GetAsync(name, cancellationToken);
            if (PasswordGenerator.Make(run.Profile.Manifest.PasswordRules, account.UserName) is not { } password)
            {
                return Failed(new Failure(FailureCode.PasswordRefused, "No password follows the connector's password rules."));
            }

            pending = new PendingSecret(await secrets.SetAsync(name, password, cancellationToken), current!.Version, ChangeStage.Stored, run.Operation.Id, clock.GetUtcNow());
            var before = (await ledger.ReadAsync(cancellationToken)).Password;
            await ledger.ChangeAsync(run, c => c with { Password = pending }, cancellationToken);
            if (before is not null)
            {
                await secrets.DisableAsync(name, before.Version, cancellationToken);
            }

            run.Begin(ConnectorVerb.RotatePassword);
            var inputs = new JsonObject { ["identifier"] = account.UserName, ["password"] = current.Value, ["newPassword"] = password };
            var gate = new CredentialGate(run, token => StageAsync(run, ledger, ChangeStage.Unproved, token));
            result = await session.RunAsync(new VerbCall(ConnectorVerb.RotatePassword, inputs, gate), cancellationToken);
            run.Keep(result.Evidence);
        }

        if (!result.CommitEntered)
        {
            // The gate may have noted the step before it said no; nothing was clicked.
            await StageAsync(run, ledger, ChangeStage.Stored, CancellationToken.None);
            return run.CalledOff
                ? new RunOutcome { CalledOff = true }
                : new RunOutcome { Failure = result.Failure ?? new Failure(FailureCode.PageChanged, "The connector's rotatePassword came to its end without its commit step."), Cancelled = run.Cancelled };
        }

        if (result.Failure is not null)
        {
            await Task.Delay(run.Profile.Manifest.SettleTime, clock, cancellationToken);
        }

        var unproved = pending with { Stage = ChangeStage.Unproved };
        return await SettleAsync(run, ledger, name, unproved, newFirst: result.Failure?.Code != FailureCode.PasswordRefused, cancellationToken)
            ?? Failed(result.Failure ?? new Failure(FailureCode.VerificationFailed, "The app said that the password was changed, and still takes the one from before."), final: false);
    }

    /// <summary>The value in force is refused. One that an earlier run left may be the right one.</summary>
    private async Task<RunOutcome> RefusedAtOnceAsync(ActiveRun run, CredentialLedger ledger, string name, Failure failure, CancellationToken cancellationToken)
    {
        if (!CredentialProof.Refutes(failure) || (await ledger.ReadAsync(cancellationToken)).Password is not { } left)
        {
            return new RunOutcome { Failure = failure };
        }

        await StageAsync(run, ledger, ChangeStage.Unproved, cancellationToken);
        return await SettleAsync(run, ledger, name, left, newFirst: true, cancellationToken) ?? new RunOutcome { Failure = failure };
    }

    /// <summary>Finds by signing in which password the app takes. Each is tried once: apps lock accounts after some wrong ones.</summary>
    /// <returns>The outcome, or null when the password from before is proved.</returns>
    private async Task<RunOutcome?> SettleAsync(
        ActiveRun run, CredentialLedger ledger, string name, PendingSecret pending, bool newFirst, CancellationToken cancellationToken)
    {
        foreach (var isNew in newFirst ? (bool[])[true, false] : [false, true])
        {
            var (failure, _) = await CredentialProof.SignInAsync(
                runner, run, request => request with { PasswordVersion = isNew ? pending.Version : pending.BaseVersion }, cancellationToken);
            if (failure is null)
            {
                run.Settle(done: isNew);
                return isNew ? await PromoteAsync(run, ledger, name, pending, cancellationToken) : await KeepOldAsync(run, ledger, cancellationToken);
            }

            if (!CredentialProof.Refutes(failure))
            {
                return new RunOutcome { Failure = failure, Unsettled = true };
            }
        }

        await StageAsync(run, ledger, ChangeStage.NeitherProved, cancellationToken);
        return Failed(new Failure(FailureCode.BadCredentials, "The app takes neither the password from before nor the new one. Both are kept."));
    }

    private async Task<RunOutcome> PromoteAsync(ActiveRun run, CredentialLedger ledger, string name, PendingSecret pending, CancellationToken cancellationToken)
    {
        await secrets.PromoteAsync(name, pending.Version, cancellationToken);
        var prior = (await ledger.ReadAsync(cancellationToken)).PriorPassword;
        var now = clock.GetUtcNow();
        await ledger.ChangeAsync(
            run, c => c with { Password = null, PriorPassword = pending.BaseVersion, PasswordChangedAt = now, PasswordProvedAt = now }, cancellationToken);
        if (prior is not null && prior != pending.BaseVersion && prior != pending.Version)
        {
            await secrets.DisableAsync(name, prior, cancellationToken);
        }

        return new RunOutcome { Changes = ["password changed, proved by a sign-in"] };
    }

    private async Task<RunOutcome?> KeepOldAsync(ActiveRun run, CredentialLedger ledger, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await ledger.ChangeAsync(run, c => c with { Password = c.Password! with { Stage = ChangeStage.OldProved, At = now }, PasswordProvedAt = now }, cancellationToken);
        return null;
    }

    private Task<ServiceCredential> StageAsync(ActiveRun run, CredentialLedger ledger, ChangeStage stage, CancellationToken cancellationToken) =>
        ledger.ChangeAsync(run, c => c.Password is null ? c : c with { Password = c.Password with { Stage = stage, At = clock.GetUtcNow() } }, cancellationToken);

    private static RunOutcome Failed(Failure failure, bool final = true) => new() { Failure = failure, Final = final };
}
