using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

namespace IdLcm.Automation.Browser;

/// <summary>The one Chromium of this process: started when first needed, started again after it ended.</summary>
internal sealed partial class BrowserHost(AutomationOptions options, ILogger<BrowserHost> logger) : IAsyncDisposable
{
    private readonly SemaphoreSlim starting = new(1);
    private IPlaywright? playwright;
    private IBrowser? browser;

    /// <summary>The running browser.</summary>
    /// <exception cref="PlaywrightException">It cannot be started.</exception>
    public async Task<IBrowser> GetAsync(CancellationToken cancellationToken)
    {
        if (browser is { IsConnected: true } running)
        {
            return running;
        }

        await starting.WaitAsync(cancellationToken);
        try
        {
            if (browser is not { IsConnected: true })
            {
                browser = await LaunchAsync();
            }

            return browser;
        }
        finally
        {
            starting.Release();
        }
    }

    /// <summary>Ends the browser, for the case that a page does not even close any more.</summary>
    public async Task KillAsync()
    {
        if (Interlocked.Exchange(ref browser, null) is { } stuck)
        {
            LogKilled();
            await CloseAsync(stuck);
        }
    }

    /// <summary>Closes a browser that nobody needs for the time being.</summary>
    public async Task RestAsync()
    {
        await starting.WaitAsync();
        try
        {
            if (browser is { Contexts.Count: 0 } unused)
            {
                browser = null;
                await CloseAsync(unused);
            }
        }
        finally
        {
            starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref browser, null) is { } open)
        {
            await CloseAsync(open);
        }

        playwright?.Dispose();
        starting.Dispose();
    }

    private static async Task CloseAsync(IBrowser open)
    {
        try
        {
            await open.CloseAsync().WaitAsync(TimeSpan.FromSeconds(5));
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException)
        {
            // It is gone, which is what was wanted.
        }
    }

    private async Task<IBrowser> LaunchAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                playwright ??= await Playwright.CreateAsync();
                var launched = await playwright.Chromium.LaunchAsync(new()
                {
                    ExecutablePath = options.BrowserExecutable,
                    Headless = options.Headless,
                    ChromiumSandbox = !Environment.IsPrivilegedProcess,
                    Args =
                    [
                        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
                        "--disable-quic", "--disable-gpu", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
                        "--disable-domain-reliability", "--disable-client-side-phishing-detection", "--no-pings",
                    ],
                    IgnoreDefaultArgs = ["--disable-popup-blocking"],
                });
                LogLaunched(launched.Version);
                return launched;
            }
            catch (PlaywrightException) when (attempt == 1)
            {
                // The driver process may have ended with the browser: a fresh one tells a passing fault from a lasting one.
                playwright?.Dispose();
                playwright = null;
            }
        }
    }

    [LoggerMessage(3001, LogLevel.Information, "Started Chromium {Version}")]
    private partial void LogLaunched(string version);

    [LoggerMessage(3002, LogLevel.Warning, "A page did not close; the browser was ended")]
    private partial void LogKilled();
}
