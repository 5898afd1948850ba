using IdLcm.Automation.Browser;
using IdLcm.Automation.Format;
using IdLcm.Automation.Sessions;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Secrets;

namespace IdLcm.Automation.Running;

/// <content>Signed-in sessions: an open one, a kept one, a new sign-in, or none but a credential.</content>
internal sealed partial class ConnectorSession
{
    private bool freshSignIn = request.FreshSignIn;
    private bool oneTimeCodeGiven;
    private bool trustsEarlierProof;

    /// <summary>True while the app has done what was last asked of it in this session.</summary>
    private bool answers;

    private bool OpensByCall => account.Connector.OpensWithoutBrowser;

    /// <summary>Gets what a verb needs: the credential for calls, a signed-in browser session for pages.</summary>
    private async Task<StepFault?> ReadyAsync(ConnectorVerb verb, List<StepRecord> steps, CancellationToken cancellationToken)
    {
        if (http.Credentials is null && account.Connector.CallsApi && await CredentialsAsync(cancellationToken) is { } none)
        {
            return none;
        }

        if (!account.Connector.BrowserVerbs.Contains(verb))
        {
            // A call that cannot be taken back may be the first that the verb makes: an app that is down, or is another one by now,
            // has to show before it, or nobody could tell that nothing was done.
            return OpensByCall && !answers && account.Connector.Commits(verb) ? await AdmitAsync(steps, cancellationToken) : null;
        }

        return browser is not null && await browser.RecoverAsync() ? null : await EstablishAsync(steps, cancellationToken);
    }

    private Task<StepFault?> SignInAgainAsync(ConnectorVerb verb, List<StepRecord> steps, CancellationToken cancellationToken) =>
        account.Connector.BrowserVerbs.Contains(verb) ? SignInAsync(steps, cancellationToken) : AdmitAsync(steps, cancellationToken);

    /// <summary>Takes a credential that was proved a moment ago as it is, and proves any other.</summary>
    private async Task<StepFault?> OpenByCallAsync(List<StepRecord> steps, CancellationToken cancellationToken)
    {
        if (!freshSignIn && !account.Connector.SignsInByHttp && account.Proved is { } proved
            && services.Time.GetUtcNow() - proved.At < services.Options.ProbeAfterIdle
            && await PasswordAsync(latest: false, cancellationToken) is { } credential && credential.Version == proved.Version)
        {
            http.Credentials = Credentials(credential.Value);
            trustsEarlierProof = true;
            return null;
        }

        return await AdmitAsync(steps, cancellationToken);
    }

    /// <summary>Proves the credential by a call, without a browser.</summary>
    private Task<StepFault?> AdmitAsync(List<StepRecord> steps, CancellationToken cancellationToken) => WithSecretsAsync(
        async secrets =>
        {
            trustsEarlierProof = false;
            http.Credentials = Credentials(secrets.Password.Value);
            var fault = await new VerbRunner(State(ConnectorVerb.Login, steps, cancellationToken, page: false)).SignInByHttpAsync(http.Credentials);
            answers = fault is null;
            account.Proved = fault is null ? new(secrets.Password.Version, services.Time.GetUtcNow()) : null;
            return fault;
        },
        cancellationToken);

    /// <summary>Whether a new sign-in may cure it: the session has ended, or what was proved a moment ago holds no more.</summary>
    private bool IsCuredBySignIn(StepFault? fault) => fault is { SignedOut: true } || (trustsEarlierProof && fault?.Code == FailureCode.BadCredentials);

    /// <summary>Makes sure that there is a signed-in browser session: an open one, a kept one, or a new sign-in.</summary>
    private async Task<StepFault?> EstablishAsync(List<StepRecord> steps, CancellationToken cancellationToken)
    {
        var fresh = freshSignIn;
        freshSignIn = false;
        await DropAsync();
        while (!fresh && account.TakeIdle() is { } idle)
        {
            browser = idle;
            if (!idle.IsUsable || await UsableAsync(idle, steps, cancellationToken) is not (true, var fault))
            {
                await DropAsync();
                continue;
            }

            if (fault is null)
            {
                Reused = true;
            }

            return fault;
        }

        await account.SigningIn.WaitAsync(cancellationToken);
        try
        {
            var stored = await services.Vault.LoadAsync(account.Key, cancellationToken);
            account.Totp.Restore(stored?.LastTotpStep ?? 0);
            var now = services.Time.GetUtcNow();
            if (!fresh && stored?.State is { } state && Manifest.Auth.ReuseSession && now - stored.SignedInAt < Manifest.Auth.SessionMaxAge)
            {
                browser = await account.OpenAsync(services.Browser, state, cancellationToken);
                browser.SignedInAt = stored.SignedInAt;
                var (signedIn, problem) = await new VerbRunner(State(ConnectorVerb.Probe, steps, cancellationToken)).ProbeAsync(account.Settings);
                if (signedIn || problem is not null)
                {
                    Reused = signedIn;
                    return problem;
                }

                await DropAsync();
            }

            browser = await account.OpenAsync(services.Browser, storageState: null, cancellationToken);
            Reused = false;
            return await SignInLockedAsync(steps, cancellationToken);
        }
        finally
        {
            account.SigningIn.Release();
        }
    }

