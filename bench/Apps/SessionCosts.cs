using System.Diagnostics;
using System.Text.Json.Nodes;
using IdLcm.Automation;
using IdLcm.Automation.Browser;
using IdLcm.Domain.Connectors;

namespace IdLcm.Bench.Apps;

/// <summary>What open sessions take, and what it costs to replace the browser.</summary>
internal static class SessionCosts
{
    private const int Sessions = 8;
    private const int Verbs = 6;

    public static async Task PrintAsync(string url, string password)
    {
        var (host, request) = await ProductRun.HostAsync("django-admin", url, "admin", password, token: null, new AutomationOptions());
        await using (host)
        {
            var open = new List<IConnectorSession>();
            var one = 0L;
            for (var i = 0; i < Sessions; i++)
            {
                open.Add(await OpenAsync(host.Runner, request with { IntegrationId = $"session-{i}" }));
                one = i == 0 ? Memory() : one;
            }

            var all = Memory();
            Console.WriteLine();
            Console.WriteLine($"Memory of the browser and its driver: {one >> 20} MiB with one signed-in session, {all >> 20} MiB with {Sessions}: {(all - one) / (Sessions - 1) >> 20} MiB for each further one.");
            foreach (var session in open)
            {
                await session.DisposeAsync();
            }
        }

        var kept = await VerbAsync(url, password, runs: 0);
        var replaced = await VerbAsync(url, password, runs: 1);
        Console.WriteLine($"A verb (getUser, session opened and given back) takes {kept:N0} ms on a browser that stays, {replaced:N0} ms where it is replaced before each: {replaced - kept:N0} ms for a replacement, which 1000 verbs share.");
        Console.WriteLine();
    }

    private static async Task<double> VerbAsync(string url, string password, int runs)
    {
        var (host, request) = await ProductRun.HostAsync("django-admin", url, "admin", password, token: null, new AutomationOptions { BrowserRuns = runs });
        await using (host)
        {
            await (await OpenAsync(host.Runner, request)).DisposeAsync();
            var times = new List<double>();
            for (var i = 0; i <= Verbs; i++)
            {
                var began = Stopwatch.GetTimestamp();
                await using (var session = await OpenAsync(host.Runner, request))
                {
                    var result = await session.RunAsync(new(ConnectorVerb.GetUser, new JsonObject { ["identifier"] = "extra1" }));
                    _ = result.Rows.Count == 1 ? true : throw new InvalidOperationException($"{result.Failure}");
                }

                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }

            return times.Skip(1).Order().ElementAt(Verbs / 2);
        }
    }

    private static async Task<IConnectorSession> OpenAsync(IConnectorRunner runner, ConnectorSessionRequest request)
    {
        var opened = await runner.OpenAsync(request);
        return opened.Session ?? throw new InvalidOperationException($"{opened.Failure}");
    }

    private static long Memory() => (BrowserMemory.OfTree(Environment.ProcessId) ?? 0) - Environment.WorkingSet;
}
