using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>
/// What a page asks its server because of a step. Where scripts send a form in the background, whoever leaves the
/// page at once cuts the request off, or never hears what the app says to it.
/// </summary>
internal sealed class PageTraffic : IDisposable
{
    // Told by the page's own clock: what its scripts had put off for a shorter while has happened then, however slow they are.
    private const string Pause = "() => new Promise(done => setTimeout(done, 25))";
    private static readonly TimeSpan BetweenDocuments = TimeSpan.FromMilliseconds(25);
    private readonly IPage page;
    private readonly Lock changing = new();
    private readonly HashSet<IRequest> open = [];
    private IRequest? leading;
    private bool arrived;

    public PageTraffic(IPage page)
    {
        this.page = page;
        page.Request += Began;
        page.RequestFinished += Ended;
        page.RequestFailed += Ended;
        page.FrameNavigated += Arrived;
    }

    /// <summary>True once the page has led on to another one.</summary>
    public bool HasArrived
    {
        get
        {
            lock (changing)
            {
                return arrived;
            }
        }
    }

    /// <summary>Waits until the page that the step leads to begins to come, or nothing that was asked is still open and the answers had time to show.</summary>
    /// <param name="settleTime">How long to wait for what scripts ask: whoever keeps a request open for longer does not wait for an answer.</param>
    /// <param name="pageLimit">How long to wait for a page.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task QuietAsync(TimeSpan settleTime, TimeSpan pageLimit, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var quiet = 0;
        while (quiet < 3)
        {
            var limit = Limit() - time.GetElapsedTime(start);
            if (limit <= TimeSpan.Zero)
            {
                return;
            }

            await PauseAsync(limit, time, cancellationToken);
            lock (changing)
            {
                if (arrived)
                {
                    return;
                }

                quiet = open.Count == 0 ? quiet + 1 : 0;
            }
        }

        TimeSpan Limit()
        {
            lock (changing)
            {
                return leading is null ? settleTime : pageLimit;
            }
        }
    }

    public void Dispose()
    {
        page.Request -= Began;
        page.RequestFinished -= Ended;
        page.RequestFailed -= Ended;
        page.FrameNavigated -= Arrived;
    }

    private async Task PauseAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await page.EvaluateAsync(Pause).WaitAsync(limit, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Its scripts are busy for longer than anybody waits.
        }
        catch (PlaywrightException)
        {
            await Task.Delay(BetweenDocuments, time, cancellationToken);
        }
    }

    private void Began(object? sender, IRequest request)
    {
        lock (changing)
        {
            if (request.ResourceType is "fetch" or "xhr" or "document")
            {
                open.Add(request);
                leading = request.IsNavigationRequest && IsOfPage(request) ? request : leading;
            }
        }
    }

    private bool IsOfPage(IRequest request)
    {
        try
        {
            return request.Frame == page.MainFrame;
        }
        catch (PlaywrightException)
        {
            // An iframe that is still being made has no frame to ask for yet.
            return false;
        }
    }

    private void Arrived(object? sender, IFrame frame)
    {
        lock (changing)
        {
            // Scripts change the address of the page that is there, too.
            arrived |= leading is not null && frame == page.MainFrame;
        }
    }

    private void Ended(object? sender, IRequest request)
    {
        lock (changing)
        {
            open.Remove(request);

            // What is refused, or a file instead of a page, leads nowhere.
            leading = request == leading && request.Failure is not null ? null : leading;
        }
    }
}
