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
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(2);

    /// <summary>As long as the script gathers what it is told before it loads its page again.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(100);

    public static async Task MeasureAsync(ServerProcess server, Session session, string[] ids, int pages, TimeSpan duration)
    {
        Console.WriteLine();
        Console.WriteLine("| open pages | what happens | pages loaded/s | of a core | shown after a change, p50 s | p99 s | required |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        await RunAsync(0, "none is open and nothing happens", _ => "", [], 0);
        await RunAsync(pages, "nothing", i => Of(ids[0]), [], 0);
        await RunAsync(pages, "each shows another integration; one of them changes every second, in turn", i => Of(ids[i % ids.Length]), ids, 1);
        await RunAsync(pages, "all show one integration, which changes every second", _ => Of(ids[0]), [ids[0]], 1);
        await RunAsync(pages, "all show one integration, which changes once in ten seconds", _ => Of(ids[0]), [ids[0]], .1);
        await RunAsync(pages, "all show Home; one integration changes every second", _ => "", [ids[0]], 1);

        static string Of(string id) => $"integrations/{id}";

        async Task RunAsync(int count, string what, Func<int, string> shown, string[] changed, double perSecond)
        {
            using var stop = new CancellationTokenSource();
            var told = new Told();
            var ready = new CountdownEvent(Math.Max(1, count));
            var open = Enumerable.Range(0, count).Select(i => FollowAsync(session, shown(i), ready, told, stop.Token)).ToArray();
            if (count > 0)
            {
                ready.Wait();
            }

            await Task.Delay(TimeSpan.FromSeconds(2));
            var before = server.ProcessorTime;
            var began = Stopwatch.GetTimestamp();
            using var ticks = new PeriodicTimer(TimeSpan.FromSeconds(perSecond > 0 ? 1 / perSecond : 1));
            for (var i = 0; Stopwatch.GetElapsedTime(began) < duration; i++)
            {
                if (changed.Length > 0)
                {
                    var id = changed[i % changed.Length];
                    await ChangeAsync(session, id, i);
                    told.Change(Of(id));
                }

                await ticks.WaitForNextTickAsync();
            }

            var elapsed = Stopwatch.GetElapsedTime(began);
            var share = (server.ProcessorTime - before) / elapsed;
            var delays = told.Delays();
            var (p50, p99) = delays.Length == 0 ? (0, 0) : (delays[delays.Length / 2], delays[delays.Length * 99 / 100]);
            var met = share < MaxShare && p99 <= MaxDelay.TotalSeconds;
            Console.WriteLine(
                $"| {count} | {what} | {told.Loads / elapsed.TotalSeconds:F1} | {share:P1} | {(delays.Length == 0 ? "" : $"{p50:F2}")} | {(delays.Length == 0 ? "" : $"{p99:F2}")} | {(count == 0 || changed.Length == 0 ? "" : met ? "met" : "**missed**")} |");
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

    private static async Task FollowAsync(Session session, string page, CountdownEvent ready, Told told, CancellationToken stop)
    {
        string? tag = null;
        var seen = 0;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, page.Length == 0 ? "live" : $"{page}/live");
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

                await Task.Delay(Gathering, stop);
                var changes = told.Count(page);
                using var load = new HttpRequestMessage(HttpMethod.Get, page.Length == 0 ? "/" : page);
                load.Headers.Add("Cookie", session.Cookie);
                load.Headers.Add("X-Requested-With", "dashboard-live");
                load.Headers.Add("Accept-Encoding", "gzip");
                if (tag is not null)
                {
                    load.Headers.TryAddWithoutValidation("If-None-Match", tag);
                }

                using var answer = await session.Http.SendAsync(load, stop);
                if (answer.StatusCode != System.Net.HttpStatusCode.NotModified)
                {
                    answer.EnsureSuccessStatusCode();
                    tag = answer.Headers.ETag?.ToString();
                }

                seen = told.Shown(page, seen, changes);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The measurement is over.
        }
    }

    /// <summary>When what changed, and how long it took until each page showed it.</summary>
    private sealed class Told
    {
        private readonly Lock gate = new();
        private readonly Dictionary<string, List<long>> changes = new(StringComparer.Ordinal) { [""] = [] };
        private readonly List<double> delays = [];

        public int Loads { get; private set; }

        public void Change(string page)
        {
            lock (gate)
            {
                var now = Stopwatch.GetTimestamp();
                changes[""].Add(now);
                if (!changes.TryGetValue(page, out var of))
                {
                    changes[page] = of = [];
                }

                of.Add(now);
            }
        }

        public int Count(string page)
        {
            lock (gate)
            {
                return changes.GetValueOrDefault(page)?.Count ?? 0;
            }
        }

        /// <summary>Counts the time since the oldest change that the page had not shown before.</summary>
        public int Shown(string page, int seen, int now)
        {
            lock (gate)
            {
                Loads++;
                if (now > seen)
                {
                    delays.Add(Stopwatch.GetElapsedTime(changes[page][seen]).TotalSeconds);
                }

                return Math.Max(seen, now);
            }
        }

        public double[] Delays()
        {
            lock (gate)
            {
                return [.. delays.Order()];
            }
        }
    }
}
