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
    private readonly RunningBrowser running;
    private readonly FilterProxy proxy;
    private IPage page;
    private long blockedAtMark;
    private bool? dialogAnswer;
    private bool downloadExpected;
    private int popUpsExpected;
    private bool traceReady;
    private volatile bool spoiled;
    private volatile bool crashed;

    private BrowserSession(BrowserHost host, RunningBrowser running, FilterProxy proxy, HostPolicy policy, Uri baseUrl, IBrowserContext context, IPage page)
    {
        this.host = host;
        this.running = running;
        this.proxy = proxy;
        this.page = page;
        Policy = policy;
        BaseUrl = baseUrl;
        Context = context;
        Page = Prepared(page);
        context.Page += (_, opened) => _ = RefusePopUpAsync(opened);
    }

    public IBrowserContext Context { get; }

    /// <summary>The page that steps act on: the session's own, or the pop-up that a step works in.</summary>
    public IPage Page { get; private set; }

    public HostPolicy Policy { get; }

    public Uri BaseUrl { get; }

    public DateTimeOffset SignedInAt { get; set; }

    public DateTimeOffset LastUsed { get; set; }

    /// <summary>False when the browser or the page's process has ended.</summary>
    public bool IsAlive => !crashed && running.IsConnected;

    /// <summary>False when a verb must be given another session: this one has ended, or its browser is to end.</summary>
    public bool IsUsable => IsAlive && !running.Retired;

    /// <summary>Why the browser was ended, where it was.</summary>
    public string? EndedBecause => running.EndedBecause;

    /// <summary>The browser, where files that it downloads can be seen from here.</summary>
    public RunningBrowser? Downloading => running.Downloads is null ? null : running;

    /// <summary>The host that was blocked since <see cref="Mark"/>, or null.</summary>
    public string? BlockedSinceMark => proxy.BlockedCount > blockedAtMark ? proxy.LastBlocked : null;

    /// <summary>True when the app sent more than one step may take since <see cref="Mark"/>; the rest was cut off.</summary>
    public bool FloodedSinceMark => proxy.Flooded;

    /// <summary>The most that the app may send for one step, in bytes.</summary>
    public long MaxPageBytes => host.MaxPageBytes;

    /// <summary>True when the pop-up that steps work in has been closed.</summary>
    public bool PopUpHasClosed => Page != page && Page.IsClosed;

    public static async Task<BrowserSession> OpenAsync(
        BrowserHost host, HostPolicy policy, Uri baseUrl, ConnectorDefinition connector, string? storageState, CancellationToken cancellationToken)
    {
        var running = await host.TakeAsync(cancellationToken);
        var proxy = new FilterProxy(policy, host.MaxPageBytes, host.ReachedAt);
        Task<IBrowserContext>? opening = null;
        try
        {
            opening = running.Browser.NewContextAsync(new()
            {
                Locale = connector.AcceptLanguage,
                AcceptDownloads = connector.Downloads,
                ServiceWorkers = ServiceWorkerPolicy.Block,
                Proxy = new() { Server = proxy.Address, Username = proxy.Password is null ? null : FilterProxy.UserName, Password = proxy.Password },
                StorageState = storageState,
                ViewportSize = new() { Width = 1280, Height = 900 },
                Permissions = [],
            });
            var context = await opening.WaitAsync(OpenLimit, cancellationToken);
            await PopUpBlocker.AddAsync(context).WaitAsync(OpenLimit, cancellationToken);
            if (host.BeforeRequest is { } before)
            {
                await TrialRoute.AddAsync(context, before);
            }

            return new(host, running, proxy, policy, baseUrl, context, await context.NewPageAsync().WaitAsync(OpenLimit, cancellationToken));
        }
        catch
        {
            // Whatever of it opens late is not left behind.
            _ = opening?.ContinueWith(late => QuietlyAsync(() => late.Result.CloseAsync()), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            await proxy.DisposeAsync();
            await host.ReleaseAsync(running);
            throw;
        }
    }

    /// <summary>Counts a verb that uses the browser.</summary>
    public void CountRun() => host.CountRun(running);

    /// <summary>Begins a step: what is blocked or sent from now on is its own.</summary>
    public void Mark()
    {
        blockedAtMark = proxy.BlockedCount;
        proxy.Mark();
    }

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

    /// <summary>Clicks something that opens a pop-up, and lets steps act in it until disposed; then it is closed, whoever opened it goes on.</summary>
    /// <param name="click">What opens it.</param>
    /// <param name="limit">How long it may take to open.</param>
    public async Task<IAsyncDisposable> EnterPopUpAsync(Func<Task> click, TimeSpan limit)
    {
        var opener = Page;
        Interlocked.Exchange(ref popUpsExpected, 1);
        try
        {
            Page = Prepared(await opener.RunAndWaitForPopupAsync(click, new() { Timeout = (float)limit.TotalMilliseconds }));
        }
        finally
        {
            Interlocked.Exchange(ref popUpsExpected, 0);
        }

        return new PopUp(this, opener);
    }

    /// <summary>Makes the session usable again after a run: a spoiled page is closed and a fresh one opened.</summary>
    /// <returns>False when that was not possible; the session must be disposed.</returns>
    public async Task<bool> RecoverAsync()
    {
        if (!IsUsable)
        {
            return false;
        }

        if (!spoiled)
        {
            return true;
        }

        try
        {
            var old = page;
            await old.CloseAsync().WaitAsync(CloseLimit);
            Page = page = Prepared(await Context.NewPageAsync().WaitAsync(CloseLimit));
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
            await host.KillAsync(running);
        }
        finally
        {
            await proxy.DisposeAsync();
            await host.ReleaseAsync(running);
        }
    }

    private IPage Prepared(IPage opened)
    {
        opened.Crash += (_, _) => crashed = true;
        opened.Dialog += (_, dialog) => _ = AnswerAsync(dialog);
        opened.Download += (_, download) => _ = downloadExpected ? Task.CompletedTask : QuietlyAsync(download.CancelAsync);
        return opened;
    }

    private Task AnswerAsync(IDialog dialog) =>
        QuietlyAsync(() => dialogAnswer == true || dialog.Type == DialogType.BeforeUnload ? dialog.AcceptAsync() : dialog.DismissAsync());

    private Task RefusePopUpAsync(IPage opened) =>
        opened == page || Interlocked.Exchange(ref popUpsExpected, 0) == 1 ? Task.CompletedTask : QuietlyAsync(async () =>
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
        catch (Exception error) when (error is PlaywrightException or TimeoutException)
        {
            // The page went away together with what it had opened, or will with the session.
        }
    }

    /// <summary>The pop-up that steps act in.</summary>
    private sealed class PopUp(BrowserSession session, IPage opener) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            var closing = session.Page;
            session.Page = opener;
            await QuietlyAsync(() => closing.CloseAsync().WaitAsync(CloseLimit));
        }
    }

    private sealed class Undo(Action act) : IDisposable
    {
        public void Dispose() => act();
    }
}
