using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace IdLcm.Bench.Scim;

/// <summary>What one operation came to at one number of people.</summary>
/// <param name="Name">The operation.</param>
/// <param name="Measured">The measurement.</param>
/// <param name="BarePerSecond">The rate of a bare Kestrel endpoint that answers with as many bytes.</param>
/// <param name="ProcessorMicroseconds">The server's processor time for each request.</param>
internal sealed record OperationResult(string Name, Measurement Measured, double BarePerSecond, double ProcessorMicroseconds);

/// <summary>All operations at one number of people.</summary>
internal sealed class SizeRun
{
    private readonly ServerProcess server;
    private readonly ServerProcess constant;
    private readonly Workspace workspace;
    private readonly string[] ids;
    private readonly int concurrency;
    private readonly TimeSpan duration;
    private readonly string only;
    private readonly Dictionary<string, int> sent = new(StringComparer.Ordinal);
    private bool warm;
    private readonly List<OperationResult> results = [];

    private SizeRun(ServerProcess server, ServerProcess constant, Workspace workspace, string[] ids, int concurrency, TimeSpan duration, string only)
    {
        this.only = only;
        this.server = server;
        this.constant = constant;
        this.workspace = workspace;
        this.ids = ids;
        this.concurrency = concurrency;
        this.duration = duration;
    }

    public static async Task<IReadOnlyList<OperationResult>> RunAsync(int size, int concurrency, TimeSpan duration, string only)
    {
        using var scratch = Repository.NewScratch();
        var workspace = await Workspace.CreateAsync(Path.Combine(scratch.Path, "data"), Repository.Catalog);
        string[] ids;
        await using (workspace)
        {
            var began = Stopwatch.GetTimestamp();
            ids = await workspace.SeedAsync(size);
            Console.WriteLine($"{size:N0} people made in {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s");
        }

        using var server = ServerProcess.StartGateway(workspace.Data, Repository.Catalog);
        using var constant = ServerProcess.StartConstant();
        var run = new SizeRun(server, constant, workspace, ids, concurrency, duration, only);

        // First everything once, so that no operation is measured while the runtime still compiles it.
        run.All();
        run.results.Clear();
        run.warm = true;
        run.All();
        return run.results;
    }

    private void All()
    {
        var random = new Random(1);
        var order = Enumerable.Range(0, Math.Max(ids.Length, 5000)).Select(_ => random.Next(ids.Length)).ToArray();
        int Person(int number) => order[number % order.Length];

        Measure("get", 200, Prepared(number => Get($"Users/{ids[Person(number)]}")));
        Measure("filter userName", 200, Prepared(number => Filter($"userName eq \"{People.UserName(Person(number))}\"")));
        Measure("filter externalId", 200, Prepared(number => Filter($"externalId eq \"{People.ExternalId(Person(number))}\"")));
        var page = Math.Min(100, ids.Length);
        Measure("list of 100, first page", 200, _ => Get($"Users?startIndex=1&count={page}"));
        Measure("list of 100, last page", 200, _ => Get($"Users?startIndex={ids.Length - page + 1}&count={page}"));

        // Changes that differ every time. Most of the sampled people have an update queued by then, which the next one
        // shares; the others get theirs with the first change.
        var sample = Math.Min(1000, ids.Length / 2);
        var stride = ids.Length / sample;
        int Sampled(int number) => number % sample * stride;
        Measure("PATCH title", 200, number => Patch(Sampled(number), $$"""{"op":"Replace","path":"title","value":"Title {{number}}"}"""));
        Measure("PATCH active", 200, number => Patch(Sampled(number), $$"""{"op":"Replace","path":"active","value":"{{(number / sample % 2 == 0 ? "False" : "True")}}"}"""));
        if (stride > 2)
        {
            int Other(int number) => (number / (stride - 1) * stride) + 1 + (number % (stride - 1));
            Measure("PATCH title, opens an operation", 200, number => Other(number) < ids.Length && (warm || number < ids.Length / 4) ? Patch(Other(number), $$"""{"op":"Replace","path":"title","value":"Other {{number}}"}""") : null);
        }

        Measure("create", 201, number => HttpConnection.Request("POST", workspace.Scim("Users"), workspace.Token, People.Json(ids.Length + number)));
        AddToGroup();
    }

