using IdLcm.Dev.Processes;

namespace IdLcm.Dev.Up;

/// <summary>The processes of one data directory: the gateway and the sample app.</summary>
/// <param name="dataDirectory">The data directory.</param>
internal sealed class Stack(string dataDirectory)
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    /// <summary>The gateway's log.</summary>
    public string ServerLog { get; } = Path.Combine(dataDirectory, "logs", "idlcm.log");

    /// <summary>The Owner API key, as the gateway wrote it at its first start.</summary>
    public string OwnerKeyFile { get; } = Path.Combine(dataDirectory, "owner.key");

    private string SampleLog { get; } = Path.Combine(dataDirectory, "logs", "sample-app.log");

    /// <summary>The gateway's address.</summary>
    /// <param name="state">The state.</param>
    /// <returns>The address, without a slash at its end.</returns>
    public static string ServerUrl(DevState state) => $"http://127.0.0.1:{state.Port}";

    /// <summary>The sample app's address.</summary>
    /// <param name="state">The state.</param>
    /// <returns>The address, without a slash at its end.</returns>
    public static string SampleUrl(DevState state) => $"http://127.0.0.1:{state.SamplePort}";

    /// <summary>Starts what does not run.</summary>
    /// <param name="state">The state.</param>
    /// <param name="port">The gateway's port as asked for; null for the one used before.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>The state with what runs, saved.</returns>
    /// <exception cref="DevException">Something does not start.</exception>
    public async Task<DevState> StartAsync(DevState state, int? port, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(dataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        state = await StartServerAsync(state, port, cancellationToken);
        return await StartSampleAsync(state, cancellationToken);
    }

    /// <summary>Stops everything: in order first, then by force, browsers too.</summary>
    /// <param name="state">The state.</param>
    /// <returns>True when anything ran.</returns>
    public async Task<bool> StopAsync(DevState state)
    {
        if (Directory.Exists(dataDirectory))
        {
            // First, so that an 'up' that watches over them does not start them again.
            (state with { Server = null, SampleApp = null }).Save(dataDirectory);
        }

        var ran = false;
        foreach (var (process, patience) in new[] { (state.Server, 30), (state.SampleApp, 5) })
        {
            if (process is { IsAlive: true })
            {
                ran = true;
                await ProcessTable.StopAsync([process], TimeSpan.FromSeconds(patience));
            }
        }

        var left = ProcessTable.Marked(BackgroundProcess.Marker, dataDirectory);
        await ProcessTable.StopAsync(left, TimeSpan.FromSeconds(5));
        return ran || left.Count > 0;
    }

    private async Task<DevState> StartServerAsync(DevState state, int? wanted, CancellationToken cancellationToken)
    {
        if (state.Server is { IsAlive: true })
        {
            if (wanted is > 0 && wanted != state.Port)
            {
                await Console.Error.WriteLineAsync($"It runs on port {state.Port} already; --port {wanted} counts after './dev down'.");
            }

            await ReadyAsync("The gateway", $"{ServerUrl(state)}/readyz", state.Server, ServerLog, cancellationToken);
            return state;
        }

        if (state.Server is not null)
        {
            await Console.Error.WriteLineAsync("The gateway is gone without having been stopped; starting it again.");
        }

        // What one before left: browsers, or itself when its 'up' or 'down' was killed half-way.
        await ProcessTable.StopAsync([.. ProcessTable.Marked(BackgroundProcess.Marker, dataDirectory).Where(left => left != state.SampleApp)], TimeSpan.FromSeconds(10));

        var port = (wanted ?? state.Port ?? UpOptions.DefaultPort) is > 0 and var given ? given : Ports.Free();
        if (!Ports.IsFree(port))
        {
            throw new DevException(3, $"Port {port} is in use by another program. Choose another with --port N (0 takes a free one).");
        }

        string[] command =
        [
            Repository.Dotnet, Repository.Server, "serve", "--data", dataDirectory, "--port", $"{port}",
            "--catalog", Path.Combine(Repository.Root, "apps"), "--owner-key-file", OwnerKeyFile,
        ];
        state = state with { Port = port, Server = BackgroundProcess.Start(command, dataDirectory, ServerLog) };
        state.Save(dataDirectory);
        await ReadyAsync("The gateway", $"{ServerUrl(state)}/readyz", state.Server, ServerLog, cancellationToken);
        return state;
    }

    private async Task<DevState> StartSampleAsync(DevState state, CancellationToken cancellationToken)
    {
        if (state.SampleApp is { IsAlive: true })
        {
            return state;
        }

        var port = state.SamplePort ?? (Ports.IsFree(state.Port!.Value + 1) ? state.Port.Value + 1 : Ports.Free());
        if (!Ports.IsFree(port))
        {
            throw new DevException(3, $"Port {port}, on which the sample app of this data directory lives, is in use by another program. Stop that one, or use another --data DIR.");
        }

        string[] command = [Repository.Dotnet, Repository.SampleApp, "--data", Path.Combine(dataDirectory, "sample-app"), "--urls", $"http://127.0.0.1:{port}"];
        state = state with { SamplePort = port, SampleApp = BackgroundProcess.Start(command, dataDirectory, SampleLog) };
        state.Save(dataDirectory);
        await ReadyAsync("The sample app", $"{SampleUrl(state)}/login", state.SampleApp, SampleLog, cancellationToken);
        return state;
    }

    private static async Task ReadyAsync(string name, string url, ProcessIdentity process, string log, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
        var until = DateTime.UtcNow + StartLimit;
        while (true)
        {
            try
            {
                using var response = await http.GetAsync(url, cancellationToken);
                if (response.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // Not listening yet.
            }

            if (!process.IsAlive || DateTime.UtcNow > until)
            {
                throw new DevException(3, $"{name} did not start ({log}):\n{BackgroundProcess.Tail(log)}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }
}
