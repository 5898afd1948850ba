using IdLcm.Automation.Browser;

namespace IdLcm.Automation;

/// <summary>How connectors are run on this machine.</summary>
public sealed record AutomationOptions
{
    /// <summary>Directories with one folder for each connector; a later one wins where both have the same id and version.</summary>
    public IReadOnlyList<string> ConnectorDirectories { get; init; } = [];

    /// <summary>
    /// The directory, one of <see cref="ConnectorDirectories"/>, into which versions are written that a person approved here;
    /// null where connectors come with the deployment alone.
    /// </summary>
    public string? OwnConnectorDirectory { get; init; }

    /// <summary>The Chromium to start; null for the one that <see cref="ChromiumExecutable.Find"/> finds.</summary>
    public string? BrowserExecutable { get; init; }

    /// <summary>
    /// A Chromium that runs elsewhere, to connect to instead of starting one: <c>http://host:9222</c> or <c>ws://…</c>
    /// of its DevTools protocol. Whoever reaches that port controls the browser: it belongs into a private network.
    /// </summary>
    public string? BrowserEndpoint { get; init; } = Environment.GetEnvironmentVariable("IDLCM_BROWSER_ENDPOINT") is { Length: > 0 } endpoint ? endpoint : null;

    /// <summary>
    /// The host name or address under which the browser at <see cref="BrowserEndpoint"/> reaches this process: the
    /// filter that keeps it to the allowed hosts listens here. Null for a browser on the same machine.
    /// </summary>
    public string? BrowserReachesUsAt { get; init; } = Environment.GetEnvironmentVariable("IDLCM_BROWSER_REACHES_US_AT") is { Length: > 0 } name ? name : null;

    /// <summary>
    /// The most memory that a browser's processes may take, in bytes (default 2 GiB; 0 for no limit). Over it, the browser
    /// takes no new session and is replaced; over one and a half times as much it is ended at once. Linux, and a browser started here.
    /// </summary>
    public long BrowserMemoryBytes { get; init; } = 2L * 1024 * 1024 * 1024;

    /// <summary>After how many verbs a browser is replaced (default 1000; 0 for never).</summary>
    public int BrowserRuns { get; init; } = 1000;

    /// <summary>False shows the browser's window, for a person who writes a connector.</summary>
    public bool Headless { get; init; } = true;

    /// <summary>Limit of one step where the connector names none.</summary>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Limit of one verb where the connector names none.</summary>
    public TimeSpan VerbTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long an unused signed-in browser session is kept open.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>An open session unused for longer is probed before it is used again; a shorter pause is trusted, and an expiry met on the way is renewed. A token that was proved by a call is trusted as long.</summary>
    public TimeSpan ProbeAfterIdle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What is kept of runs.</summary>
    public EvidenceLevel Evidence { get; init; } = EvidenceLevel.Failures;

    /// <summary>Where sealed sessions are kept between starts of the process; null keeps them in memory only.</summary>
    public string? SessionDirectory { get; init; }

    /// <summary>The most that the app may send for one step, in bytes as sent (default 64 MiB); the step then fails.</summary>
    public long MaxPageBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The largest file that a download step accepts, in bytes.</summary>
    public long MaxDownloadBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The largest answer that an http step accepts, in bytes after decompression.</summary>
    public long MaxReplyBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Stands before every request for a page or an API's answer, for trials only: it may wait, give a page (HTML) instead of
    /// the app's own, or throw <see cref="HttpRequestException"/> as if the app were down. It returns null to let the request pass.
    /// </summary>
    public Func<Uri, CancellationToken, Task<string?>>? BeforeRequest { get; init; }

    /// <summary>What is wrong with these settings.</summary>
    /// <returns>A sentence, or null.</returns>
    public string? Problem() =>
        BrowserEndpoint is { Length: > 0 } endpoint && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" or "ws" or "wss")
            ? "BrowserEndpoint is not an address: http://host:9222, or the ws:// address of a browser."
            : BrowserReachesUsAt is { Length: > 0 } name && Uri.CheckHostName(name) == UriHostNameType.Unknown
                ? $"BrowserReachesUsAt is '{name}'; it is a host name or an address, without a scheme or port."
                : MaxPageBytes < 1024 * 1024 ? $"MaxPageBytes is {MaxPageBytes}; it is at least {1024 * 1024}."
                    : BrowserMemoryBytes is > 0 and < 256 * 1024 * 1024 ? $"BrowserMemoryBytes is {BrowserMemoryBytes}; it is at least {256 * 1024 * 1024}, or 0."
                        : null;
}

/// <summary>What is kept of runs.</summary>
public enum EvidenceLevel
{
    /// <summary>Nothing but the steps.</summary>
    None,

    /// <summary>Screenshot and masked DOM at the point of failure, and a trace of the retry.</summary>
    Failures,

    /// <summary>As Failures, a trace and a closing screenshot of every verb too.</summary>
    Full,
}
