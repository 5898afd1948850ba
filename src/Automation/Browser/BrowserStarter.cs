using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

namespace IdLcm.Automation.Browser;

/// <summary>
/// Gets a browser: starts Chromium on this machine, or connects to one that was started elsewhere (a container beside
/// this one, a browser service) over the Chrome DevTools Protocol. Nothing here waits longer than a limit: a browser
/// that was killed in the wrong moment may never answer.
/// </summary>
internal sealed partial class BrowserStarter(AutomationOptions options, ILogger<BrowserStarter> logger) : IDisposable
{
    private static readonly TimeSpan DriverLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LaunchLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim starting = new(1);
    private IPlaywright? driver;

    /// <summary>Starts or connects; a second time where the first fails.</summary>
    /// <exception cref="PlaywrightException">There is none to be had.</exception>
    public async Task<RunningBrowser> StartAsync()
    {
        await starting.WaitAsync();
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return options.BrowserEndpoint is { Length: > 0 } endpoint ? await ConnectAsync(endpoint) : await LaunchAsync();
                }
                catch (Exception error) when (error is PlaywrightException or TimeoutException)
                {
                    // The driver process may have ended with the browser: a fresh one tells a passing fault from a lasting one.
                    Interlocked.Exchange(ref driver, null)?.Dispose();
                    var reason = Reason(error);
                    LogNotStarted(attempt, reason);
                    if (attempt == 2)
                    {
                        throw new PlaywrightException(reason, error);
                    }
                }
            }
        }
        finally
        {
            starting.Release();
        }
    }

    /// <summary>Ends the driver of a browser that does not answer any more.</summary>
    public void Abandon(RunningBrowser stuck)
    {
        Interlocked.CompareExchange(ref driver, null, stuck.Driver);
        stuck.Driver.Dispose();
    }

    public void Dispose()
    {
        driver?.Dispose();
        starting.Dispose();
    }

    private string Reason(Exception error)
    {
        var first = error.Message.Split('\n', 2)[0].Trim();
        return error.Message.Contains("No usable sandbox", StringComparison.OrdinalIgnoreCase)
            ? "Chromium finds no usable sandbox: install Debian's chromium-sandbox, or allow unprivileged user namespaces."
            : options.BrowserEndpoint is { Length: > 0 } ? $"The browser at BrowserEndpoint does not answer: {WithoutAddresses(first)}" : first;
    }

    /// <summary>The address of a browser service often carries its access token.</summary>
    private string WithoutAddresses(string text) =>
        string.Join(' ', text.Replace(options.BrowserEndpoint!, "", StringComparison.Ordinal).Split(' ').Where(w => !w.Contains("://", StringComparison.Ordinal)));

    private async Task<IPlaywright> DriverAsync() => driver ??= await Playwright.CreateAsync().WaitAsync(DriverLimit);

    private async Task<RunningBrowser> ConnectAsync(string endpoint)
    {
        var by = await DriverAsync();
        var connected = await by.Chromium.ConnectOverCDPAsync(endpoint, new() { Timeout = (float)LaunchLimit.TotalMilliseconds }).WaitAsync(LaunchLimit + Slack);
        LogConnected(connected.Version);
        return new(connected, by, processId: null, downloads: null);
    }

    private async Task<RunningBrowser> LaunchAsync()
    {
        var by = await DriverAsync();
        var downloads = Directory.CreateTempSubdirectory("idlcm-downloads-").FullName;
        var launched = await by.Chromium.LaunchAsync(new()
        {
            ExecutablePath = options.BrowserExecutable ?? ChromiumExecutable.Find(options.Headless),
            Headless = options.Headless,
            ChromiumSandbox = !Environment.IsPrivilegedProcess,
            Timeout = (float)LaunchLimit.TotalMilliseconds,
            DownloadsPath = downloads,
            Args =
            [
                "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
                "--disable-quic", "--disable-gpu", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
                "--disable-domain-reliability", "--disable-client-side-phishing-detection", "--no-pings",
            ],
            IgnoreDefaultArgs = ["--disable-popup-blocking"],
        }).WaitAsync(LaunchLimit + Slack);
        LogLaunched(launched.Version);
        return new(launched, by, await ProcessIdAsync(launched), downloads);
    }

    private static async Task<int?> ProcessIdAsync(IBrowser browser)
    {
        var session = await browser.NewBrowserCDPSessionAsync().WaitAsync(LaunchLimit);
        var told = await session.SendAsync("SystemInfo.getProcessInfo").WaitAsync(LaunchLimit);
        await session.DetachAsync().WaitAsync(LaunchLimit);
        return told?.GetProperty("processInfo").EnumerateArray()
            .Where(p => p.GetProperty("type").GetString() == "browser").Select(p => (int?)p.GetProperty("id").GetInt32()).FirstOrDefault();
    }

    [LoggerMessage(3001, LogLevel.Information, "Started Chromium {Version}")]
    private partial void LogLaunched(string version);

    [LoggerMessage(3003, LogLevel.Warning, "No browser at attempt {Attempt}: {Reason}")]
    private partial void LogNotStarted(int attempt, string reason);

    [LoggerMessage(3004, LogLevel.Information, "Connected to Chromium {Version}")]
    private partial void LogConnected(string version);
}
