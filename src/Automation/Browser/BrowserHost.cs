using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

namespace IdLcm.Automation.Browser;

/// <summary>
/// The one Chromium of this process: started when first needed, started again after it ended. Nothing here waits for a
/// browser longer than a limit: one that was killed in the wrong moment may never answer.
/// </summary>
internal sealed partial class BrowserHost(AutomationOptions options, ILogger<BrowserHost> logger) : IAsyncDisposable
{
    private static readonly TimeSpan DriverLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LaunchLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(5);

    private readonly Lock sync = new();
    private readonly SemaphoreSlim launching = new(1);
    private IPlaywright? driver;
    private Task<IBrowser>? current;

    /// <summary>The running browser.</summary>
    /// <exception cref="PlaywrightException">It cannot be started.</exception>
    /// <exception cref="TimeoutException">It does not start in time.</exception>
    public Task<IBrowser> GetAsync(CancellationToken cancellationToken)
    {
        lock (sync)
        {
            if (current is null or { IsFaulted: true } or { IsCompletedSuccessfully: true, Result.IsConnected: false })
            {
                current = LaunchAsync();
            }

            // Who gives up waiting leaves the browser to the next one who asks.
            return current.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Ends a browser of which a page does not even close any more. A new one is started when next needed.</summary>
    /// <param name="stuck">The browser; nothing happens when it is not the running one any more.</param>
    public async Task KillAsync(IBrowser? stuck)
    {
        IPlaywright? old;
        lock (sync)
        {
            if (stuck is null || current is not { IsCompletedSuccessfully: true } running || running.Result != stuck)
            {
                return;
            }

            current = null;
            old = Interlocked.Exchange(ref driver, null);
        }

        LogKilled();
        await CloseAsync(stuck);
        old?.Dispose();
    }

    /// <summary>Closes a browser that nobody needs for the time being.</summary>
    public async Task RestAsync()
    {
        IBrowser unused;
        lock (sync)
        {
            if (current is not { IsCompletedSuccessfully: true, Result.Contexts.Count: 0 } idle)
            {
                return;
            }

            unused = idle.Result;
            current = null;
        }

        await CloseAsync(unused);
    }

    public async ValueTask DisposeAsync()
    {
        Task<IBrowser>? last;
        lock (sync)
        {
            last = current;
            current = null;
        }

        if (last is not null)
        {
            try
            {
                await CloseAsync(await last);
            }
            catch (Exception error) when (error is PlaywrightException or TimeoutException)
            {
                // It never started.
            }
        }

        driver?.Dispose();
        launching.Dispose();
    }

    private static async Task CloseAsync(IBrowser open)
    {
        try
        {
            await open.CloseAsync().WaitAsync(CloseLimit);
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException)
        {
            // It is gone, or goes with its driver.
        }
    }

    private async Task<IBrowser> LaunchAsync()
    {
        // The caller holds a lock.
        await Task.Yield();
        await launching.WaitAsync();
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await LaunchOnceAsync();
                }
                catch (Exception error) when (error is PlaywrightException or TimeoutException)
                {
                    // The driver process may have ended with the browser: a fresh one tells a passing fault from a lasting one.
                    Interlocked.Exchange(ref driver, null)?.Dispose();
                    var sandbox = error.Message.Contains("No usable sandbox", StringComparison.OrdinalIgnoreCase);
                    var reason = sandbox
                        ? "Chromium finds no usable sandbox: install Debian's chromium-sandbox, or allow unprivileged user namespaces."
                        : error.Message.Split('\n', 2)[0].Trim();
                    LogNotLaunched(attempt, reason);
                    if (attempt == 2)
                    {
                        throw new PlaywrightException(reason, error);
                    }
                }
            }
        }
        finally
        {
            launching.Release();
        }
    }

    private async Task<IBrowser> LaunchOnceAsync()
    {
        var running = driver ??= await Playwright.CreateAsync().WaitAsync(DriverLimit);
        var launched = await running.Chromium.LaunchAsync(new()
        {
            ExecutablePath = options.BrowserExecutable,
            Headless = options.Headless,
            ChromiumSandbox = !Environment.IsPrivilegedProcess,
            Timeout = (float)LaunchLimit.TotalMilliseconds,
            Args =
            [
                "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
                "--disable-quic", "--disable-gpu", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
                "--disable-domain-reliability", "--disable-client-side-phishing-detection", "--no-pings",
            ],
            IgnoreDefaultArgs = ["--disable-popup-blocking"],
        }).WaitAsync(LaunchLimit + CloseLimit);
        LogLaunched(launched.Version);
        return launched;
    }

    [LoggerMessage(3001, LogLevel.Information, "Started Chromium {Version}")]
    private partial void LogLaunched(string version);

    [LoggerMessage(3002, LogLevel.Warning, "A page did not close; the browser was ended")]
    private partial void LogKilled();

    [LoggerMessage(3003, LogLevel.Warning, "Chromium did not start at attempt {Attempt}: {Reason}")]
    private partial void LogNotLaunched(int attempt, string reason);
}
