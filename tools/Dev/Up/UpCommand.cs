using IdLcm.Dev.Setup;
using IdLcm.LocalHost.Cli.Remote;

namespace IdLcm.Dev.Up;

/// <summary><c>up</c>: the gateway and the sample app, connected and validated.</summary>
internal static class UpCommand
{
    /// <summary>Runs the command.</summary>
    /// <param name="options">Its options.</param>
    /// <param name="cancellationToken">Stops it, and what it started unless it was detached.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(UpOptions options, CancellationToken cancellationToken)
    {
        await SystemPackages.EnsureAsync(cancellationToken);
        await Build.EnsureAsync(BuildScope.Edition, cancellationToken);

        var stack = new Stack(options.DataDirectory);
        var found = DevState.Load(options.DataDirectory).Server is { IsAlive: true };
        Environs environs;
        try
        {
            environs = await StartAsync(options, cancellationToken);
        }
        catch (Exception error) when (!found && (error is OperationCanceledException or DevException or ManagementException))
        {
            // Half of it is of no use to anybody; its data and logs stay.
            await stack.StopAsync(DevState.Load(options.DataDirectory));
            throw;
        }

        var link = await SignInLinkAsync(environs, cancellationToken);
        if (options.Detach)
        {
            // Works once, so it is for people: scripts read the same line from every 'up'.
            await Console.Error.WriteLineAsync($"Sign in to the dashboard (once): {link}");
            await Console.Out.WriteLineAsync(environs.ToJson());
            return 0;
        }

        await Console.Out.WriteLineAsync(Instructions.For(environs, link, options.DataDirectory, found));
        return found ? 0 : await StayAsync(options, stack, cancellationToken);
    }

    /// <summary>Starts what does not run, makes the integration where there is none, and waits for its validation.</summary>
    /// <param name="options">The options.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>What there is then.</returns>
    public static async Task<Environs> StartAsync(UpOptions options, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(options.DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var turn = await LockAsync(options.DataDirectory, cancellationToken);
        var stack = new Stack(options.DataDirectory);
        var state = await stack.StartAsync(DevState.Load(options.DataDirectory), options.Port, cancellationToken);
        var url = Stack.ServerUrl(state);
        if (!File.Exists(stack.OwnerKeyFile))
        {
            throw new DevException(1, $"'{stack.OwnerKeyFile}' is missing, and the gateway tells its Owner key only once. Run './dev down', remove {options.DataDirectory} and start again.");
        }

        var key = (await File.ReadAllTextAsync(stack.OwnerKeyFile, cancellationToken)).Trim();
        using var client = new ManagementClient(new Uri(url), key);
        state = await SampleIntegration.EnsureAsync(client, state, changed => changed.Save(options.DataDirectory), cancellationToken);
        return new Environs(state.ScimBaseUrl!, state.GatewayToken!, url + "/api", key, url + "/", Stack.SampleUrl(state), state.IntegrationId!);
    }

    private static async Task<string> SignInLinkAsync(Environs environs, CancellationToken cancellationToken)
    {
        using var client = new ManagementClient(new Uri(environs.DashboardUrl), environs.ApiKey);
        return (string?)(await client.SendAsync(HttpMethod.Post, "api/sign-in-links", body: null, cancellationToken))["address"]
            ?? throw new DevException(1, "The gateway's answer has no sign-in link.");
    }

    private static async Task<int> StayAsync(UpOptions options, Stack stack, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var state = DevState.Load(options.DataDirectory);
                if (state.Server is null)
                {
                    await Console.Out.WriteLineAsync("Stopped by './dev down'.");
                    return 0;
                }

                if (!state.Server.IsAlive || state.SampleApp is not { IsAlive: true })
                {
                    await StartAsync(options, cancellationToken);
                    continue;
                }

                await LiveView.ShowAsync(state, (await File.ReadAllTextAsync(stack.OwnerKeyFile, cancellationToken)).Trim(), cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Stopping …");
            await stack.StopAsync(DevState.Load(options.DataDirectory));
            return 0;
        }
    }

    // Two at once would start two of everything.
    private static async Task<FileStream> LockAsync(string dataDirectory, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(dataDirectory, "dev.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
            }
        }
    }
}
