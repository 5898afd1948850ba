using System.Diagnostics;

namespace IdLcm.Bench.Apps;

/// <summary>One way to work in an app.</summary>
internal interface IWay
{
    /// <summary>Looks somebody up; the result is whether they are there.</summary>
    Task<bool> FindAsync(string name);

    /// <summary>Makes an account and reads it back.</summary>
    Task CreateAsync(string name);

    /// <summary>Gives an account the app's higher role and reads it back.</summary>
    Task PromoteAsync(string name);

    /// <summary>Removes an account and reads that it is gone.</summary>
    Task DeleteAsync(string name);
}

/// <summary>The same verbs by both ways, in turn, so that both meet the same machine.</summary>
internal static class Comparison
{
    public static async Task PrintAsync(string app, int people, IWay product, IWay bare)
    {
        var times = new Dictionary<string, (List<double> Bare, List<double> Product)>(StringComparer.Ordinal);
        async Task<TimeSpan> TimeAsync(Func<Task> work)
        {
            var began = Stopwatch.GetTimestamp();
            await work();
            return Stopwatch.GetElapsedTime(began);
        }

        // The first of each warms the app's and the browser's caches and counts for nothing.
        for (var i = 0; i <= people; i++)
        {
            var (scripted, made) = ($"bench-s{i}@example.net", $"bench-p{i}@example.net");
            foreach (var (verb, act) in new (string, Func<IWay, string, Task>)[]
                { ("createUser", (way, name) => way.CreateAsync(name)), ("getUser", FoundAsync), ("setRoles", (way, name) => way.PromoteAsync(name)), ("delete", (way, name) => way.DeleteAsync(name)) })
            {
                var first = await TimeAsync(() => act(bare, scripted));
                var second = await TimeAsync(() => act(product, made));
                if (i > 0)
                {
                    var lists = times.TryGetValue(verb, out var known) ? known : times[verb] = ([], []);
                    lists.Bare.Add(first.TotalMilliseconds);
                    lists.Product.Add(second.TotalMilliseconds);
                }
            }
        }

        foreach (var (verb, (script, own)) in times)
        {
            var (a, b) = (Median(script), Median(own));
            Console.WriteLine($"| {app} | {verb} | {a:N0} | {b:N0} | {a / b:F2} |");
        }
    }

    private static async Task FoundAsync(IWay way, string name)
    {
        if (!await way.FindAsync(name))
        {
            throw new InvalidOperationException($"{name} is not there.");
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
