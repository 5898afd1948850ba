using System.Text.Json.Nodes;
using IdLcm.Automation.Format;
using IdLcm.Automation.Http;
using IdLcm.Domain.Connectors;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>Does the steps of a connector, one after the other, until one fails.</summary>
internal sealed class StepExecutor(RunState run, PageActions actions, LeafSteps leaves, FrameFinder frames)
{
    private const int MaxFragmentDepth = 16;
    private const int MaxLoop = 10_000;

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
        await actions.WholeAsync(frame);
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

        await actions.WholeAsync(frame);
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

        if (run.Sighting?.Answers(identifier, run.Time) is not true && await Finder(identifier) is var (read, row) && (read.Fault is not null || row is null))
        {
            return read.Fault ?? new(FailureCode.UserNotFound, $"The app does not show {identifier}.");
        }

        frame.Scope.Set("row", run.Sighting!.Row.DeepClone());
        run.Standing = run.Sighting.Page;
        return null;
    }

    private async Task<StepFault?> UseAsync(UseStep use, Frame frame) =>
        frame.FragmentDepth >= MaxFragmentDepth || !run.Connector.Fragments.TryGetValue(use.Fragment, out var steps)
            ? new(FailureCode.UnsupportedOperation, $"The fragment '{use.Fragment}' is missing or nested too deeply.")
            : await RunAsync(steps, frame with { FragmentDepth = frame.FragmentDepth + 1 });

    private async Task<StepFault?> WithinFrameAsync(FrameStep step, Frame frame)
    {
        Frame? inner = null;
        var fault = await RecordedAsync(step, frame, async _ =>
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
            var fault = await RecordedAsync(step, frame, _ => actions.OnElementAsync(
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

    private Task<StepFault?> LeafAsync(Step step, Frame frame) => RecordedAsync(step, frame, standing => leaves.DoAsync(step, frame, standing));

    private async Task<StepFault?> RecordedAsync(Step step, Frame frame, Func<LoadedPage?, Task<(StepFault? Fault, int? Alternative)>> act)
    {
        var standing = run.Standing;
        (run.Current, run.Sighting, run.Standing) = (step, null, null);
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
                (fault, alternative) = await (step.Commit ? actions.CommitAsync(frame, () => act(standing)) : act(standing));
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
}
