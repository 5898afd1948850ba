using System.Text.Json.Nodes;
using IdLcm.Automation.Browser;
using IdLcm.Automation.Format;
using IdLcm.Automation.Sessions;
using IdLcm.Automation.Totp;
using IdLcm.Domain.Connectors;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>A signed-in session as callers see it. It holds a browser session and replaces it when that dies.</summary>
internal sealed class ConnectorSession(ConnectorSessionRequest request, ServiceAccount account, RunnerServices services) : IConnectorSession
{
    private readonly SecretMask mask = new();
    private BrowserSession? browser;
    private bool oneTimeCodeGiven;
    private bool disposed;

    public ConnectorManifest Manifest => account.Connector.Manifest;

    public bool Reused { get; private set; }

    public async Task<ConnectorSessionResult> OpenAsync(CancellationToken cancellationToken)
    {
        using var limit = new RunLimit(services.Time, account.Connector.VerbTimeout ?? services.Options.VerbTimeout, cancellationToken);
        var steps = new List<StepRecord>();
        var fault = await GuardedAsync(() => EstablishAsync(request.FreshSignIn, steps, limit.Token), limit, cancellationToken);
        if (fault is null)
        {
            return new(this, null, steps, []) { OneTimeCodeGiven = oneTimeCodeGiven };
        }

        var evidence = await EvidenceAsync(fault, steps);
        return new(null, ToFailure(fault, steps), steps, evidence);
    }

    public async Task<VerbResult> RunAsync(VerbCall call, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (!account.Connector.Operations.TryGetValue(call.Verb, out var operation))
        {
            return call.Verb == ConnectorVerb.Probe
                ? await ProbeAsync(call, cancellationToken)
                : Result(call, VerbOutcome.Failed(new(FailureCode.UnsupportedOperation, $"The connector has no {call.Verb}.")), commit: false, [], []);
        }

        var inputs = Inputs(call);
        using var limit = new RunLimit(services.Time, operation.Timeout ?? account.Connector.VerbTimeout ?? services.Options.VerbTimeout, cancellationToken);
        var steps = new List<StepRecord>();
        VerbOutcome outcome = VerbOutcome.Failed(StepFault.SessionEnded);
        RunState? run = null;
        var fault = await GuardedAsync(
            async () =>
            {
                for (var attempt = 1; attempt <= 2; attempt++)
                {
                    if (browser is null || !await browser.RecoverAsync())
                    {
                        if (await EstablishAsync(fresh: false, steps, limit.Token) is { } noSession)
                        {
                            return noSession;
                        }
                    }

                    await StartTraceAsync(call);
                    run = State(call.Verb, steps, limit.Token, call.CommitGate, call.Verb == ConnectorVerb.DisableMfa ? await TotpAsync(limit.Token) : null, call.Secrets);
                    outcome = await new VerbRunner(run).RunAsync(operation, account.Settings, inputs, () => SignInAsync(steps, limit.Token));
                    if (outcome.Fault is not { SignedOut: true } || run.CommitEntered || attempt == 2)
                    {
                        return outcome.Fault;
                    }

                    if (await SignInAsync(steps, limit.Token) is { } refused)
                    {
                        return refused;
                    }
                }

                return outcome.Fault;
            },
            limit,
            cancellationToken);
        outcome = outcome with { Fault = fault };
        var evidence = await EvidenceOfVerbAsync(call, fault, steps);
        if (Reveals(call))
        {
            // The page may still show what the app reveals once: nobody looks at it again.
            browser?.Spoil();
        }

        return Result(call, outcome, run?.CommitEntered ?? false, steps, evidence);
    }

