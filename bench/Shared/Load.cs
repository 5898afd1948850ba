using System.Diagnostics;
using System.Text;

namespace IdLcm.Bench;

/// <summary>Drives a server over kept-alive connections, one thread each.</summary>
internal static class Load
{
    /// <summary>Sends requests for a while, or until there are no more.</summary>
    /// <param name="name">What is measured.</param>
    /// <param name="port">The server's port on loopback.</param>
    /// <param name="concurrency">How many connections, each with one request at a time.</param>
    /// <param name="duration">For how long.</param>
    /// <param name="status">The status that every answer must have.</param>
    /// <param name="request">The request of a number, each given once, from 0; null ends the run.</param>
    /// <returns>The measurement.</returns>
    public static Measurement Run(string name, int port, int concurrency, TimeSpan duration, int status, Func<int, byte[]?> request)
    {
        var next = -1;
        var all = new List<double>();
        var problems = new List<Exception>();
        var ready = new CountdownEvent(concurrency);
        using var go = new ManualResetEventSlim();
        long started = 0;
        var threads = new Thread[concurrency];
        for (var i = 0; i < concurrency; i++)
        {
            threads[i] = new Thread(() =>
            {
                List<double> latencies = [];
                try
                {
                    using var connection = new HttpConnection(port);
                    ready.Signal();
                    go.Wait();
                    while (Stopwatch.GetElapsedTime(started) < duration && request(Interlocked.Increment(ref next)) is { } bytes)
                    {
                        var before = Stopwatch.GetTimestamp();
                        var answered = connection.Exchange(bytes);
                        latencies.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
                        if (answered != status)
                        {
                            throw new InvalidOperationException($"{name}: {answered} instead of {status}: {Encoding.UTF8.GetString(connection.Body)}");
                        }
                    }
                }
#pragma warning disable CA1031 // Rethrown on the caller's thread.
                catch (Exception problem)
#pragma warning restore CA1031
                {
                    lock (problems)
                    {
                        problems.Add(problem);
                    }

                    go.Set();
                }

                lock (all)
                {
                    all.AddRange(latencies);
                }
            }, maxStackSize: 256 * 1024);
            threads[i].Start();
        }

        while (!ready.Wait(TimeSpan.FromMilliseconds(50)) && problems.Count == 0)
        {
        }

        started = Stopwatch.GetTimestamp();
        go.Set();
        foreach (var thread in threads)
        {
            thread.Join();
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        return problems.Count == 0 ? Measurement.Of(name, concurrency, all, elapsed) : throw new InvalidOperationException($"'{name}' failed.", problems[0]);
    }
}
