using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Posture;
using IdLcm.Domain.Rotation;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.ConnectedAccounts;

/// <summary>
/// Secures the own account of somebody who left, where the app keeps it: a password that nobody learns, then an end to
/// every session, and a sign-in with the credential that was kept, which has to be refused. All of it can be done again,
/// so an attempt that was killed is simply repeated.
/// </summary>
internal sealed class SecuringRun(IRecordStore store, ISecretStore secrets, IConnectorRunner runner, TimeProvider clock)
{
    /// <summary>The verbs of it that a connector has, in the order in which they run: whoever is signed out must not come in again with the password from before.</summary>
    public static IReadOnlyList<ConnectorVerb> VerbsOf(ConnectorManifest manifest) =>
        [.. new[] { ConnectorVerb.ResetPassword, ConnectorVerb.SignOutEverywhere }.Where(manifest.Verbs.Contains)];

    public async Task<RunOutcome> RunAsync(ActiveRun run, CancellationToken cancellationToken)
    {
        var profile = run.Profile;
        if (await store.FindLiveUserAsync(profile.Partition, run.Operation.UserId!, cancellationToken) is { } user && !AccountGoals.HasLeft(profile, user.Value))
        {
            return new RunOutcome { Changes = ["nothing: the person is back"] };
        }

        var opened = await runner.OpenAsync(Sessions.For(profile, run), cancellationToken);
        run.Keep(opened.Evidence);
        if (opened.Session is not { } session)
        {
            return new RunOutcome { Failure = opened.Failure };
        }

        var changes = new List<string>();
        await using (session)
        {
            foreach (var verb in VerbsOf(profile.Manifest))
            {
                run.Begin(verb);
                if (InputsOf(verb, run) is not { } inputs)
                {
                    return new RunOutcome { Failure = new Failure(FailureCode.PasswordRefused, "No password follows the connector's password rules."), Final = true };
                }

                var result = await session.RunAsync(new VerbCall(verb, inputs, run), cancellationToken);
                run.Keep(result.Evidence);
                if (result.Failure is { Code: FailureCode.UserNotFound })
                {
                    return new RunOutcome { Changes = ["nothing: the app does not show the account any more"] };
                }

                if (run.CalledOff)
                {
                    return new RunOutcome { CalledOff = true };
                }

                if (result.Failure is not null || !result.CommitEntered)
                {
                    return new RunOutcome
                    {
                        Failure = result.Failure ?? new Failure(FailureCode.PageChanged, $"The connector's {verb} came to its end without its commit step."),
                        Cancelled = run.Cancelled,
                    };
                }

                run.Settle(done: true);
                changes.Add(verb == ConnectorVerb.ResetPassword ? "a password that nobody knows" : "signed out everywhere");
            }
        }

        return await ProveAsync(run, changes, cancellationToken);
    }

    /// <summary>Nobody may come in with what was kept. Where no password was set, the account's own deactivation has to see to it, and nothing can be said of it here.</summary>
    private async Task<RunOutcome> ProveAsync(ActiveRun run, List<string> changes, CancellationToken cancellationToken)
    {
        var (profile, userId) = (run.Profile, run.Operation.UserId!);
        var kept = await store.FindAsync<ConnectedAccount>(profile.Partition, ConnectedAccount.Row(userId), cancellationToken);
        if (kept is null || !profile.Manifest.Verbs.Contains(ConnectorVerb.ResetPassword)
            || await secrets.GetAsync(ConnectedAccount.PasswordSecret(profile.Integration.Id, userId), cancellationToken) is null)
        {
            return new RunOutcome { Changes = changes };
        }

        await Task.Delay(profile.Manifest.SettleTime, clock, cancellationToken);
        var id = profile.Integration.Id;
        var (failure, _) = await CredentialProof.SignInAsync(
            runner,
            run,
            request => request with
            {
                ServiceAccountUserName = kept.Value.UserName,
                LoginMethod = "password",
                PasswordSecret = ConnectedAccount.PasswordSecret(id, userId),
                TotpSecret = kept.Value.HasTotp ? ConnectedAccount.TotpSecret(id, userId) : null,
            },
            cancellationToken);
        return failure switch
        {
            null => new RunOutcome { Failure = new Failure(FailureCode.VerificationFailed, "The app said that the password was set, and still takes the one from before."), Changes = changes },
            _ when CredentialProof.Refutes(failure) => new RunOutcome { Changes = [.. changes, "proved: the app refuses the password from before"] },
            _ => new RunOutcome { Failure = failure, Changes = changes },
        };
    }

    private static JsonObject? InputsOf(ConnectorVerb verb, ActiveRun run)
    {
        var inputs = new JsonObject { ["identifier"] = run.Operation.Target };
        if (verb == ConnectorVerb.ResetPassword)
        {
            if (PasswordGenerator.Make(run.Profile.Manifest.PasswordRules, run.Operation.Target) is not { } password)
            {
                return null;
            }

            inputs["newPassword"] = password;
        }

        return inputs;
    }
}
