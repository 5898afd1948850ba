using System.Text;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>Downloads a CSV file and reads its rows; a file that does not end is given up when it is too large, not when it is there.</summary>
internal sealed class DownloadReader(RunState run, PageActions actions)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks for the same address from within the page, and counts what comes: for a browser whose disk is another machine's.</summary>
    private const string Fetch = """
        async ([address, most]) => {
          const reply = await fetch(address, { credentials: 'include' });
          if (!reply.ok) return null;
          const reader = reply.body.getReader();
          const decoder = new TextDecoder();
          let text = '', got = 0;
          for (;;) {
            const { done, value } = await reader.read();
            if (done) return text + decoder.decode();
            got += value.length;
            if (got > most) { await reader.cancel(); return '\u0000'; }
            text += decoder.decode(value, { stream: true });
          }
        }
        """;

    public async Task<(StepFault? Fault, int? Alternative)> ReadAsync(DownloadStep step, Frame frame, ListedRows rows, TimeSpan limit)
    {
        IDownload? download = null;
        var (fault, alternative) = await actions.OnElementAsync(frame, step.Target, limit, async (e, ms) =>
        {
            using var expected = run.Session.ExpectDownload();
            download = await run.Page.RunAndWaitForDownloadAsync(() => e.ClickAsync(new() { Timeout = ms }), new() { Timeout = ms });
        });
        if (fault is not null || download is null)
        {
            return (fault ?? new(FailureCode.Timeout, "No download began."), alternative);
        }

        try
        {
            var (text, problem) = run.Session.Downloading is { } browser ? await FileAsync(download, browser, limit) : await AgainAsync(download, limit);
            using (text)
            {
                return (text is null ? problem : await CsvRows.ReadAsync(text, step, frame.Scope, rows, run.Token), alternative);
            }
        }
        finally
        {
            await QuietlyAsync(download.DeleteAsync());
        }
    }

    private StepFault TooLarge => new(FailureCode.IncompleteRead, $"The download is larger than {run.Options.MaxDownloadBytes} bytes.");

    private async Task<(TextReader? Text, StepFault? Fault)> FileAsync(IDownload download, Browser.RunningBrowser browser, TimeSpan limit)
    {
        var arriving = download.PathAsync();
        var start = run.Time.GetTimestamp();
        while (await Task.WhenAny(arriving, Task.Delay(Look, run.Token)) != arriving)
        {
            var tooLarge = browser.LargestDownload() > run.Options.MaxDownloadBytes || run.Session.FloodedSinceMark;
            if (tooLarge || run.Token.IsCancellationRequested || run.Time.GetElapsedTime(start) >= limit)
            {
                Ignore(arriving);
                await QuietlyAsync(download.CancelAsync());
                run.Token.ThrowIfCancellationRequested();
                return (null, tooLarge ? TooLarge : new(FailureCode.Timeout, "The download did not end in time."));
            }
        }

        try
        {
            var path = await arriving;
            return new FileInfo(path).Length > run.Options.MaxDownloadBytes ? (null, TooLarge) : (new StreamReader(path), null);
        }
        catch (PlaywrightException)
        {
            return (null, run.Session.FloodedSinceMark ? TooLarge : new(FailureCode.AppUnavailable, "The download broke off."));
        }
    }

    private async Task<(TextReader? Text, StepFault? Fault)> AgainAsync(IDownload download, TimeSpan limit)
    {
        await QuietlyAsync(download.CancelAsync());
        if (!Uri.TryCreate(download.Url, UriKind.Absolute, out var address) || !run.Session.Policy.Allows(address))
        {
            return (null, FaultDetector.Blocked(address?.Authority ?? download.Url));
        }

        try
        {
            var text = await run.Page.EvaluateAsync<string?>(Fetch, new object[] { download.Url, run.Options.MaxDownloadBytes }).WaitAsync(limit, run.Token);
            return text is null ? (null, new(FailureCode.AppUnavailable, "The download broke off."))
                : text == "\0" || Encoding.UTF8.GetByteCount(text) > run.Options.MaxDownloadBytes ? (null, TooLarge) : (new StringReader(text.TrimStart('\uFEFF')), null);
        }
        catch (TimeoutException)
        {
            run.Session.Spoil();
            return (null, new(FailureCode.Timeout, "The download did not end in time."));
        }
        catch (PlaywrightException)
        {
            return (null, run.Session.FloodedSinceMark ? TooLarge : new(FailureCode.AppUnavailable, "The download broke off."));
        }
    }

    private static void Ignore(Task task) =>
        _ = task.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    private static async Task QuietlyAsync(Task act)
    {
        try
        {
            await act.WaitAsync(TimeSpan.FromSeconds(5));
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException)
        {
            // It is gone with its page, or goes with the browser.
        }
    }
}
