using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace IdLcm.Bench;

/// <summary>A server in a process of its own, as it is run in earnest.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process process;
    private readonly string log;

    private ServerProcess(Process process, int port, TimeSpan started, string log)
    {
        this.process = process;
        this.log = log;
        Port = port;
        Started = started;
    }

    public int Port { get; }

    /// <summary>From the start of the process to the first good answer of its readiness probe.</summary>
    public TimeSpan Started { get; }

    /// <summary>Resident memory, in bytes.</summary>
    public long ResidentBytes => 1024 * long.Parse(StatusLine("VmRSS").Trim().Split(' ')[0]);

    /// <summary>The most memory that was resident, in bytes.</summary>
    public long PeakBytes => 1024 * long.Parse(StatusLine("VmHWM").Trim().Split(' ')[0]);

    /// <summary>Processor time used so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>Starts <c>idlcm serve</c> of this build on a data directory and waits until it is ready.</summary>
    public static ServerProcess StartGateway(string data, string catalog, IReadOnlyDictionary<string, string>? environment = null)
    {
        var port = FreePort();
        return Start(
            Path.Combine(AppContext.BaseDirectory, "idlcm.dll"),
            ["serve", "--data", data, "--port", $"{port}", "--catalog", catalog, "--owner-key-file", Path.Combine(data, "owner.key"), "--log-level", "Warning"],
            port, "/readyz", environment);
    }

    /// <summary>Starts this bench itself as the bare server of <see cref="ConstantEndpoint"/>.</summary>
    public static ServerProcess StartConstant()
    {
        var port = FreePort();
        return Start(Environment.GetCommandLineArgs()[0], [ConstantEndpoint.Argument, $"{port}"], port, "/1", environment: null);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
        File.Delete(log);
    }

    private static ServerProcess Start(string assembly, string[] arguments, int port, string probe, IReadOnlyDictionary<string, string>? environment)
    {
        var log = Path.GetTempFileName();
        var start = new ProcessStartInfo("bash");
        foreach (var argument in (string[])["-c", $"exec dotnet \"$@\" >'{log}' 2>&1", "bash", assembly, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var began = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        while (!Answers(port, probe))
        {
            if (process.HasExited || Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(60))
            {
                throw new InvalidOperationException($"The server is not ready:\n{File.ReadAllText(log)}");
            }

            Thread.Sleep(5);
        }

        return new ServerProcess(process, port, Stopwatch.GetElapsedTime(began), log);
    }

    private static bool Answers(int port, string probe)
    {
        try
        {
            using var connection = new HttpConnection(port);
            return connection.Exchange(HttpConnection.Request("GET", probe)) == 200;
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            return false;
        }
    }

    private string StatusLine(string name) =>
        File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..];
}