    private async Task<(bool Usable, StepFault? Fault)> UsableAsync(BrowserSession idle, List<StepRecord> steps, CancellationToken cancellationToken)
    {
        var now = services.Time.GetUtcNow();
        if (now - idle.SignedInAt >= Manifest.Auth.SessionMaxAge)
        {
            return (false, null);
        }

        if (now - idle.LastUsed < services.Options.ProbeAfterIdle)
        {
            return (true, null);
        }

        var (signedIn, fault) = await new VerbRunner(State(ConnectorVerb.Probe, steps, cancellationToken)).ProbeAsync(account.Settings);
        return (signedIn || fault is not null, fault);
    }

    private async Task<StepFault?> SignInAsync(List<StepRecord> steps, CancellationToken cancellationToken)
    {
        await account.SigningIn.WaitAsync(cancellationToken);
        try
        {
            return await SignInLockedAsync(steps, cancellationToken);
        }
        finally
        {
            account.SigningIn.Release();
        }
    }

    private Task<StepFault?> SignInLockedAsync(List<StepRecord> steps, CancellationToken cancellationToken) =>
        WithSecretsAsync(secrets => SignInWithAsync(secrets, steps, cancellationToken), cancellationToken);

    private async Task<StepFault?> SignInWithAsync(SignInSecrets secrets, List<StepRecord> steps, CancellationToken cancellationToken)
    {
        var scope = Credentials(secrets.Password.Value);
        if (request.OneTimeCodeUsedAt is { } used)
        {
            account.Totp.Restore(TotpCode.StepAt(used));
        }

        var usedBefore = account.Totp.LastUsedStep;
        // Nothing that is typed to sign in is ever recorded; what was recorded before it is of no use after it.
        await DiscardTraceAsync();
        var fault = await new VerbRunner(State(ConnectorVerb.Login, steps, cancellationToken, gate: null, secrets.Totp?.Value)).SignInAsync(scope);
        if (fault is null)
        {
            browser!.SignedInAt = services.Time.GetUtcNow();
            oneTimeCodeGiven = account.Totp.LastUsedStep != usedBefore;
        }

        if (fault is null || account.Totp.LastUsedStep != usedBefore)
        {
            var state = fault is null && Manifest.Auth.ReuseSession ? await browser!.Context.StorageStateAsync().WaitAsync(services.Options.StepTimeout, cancellationToken) : null;
            await services.Vault.SaveAsync(account.Key, new(state, services.Time.GetUtcNow(), account.Totp.LastUsedStep), cancellationToken);
        }

        return fault;
    }

    /// <summary>Whether the pages of a verb show secrets that are not known yet, and so cannot be masked.</summary>
    private static bool Reveals(VerbCall call) => call.Verb == ConnectorVerb.EnableMfa;

    private async Task<VerbResult> ProbeAsync(VerbCall call, CancellationToken cancellationToken)
    {
        using var limit = new RunLimit(services.Time, services.Options.VerbTimeout, cancellationToken);
        var steps = new List<StepRecord>();
        var fault = await GuardedAsync(
            async () =>
            {
                if (OpensByCall)
                {
                    return await AdmitAsync(steps, limit.Token);
                }

                if (browser is null || !await browser.RecoverAsync())
                {
                    return await EstablishAsync(steps, limit.Token);
                }

                var (signedIn, problem) = await new VerbRunner(State(ConnectorVerb.Probe, steps, limit.Token)).ProbeAsync(account.Settings);
                return problem ?? (signedIn ? null : await SignInAsync(steps, limit.Token));
            },
            limit,
            cancellationToken);
        return Result(call, new(fault, [], Complete: false, Verified: false), commit: false, steps, fault is null ? [] : await EvidenceAsync(fault, steps));
    }

    private async Task DropAsync()
    {
        if (browser is { } old)
        {
            browser = null;
            await account.CloseAsync(old);
        }
    }
}
