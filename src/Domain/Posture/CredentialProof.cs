using IdLcm.Domain.Connectors;
using IdLcm.Domain.Operations;

namespace IdLcm.Domain.Posture;

/// <summary>Signs in afresh, to see which secrets an app takes.</summary>
internal static class CredentialProof
{
    /// <summary>Signs in with certain versions of the secrets.</summary>
    /// <returns>Why it did not succeed, or null; and whether a one-time code was asked for.</returns>
    public static async Task<(Failure? Failure, bool CodeGiven)> SignInAsync(
        IConnectorRunner runner, ActiveRun run, Func<ConnectorSessionRequest, ConnectorSessionRequest> with, CancellationToken cancellationToken)
    {
        run.Begin(ConnectorVerb.Login);
        var opened = await runner.OpenAsync(with(Sessions.For(run.Profile, run, freshSignIn: true)), cancellationToken);
        run.Keep(opened.Evidence);
        if (opened.Session is { } session)
        {
            await session.DisposeAsync();
        }

        return (opened.Failure, opened.OneTimeCodeGiven);
    }

    /// <summary>Whether a failed sign-in says that the app does not take the secret, and not merely that nobody could try.</summary>
    public static bool Refutes(Failure failure) => failure.Code == FailureCode.BadCredentials;
}
