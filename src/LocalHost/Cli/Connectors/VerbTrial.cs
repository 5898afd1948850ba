using System.CommandLine;
using IdLcm.Automation;
using IdLcm.Domain.Connectors;

namespace IdLcm.LocalHost.Cli.Connectors;

/// <summary>Runs one verb of a connector file with the product's own runner, without a server or its records.</summary>
internal static class VerbTrial
{
    /// <summary>Runs the verb.</summary>
    /// <param name="options">Which, and how.</param>
    /// <param name="console">Where it is told.</param>
    /// <param name="cancellationToken">Stops at the next step.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="CommandFailedException">The file has errors, or a setting is missing.</exception>
    public static async Task<int> RunAsync(VerbTrialOptions options, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        var running = new AutomationOptions { Headless = !options.Headed, Evidence = options.Trace ? EvidenceLevel.Full : EvidenceLevel.Failures };
        await using var host = TrialHost.Create(options.File, options.Settings, running, console.Error);
        var report = new TrialReport(options, console);
        var (failure, evidence) = await RunAsync(options, host, report, cancellationToken);
        foreach (var (item, path) in await host.KeepAsync(evidence, options.EvidenceDirectory, cancellationToken))
        {
            report.Kept(item, path);
        }

        return report.Finish(failure);
    }

    private static async Task<(Failure? Failure, IReadOnlyList<EvidenceItem> Evidence)> RunAsync(
        VerbTrialOptions options, TrialHost host, TrialReport report, CancellationToken cancellationToken)
    {
        var request = await options.Account.RequestAsync(host, options.Settings);
        var opened = await host.Runner.OpenAsync(request with { FreshSignIn = true, Observer = report }, cancellationToken);
        if (opened.Session is null || options.Verb == ConnectorVerb.Login)
        {
            if (opened.Session is not null)
            {
                await opened.Session.DisposeAsync();
            }

            return (opened.Failure, opened.Evidence);
        }

        await using var session = opened.Session;
        var gate = new TrialGate(options.UntilCommit);
        var result = await session.RunAsync(new VerbCall(options.Verb, options.Inputs, gate), cancellationToken);
        report.Rows(result);
        if (gate.Stopped)
        {
            report.StoppedBeforeCommit();
            return (null, result.Evidence);
        }

        return (result.Failure, result.Evidence);
    }

    private sealed class TrialGate(bool stop) : ICommitGate
    {
        public bool Stopped { get; private set; }

        public Task<bool> EnterAsync(string step, CancellationToken cancellationToken)
        {
            Stopped = stop;
            return Task.FromResult(!stop);
        }
    }
}
