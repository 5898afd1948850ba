namespace IdLcm.Bench;

/// <summary>What one run took. Times are in milliseconds.</summary>
internal sealed record Measurement(string Name, int Concurrency, int Count, double PerSecond, double P50, double P99, double Max)
{
    public static Measurement Of(string name, int concurrency, List<double> milliseconds, TimeSpan elapsed)
    {
        if (milliseconds.Count == 0)
        {
            throw new InvalidOperationException($"'{name}' did not end once in its time.");
        }

        milliseconds.Sort();
        return new(
            name, concurrency, milliseconds.Count, milliseconds.Count / elapsed.TotalSeconds,
            milliseconds[milliseconds.Count / 2], milliseconds[(int)(milliseconds.Count * 0.99)], milliseconds[^1]);
    }

    public override string ToString() =>
        $"{Name,-34} c={Concurrency,-3} {PerSecond,10:N0}/s   p50 {P50,8:F3} ms   p99 {P99,8:F3} ms   max {Max,8:F1} ms   ({Count} in all)";
}
