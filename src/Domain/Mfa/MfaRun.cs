using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Posture;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Mfa;

/// <summary>
/// Turns the service account's one-time codes on or off. On: the secret that the app shows is kept before the step that
/// turns it on, and the factor counts as managed when a sign-in with one of its codes succeeded. Off: the secret goes
/// when a sign-in went through without a code.
/// </summary>
internal sealed class MfaRun(IRecordStore store, ISecretStore secrets, IConnectorRunner runner, IntegrationStore integrations, TimeProvider clock)
{
    private ISecretStore Secrets => secrets;

    private TimeProvider Clock => clock;

    public async Task<RunOutcome> RunAsync(ActiveRun run, CancellationToken cancellationToken)
    {
        var on = run.Operation.Kind == OperationKind.EnableMfa;
        var verb = on ? ConnectorVerb.EnableMfa : ConnectorVerb.DisableMfa;
        var manifest = run.Profile.Manifest;
        if (!manifest.Verbs.Contains(verb) || !manifest.Auth.Mfa.Contains("totp"))
        {
            return Failed(new Failure(FailureCode.UnsupportedOperation, $"The connector of {manifest.AppName} cannot turn one-time codes {(on ? "on" : "off")}."));
        }

        var ledger = new CredentialLedger(store, run.Profile.Partition);
        var known = await ledger.ReadAsync(cancellationToken);
        if (known.Totp is { Stage: ChangeStage.Unproved or ChangeStage.NeitherProved } left && await SettleOnAsync(run, ledger, left, cancellationToken) is { } settled)
        {
            // What an interrupted enrolment left is settled first, whichever way things are to go now.
            return on || settled.Failure is not null ? settled : await TurnOffAsync(run, ledger, cancellationToken);
        }

        if (known.TurningOff && await SettleOffAsync(run, ledger, cancellationToken) is { } off)
        {
            return !on || off.Failure is not null ? off : await TurnOnAsync(run, ledger, cancellationToken);
        }

        return on ? await TurnOnAsync(run, ledger, cancellationToken) : await TurnOffAsync(run, ledger, cancellationToken);
    }

    private async Task<RunOutcome> TurnOnAsync(ActiveRun run, CredentialLedger ledger, CancellationToken cancellationToken)
    {
        var integration = await CurrentAsync(run, cancellationToken);
        if (integration.ServiceAccount!.HasTotp)
        {
            return await AdoptAsync(run, ledger, cancellationToken);
        }

        var opened = await runner.OpenAsync(Sessions.For(run.Profile, run) with { TotpSecret = null }, cancellationToken);
        run.Keep(opened.Evidence);
        if (opened.Session is not { } session)
        {
            return new RunOutcome { Failure = opened.Failure };
        }

        VerbResult result;
        await using (session)
        {
            run.Begin(ConnectorVerb.EnableMfa);
            var sink = new Sink(this, run, ledger);
            var gate = new CredentialGate(run, token => StageAsync(run, ledger, ChangeStage.Unproved, token));
            result = await session.RunAsync(new VerbCall(ConnectorVerb.EnableMfa, await InputsAsync(run, cancellationToken), gate) { Secrets = sink }, cancellationToken);
            run.Keep(result.Evidence);
        }

        if (!result.CommitEntered)
        {
            await StageAsync(run, ledger, ChangeStage.Stored, CancellationToken.None);
            return NotDone(run, result);
        }

        if (result.Failure is not null)
        {
            await Task.Delay(run.Profile.Manifest.SettleTime, clock, cancellationToken);
        }

        return await SettleOnAsync(run, ledger, (await ledger.ReadAsync(cancellationToken)).Totp!, cancellationToken)
            ?? new RunOutcome { Failure = result.Failure ?? new Failure(FailureCode.VerificationFailed, "The app said that one-time codes are on, and does not ask for one.") };
    }

