using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

namespace IdLcm.Automation.Browser;

/// <summary>
/// The browser of this process: gotten when first needed, and again after it ended. One that has served its number of
/// verbs or takes too much memory is retired: it takes no new session, its sessions move to its successor after the
/// verb that they are in, and it is closed with the last of them. One that takes far too much is ended at once.
/// </summary>
internal sealed partial class BrowserHost : IAsyncDisposable
{
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(1);

    private readonly Lock sync = new();
    private readonly AutomationOptions options;
    private readonly BrowserStarter starter;
    private readonly ILogger<BrowserHost> logger;
    private readonly ITimer watcher;
    private readonly HashSet<RunningBrowser> retiring = [];
    private Task<RunningBrowser>? current;

    public BrowserHost(AutomationOptions options, BrowserStarter starter, TimeProvider time, ILogger<BrowserHost> logger)
    {
        this.options = options;
        this.starter = starter;
        this.logger = logger;
        watcher = time.CreateTimer(_ => CheckMemory(), null, Watch, Watch);
    }

    /// <summary>Called when a browser was retired: its idle sessions should be closed.</summary>
    public Action? Retiring { get; set; }

    /// <summary>The most that the app may send for one step, in bytes.</summary>
    public long MaxPageBytes => Math.Max(options.MaxPageBytes, options.MaxDownloadBytes);

    /// <summary>Stands before every request of a trial; null for none.</summary>
    public Func<Uri, CancellationToken, Task<string?>>? BeforeRequest => options.BeforeRequest;

    /// <summary>Under which name the browser reaches this machine; null for a browser on this machine.</summary>
    public string? ReachedAt => options.BrowserEndpoint is { Length: > 0 } && options.BrowserReachesUsAt is { Length: > 0 } name ? name : null;

    /// <summary>Takes a place in the running browser; <see cref="ReleaseAsync"/> gives it back.</summary>
    /// <exception cref="PlaywrightException">It cannot be started.</exception>
    /// <exception cref="TimeoutException">It does not start in time.</exception>
    public async Task<RunningBrowser> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task<RunningBrowser> starting;
            lock (sync)
            {
                if (current is null or { IsFaulted: true } or { IsCompletedSuccessfully: true, Result.IsConnected: false })
                {
                    (current is { IsCompletedSuccessfully: true } ended ? ended.Result : null)?.DeleteDownloads();
                    current = Task.Run(starter.StartAsync, CancellationToken.None);
                }

                starting = current;
            }

            // Who gives up waiting leaves the browser to the next one who asks.
            var running = await starting.WaitAsync(cancellationToken);
            lock (sync)
            {
                if (!running.Retired)
                {
                    running.Open++;
                    return running;
                }
            }
        }
    }

    /// <summary>Gives a place back; a retired browser ends with its last one.</summary>
    public async Task ReleaseAsync(RunningBrowser used)
    {
        lock (sync)
        {
            used.Open--;
            if (!used.Retired || used.Open > 0 || !retiring.Remove(used))
            {
                return;
            }
        }

        await CloseAsync(used);
    }

    /// <summary>Counts a verb, and retires the browser after the last one that it may serve.</summary>
    public void CountRun(RunningBrowser used)
    {
        var runs = used.CountRun();
        if (options.BrowserRuns > 0 && runs >= options.BrowserRuns && Retire(used))
        {
            LogRetired($"it has run {runs} verbs");
        }
    }

    /// <summary>Ends a browser of which a page does not even close any more. A new one is started when next needed.</summary>
    public async Task KillAsync(RunningBrowser stuck, string? because = null)
    {
        lock (sync)
        {
            if (stuck.EndedBecause is not null)
            {
                return;
            }

            stuck.EndedBecause = because ?? "The browser did not answer any more and was ended.";
            retiring.Remove(stuck);
            stuck.Retired = true;
            if (current is { IsCompletedSuccessfully: true } running && running.Result == stuck)
            {
                current = null;
            }
        }

        LogKilled(stuck.EndedBecause);
        if (stuck.ProcessId is { } id)
        {
            // Asking it to close would give it time to take more.
            Kill(id);
        }

        await CloseAsync(stuck);
        if (stuck.ProcessId is null)
        {
            starter.Abandon(stuck);
        }
    }

    /// <summary>Closes a browser that nobody needs for the time being.</summary>
    public async Task RestAsync()
    {
        RunningBrowser unused;
        lock (sync)
        {
            if (current is not { IsCompletedSuccessfully: true, Result.Open: 0 } idle)
            {
                return;
            }

            unused = idle.Result;
            unused.Retired = true;
            current = null;
        }

        await CloseAsync(unused);
    }

    public async ValueTask DisposeAsync()
    {
        await watcher.DisposeAsync();
        Task<RunningBrowser>? last;
        List<RunningBrowser> others;
        lock (sync)
        {
            last = current;
            current = null;
            others = [.. retiring];
            retiring.Clear();
        }

        foreach (var other in others)
        {
            await CloseAsync(other);
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
    }

    private bool Retire(RunningBrowser used)
    {
        bool empty;
        lock (sync)
        {
            if (used.Retired)
            {
                return false;
            }

            used.Retired = true;
            if (current is { IsCompletedSuccessfully: true } running && running.Result == used)
            {
                current = null;
            }

            empty = used.Open == 0;
            if (!empty)
            {
                retiring.Add(used);
            }
        }

        if (empty)
        {
            _ = CloseAsync(used);
        }

        Retiring?.Invoke();
        return true;
    }

    private void CheckMemory()
    {
        if (options.BrowserMemoryBytes <= 0)
        {
            return;
        }

        List<RunningBrowser> all;
        lock (sync)
        {
            all = [.. retiring];
            if (current is { IsCompletedSuccessfully: true } running)
            {
                all.Add(running.Result);
            }
        }

        foreach (var one in all)
        {
            if (one.ProcessId is not { } id || BrowserMemory.OfTree(id) is not { } taken || taken <= options.BrowserMemoryBytes)
            {
                continue;
            }

            if (taken > options.BrowserMemoryBytes * 3 / 2)
            {
                _ = KillAsync(one, $"The browser took {Megabytes(taken)} MB of memory, far more than its limit of {Megabytes(options.BrowserMemoryBytes)} MB, and was ended.");
            }
            else if (Retire(one))
            {
                LogRetired($"it takes {Megabytes(taken)} MB of memory, more than its limit of {Megabytes(options.BrowserMemoryBytes)} MB");
            }
        }
    }

    private static long Megabytes(long bytes) => bytes / (1024 * 1024);

    private static void Kill(int id)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(id);
            process.Kill(entireProcessTree: true);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended by itself.
        }
    }

    private static async Task CloseAsync(RunningBrowser open)
    {
        try
        {
            await open.Browser.CloseAsync().WaitAsync(CloseLimit);
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException)
        {
            // It is gone, or goes with its driver.
        }

        open.DeleteDownloads();
    }

    [LoggerMessage(3002, LogLevel.Warning, "A browser was ended: {Reason}")]
    private partial void LogKilled(string reason);

    [LoggerMessage(3005, LogLevel.Information, "A browser takes no new sessions: {Reason}")]
    private partial void LogRetired(string reason);
}
