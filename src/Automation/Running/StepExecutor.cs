using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Automation.Format;
using IdLcm.Automation.Http;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Secrets;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>Does the steps of a connector, one after the other, until one fails.</summary>
internal sealed class StepExecutor(RunState run, PageActions actions, HttpRunner http, FrameFinder frames)
{
    private const int MaxFragmentDepth = 16;
    private const int MaxLoop = 10_000;

    private readonly FieldTyping typing = new();

    /// <summary>Takes the rows of the files that download steps get.</summary>
    public ListedRows Downloaded { get; set; } = new(run.Connector.Manifest.UserSchema.PrimaryIdentifier);

    /// <summary>Reads one account by its identifier, for find steps.</summary>
    public Func<string, Task<(ReadResult Read, JsonObject? Row)>>? Finder { get; set; }

    public async Task<StepFault?> RunAsync(IReadOnlyList<Step> steps, Frame frame)
    {
        foreach (var step in steps)
        {
            run.Token.ThrowIfCancellationRequested();
            var fault = step switch
            {
                WhenStep choice => await WhenAsync(choice, frame),
                ForEachStep each => await ForEachAsync(each, frame),
                UseStep use => await UseAsync(use, frame),
                FindStep find => await FindAsync(find, frame),
                FrameStep within => await WithinFrameAsync(within, frame),
                PopUpStep within => await WithinPopUpAsync(within, frame),
                _ => await LeafAsync(step, frame),
            };
            if (fault is not null)
            {
                return fault;
            }
        }

        return null;
    }

    private async Task<StepFault?> WhenAsync(WhenStep choice, Frame frame)
    {
        var (holds, problem) = await actions.HoldsAsync(frame, choice.Condition);
        if (!holds && problem is null && choice.Condition.Timeout is { } patience)
        {
            holds = await actions.UntilAsync(frame, choice.Condition, patience, ownErrors: true) is null;
        }

        return problem ?? await RunAsync(holds ? choice.Then : choice.Else, frame);
    }

