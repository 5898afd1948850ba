using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace IdLcm.Bench.Dashboard;

/// <summary>
/// Open pages that follow what happens, as the dashboard's script does it: an event stream each, and the page loaded
/// again whenever it tells of a change.
/// </summary>
internal static class LivePages
{
    private const double MaxShare = .1;

    public static async Task MeasureAsync(ServerProcess server, Session session, string[] ids, int pages, TimeSpan duration)
    {
        Console.WriteLine();
        Console.WriteLine("| open pages | what happens | pages loaded/s | of a core | required |");
        Console.WriteLine("|---|---|---|---|---|");
        await RunAsync("nothing", _ => ids[0], changed: [], checks: false);
        await RunAsync("each of as many integrations changes, one every second in turn", i => ids[i % ids.Length], ids, checks: true);
        await RunAsync("all show one integration, which changes every second", _ => ids[0], [ids[0]], checks: true);

        async Task RunAsync(string what, Func<int, string> shown, string[] changed, bool checks)
        {
            using var stop = new CancellationTokenSource();
            var loads = new int[1];
            var ready = new CountdownEvent(pages);
            var open = Enumerable.Range(0, pages).Select(i => FollowAsync(session, shown(i), ready, loads, stop.Token)).ToArray();
            ready.Wait();
            await Task.Delay(TimeSpan.FromSeconds(2));
            loads[0] = 0;
            var before = server.ProcessorTime;
            var began = Stopwatch.GetTimestamp();
            using var ticks = new PeriodicTimer(TimeSpan.FromSeconds(1));
            for (var i = 0; Stopwatch.GetElapsedTime(began) < duration; i++)
            {
                if (changed.Length > 0)
                {
                    await ChangeAsync(session, changed[i % changed.Length], i);
                }

                await ticks.WaitForNextTickAsync();
            }

            var elapsed = Stopwatch.GetElapsedTime(began);
            var share = (server.ProcessorTime - before) / elapsed;
            Console.WriteLine($"| {pages} | {what} | {loads[0] / elapsed.TotalSeconds:F1} | {share:P1} | {(checks ? $"{MaxShare:P0} {(share < MaxShare ? "met" : "**missed**")}" : "")} |");
            await stop.CancelAsync();
            await Task.WhenAll(open);
        }
    }

    private static async Task ChangeAsync(Session session, string integrationId, int number)
    {
        using var body = new StringContent(new JsonObject { ["name"] = $"Sample workspace, change {number}" }.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await session.Http.PatchAsync(new Uri($"api/integrations/{integrationId}", UriKind.Relative), body);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task FollowAsync(Session session, string integrationId, CountdownEvent ready, int[] loads, CancellationToken stop)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"integrations/{integrationId}/live");
            request.Headers.Add("Cookie", session.Cookie);
            using var stream = await session.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
            using var lines = new StreamReader(await stream.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(stop));
            ready.Signal();
            while (await lines.ReadLineAsync(stop) is { } line)
            {
                if (line != "event: change")
                {
                    continue;
                }

                using var page = new HttpRequestMessage(HttpMethod.Get, $"integrations/{integrationId}");
                page.Headers.Add("Cookie", session.Cookie);
                using var answer = await session.Http.SendAsync(page, stop);
                answer.EnsureSuccessStatusCode();
                Interlocked.Increment(ref loads[0]);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The measurement is over.
        }
    }
}
