using IdLcm.Domain.Secrets;

namespace IdLcm.Automation.Totp;

/// <summary>Codes of one service account: fresh enough to be typed in time, and none given twice.</summary>
internal sealed class TotpSource(TimeProvider time) : IDisposable
{
    /// <summary>With less time left than this, the next code is awaited.</summary>
    private const double MinimumSecondsLeft = 5;

    private readonly SemaphoreSlim taking = new(1);

    /// <summary>The step whose code was given last; kept with the session, so that a restart does not repeat a code.</summary>
    public long LastUsedStep { get; private set; }

    public void Dispose() => taking.Dispose();

    public void Restore(long lastUsedStep) => LastUsedStep = Math.Max(LastUsedStep, lastUsedStep);

    public async Task<string> NextAsync(byte[] secret, CancellationToken cancellationToken)
    {
        await taking.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                var now = time.GetUtcNow();
                var step = TotpCode.StepAt(now);
                var end = DateTimeOffset.FromUnixTimeSeconds((step + 1) * TotpCode.StepSeconds);
                if (step > LastUsedStep && (end - now).TotalSeconds >= MinimumSecondsLeft)
                {
                    LastUsedStep = step;
                    return TotpCode.At(secret, step);
                }

                var wait = step > LastUsedStep ? end - now : DateTimeOffset.FromUnixTimeSeconds((LastUsedStep + 1) * TotpCode.StepSeconds) - now;
                await Task.Delay(wait, time, cancellationToken);
            }
        }
        finally
        {
            taking.Release();
        }
    }
}