    /// <summary>Adds people to one group, one with each request, over one connection: the order of Entra ID.</summary>
    private void AddToGroup()
    {
        if (!"group add".StartsWith(only, StringComparison.Ordinal))
        {
            return;
        }

        using var connection = new HttpConnection(server.Port);
        var made = connection.Exchange(HttpConnection.Request("POST", workspace.Scim("Groups"), workspace.Token, """
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Everyone","members":[]}
            """));
        if (made != 201)
        {
            Console.WriteLine($"No groups: {made} {Encoding.UTF8.GetString(connection.Body)}");
            return;
        }

        var group = (string)JsonNode.Parse(connection.Body)!["id"]!;
        byte[]? Add(int number) => number < ids.Length && number < 10_000
            ? HttpConnection.Request("PATCH", workspace.Scim($"Groups/{group}?excludedAttributes=members"), workspace.Token, $$"""
                {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":"members","value":[{"value":"{{ids[number]}}"}]}]}
                """)
            : null;
        var answered = connection.Exchange(Add(0)!);
        AddRange("group add, 2nd to 1 000th", 1, Math.Min(1000, ids.Length), answered, Add);
        if (warm && ids.Length >= 10_000)
        {
            Load.Run("between", server.Port, concurrency, TimeSpan.FromMinutes(2), answered, number => number < 8000 ? Add(1000 + number) : null);
            AddRange("group add, 9 001st to 10 000th", 9000, 10_000, answered, Add);
        }
    }

    private void AddRange(string name, int from, int to, int status, Func<int, byte[]?> add)
    {
        Settle();
        var before = server.ProcessorTime;
        var measured = Load.Run(name, server.Port, concurrency, TimeSpan.FromMinutes(2), status, number => from + number < to ? add(from + number) : null);
        if (warm)
        {
            results.Add(new(name, measured, Bare(add(from)!, 900), (server.ProcessorTime - before).TotalMicroseconds / measured.Count));
            Console.WriteLine(measured);
        }
    }

    private void Measure(string name, int status, Func<int, byte[]?> request)
    {
        if (!name.Contains(only, StringComparison.Ordinal))
        {
            return;
        }

        Settle();

        // No request is sent twice, in warming up neither.
        var offset = sent.GetValueOrDefault(name);
        var before = server.ProcessorTime;
        var measured = Load.Run(name, server.Port, concurrency, warm ? duration : duration / 2, status, number => request(offset + number));
        sent[name] = offset + measured.Count + concurrency;
        if (!warm)
        {
            return;
        }

        var processor = (server.ProcessorTime - before).TotalMicroseconds / measured.Count;
        // Where nobody is left to change, an earlier request is as good for its size.
        var sample = request(sent[name]) ?? request(offset)!;
        using var connection = new HttpConnection(server.Port);
        _ = connection.Exchange(sample);
        var bare = Bare(sample, connection.Body.Length);
        results.Add(new(name, measured, bare, processor));
        Console.WriteLine($"{measured}   {processor,6:N0} us CPU   bare {bare,8:N0}/s");
    }

    /// <summary>
    /// Waits until the server does nothing any more: what it does in the background for the operation before (sealing
    /// activity, counting lists) is not to be measured with the next one.
    /// </summary>
    private void Settle()
    {
        var limit = Stopwatch.StartNew();
        while (limit.Elapsed < TimeSpan.FromMinutes(1))
        {
            var before = server.ProcessorTime;
            Thread.Sleep(1000);
            if (server.ProcessorTime - before < TimeSpan.FromMilliseconds(50))
            {
                return;
            }
        }
    }

    private double Bare(byte[] like, int size)
    {
        // The same method, headers and body, another path.
        var text = Encoding.UTF8.GetString(like);
        var from = text.IndexOf(' ', StringComparison.Ordinal) + 1;
        var request = Encoding.UTF8.GetBytes($"{text[..from]}/{size}{text[text.IndexOf(" HTTP/1.1", StringComparison.Ordinal)..]}");
        Load.Run("bare", constant.Port, concurrency, duration / 6, 200, _ => request);
        return Load.Run("bare", constant.Port, concurrency, duration / 3, 200, _ => request).PerSecond;
    }

    private byte[] Get(string rest) => HttpConnection.Request("GET", workspace.Scim(rest), workspace.Token);

    private byte[] Filter(string filter) => Get("Users?filter=" + Uri.EscapeDataString(filter));

    private byte[] Patch(int person, string operation) => HttpConnection.Request("PATCH", workspace.Scim($"Users/{ids[person]}"), workspace.Token, $$"""
        {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{operation}}]}
        """);

    /// <summary>Requests made before the run, so that making them does not take the server's processor.</summary>
    private static Func<int, byte[]> Prepared(Func<int, byte[]> request)
    {
        var made = Enumerable.Range(0, 5000).Select(request).ToArray();
        return number => made[number % made.Length];
    }
}
