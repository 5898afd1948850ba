namespace IdLcm.Automation;

/// <summary>How connectors are run on this machine.</summary>
public sealed record AutomationOptions
{
    /// <summary>Directories with one folder for each connector; a later one wins where both have the same id and version.</summary>
    public IReadOnlyList<string> ConnectorDirectories { get; init; } = [];

    /// <summary>The Chromium to start; default: the environment variable IDLCM_CHROMIUM, else /usr/bin/chromium.</summary>
    public string BrowserExecutable { get; init; } = Environment.GetEnvironmentVariable("IDLCM_CHROMIUM") is { Length: > 0 } path ? path : "/usr/bin/chromium";

    /// <summary>False shows the browser's window, for a person who writes a connector.</summary>
    public bool Headless { get; init; } = true;

    /// <summary>Limit of one step where the connector names none.</summary>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Limit of one verb where the connector names none.</summary>
    public TimeSpan VerbTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long an unused signed-in browser session is kept open.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>An open session unused for longer is probed before it is used again; a shorter pause is trusted, and an expiry met on the way is renewed.</summary>
    public TimeSpan ProbeAfterIdle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What is kept of runs.</summary>
    public EvidenceLevel Evidence { get; init; } = EvidenceLevel.Failures;

    /// <summary>Where sealed sessions are kept between starts of the process; null keeps them in memory only.</summary>
    public string? SessionDirectory { get; init; }

    /// <summary>The largest file that a download step accepts, in bytes.</summary>
    public long MaxDownloadBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The largest answer that an http step accepts, in bytes after decompression.</summary>
    public long MaxReplyBytes { get; init; } = 16 * 1024 * 1024;
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
