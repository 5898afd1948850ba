using System.Diagnostics;
using System.Text;
using IdLcm.Automation.Browser;
using IdLcm.Automation.Http;
using IdLcm.Automation.Running;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

namespace IdLcm.Automation.Evidence;

/// <summary>Keeps what shows how a page looked, without secrets.</summary>
internal sealed partial class EvidenceCollector(IBlobStore blobs, ILogger<EvidenceCollector> logger)
{
    public const string Container = "evidence";
    private const int MaxDomCharacters = 5_000_000;

    // A page that hangs may take the first away from the second, and no more.
    private static readonly TimeSpan ScreenshotLimit = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan PageLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan TraceLimit = TimeSpan.FromSeconds(20);

    /// <summary>Screenshot and DOM of the page as it is now. What cannot be had is left out; evidence never fails a run.</summary>
    public async Task<IReadOnlyList<EvidenceItem>> PageAsync(BrowserSession session, SecretMask mask, string caption)
    {
        var items = new List<EvidenceItem>();
        if (!session.IsAlive)
        {
            return items;
        }

        caption = mask.Apply(caption);
        var began = Stopwatch.StartNew();
        await TryAsync(async () =>
        {
            var hidden = mask.Forms.Select(f => session.Page.GetByText(f)).Append(session.Page.Locator("input[type=password]")).Concat(await FieldsAsync(session.Page, mask));
            var image = await session.Page.ScreenshotAsync(new() { Type = ScreenshotType.Png, Mask = hidden, Timeout = (float)ScreenshotLimit.TotalMilliseconds, Animations = ScreenshotAnimations.Disabled }).WaitAsync(Left(ScreenshotLimit));
            items.Add(Item("screenshot", await blobs.PutAsync(Container, image, "image/png"), caption));
        });
        await TryAsync(async () =>
        {
            var dom = mask.Apply(await session.Page.EvaluateAsync<string>(PageScripts.Dom, MaxDomCharacters).WaitAsync(Left(PageLimit)));
            items.Add(Item("dom", await blobs.PutAsync(Container, Encoding.UTF8.GetBytes(dom), "text/html; charset=utf-8"), caption));
        });
        return items;

        TimeSpan Left(TimeSpan limit) => limit > began.Elapsed ? limit - began.Elapsed : TimeSpan.Zero;
    }

    /// <summary>The fields in which a secret stands: their values are no text of the page. The page is not told which secrets are looked for.</summary>
    private static async Task<IEnumerable<ILocator>> FieldsAsync(IPage page, SecretMask mask)
    {
        const string Fields = "input, textarea";
        var values = await page.EvaluateAsync<string[]>($"() => [...document.querySelectorAll('{Fields}')].map(field => field.value)").WaitAsync(ScreenshotLimit);
        return values.Index().Where(value => mask.IsIn(value.Item)).Select(value => page.Locator($"css={Fields}").Nth(value.Index)).ToList();
    }

    /// <summary>The answer of an app's API: status, names of its headers, and body.</summary>
    public async Task<IReadOnlyList<EvidenceItem>> ReplyAsync(HttpReply reply, SecretMask mask, string caption)
    {
        var items = new List<EvidenceItem>();
        await TryAsync(async () =>
        {
            var body = reply.Body.Length > MaxDomCharacters ? reply.Body[..MaxDomCharacters] : reply.Body;
            var text = mask.Apply($"{reply}\nstatus {reply.Status}\nheaders {string.Join(", ", reply.HeaderNames)}\n\n{body}");
            items.Add(Item("response", await blobs.PutAsync(Container, Encoding.UTF8.GetBytes(text), "text/plain; charset=utf-8"), mask.Apply(caption)));
        });
        return items;
    }

    /// <summary>Ends the recording under way and keeps it, without secrets.</summary>
    public async Task<IReadOnlyList<EvidenceItem>> TraceAsync(BrowserSession session, SecretMask mask, string caption)
    {
        var items = new List<EvidenceItem>();
        if (!session.IsAlive || !session.IsTracing)
        {
            return items;
        }

        var folder = Directory.CreateTempSubdirectory("idlcm-trace-").FullName;
        try
        {
            await TryAsync(async () =>
            {
                var (raw, clean) = (Path.Combine(folder, "raw.zip"), Path.Combine(folder, "trace.zip"));
                using var limit = new CancellationTokenSource(TraceLimit);
                var all = mask.Copy();
                foreach (var cookie in await session.Context.CookiesAsync().WaitAsync(TraceLimit))
                {
                    if (cookie.Value.Length >= 12)
                    {
                        all.Add(cookie.Value);
                    }
                }

                await session.StopTraceAsync(raw);
                await TraceScrubber.ScrubAsync(raw, clean, all, mask, limit.Token);
                items.Add(Item("trace", await blobs.PutFileAsync(Container, clean, "application/zip"), mask.Apply(caption)));
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return items;
    }

    private static EvidenceItem Item(string kind, BlobReference blob, string caption) => new(kind, blob.Hash, blob.ContentType, blob.Length, caption);

    private async Task TryAsync(Func<Task> keep)
    {
        try
        {
            await keep();
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException or IOException or InvalidDataException or OperationCanceledException)
        {
            LogNotKept(error.GetType().Name);
        }
    }

    [LoggerMessage(3101, LogLevel.Warning, "A piece of evidence could not be kept: {Reason}")]
    private partial void LogNotKept(string reason);
}
