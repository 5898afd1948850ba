using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace IdLcm.Bench.Dashboard;

/// <summary>How long the server takes for each page, and how much each page transfers.</summary>
internal static partial class Pages
{
    private const int Rounds = 40;
    private const double MaxMilliseconds = 100;
    private const int MaxBytes = 150_000;

    public static void Measure(Session session, string[] ids, int integrations, int people)
    {
        using var connection = new HttpConnection(session.Port);
        var middle = ids[ids.Length / 2];
        (string Name, string Path)[] pages =
        [
            ("Home", "/"), ("Integrations", "/integrations"), ("Integrations, searched", "/integrations?q=workspace+1"), ("Settings of an integration", $"/integrations/{middle}"),
            ("Users", $"/integrations/{middle}/users"), ("Users, searched", $"/integrations/{middle}/users?q=person"), ("Human tasks", $"/integrations/{middle}/tasks"),
            ("Approvals", $"/integrations/{middle}/approvals"), ("Notifications", $"/integrations/{middle}/notifications"), ("Activity", $"/integrations/{middle}/activity"),
            ("People, by address", $"/people?q={Uri.EscapeDataString(People.UserName(1))}"), ("People, by a word of many", "/people?q=person"), ("People, by a word of nobody", "/people?q=nobody-has-this"),
            ("Who has access", $"/integrations/{middle}/access"), ("Drift", $"/integrations/{middle}/drift"), ("Captured requests", $"/integrations/{middle}/captures"), ("Catalog", "/catalog"), ("Settings", "/settings"),
        ];
        Console.WriteLine();
        Console.WriteLine($"{integrations:N0} integrations, {people:N0} people, one request at a time; times include the loopback and the client:");
        Console.WriteLine();
        Console.WriteLine("| page | first after start ms | p50 ms | p99 ms | kB with style, script and icon | required |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var (name, path) in pages)
        {
            var request = session.Get(path);
            var (first, body) = Time(connection, request, path);
            var times = new double[Rounds];
            for (var i = 0; i < Rounds; i++)
            {
                (times[i], body) = Time(connection, request, path);
            }

            Array.Sort(times);
            var bytes = body.Length + Asset().Matches(body).Select(match => match.Value).Distinct(StringComparer.Ordinal).Sum(asset => Size(connection, session, asset));
            var p99 = times[^1];
            Console.WriteLine(
                $"| {name} | {first:F1} | {times[Rounds / 2]:F1} | {p99:F1} | {bytes / 1000.0:F0} | {(p99 < MaxMilliseconds ? "met" : "**missed**")}, {(bytes <= MaxBytes ? "met" : "**missed**")} |");
        }

        Console.WriteLine();
        Console.WriteLine($"Required: p99 (of {Rounds}: the worst) below {MaxMilliseconds} ms, at most {MaxBytes / 1000} kB.");
    }

    private static (double Milliseconds, string Body) Time(HttpConnection connection, byte[] request, string path)
    {
        var began = Stopwatch.GetTimestamp();
        var status = connection.Exchange(request);
        var took = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        return status == 200 ? (took, Encoding.UTF8.GetString(connection.Body)) : throw new InvalidOperationException($"{path}: {status}");
    }

    private static int Size(HttpConnection connection, Session session, string asset)
    {
        connection.Exchange(session.Get(asset));
        return connection.Body.Length;
    }

    [GeneratedRegex("/assets/[a-z0-9.]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Asset();
}
