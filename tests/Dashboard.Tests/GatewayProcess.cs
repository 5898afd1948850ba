using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace IdLcm.Dashboard.Tests;

/// <summary>The product as people start it.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    private readonly StringBuilder log = new();
    private readonly TaskCompletionSource<string> link = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process process;

    private GatewayProcess(string url, Process process)
    {
        Url = url;
        this.process = process;
    }

    public string Url { get; }

    /// <summary>The link that it printed at its start; not yet used.</summary>
    public string SignInLink => link.Task.Result;

    public string Log
    {
        get
        {
            lock (log)
            {
                return log.ToString();
            }
        }
    }

    public static async Task<GatewayProcess> StartAsync(string data, string ownerKeyFile, IReadOnlyDictionary<string, string> settings, params string[] catalogs)
    {
        string url;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            url = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        }

        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "idlcm.dll"), "serve", "--data", data, "--urls", url, "--catalog", Path.Combine(RunningDashboard.RepositoryRoot(), "apps"), "--owner-key-file", ownerKeyFile])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var catalog in catalogs)
        {
            start.ArgumentList.Add("--catalog");
            start.ArgumentList.Add(catalog);
        }

        start.Environment["IDLCM_Retry__FirstDelay"] = "00:00:00.500";
        start.Environment["IDLCM_Retry__MaxDelay"] = "00:00:02";
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        var started = new GatewayProcess(url, Process.Start(start)!);
        started.process.OutputDataReceived += (_, line) => started.Heard(line.Data);
        started.process.ErrorDataReceived += (_, line) => started.Heard(line.Data);
        started.process.BeginOutputReadLine();
        started.process.BeginErrorReadLine();
        await started.link.Task.WaitAsync(TimeSpan.FromSeconds(90));
        return started;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    private void Heard(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (log)
        {
            log.AppendLine(line);
        }

        if (line.StartsWith("Dashboard", StringComparison.Ordinal))
        {
            link.TrySetResult(line[line.IndexOf("http", StringComparison.Ordinal)..]);
        }
    }
}
