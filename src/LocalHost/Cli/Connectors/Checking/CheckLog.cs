using System.CommandLine;
using IdLcm.Domain.Connectors;

namespace IdLcm.LocalHost.Cli.Connectors.Checking;

/// <summary>Keeps the outcomes, tells them as they come, and saves the evidence of what failed.</summary>
/// <param name="host">Where evidence is.</param>
/// <param name="directory">The report's directory.</param>
/// <param name="console">Where to tell.</param>
internal sealed class CheckLog(TrialHost host, string directory, InvocationConfiguration console)
{
    private readonly List<CheckOutcome> _outcomes = [];
    private long _began = TimeProvider.System.GetTimestamp();

    /// <summary>The outcomes so far.</summary>
    public IReadOnlyList<CheckOutcome> Outcomes => _outcomes;

    /// <summary>How many failed.</summary>
    public int Failed => _outcomes.Count(outcome => outcome.State == CheckState.Failed);

    /// <summary>Says that a point begins: its time counts from here.</summary>
    public void Begin() => _began = TimeProvider.System.GetTimestamp();

    /// <summary>Takes a point that was not tried.</summary>
    /// <param name="name">The point.</param>
    /// <param name="why">Why not.</param>
    public void Skip(string name, string why) => Add(new(name, CheckState.Skipped, why, TimeSpan.Zero, [], []));

    /// <summary>Takes a point that was tried.</summary>
    /// <param name="name">The point.</param>
    /// <param name="passed">How it came out.</param>
    /// <param name="detail">What happened.</param>
    /// <param name="steps">What was done.</param>
    /// <param name="evidence">Evidence of it; kept where it failed.</param>
    /// <returns>A task that ends when it is kept.</returns>
    public async Task AddAsync(string name, bool passed, string detail, IReadOnlyList<StepRecord> steps, IReadOnlyList<EvidenceItem> evidence)
    {
        var duration = TimeProvider.System.GetElapsedTime(_began);
        var kept = passed ? [] : await host.KeepAsync(evidence, Path.Combine(directory, "evidence"), CancellationToken.None);
        Add(new(
            name,
            passed ? CheckState.Passed : CheckState.Failed,
            detail,
            duration,
            [.. steps.Select(s => $"{s.Verb} {s.Index}: {s.Outcome} after {s.DurationMs:0} ms: {s.Description}{(s.Error is null ? "" : $" ({s.Error})")}")],
            [.. kept.Select(k => Path.GetRelativePath(directory, k.Path).Replace('\\', '/'))]));
        Begin();
    }

    private void Add(CheckOutcome outcome)
    {
        _outcomes.Add(outcome);
        console.Output.WriteLine($"{outcome.State switch { CheckState.Passed => "ok  ", CheckState.Failed => "FAIL", _ => "skip" }} {outcome.Duration.TotalMilliseconds,7:0} ms  {outcome.Name}{(outcome.State == CheckState.Passed ? "" : $": {outcome.Detail}")}");
    }
}
