using Microsoft.Playwright;

namespace IdLcm.Automation.Browser;

/// <summary>One browser: how many use it, how often it was used, and whether it still takes new sessions.</summary>
/// <param name="browser">The browser.</param>
/// <param name="driver">What it is driven by; it ends with the browser where both are stuck.</param>
/// <param name="processId">Its process on this machine; null for one that was started elsewhere.</param>
/// <param name="downloads">Where it puts files; null for one that was started elsewhere.</param>
internal sealed class RunningBrowser(IBrowser browser, IPlaywright driver, int? processId, string? downloads)
{
    private int runs;

    public IBrowser Browser => browser;

    public IPlaywright Driver => driver;

    public int? ProcessId => processId;

    public string? Downloads => downloads;

    /// <summary>Sessions that are open or being opened; changed by <see cref="BrowserHost"/> under its lock.</summary>
    public int Open { get; set; }

    /// <summary>True when it takes no new session: those that it has end with the verb that they are in.</summary>
    public bool Retired { get; set; }

    /// <summary>Why it was ended in the middle of what it did, in words for a failure; null when it was not.</summary>
    public string? EndedBecause { get; set; }

    public bool IsConnected => browser.IsConnected;

    /// <summary>Counts a verb.</summary>
    /// <returns>How many there were, with this one.</returns>
    public int CountRun() => Interlocked.Increment(ref runs);

    /// <summary>The largest file that is being downloaded or was, in bytes.</summary>
    public long LargestDownload()
    {
        try
        {
            return downloads is null ? 0 : new DirectoryInfo(downloads).EnumerateFiles().Select(f => f.Length).DefaultIfEmpty().Max();
        }
        catch (IOException)
        {
            // A file was renamed or taken away while it was looked at.
            return 0;
        }
    }

    public void DeleteDownloads()
    {
        try
        {
            if (downloads is not null)
            {
                Directory.Delete(downloads, recursive: true);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It lies in the temporary directory, which the system cleans.
        }
    }
}
