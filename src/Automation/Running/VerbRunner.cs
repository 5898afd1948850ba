using System.Text.Json.Nodes;
using IdLcm.Automation.Format;
using IdLcm.Automation.Http;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Running;

/// <summary>What the page work of a verb came to.</summary>
internal sealed record VerbOutcome(StepFault? Fault, IReadOnlyList<JsonObject> Rows, bool Complete, bool Verified)
{
    /// <summary>How many rows were read, those that were handed on among them.</summary>
    public int RowsRead { get; init; } = Rows.Count;

    /// <summary>What a list said of the app's seats.</summary>
    public ListedSeats? Seats { get; init; }

    public static VerbOutcome Failed(StepFault fault) => new(fault, [], Complete: false, Verified: false);
}

/// <summary>Runs a verb's steps, reads what it reads, and verifies what it wrote.</summary>
internal sealed class VerbRunner
{
    private readonly RunState run;
    private readonly FaultDetector detector;
    private readonly PageActions actions;
    private readonly HttpRunner http;
    private readonly LeafSteps leaves;
    private readonly StepExecutor executor;
    private readonly AccountReader accounts;

    public VerbRunner(RunState run)
    {
        this.run = run;
        var inspector = new PageInspector(run);
        detector = new(run, inspector);
        var nearest = new NearestElements(run);
        actions = new(run, inspector, detector, nearest);
        http = new(run, detector);
        var frames = new FrameFinder(run, actions);
        leaves = new(run, actions, http);
        executor = new(run, actions, leaves, frames);
        accounts = new(run, executor, new(run, actions, nearest, new(run, http), frames), actions, nearest, frames);
    }

    /// <summary>Signs in and waits for the sign of it.</summary>
    public async Task<StepFault?> SignInAsync(Scope scope)
    {
        var frame = new Frame(run.Connector.Operations[ConnectorVerb.Login], scope) { SigningIn = true };
        return await executor.RunAsync(frame.Operation.Steps, frame)
            ?? await actions.UntilAsync(frame, SignedIn, run.DefaultStepLimit, ownErrors: true);
    }

    /// <summary>Signs in without a page: runs the steps of an http login, whose saves join the credentials, and makes the call that only a valid credential may make.</summary>
    public async Task<StepFault?> SignInByHttpAsync(Scope credentials)
    {
        if (run.Connector.SignsInByHttp)
        {
            var login = new Frame(run.Connector.Operations[ConnectorVerb.Login], credentials) { SigningIn = true };
            run.Http.SigningIn = true;
            var refused = await executor.RunAsync(login.Operation.Steps, login);
            run.Http.SigningIn = false;
            if (refused is not null)
            {
                return refused;
            }

            foreach (var name in TemplateWalk.Expanded(login.Operation.Steps, run.Connector.Fragments).OfType<HttpStep>().SelectMany(s => s.Call.Save.Keys))
            {
                run.Mask.Add(credentials.Get(new(name, []))?.ToString());
            }
        }

        if (run.Connector.Http.Probe is not { } probe)
        {
            return null;
        }

        var operation = new Operation(ConnectorVerb.Probe, probe.Mark) { Steps = [new HttpStep(probe.Mark, probe)] };
        return await executor.RunAsync(operation.Steps, new Frame(operation, credentials) { SigningIn = true })
            ?? (run.Http.Reply is { IsPage: true } page ? new(FailureCode.PageChanged, $"{page} was answered with a web page instead of data: this is not the app's API.") : null);
    }

    /// <summary>Whether the session is still signed in; a fault when the app cannot tell.</summary>
    public async Task<(bool SignedIn, StepFault? Fault)> ProbeAsync(Scope settings)
    {
        var frame = new Frame(new(ConnectorVerb.Probe, default), settings);
        var fault = await leaves.GotoAsync(frame, run.Connector.Probe!.Goto, run.DefaultStepLimit)
            ?? await actions.UntilAsync(frame, SignedIn, run.DefaultStepLimit / 2, ownErrors: false);
        return fault switch
        {
            null => (true, null),
            { SignedOut: true } or { Code: FailureCode.PageChanged } => (false, null),
            _ => (false, fault),
        };
    }