    /// <summary>A factor whose secret a person gave is managed from a proof on.</summary>
    private async Task<RunOutcome> AdoptAsync(ActiveRun run, CredentialLedger ledger, CancellationToken cancellationToken)
    {
        var (failure, codeGiven) = await CredentialProof.SignInAsync(runner, run, request => request, cancellationToken);
        if (failure is not null)
        {
            return new RunOutcome { Failure = failure };
        }

        if (!codeGiven)
        {
            return Failed(new Failure(FailureCode.VerificationFailed, "A TOTP secret is on file, and the app does not ask for a code. Remove the secret from the service account, then turn MFA on."));
        }

        var now = clock.GetUtcNow();
        await ledger.ChangeAsync(run, c => c with { MfaManagedSince = c.MfaManagedSince ?? now, PasswordProvedAt = now }, cancellationToken);
        return new RunOutcome { Changes = ["one-time codes were on already, proved by a sign-in"] };
    }

    /// <returns>The outcome, or null when the app does not ask for a code: the factor is not on.</returns>
    private async Task<RunOutcome?> SettleOnAsync(ActiveRun run, CredentialLedger ledger, PendingSecret pending, CancellationToken cancellationToken)
    {
        var id = run.Profile.Integration.Id;
        var (failure, codeGiven) = await CredentialProof.SignInAsync(
            runner,
            run,
            request => request with { TotpSecret = ServiceAccount.TotpSecret(id), TotpVersion = pending.Version, OneTimeCodeUsedAt = pending.At },
            cancellationToken);
        if (failure is not null)
        {
            if (!CredentialProof.Refutes(failure))
            {
                return new RunOutcome { Failure = failure, Unsettled = true };
            }

            await StageAsync(run, ledger, ChangeStage.NeitherProved, cancellationToken);
            return Failed(failure with { Detail = "The app does not take the codes of the secret that it showed. The secret is kept." });
        }

        run.Settle(done: codeGiven);
        var now = clock.GetUtcNow();
        if (!codeGiven)
        {
            await StageAsync(run, ledger, ChangeStage.OldProved, cancellationToken);
            return null;
        }

        await secrets.PromoteAsync(ServiceAccount.TotpSecret(id), pending.Version, cancellationToken);
        await integrations.ChangeAsync(id, before => (before with { ServiceAccount = before.ServiceAccount! with { HasTotp = true } }, []), cancellationToken);
        var after = await ledger.ChangeAsync(run, c => c with { Totp = null, MfaManagedSince = now, PasswordProvedAt = now }, cancellationToken);
        return new RunOutcome
        {
            Changes = ["one-time codes turned on, proved by a sign-in", after.BackupCodes is null ? "no backup codes were read" : "backup codes kept"],
        };
    }

    private async Task<RunOutcome> TurnOffAsync(ActiveRun run, CredentialLedger ledger, CancellationToken cancellationToken)
    {
        var id = run.Profile.Integration.Id;
        if ((await CurrentAsync(run, cancellationToken)).ServiceAccount is not { HasTotp: true })
        {
            return new RunOutcome { Changes = [] };
        }

        var opened = await runner.OpenAsync(Sessions.For(run.Profile, run) with { TotpSecret = ServiceAccount.TotpSecret(id) }, cancellationToken);
        run.Keep(opened.Evidence);
        if (opened.Session is not { } session)
        {
            return new RunOutcome { Failure = opened.Failure };
        }

        VerbResult result;
        await using (session)
        {
            run.Begin(ConnectorVerb.DisableMfa);
            var gate = new CredentialGate(run, token => ledger.ChangeAsync(run, c => c with { TurningOff = true }, token));
            result = await session.RunAsync(new VerbCall(ConnectorVerb.DisableMfa, await InputsAsync(run, cancellationToken), gate), cancellationToken);
            run.Keep(result.Evidence);
        }

        if (!result.CommitEntered)
        {
            await ledger.ChangeAsync(run, c => c with { TurningOff = false }, CancellationToken.None);
            return NotDone(run, result);
        }

        if (result.Failure is not null)
        {
            await Task.Delay(run.Profile.Manifest.SettleTime, clock, cancellationToken);
        }

        return await SettleOffAsync(run, ledger, cancellationToken)
            ?? new RunOutcome { Failure = result.Failure ?? new Failure(FailureCode.VerificationFailed, "The app said that one-time codes are off, and still asks for one.") };
    }