    private async Task<StepFault?> ForEachAsync(ForEachStep each, Frame frame)
    {
        if (each.In is { } list)
        {
            foreach (var value in list.ResolveList(frame.Scope, out _) ?? [])
            {
                var inner = new Scope(frame.Scope);
                inner.Set(each.As, value);
                if (await RunAsync(each.Steps, frame with { Scope = inner }) is { } fault)
                {
                    return fault;
                }
            }

            return null;
        }

        var rows = LocatorBuilder.Build(run.Page, frame, each.Rows!);
        var count = Math.Min(MaxLoop, await rows.CountAsync().WaitAsync(run.DefaultStepLimit, run.Token));
        for (var i = 0; i < count; i++)
        {
            var inner = new Scope(frame.Scope);
            inner.Set(each.As, i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            if (await RunAsync(each.Steps, frame with { Scope = inner, Row = rows.Nth(i) }) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    private async Task<StepFault?> FindAsync(FindStep find, Frame frame)
    {
        if (find.Identifier.Resolve(frame.Scope, out var missing) is not { } identifier || Finder is null)
        {
            return new(FailureCode.UnsupportedOperation, missing is null ? "find is for verbs on accounts." : $"The step needs '{missing}', which was not given.");
        }

        var (read, row) = await Finder(identifier);
        if (read.Fault is null && row is not null)
        {
            frame.Scope.Set("row", row.DeepClone());
        }

        return read.Fault ?? (row is null ? new(FailureCode.UserNotFound, $"The app does not show {identifier}.") : null);
    }

    private async Task<StepFault?> UseAsync(UseStep use, Frame frame) =>
        frame.FragmentDepth >= MaxFragmentDepth || !run.Connector.Fragments.TryGetValue(use.Fragment, out var steps)
            ? new(FailureCode.UnsupportedOperation, $"The fragment '{use.Fragment}' is missing or nested too deeply.")
            : await RunAsync(steps, frame with { FragmentDepth = frame.FragmentDepth + 1 });

    private async Task<StepFault?> WithinFrameAsync(FrameStep step, Frame frame)
    {
        Frame? inner = null;
        var fault = await RecordedAsync(step, frame, async () =>
        {
            (inner, var none) = await frames.EnterAsync(frame, step.Target, run.StepLimit(step));
            return (none, 0);
        });
        return fault ?? await RunAsync(step.Steps, inner!);
    }

    private async Task<StepFault?> WithinPopUpAsync(PopUpStep step, Frame frame)
    {
        IAsyncDisposable? popUp = null;
        try
        {
            var fault = await RecordedAsync(step, frame, () => actions.OnElementAsync(
                frame, step.Click, run.StepLimit(step), async (e, ms) => popUp = await run.Session.EnterPopUpAsync(() => e.ClickAsync(new() { Timeout = ms }), run.StepLimit(step))));
            if (fault is null)
            {
                await run.Page.WaitForLoadStateAsync(LoadState.DOMContentLoaded, new() { Timeout = (float)run.StepLimit(step).TotalMilliseconds });
            }

            return fault ?? await RunAsync(step.Steps, frame with { Document = null, Row = null });
        }
        finally
        {
            if (popUp is not null)
            {
                await popUp.DisposeAsync();
            }
        }
    }

    private Task<StepFault?> LeafAsync(Step step, Frame frame) => RecordedAsync(step, frame, () => DoAsync(step, frame));

    private async Task<StepFault?> RecordedAsync(Step step, Frame frame, Func<Task<(StepFault? Fault, int? Alternative)>> act)
    {
        var index = run.Steps.Count + 1;
        var description = run.Mask.Apply(StepDescriber.Describe(step, frame.Scope));
        var startedAt = run.Time.GetUtcNow();
        var start = run.Time.GetTimestamp();
        StepRecord Ended(string outcome, int? alternative = null, string? error = null) => new(
            frame.Operation.Verb, index, description, startedAt, run.Time.GetElapsedTime(start).TotalMilliseconds, outcome, step.Commit, alternative, error);

        if (Missing(step, frame) is { } missing)
        {
            var optional = step is FillStep or SelectStep or CheckStep or UploadStep
                && frame.Operation.Inputs.Any(i => i.Optional && i.Name == missing.Split('[')[0]);
            run.Record(optional ? Ended("skipped") : Ended("failed", error: $"'{missing}' was not given."));
            return optional ? null : new(FailureCode.UnsupportedOperation, $"The step needs '{missing}', which was not given.");
        }

        StepFault? fault;
        int? alternative = null;
        try
        {
            fault = step.Commit ? await EnterCommitAsync(step, frame, $"{Name(frame)}/{index} {description}") : null;
            if (fault is null)
            {
                (fault, alternative) = await act();
                if (fault is null && step.Commit)
                {
                    fault = await actions.DetectQuietlyAsync(frame, ownErrors: true);
                }
            }
        }
        catch (OperationCanceledException)
        {
            run.Record(Ended("failed", error: "Stopped before it ended."));
            throw;
        }
        catch (PlaywrightException error)
        {
            fault = await actions.DetectQuietlyAsync(frame, ownErrors: true) ?? new(FailureCode.PageChanged, FirstLine(error.Message));
        }

        run.Record(fault is null ? Ended("done", alternative) : Ended("failed", alternative, run.Mask.Apply(fault.Detail)));
        return fault;
    }

    private static string Name(Frame frame)
    {
        var name = frame.Operation.Verb.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    private static string FirstLine(string message) => message.Split('\n', 2)[0].Trim();

    /// <summary>Asks the gate, after proving that the element is there: a changed page must not count as an unknown outcome.</summary>
    private async Task<StepFault?> EnterCommitAsync(Step step, Frame frame, string name)
    {
        if (TemplateWalk.Locators(step).FirstOrDefault() is { } target)
        {
            var (fault, _) = await actions.OnElementAsync(
                frame, target, run.StepLimit(step), (element, limit) => element.WaitForAsync(new() { Timeout = limit }));
            if (fault is not null)
            {
                return fault;
            }
        }

        if (run.Gate is { } gate && !await gate.EnterAsync(name, run.Token))
        {
            return new(FailureCode.Cancelled, "The run was stopped before its commit step.");
        }

        run.Token.ThrowIfCancellationRequested();
        run.CommitEntered = true;
        return null;
    }

    private static string? Missing(Step step, Frame frame)
    {
        if (step is WaitForStep or ExpectStep)
        {
            return null;
        }

        if (step is HttpStep { Call: var call })
        {
            return HttpRunner.Missing(call, frame);
        }

        foreach (var template in TemplateWalk.Templates(step))
        {
            if (template.ResolveList(frame.Scope, out var missing) is null)
            {
                return missing;
            }
        }

        return null;
    }

    private async Task<(StepFault? Fault, int? Alternative)> DoAsync(Step step, Frame frame)
    {
        string Text(Template template) => template.Resolve(frame.Scope, out _) ?? "";
        var limit = run.StepLimit(step);
        if (BrowserNeed.NeedsPage(step))
        {
            // From here on steps look at the page.
            run.Http.Reply = null;
        }

        if (step is GotoStep or ClickStep or PressStep)
        {
            typing.Forget();
        }

        switch (step)
        {
            case GotoStep s:
                return (await GotoAsync(frame, s.Address, limit), null);
            case ClickStep s:
                return await WithDialogAsync(s.AcceptDialog, () => actions.OnElementAsync(frame, s.Target, limit, (e, ms) => e.ClickAsync(new() { Timeout = ms })));
            case HoverStep s:
                return await actions.OnElementAsync(frame, s.Target, limit, (e, ms) => e.HoverAsync(new() { Timeout = ms }));
            case FillStep s:
                var value = Text(s.Value);
                return await actions.OnElementAsync(frame, s.Target, limit, (e, ms) => typing.FillAsync(e, value, ms));
            case SelectStep s:
                return await SelectAsync(s, frame, limit);
            case CheckStep s:
                var wanted = Text(s.Checked) is "true" or "True" or "1" or "yes";
                return await actions.OnElementAsync(frame, s.Target, limit, (e, ms) => e.SetCheckedAsync(wanted, new() { Timeout = ms }));
            case PressStep { Target: { } target } s:
                return await WithDialogAsync(s.AcceptDialog, () => actions.OnElementAsync(frame, target, limit, (e, ms) => e.PressAsync(s.Key, new() { Timeout = ms })));
            case PressStep s:
                return await WithDialogAsync(s.AcceptDialog, async () => (await actions.WatchAsync(frame, () => run.Page.Keyboard.PressAsync(s.Key), null), null));
            case UploadStep s:
                var file = new FilePayload { Name = Text(s.FileName), MimeType = s.ContentType, Buffer = Encoding.UTF8.GetBytes(Text(s.Content)) };
                return await actions.OnElementAsync(frame, s.Target, limit, (e, ms) => e.SetInputFilesAsync(file, new() { Timeout = ms }), visible: false);
            case WaitForStep s:
                return (await actions.UntilAsync(frame, s.Condition, s.Condition.Timeout ?? limit, ownErrors: true), null);
            case ExpectStep s:
                return (await ExpectAsync(s, frame, s.Condition.Timeout ?? limit), null);
            case ReadStep s:
                return await ReadAsync(s, frame, limit);
            case DownloadStep s:
                return await DownloadAsync(s, frame, limit);
            case TotpStep s:
                return await TotpAsync(s, frame, limit);
            case HttpStep s:
                return (await http.SendAsync(s.Call, frame, limit, s.Commit), null);
            default:
                throw new NotSupportedException(step.GetType().Name);
        }
    }

    public async Task<StepFault?> GotoAsync(Frame frame, Template address, TimeSpan limit)
    {
        run.Http.Reply = null;
        return !Uri.TryCreate(run.Session.BaseUrl, Addresses.Resolve(address, frame.Scope), out var target)
            ? new(FailureCode.PageChanged, $"'{address.Resolve(frame.Scope, out _)}' is not an address.")
            : await actions.GotoAsync(frame, target, limit);
    }

    private async Task<(StepFault? Fault, int? Alternative)> SelectAsync(SelectStep step, Frame frame, TimeSpan limit)
    {
        var wanted = step.Options.SelectMany(o => o.ResolveList(frame.Scope, out _) ?? []).ToList();
        var options = wanted.Select(o => new SelectOptionValue { Label = o }).ToList();
        // An option that is not offered should not take the whole limit to find out: the field is awaited, then the option briefly.
        var (fault, alternative) = await actions.OnElementAsync(frame, step.Target, limit, async (e, ms) =>
        {
            var selecting = e.SelectOptionAsync(options, new() { Timeout = ms });
            if (await Task.WhenAny(selecting, Task.Delay(TimeSpan.FromSeconds(1), run.Token)) != selecting && await e.CountAsync() == 1)
            {
                var offered = await e.Locator("option").AllTextContentsAsync();
                if (!wanted.TrueForAll(w => offered.Any(o => o.Trim() == w)))
                {
                    throw new PlaywrightException("did not find some options");
                }
            }

            await selecting;
        });
        return fault is { Code: FailureCode.PageChanged } && fault.Detail.Contains("does not offer", StringComparison.Ordinal)
            && step.Options.Any(o => o.Placeholders.Any(p => p.Root is "roles" or "role"))
            ? (new(FailureCode.RoleNotAssignable, $"{LocatorBuilder.Describe(step.Target, frame.Scope)} does not offer {string.Join(", ", wanted)}."), alternative)
            : (fault, alternative);
    }

    private async Task<StepFault?> ExpectAsync(ExpectStep step, Frame frame, TimeSpan limit)
    {
        var fault = await actions.UntilAsync(frame, step.Condition, limit, ownErrors: true);
        return fault is { Code: FailureCode.PageChanged, SignedOut: false }
            ? new(step.Code, step.Message?.Resolve(frame.Scope, out _) ?? fault.Detail)
            : fault;
    }

    private async Task<(StepFault? Fault, int? Alternative)> ReadAsync(ReadStep step, Frame frame, TimeSpan limit)
    {
        string? text = null;
        var (fault, alternative) = await actions.OnElementAsync(frame, step.Target, limit, async (e, ms) => text = step.Attribute is { } attribute
            ? await e.GetAttributeAsync(attribute, new() { Timeout = ms })
            : await e.InnerTextAsync(new() { Timeout = ms }));
        if (fault is not null)
        {
            return (fault, alternative);
        }

        var value = FieldValues.Matched((text ?? "").Trim(), step.Regex);
        if (value is null)
        {
            return (new(FailureCode.PageChanged, $"{LocatorBuilder.Describe(step.Target, frame.Scope)} does not have the form {step.Regex}."), alternative);
        }

        if (SecretNames.IsSecret(step.To))
        {
            run.Mask.Add(value);
            foreach (var line in value.Split('\n', StringSplitOptions.TrimEntries))
            {
                run.Mask.Add(line);
            }

            if (run.Secrets is not { } sink)
            {
                return (new(FailureCode.UnsupportedOperation, $"The app shows '{step.To}', and nobody keeps it here."), alternative);
            }

            await sink.KeepAsync(step.To, value, run.Token);
        }

        frame.Scope.Set(step.To, value);
        return (null, alternative);
    }

    private async Task<(StepFault? Fault, int? Alternative)> DownloadAsync(DownloadStep step, Frame frame, TimeSpan limit)
    {
        return await new DownloadReader(run, actions).ReadAsync(step, frame, Downloaded, limit);
    }

    private async Task<(StepFault? Fault, int? Alternative)> TotpAsync(TotpStep step, Frame frame, TimeSpan limit)
    {
        // A factor that is being set up is answered by the secret that the page has just shown.
        var totpSecret = frame.Scope.Get(new("totpSecret", []))?.ToString() ?? run.TotpSecret;
        if (totpSecret is null)
        {
            return (new(FailureCode.MfaRequired, "The app asks for a one-time code, and the service account has no TOTP secret on file."), null);
        }

        if (TotpCode.DecodeSecret(totpSecret) is not { } secret)
        {
            return (new(FailureCode.BadCredentials, "The TOTP secret is not Base32."), null);
        }

        var code = await run.Totp.NextAsync(secret, run.Token);
        return await actions.OnElementAsync(frame, step.Target, limit, (e, ms) => typing.FillAsync(e, code, ms));
    }

    private async Task<(StepFault? Fault, int? Alternative)> WithDialogAsync(bool? accept, Func<Task<(StepFault? Fault, int? Alternative)>> act)
    {
        using var answering = accept is { } answer ? run.Session.AnswerDialogs(answer) : null;
        return await act();
    }
}