    /// <summary>Runs one verb.</summary>
    /// <param name="operation">The verb.</param>
    /// <param name="settings">The integration's settings.</param>
    /// <param name="inputs">The settings and the call's inputs.</param>
    /// <param name="signInAgain">Renews a session that has ended while a finished write is verified.</param>
    public async Task<VerbOutcome> RunAsync(Operation operation, Scope settings, Scope inputs, Func<Task<StepFault?>> signInAgain)
    {
        if (operation.Verb == ConnectorVerb.GetUser)
        {
            return inputs.Get(new("identifier", [])) is JsonValue identifier
                ? Found(await accounts.FindAsync(operation, settings, identifier.ToString(), run.WithDetail))
                : VerbOutcome.Failed(new(FailureCode.UnsupportedOperation, "getUser needs 'identifier', which was not given."));
        }

        if (operation.Inputs.FirstOrDefault(i => !i.Optional && inputs.Get(new(i.Name, [])) is null) is { } missing)
        {
            // Before the first step: some apps make the account first and ask for the rest later.
            return VerbOutcome.Failed(new(FailureCode.UnsupportedOperation, $"The verb needs '{missing.Name}', which was not given."));
        }

        var frame = new Frame(operation, inputs);
        executor.Finder = identifier => accounts.FindAsync(BrowserNeed.Reading(run.Connector)!, settings, identifier, withDetail: false);
        var listed = new ListedRows(run.Connector.Manifest.UserSchema.PrimaryIdentifier, run.Rows, progressed: run.Progressed);
        if (run.Rows is { } sink)
        {
            await sink.BeginAsync(run.Token);
        }

        if (operation.Extract is not null)
        {
            var read = await accounts.ReadAsync(operation, frame, listed);
            return new(read.Fault, listed.Kept, read.Complete, Verified: false) { RowsRead = listed.Count, Seats = listed.Seats };
        }

        leaves.Downloaded = listed;

        var fault = await executor.RunAsync(operation.Steps, frame);
        if (fault is null && operation is { Errors.Count: > 0 } && !run.CommitEntered)
        {
            await actions.WholeAsync(frame);
            fault = await actions.DetectQuietlyAsync(frame, ownErrors: true);
        }

        // The commit step was taken and the session ended with it: only reading can tell what became of it.
        if (fault is { SignedOut: true } && run.CommitEntered && operation.Verify is not null)
        {
            fault = await signInAgain();
        }

        if (fault is not null)
        {
            return VerbOutcome.Failed(fault);
        }

        return operation.Verify is { } verify
            ? await VerifyAsync(verify, settings, inputs, signInAgain)
            : new(null, listed.Kept, Complete: listed.Count > 0, Verified: false) { RowsRead = listed.Count };
    }

    private async Task<VerbOutcome> VerifyAsync(Verify verify, Scope settings, Scope inputs, Func<Task<StepFault?>> signInAgain)
    {
        var reading = BrowserNeed.Reading(run.Connector)!;
        var (fault, row) = await accounts.VerifyAsync(verify, reading, settings, inputs);
        if (fault is { SignedOut: true })
        {
            fault = await signInAgain();
            if (fault is null)
            {
                (fault, row) = await accounts.VerifyAsync(verify, reading, settings, inputs);
            }
        }

        return new(fault, row is null ? [] : [row], Complete: false, Verified: fault is null);
    }

    private static VerbOutcome Found((ReadResult Read, JsonObject? Row) found) =>
        new(found.Read.Fault, found.Row is { } row ? [row] : [], found.Read.Complete, Verified: false);

    private Condition SignedIn => new(default(Mark)) { See = run.Connector.Probe!.See };
}
