using IdLcm.Automation.Format;
using Microsoft.Playwright;

namespace IdLcm.Automation.Browser;

/// <summary>
/// One signed-in browser context of one service account with one page. Whatever the connector does not name
/// (pop-ups, dialogs, downloads, service workers, foreign hosts) is refused.
/// </summary>
internal sealed class BrowserSession : IAsyncDisposable
{
    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TraceLimit = TimeSpan.FromSeconds(20);

    private readonly BrowserHost host;
    private readonly FilterProxy proxy;
    private long blockedAtMark;
    private bool? dialogAnswer;
    private bool downloadExpected;
    private bool traceReady;
    private volatile bool spoiled;
    private volatile bool crashed;

    private BrowserSession(BrowserHost host, FilterProxy proxy, HostPolicy policy, Uri baseUrl, IBrowserContext context, IPage page)
    {
        this.host = host;
        this.proxy = proxy;
        Policy = policy;
        BaseUrl = baseUrl;
        Context = context;
        Page = Prepared(page);
        context.Page += (_, opened) => _ = RefusePopUpAsync(opened);
    }

    public IBrowserContext Context { get; }

    public IPage Page { get; private set; }

    public HostPolicy Policy { get; }

    public Uri BaseUrl { get; }

    public DateTimeOffset SignedInAt { get; set; }

    public DateTimeOffset LastUsed { get; set; }

    /// <summary>False when the browser or the page's process has ended.</summary>
    public bool IsAlive => !crashed && Context.Browser is { IsConnected: true };

    /// <summary>The host that was blocked since <see cref="MarkBlocked"/>, or null.</summary>
    public string? BlockedSinceMark => proxy.BlockedCount > blockedAtMark ? proxy.LastBlocked : null;

    public static async Task<BrowserSession> OpenAsync(
        BrowserHost host, FilterProxy proxy, HostPolicy policy, Uri baseUrl, ConnectorDefinition connector, string? storageState, CancellationToken cancellationToken)
    {
        var browser = await host.GetAsync(cancellationToken);
        var opening = browser.NewContextAsync(new()
        {
            Locale = connector.AcceptLanguage,
            AcceptDownloads = connector.Downloads,
            ServiceWorkers = ServiceWorkerPolicy.Block,
            Proxy = new() { Server = proxy.Address },
            StorageState = storageState,
            ViewportSize = new() { Width = 1280, Height = 900 },
            Permissions = [],
        });
        try
        {
            var context = await opening.WaitAsync(OpenLimit, cancellationToken);
            return new(host, proxy, policy, baseUrl, context, await context.NewPageAsync().WaitAsync(OpenLimit, cancellationToken));
        }
        catch
        {
            // Whatever of it opens late is not left behind.
            _ = opening.ContinueWith(late => QuietlyAsync(() => late.Result.CloseAsync()), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw;
        }
    }

    public void MarkBlocked() => blockedAtMark = proxy.BlockedCount;

    /// <summary>Says that a call is still under way in the page, which must therefore not be used again.</summary>
    public void Spoil() => spoiled = true;

    /// <summary>True while what happens is recorded.</summary>
    public bool IsTracing { get; private set; }

    /// <summary>Starts recording; nothing of before is in it.</summary>
    public async Task StartTraceAsync()
    {
        if (!traceReady)
        {
            await Context.Tracing.StartAsync(new() { Screenshots = true, Snapshots = true }).WaitAsync(TraceLimit);
            traceReady = true;
        }

        await Context.Tracing.StartChunkAsync().WaitAsync(TraceLimit);
        IsTracing = true;
    }

    /// <summary>Ends recording.</summary>
    /// <param name="path">Where to put the trace, or null to throw it away.</param>
    public async Task StopTraceAsync(string? path)
    {
        IsTracing = false;
        await Context.Tracing.StopChunkAsync(new() { Path = path }).WaitAsync(TraceLimit);
    }

    /// <summary>Answers the browser's dialogs until disposed; else they are dismissed.</summary>
    public IDisposable AnswerDialogs(bool accept)
    {
        dialogAnswer = accept;
        return new Undo(() => dialogAnswer = null);
    }

    /// <summary>Lets a download happen until disposed; else they are cancelled.</summary>
    public IDisposable ExpectDownload()
    {
        downloadExpected = true;
        return new Undo(() => downloadExpected = false);
    }

    /// <summary>Makes the session usable again after a run: a spoiled page is closed and a fresh one opened.</summary>
    /// <returns>False when that was not possible; the session must be disposed.</returns>
    public async Task<bool> RecoverAsync()
    {
        if (!IsAlive)
        {
            return false;
        }

        if (!spoiled)
        {
            return true;
        }

        try
        {
            var old = Page;
            await old.CloseAsync().WaitAsync(CloseLimit);
            Page = Prepared(await Context.NewPageAsync().WaitAsync(CloseLimit));
            spoiled = false;
            return true;
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Context.CloseAsync().WaitAsync(CloseLimit);
        }
        catch (PlaywrightException)
        {
            // The browser has ended; so has the context.
        }
        catch (TimeoutException)
        {
            await host.KillAsync(Context.Browser);
        }
    }

    private IPage Prepared(IPage page)
    {
        page.Crash += (_, _) => crashed = true;
        page.Dialog += (_, dialog) => _ = AnswerAsync(dialog);
        page.Download += (_, download) => _ = downloadExpected ? Task.CompletedTask : QuietlyAsync(download.CancelAsync);
        return page;
    }

    private Task AnswerAsync(IDialog dialog) =>
        QuietlyAsync(() => dialogAnswer == true || dialog.Type == DialogType.BeforeUnload ? dialog.AcceptAsync() : dialog.DismissAsync());

    private Task RefusePopUpAsync(IPage opened) =>
        opened == Page ? Task.CompletedTask : QuietlyAsync(async () =>
        {
            // The session's own new page announces itself here too, before it is known as such.
            if (await opened.OpenerAsync() is not null)
            {
                await opened.CloseAsync();
            }
        });

    private static async Task QuietlyAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (PlaywrightException)
        {
            // The page went away together with what it had opened.
        }
    }

    private sealed class Undo(Action act) : IDisposable
    {
        public void Dispose() => act();
    }
}