    public async ValueTask DisposeAsync()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        try
        {
            if (browser is { } used)
            {
                browser = null;
                used.LastUsed = services.Time.GetUtcNow();
                if (await used.RecoverAsync())
                {
                    account.GiveBack(used);
                }
                else
                {
                    await account.CloseAsync(used);
                }
            }
        }
        finally
        {
            account.Places.Release();
        }
    }

    /// <summary>Makes sure that there is a signed-in browser session: an open one, a kept one, or a new sign-in.</summary>
    private async Task<StepFault?> EstablishAsync(bool fresh, List<StepRecord> steps, CancellationToken cancellationToken)
    {
        await DropAsync();
        while (!fresh && account.TakeIdle() is { } idle)
        {
            browser = idle;
            if (!idle.IsAlive || await UsableAsync(idle, steps, cancellationToken) is not (true, var fault))
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

    private async Task<StepFault?> SignInLockedAsync(List<StepRecord> steps, CancellationToken cancellationToken)
    {
        var kept = request.PasswordVersion is { } version
            ? await services.Secrets.GetVersionAsync(request.PasswordSecret, version, cancellationToken)
            : await services.Secrets.GetAsync(request.PasswordSecret, cancellationToken);
        if (kept is not { } password)
        {
            return new(FailureCode.BadCredentials, "The service account has no password on file.");
        }

        var totp = await TotpAsync(cancellationToken);
        mask.Add(password.Value);
        mask.Add(totp);
        var scope = new Scope(account.Settings);
        scope.Set("username", request.ServiceAccountUserName);
        scope.Set("password", password.Value);
        if (request.OneTimeCodeUsedAt is { } used)
        {
            account.Totp.Restore(TotpCode.StepAt(used));
        }

        var usedBefore = account.Totp.LastUsedStep;
        // Nothing that is typed to sign in is ever recorded; what was recorded before it is of no use after it.
        await DiscardTraceAsync();
        var fault = await new VerbRunner(State(ConnectorVerb.Login, steps, cancellationToken, gate: null, totp)).SignInAsync(scope);
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

    private async Task<string?> TotpAsync(CancellationToken cancellationToken) => request.TotpSecret is not { } name ? null
        : (request.TotpVersion is { } version
            ? await services.Secrets.GetVersionAsync(name, version, cancellationToken)
            : await services.Secrets.GetAsync(name, cancellationToken))?.Value;

    /// <summary>Whether the pages of a verb show secrets that are not known yet, and so cannot be masked.</summary>
    private static bool Reveals(VerbCall call) => call.Verb == ConnectorVerb.EnableMfa;

    private async Task<VerbResult> ProbeAsync(VerbCall call, CancellationToken cancellationToken)
    {
        using var limit = new RunLimit(services.Time, services.Options.VerbTimeout, cancellationToken);
        var steps = new List<StepRecord>();
        var fault = await GuardedAsync(
            async () =>
            {
                if (browser is null || !await browser.RecoverAsync())
                {
                    return await EstablishAsync(fresh: false, steps, limit.Token);
                }

                var (signedIn, problem) = await new VerbRunner(State(ConnectorVerb.Probe, steps, limit.Token)).ProbeAsync(account.Settings);
                return problem ?? (signedIn ? null : await SignInAsync(steps, limit.Token));
            },
            limit,
            cancellationToken);
        return Result(call, new(fault, [], Complete: false, Verified: false), commit: false, steps, fault is null ? [] : await EvidenceAsync(fault, steps));
    }

    /// <summary>Turns the end of time, a cancellation and a browser that fails outside a step into faults.</summary>
    private async Task<StepFault?> GuardedAsync(Func<Task<StepFault?>> work, RunLimit limit, CancellationToken caller)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException) when (limit.Token.IsCancellationRequested)
        {
            browser?.Spoil();
            return caller.IsCancellationRequested
                ? new(FailureCode.Cancelled, "The run was cancelled.")
                : new(FailureCode.Timeout, $"The verb took longer than {limit.Duration.TotalSeconds:0.#} s.");
        }
        catch (TimeoutException)
        {
            browser?.Spoil();
            return new(FailureCode.Timeout, "The browser did not answer in time.");
        }
        catch (PlaywrightException error)
        {
            browser?.Spoil();
            return new(FailureCode.AppUnavailable, $"The browser failed: {mask.Apply(error.Message.Split('\n', 2)[0].Trim())}");
        }
    }

    private Scope Inputs(VerbCall call)
    {
        var scope = new Scope(account.Settings);
        scope.Set("username", request.ServiceAccountUserName);
        foreach (var (name, value) in call.Inputs)
        {
            scope.Set(name, value);
            if (SecretNames.IsSecret(name))
            {
                mask.Add(value?.ToString());
            }
        }

        return scope;
    }

    private RunState State(ConnectorVerb verb, List<StepRecord> steps, CancellationToken token, ICommitGate? gate = null, string? totpSecret = null, ISecretSink? secrets = null) => new()
    {
        Connector = account.Connector,
        Verb = verb,
        Session = browser!,
        Mask = mask,
        Time = services.Time,
        Options = services.Options,
        Totp = account.Totp,
        TotpSecret = totpSecret,
        Secrets = secrets,
        Gate = gate,
        Observer = request.Observer,
        Token = token,
        Steps = steps,
    };

    /// <summary>
    /// Records the verb where traces are wanted: always for Full; for Failures on the run after a failed one, since
    /// recording slows every run and most succeed. A verb that types a secret is never recorded.
    /// </summary>
    private async Task StartTraceAsync(VerbCall call)
    {
        var wanted = services.Options.Evidence == EvidenceLevel.Full || (services.Options.Evidence == EvidenceLevel.Failures && account.TraceNext);
        if (wanted && browser is { IsTracing: false } && !Reveals(call) && !call.Inputs.Any(i => SecretNames.IsSecret(i.Key)))
        {
            await browser.StartTraceAsync();
        }
    }

    private async Task<IReadOnlyList<EvidenceItem>> EvidenceOfVerbAsync(VerbCall call, StepFault? fault, List<StepRecord> steps)
    {
        var level = services.Options.Evidence;
        if (Reveals(call))
        {
            await DiscardTraceAsync();
            return [];
        }

        if (fault is { Code: not FailureCode.Cancelled })
        {
            var trace = browser is null ? [] : await services.Evidence.TraceAsync(browser, mask, $"{call.Verb}");
            account.TraceNext = true;
            return [.. await EvidenceAsync(fault, steps), .. trace];
        }

        account.TraceNext &= fault is not null;
        if (level == EvidenceLevel.Full && fault is null && browser is { } session)
        {
            return [.. await services.Evidence.PageAsync(session, mask, $"After {call.Verb}"), .. await services.Evidence.TraceAsync(session, mask, $"{call.Verb}")];
        }

        await DiscardTraceAsync();
        return [];
    }

    private async Task DiscardTraceAsync()
    {
        if (browser is { IsTracing: true, IsAlive: true } session)
        {
            try
            {
                await session.StopTraceAsync(path: null);
            }
            catch (Exception error) when (error is PlaywrightException or TimeoutException)
            {
                // What was done stands; the page is not used again.
                session.Spoil();
            }
        }
    }

    private async Task<IReadOnlyList<EvidenceItem>> EvidenceAsync(StepFault fault, List<StepRecord> steps) =>
        services.Options.Evidence == EvidenceLevel.None || browser is null || fault.Code == FailureCode.Cancelled
            ? []
            : await services.Evidence.PageAsync(browser, mask, steps.LastOrDefault(s => s.Outcome == "failed")?.Description ?? fault.Detail);

    private VerbResult Result(VerbCall call, VerbOutcome outcome, bool commit, List<StepRecord> steps, IReadOnlyList<EvidenceItem> evidence) => new(
        call.Verb,
        outcome.Fault is { } fault ? ToFailure(fault, steps) : null,
        outcome.Rows,
        outcome.Complete && outcome.Fault is null,
        commit,
        outcome.Verified,
        steps,
        evidence);

    private Failure ToFailure(StepFault fault, List<StepRecord> steps)
    {
        var failed = steps.LastOrDefault(s => s.Outcome == "failed");
        var step = failed is null ? null : $"{char.ToLowerInvariant(failed.Verb.ToString()[0])}{failed.Verb.ToString()[1..]}/{failed.Index} {failed.Description}";
        return new(fault.Code, mask.Apply(fault.Detail), step);
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

/// <summary>The end of a run's time, or its cancellation, whichever is first.</summary>
internal sealed class RunLimit : IDisposable
{
    private readonly CancellationTokenSource time;
    private readonly CancellationTokenSource either;

    public RunLimit(TimeProvider clock, TimeSpan duration, CancellationToken caller)
    {
        Duration = duration;
        time = new(duration, clock);
        either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, caller);
    }

    public TimeSpan Duration { get; }

    public CancellationToken Token => either.Token;

    public void Dispose()
    {
        either.Dispose();
        time.Dispose();
    }
}
