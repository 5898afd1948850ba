using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;

namespace IdLcm.LocalHost.Cli.Connectors.Checking;

/// <summary>The checklist's points about an app that is slow, down, or shows a wrong page. It changes nobody.</summary>
/// <param name="host">A runner of its own, before whose requests the fault stands.</param>
/// <param name="request">The service account.</param>
/// <param name="fault">What stands there.</param>
/// <param name="log">Keeps the outcomes.</param>
internal sealed class FaultChecks(TrialHost host, ConnectorSessionRequest request, AppFault fault, CheckLog log)
{
    /// <summary>Runs the points.</summary>
    /// <param name="known">Someone whom the app shows, or null where it shows nobody.</param>
    /// <param name="person">The inputs to create somebody with; nobody is created. Null where the connector makes no accounts.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>A task that ends when all points have an outcome.</returns>
    public async Task RunAsync(string? known, JsonObject? person, CancellationToken cancellationToken)
    {
        log.Begin();
        fault.SlowDown();
        var opened = await host.Runner.OpenAsync(request with { FreshSignIn = true }, cancellationToken);
        await log.AddAsync("the app slow: sign in", opened.Failure is null, opened.Failure?.ToString() ?? "signed in", opened.Steps, opened.Evidence);
        if (opened.Session is null)
        {
            return;
        }

        await using var session = opened.Session;
        if (known is null || !host.Manifest.Verbs.Contains(ConnectorVerb.GetUser))
        {
            log.Skip("the app slow, down, or showing a wrong page", "there is nobody to look for");
            return;
        }

        await LookAsync(session, known, "the app slow: find someone", r => r is { Succeeded: true, Rows.Count: 1 }, cancellationToken);
        fault.Replace();
        // An app that does not show someone, and an app that shows something else, are two things.
        await LookAsync(session, known, "a wrong page proves nothing about someone", r => r.Failure is { Code: not FailureCode.UserNotFound }, cancellationToken);
        await CreateAsync(session, person, "a wrong page: nobody is created", _ => true, cancellationToken);
        fault.TakeDown();
        await LookAsync(session, known, "the app down: find someone", r => r.Failure?.Code == FailureCode.AppUnavailable, cancellationToken);
        await CreateAsync(session, person, "the app down: nobody is created", code => code == FailureCode.AppUnavailable, cancellationToken);
        var closed = await host.Runner.OpenAsync(request with { IntegrationId = "trial-down", FreshSignIn = true }, cancellationToken);
        await log.AddAsync("the app down: sign in", closed.Failure?.Code == FailureCode.AppUnavailable, closed.Failure?.ToString() ?? "it signed in to nothing", closed.Steps, closed.Evidence);
        if (closed.Session is not null)
        {
            await closed.Session.DisposeAsync();
        }

        fault.Mend();
        await LookAsync(session, known, "the app back again: find someone", r => r is { Succeeded: true, Rows.Count: 1 }, cancellationToken);
    }

    private Task LookAsync(IConnectorSession session, string known, string name, Func<VerbResult, bool> expected, CancellationToken cancellationToken) =>
        CheckAsync(session, name, new(ConnectorVerb.GetUser, new JsonObject { ["identifier"] = known }), expected, cancellationToken);

    private Task CreateAsync(IConnectorSession session, JsonObject? person, string name, Func<FailureCode, bool> code, CancellationToken cancellationToken) =>
        person is null
            ? Task.CompletedTask
            : CheckAsync(session, name, new(ConnectorVerb.CreateUser, (JsonObject)person.DeepClone(), new Closed()), r => r.Failure is { } failure && code(failure.Code) && failure.Code != FailureCode.Cancelled, cancellationToken);

    private async Task CheckAsync(IConnectorSession session, string name, VerbCall call, Func<VerbResult, bool> expected, CancellationToken cancellationToken)
    {
        log.Begin();
        var result = await session.RunAsync(call, cancellationToken);
        var passed = expected(result);
        await log.AddAsync(name, passed, result.Failure?.ToString() ?? $"{result.Rows.Count} found", result.Steps, passed ? [] : result.Evidence);
    }

    /// <summary>Nothing that cannot be taken back is done here: a connector that gets this far took a wrong page for the right one.</summary>
    private sealed class Closed : ICommitGate
    {
        public Task<bool> EnterAsync(string step, CancellationToken cancellationToken) => Task.FromResult(false);
    }
}
