using IdLcm.Domain.Connectors;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <content>What is kept of runs.</content>
internal sealed partial class ConnectorSession
{
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
        services.Options.Evidence == EvidenceLevel.None || fault.Code == FailureCode.Cancelled ? []
            : http.Reply is { } reply ? await services.Evidence.ReplyAsync(reply, mask, steps.LastOrDefault(s => s.Outcome == "failed")?.Description ?? fault.Detail)
            : browser is null ? []
            : await services.Evidence.PageAsync(browser, mask, steps.LastOrDefault(s => s.Outcome == "failed")?.Description ?? fault.Detail);
}