    /// <returns>The outcome, or null when the app still asks for a code: the factor is on.</returns>
    private async Task<RunOutcome?> SettleOffAsync(ActiveRun run, CredentialLedger ledger, CancellationToken cancellationToken)
    {
        var id = run.Profile.Integration.Id;
        var (failure, codeGiven) = await CredentialProof.SignInAsync(
            runner, run, request => request with { TotpSecret = ServiceAccount.TotpSecret(id) }, cancellationToken);
        if (failure is not null)
        {
            return new RunOutcome { Failure = failure, Unsettled = !CredentialProof.Refutes(failure) };
        }

        run.Settle(done: !codeGiven);
        if (codeGiven)
        {
            await ledger.ChangeAsync(run, c => c with { TurningOff = false }, cancellationToken);
            return null;
        }

        await integrations.ChangeAsync(id, before => (before with { ServiceAccount = before.ServiceAccount! with { HasTotp = false } }, []), cancellationToken);
        await secrets.DeleteAsync(ServiceAccount.TotpSecret(id), cancellationToken);
        await secrets.DeleteAsync(ServiceCredential.BackupCodesSecret(id), cancellationToken);
        await ledger.ChangeAsync(run, c => c with { TurningOff = false, Totp = null, MfaManagedSince = null, BackupCodes = null, PasswordProvedAt = clock.GetUtcNow() }, cancellationToken);
        return new RunOutcome { Changes = ["one-time codes turned off, proved by a sign-in"] };
    }

    private static RunOutcome NotDone(ActiveRun run, VerbResult result) => run.CalledOff
        ? new RunOutcome { CalledOff = true }
        : new RunOutcome { Failure = result.Failure ?? new Failure(FailureCode.PageChanged, $"The connector's {result.Verb} came to its end without its commit step."), Cancelled = run.Cancelled };

    private async Task<JsonObject> InputsAsync(ActiveRun run, CancellationToken cancellationToken) => new()
    {
        ["identifier"] = run.Profile.Integration.ServiceAccount!.UserName,
        ["password"] = (await secrets.GetLatestAsync(ServiceAccount.PasswordSecret(run.Profile.Integration.Id), cancellationToken))?.Value,
    };

    /// <summary>The profile was read when the attempt began; an earlier step of this run may have changed the account since.</summary>
    private async Task<Integration> CurrentAsync(ActiveRun run, CancellationToken cancellationToken) =>
        (await integrations.FindAsync(run.Profile.Integration.Id, cancellationToken))?.Value ?? run.Profile.Integration;

    private Task<ServiceCredential> StageAsync(ActiveRun run, CredentialLedger ledger, ChangeStage stage, CancellationToken cancellationToken) =>
        ledger.ChangeAsync(run, c => c.Totp is null ? c : c with { Totp = c.Totp with { Stage = stage, At = clock.GetUtcNow() } }, cancellationToken);

    private static RunOutcome Failed(Failure failure) => new() { Failure = failure, Final = true };

    /// <summary>Keeps what the app reveals, before the next step is done.</summary>
    private sealed class Sink(MfaRun owner, ActiveRun run, CredentialLedger ledger) : ISecretSink
    {
        public async Task KeepAsync(string name, string value, CancellationToken cancellationToken)
        {
            var id = run.Profile.Integration.Id;
            if (name == "backupCodes")
            {
                var codes = ServiceCredential.BackupCodesSecret(id);
                var version = await owner.Secrets.SetAsync(codes, value, cancellationToken);
                await owner.Secrets.PromoteAsync(codes, version, cancellationToken);
                await ledger.ChangeAsync(run, c => c with { BackupCodes = version }, cancellationToken);
                return;
            }

            var secret = ServiceAccountRules.NormalizeTotp(value) ?? value;
            var kept = await owner.Secrets.SetAsync(ServiceAccount.TotpSecret(id), secret, cancellationToken);
            var before = (await ledger.ReadAsync(cancellationToken)).Totp;
            await ledger.ChangeAsync(
                run, c => c with { Totp = new PendingSecret(kept, null, ChangeStage.Stored, run.Operation.Id, owner.Clock.GetUtcNow()) }, cancellationToken);
            if (before is not null)
            {
                await owner.Secrets.DisableAsync(ServiceAccount.TotpSecret(id), before.Version, cancellationToken);
            }
        }
    }
}
