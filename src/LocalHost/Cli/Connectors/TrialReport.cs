using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.LocalHost.Cli.Output;

namespace IdLcm.LocalHost.Cli.Connectors;

/// <summary>Tells of a trial: steps as they end, then rows and the outcome; or one JSON object at the end.</summary>
/// <param name="options">The trial.</param>
/// <param name="console">Where to.</param>
internal sealed class TrialReport(VerbTrialOptions options, InvocationConfiguration console) : IStepObserver
{
    private readonly List<StepRecord> _steps = [];
    private readonly JsonArray _evidence = [];
    private VerbResult? _result;
    private bool _stopped;

    /// <inheritdoc/>
    public void StepEnded(StepRecord step)
    {
        if (options.UntilCommit && step is { Commit: true, Outcome: "failed" })
        {
            step = step with { Outcome = "stopped", Error = null };
        }

        lock (_steps)
        {
            _steps.Add(step);
            if (!options.Json)
            {
                console.Output.WriteLine(
                    $"{step.Verb,-12} {step.Index,3}  {step.Outcome,-7} {step.DurationMs,7:F0} ms  {step.Description}{(step.Error is null ? "" : $"  ({step.Error})")}");
            }
        }
    }

    /// <summary>Takes what the verb read.</summary>
    /// <param name="result">What it gave.</param>
    public void Rows(VerbResult result)
    {
        _result = result;
        if (options.Json || result.Rows.Count == 0)
        {
            return;
        }

        var columns = result.Rows.SelectMany(row => row.Select(cell => cell.Key)).Distinct(StringComparer.Ordinal).ToArray();
        var table = new Table(columns);
        foreach (var row in result.Rows)
        {
            table.Add([.. columns.Select(column => row[column] is JsonArray values ? string.Join(", ", values.Select(value => value?.ToString())) : row.Text(column))]);
        }

        table.Write(console.Output, "");
        console.Output.WriteLine($"{result.Rows.Count} rows{(result.Complete ? ", proved complete" : "")}");
    }

    /// <summary>Takes that the run was stopped before the step that cannot be taken back.</summary>
    public void StoppedBeforeCommit() => _stopped = true;

    /// <summary>Takes a piece of evidence.</summary>
    /// <param name="item">What it is.</param>
    /// <param name="path">Where it was put.</param>
    public void Kept(EvidenceItem item, string path)
    {
        _evidence.Add(new JsonObject { ["kind"] = item.Kind, ["caption"] = item.Caption, ["path"] = path });
        if (!options.Json)
        {
            console.Error.WriteLine($"{item.Kind}: {path} ({item.Caption})");
        }
    }

    /// <summary>Tells the outcome.</summary>
    /// <param name="failure">Why it failed, or null.</param>
    /// <returns>The exit code.</returns>
    public int Finish(Failure? failure)
    {
        if (options.Json)
        {
            console.Output.WriteJson(new JsonObject
            {
                ["verb"] = options.Verb.ToString(),
                ["succeeded"] = failure is null,
                ["stoppedBeforeCommit"] = _stopped,
                ["verified"] = _result?.Verified ?? false,
                ["complete"] = _result?.Complete ?? false,
                ["failure"] = failure is null ? null : new JsonObject { ["code"] = failure.Code.ToString(), ["detail"] = failure.Detail, ["step"] = failure.Step },
                ["rows"] = new JsonArray([.. (_result?.Rows ?? []).Select(row => row.DeepClone())]),
                ["steps"] = JsonSerializer.SerializeToNode(_steps, StepJson),
                ["evidence"] = _evidence,
            });
        }
        else if (_stopped)
        {
            console.Output.WriteLine("Stopped before the step that cannot be taken back; nothing was changed.");
        }
        else if (failure is null)
        {
            console.Output.WriteLine(_result is { Verified: true } ? "Done and verified in the app." : "Done.");
        }

        if (failure is not null && !options.Json)
        {
            console.Error.WriteLine($"idlcm: {failure.Code}: {failure.Detail}{(failure.Step is null ? "" : $" At {failure.Step}.")} {FailureCodes.Of(failure.Code).Action}");
        }

        return failure is null ? ExitCode.Ok : ExitCode.Failed;
    }

    private static readonly JsonSerializerOptions StepJson = new(JsonSerializerDefaults.Web);
}
