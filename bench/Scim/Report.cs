namespace IdLcm.Bench.Scim;

/// <summary>The tables for <c>docs/benchmarks.md</c>.</summary>
internal static class Report
{
    /// <summary>Rates that must be reached at 10 000 people and eight requests at once.</summary>
    private static readonly Dictionary<string, double> Required = new()
    {
        ["create"] = 3900,
        ["get"] = 19_000,
        ["filter userName"] = 4300,
        ["filter externalId"] = 4300,
        ["PATCH title"] = 4000,
        ["PATCH active"] = 4000,
        ["PATCH title, opens an operation"] = 4000,
        ["list of 100, first page"] = 1700,
        ["list of 100, last page"] = 1700,
        ["group add, 2nd to 1 000th"] = 1500,
        ["group add, 9 001st to 10 000th"] = 1500,
    };

    public static void Print(IReadOnlyList<(int Size, IReadOnlyList<OperationResult> Results)> runs, int concurrency)
    {
        foreach (var (size, results) in runs)
        {
            Console.WriteLine();
            Console.WriteLine($"{size:N0} people, {concurrency} requests at once:");
            Console.WriteLine();
            Console.WriteLine("| | requests/s | p50 ms | p99 ms | server CPU µs each | of a bare endpoint | required |");
            Console.WriteLine("|---|---|---|---|---|---|---|");
            foreach (var result in results)
            {
                var measured = result.Measured;
                var required = size == 10_000 && concurrency == 8 && Required.TryGetValue(result.Name, out var rate)
                    ? $"{rate:N0} {(measured.PerSecond >= rate ? "met" : "**missed**")}"
                    : "";
                Console.WriteLine(
                    $"| {result.Name} | {measured.PerSecond:N0} | {measured.P50:F2} | {measured.P99:F2} | {result.ProcessorMicroseconds:N0} | {measured.PerSecond / result.BarePerSecond:P0} | {required} |");
            }
        }

        if (runs.Count > 1)
        {
            Growth(runs[0], runs[^1]);
        }
    }

    private static void Growth((int Size, IReadOnlyList<OperationResult> Results) small, (int Size, IReadOnlyList<OperationResult> Results) large)
    {
        Console.WriteLine();
        Console.WriteLine($"| | time at {large.Size:N0} ÷ at {small.Size:N0} | required |");
        Console.WriteLine("|---|---|---|");
        foreach (var result in large.Results)
        {
            if (small.Results.FirstOrDefault(other => other.Name == result.Name) is { } before)
            {
                var ratio = before.Measured.PerSecond / result.Measured.PerSecond;
                var most = result.Name.Contains("last page", StringComparison.Ordinal) ? 2 : 1.3;
                Console.WriteLine($"| {result.Name} | {ratio:F2} | {most} {(ratio <= most ? "met" : "**missed**")} |");
            }
        }
    }
}
