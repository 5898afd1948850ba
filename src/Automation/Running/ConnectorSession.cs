using System.Text.Json.Nodes;
using IdLcm.Automation.Browser;
using IdLcm.Automation.Format;
using IdLcm.Automation.Http;
using IdLcm.Automation.Sessions;
using IdLcm.Domain.Connectors;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>
/// A signed-in session as callers see it. It holds a browser session once a verb needs one, and replaces it when that dies;
/// verbs of http steps alone need only the credential.
/// </summary>
internal sealed partial class ConnectorSession(ConnectorSessionRequest request, ServiceAccount account, RunnerServices services) : IConnectorSession
{
    private readonly SecretMask mask = new();
    private readonly HttpAccess http = new(account.Connector.Http, account.Http, account.HttpBaseUrl, account.Connector.AcceptLanguage);
    private BrowserSession? browser;
    private AccountSighting? sighting;
    private bool disposed;

    public ConnectorManifest Manifest => account.Connector.Manifest;

    public bool Reused { get; private set; }

    public async Task<ConnectorSessionResult> OpenAsync(CancellationToken cancellationToken)
    {
        using var limit = new RunLimit(services.Time, account.Connector.VerbTimeout ?? services.Options.VerbTimeout, cancellationToken);
        var steps = new List<StepRecord>();
        var fault = await GuardedAsync(() => OpensByCall ? OpenByCallAsync(steps, limit.Token) : EstablishAsync(steps, limit.Token), limit, cancellationToken);
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
        var earlier = sighting;
        sighting = null;
        var fault = await GuardedAsync(
            async () =>
            {
                for (var attempt = 1; attempt <= 2; attempt++)
                {
                    if (await ReadyAsync(call.Verb, steps, limit.Token) is { } noSession)
                    {
                        return noSession;
                    }

                    browser?.CountRun();
                    await StartTraceAsync(call);
                    run = State(call.Verb, steps, limit.Token, call.CommitGate, call.Verb == ConnectorVerb.DisableMfa ? (await TotpAsync(latest: false, limit.Token))?.Value : null, call: call, progressed: limit.Renew);
                    run.Sighting = attempt == 1 ? earlier : null;
                    outcome = await new VerbRunner(run).RunAsync(operation, account.Settings, inputs, () => SignInAgainAsync(call.Verb, steps, limit.Token));
                    if (!IsCuredBySignIn(outcome.Fault) || run.CommitEntered || attempt == 2)
                    {
                        return outcome.Fault;
                    }

                    if (await SignInAgainAsync(call.Verb, steps, limit.Token) is { } refused)
                    {
                        return refused;
                    }
                }

                return outcome.Fault;
            },
            limit,
            cancellationToken);
        outcome = outcome with { Fault = fault };
        answers = fault is null;
        sighting = fault is null ? run?.Sighting : null;
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
        if (call.Verb == ConnectorVerb.CreateUser)
        {
            // For apps that want one: nobody knows it, the person sets another by the app's own reset.
            var password = GeneratedPassword.Create();
            mask.Add(password);
            scope.Set(GeneratedPassword.Name, password);
        }

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

    private RunState State(ConnectorVerb verb, List<StepRecord> steps, CancellationToken token, ICommitGate? gate = null, string? totpSecret = null, bool page = true, VerbCall? call = null, Action? progressed = null)
    {
        http.Reply = null;
        return new()
        {
            Connector = account.Connector,
            Verb = verb,
            Browser = page && (verb is ConnectorVerb.Login or ConnectorVerb.Probe || account.Connector.BrowserVerbs.Contains(verb)) ? browser : null,
            Http = http,
            Mask = mask,
            Time = services.Time,
            Options = services.Options,
            Totp = account.Totp,
            TotpSecret = totpSecret,
            Secrets = call?.Secrets,
            Rows = call?.Rows,
            WithDetail = call?.WithDetail ?? true,
            Progressed = progressed,
            Gate = gate,
            Observer = request.Observer,
            Token = token,
            Steps = steps,
        };
    }

    private VerbResult Result(VerbCall call, VerbOutcome outcome, bool commit, List<StepRecord> steps, IReadOnlyList<EvidenceItem> evidence) => new(
        call.Verb,
        outcome.Fault is { } fault ? ToFailure(fault, steps) : null,
        outcome.Rows,
        outcome.Complete && outcome.Fault is null,
        commit,
        outcome.Verified,
        steps,
        evidence)
    {
        RowsRead = outcome.RowsRead,
        Seats = outcome.Seats,
    };

    private Failure ToFailure(StepFault fault, List<StepRecord> steps)
    {
        var failed = steps.LastOrDefault(s => s.Outcome == "failed");
        var step = failed is null ? null : $"{char.ToLowerInvariant(failed.Verb.ToString()[0])}{failed.Verb.ToString()[1..]}/{failed.Index} {failed.Description}";
        // A page that shows a secret as a name proposes nothing.
        return new(fault.Code, mask.Apply(fault.Detail), step) { Repair = fault.Repair is { } repair && !mask.IsIn(repair.Name) ? repair : null };
    }
}
