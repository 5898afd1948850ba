using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>
/// What a page asks its server because of a step. Where scripts send a form in the background, whoever leaves the
/// page at once cuts the request off, or never hears what the app says to it.
/// </summary>
internal sealed class PageTraffic : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(25);
    private readonly IPage page;
    private readonly Lock changing = new();
    private readonly HashSet<IRequest> open = [];
    private bool left;

    public PageTraffic(IPage page)
    {
        this.page = page;
        page.Request += Began;
        page.RequestFinished += Ended;
        page.RequestFailed += Ended;
    }

    /// <summary>Waits until the page leads on to another one, or nothing that it asked is still open and the answers had time to show.</summary>
    /// <param name="limit">Who keeps a request open for longer does not wait for an answer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task QuietAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        for (var quiet = 0; quiet < 3 && time.GetElapsedTime(start) < limit; quiet = IsQuiet ? quiet + 1 : 0)
        {
            if (HasLeft)
            {
                return;
            }

            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    public void Dispose()
    {
        page.Request -= Began;
        page.RequestFinished -= Ended;
        page.RequestFailed -= Ended;
    }

    private bool IsQuiet
    {
        get
        {
            lock (changing)
            {
                return open.Count == 0;
            }
        }
    }

    private bool HasLeft
    {
        get
        {
            lock (changing)
            {
                return left;
            }
        }
    }

    private void Began(object? sender, IRequest request)
    {
        lock (changing)
        {
            if (request.IsNavigationRequest && IsOfPage(request))
            {
                left = true;
            }
            else if (request.ResourceType is "fetch" or "xhr" or "document")
            {
                open.Add(request);
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

    private void Ended(object? sender, IRequest request)
    {
        lock (changing)
        {
            open.Remove(request);
        }
    }
}
