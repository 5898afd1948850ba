using System.Diagnostics;

namespace IdLcm.LocalHost.Tests.Cli;

/// <summary>A running <c>idlcm serve</c>; killed at the latest when disposed of.</summary>
internal sealed class CliServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _error;

    private CliServer(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>What it printed when it was ready.</summary>
    public string ReadyLine { get; private set; } = "";

    public int Pid => _process.Id;

    public string Url => ReadyLine.Split(' ').First(word => word.StartsWith("http://", StringComparison.Ordinal));

    /// <summary>Starts one on a free port and waits until it is ready.</summary>
    public static Task<CliServer> Start(string data, params string[] more) => StartWith([], data, more);

    /// <summary>Starts one with settings in its environment.</summary>
    public static async Task<CliServer> StartWith(Dictionary<string, string> environment, string data, params string[] more)
    {
        var server = new CliServer(CliRun.Start(environment, ["serve", "--data", data, "--port", "0", .. more]));
        server.ReadyLine = await server._process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) ?? "";
        if (!server.ReadyLine.StartsWith("IdLCM is ready", StringComparison.Ordinal))
        {
            Assert.Fail($"It did not get ready: {await server._error}");
        }

        return server;
    }

    /// <summary>Sends SIGTERM and waits for the end.</summary>
    public async Task<CliRun> Stop()
    {
        using (var kill = Process.Start("sh", ["-c", $"kill -TERM {Pid}"]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var output = await _process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new CliRun(_process.ExitCode, output, await _error);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }
}
