using System.Diagnostics;
using System.Net.Sockets;
using IdLcm.Domain.Erasure;
using IdLcm.Gateway.Dashboard;
using IdLcm.LocalHost.Hosting;
using IdLcm.LocalHost.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace IdLcm.LocalHost.Cli.Serve;

/// <summary>The life of the server process, from the data directory's lock to its release.</summary>
internal static class ServerProcess
{
    /// <summary>Runs the server until it is asked to stop (SIGTERM, SIGINT).</summary>
    /// <param name="options">How it is run.</param>
    /// <param name="ownerKeyFile">Where the Owner API key of the first start goes; null prints it.</param>
    /// <param name="restored">True when the data directory comes from a backup.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="cancellationToken">Stops the server.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="CommandFailedException">An address must not, or cannot, be listened on.</exception>
    /// <exception cref="DatabaseInUseException">Another process owns the data directory.</exception>
    public static async Task<int> RunAsync(LocalEditionOptions options, string? ownerKeyFile, bool restored, TextWriter output, CancellationToken cancellationToken)
    {
        Check(options);
        using var database = SqliteDatabase.Open(options.DataDirectory);
        using var export = OtlpExport.Wanted ? OtlpExport.Start() : null;
        await using var app = Build(options, database);
        if (LocalEdition.RefusedEndpoint(app.Configuration, options.AllowInsecureHttp) is { } refused)
        {
            throw new CommandFailedException(ExitCode.Usage, refused);
        }

        var ownerKey = await OwnerKey.EnsureAsync(app.Services, ownerKeyFile, cancellationToken);
        var prepared = restored ? await PrepareAsync(app, cancellationToken) : default;
        await StartAsync(app, cancellationToken);
        new ServerFile(Environment.ProcessId, [.. app.Urls], TimeProvider.System.GetUtcNow()).Write(options.DataDirectory);
        try
        {
            var since = DateTime.UtcNow - StartOfProcess();
            await output.WriteLineAsync($"IdLCM is ready after {since.TotalMilliseconds:F0} ms: {string.Join(' ', app.Urls)} (data in {options.DataDirectory})");
            if (restored)
            {
                await output.WriteLineAsync($"Restored: {prepared.Observing} integrations only observe; {prepared.Erasures.Erased} people were erased again{Left(prepared.Erasures)}. Sync each, look at its plan and drift, then: idlcm integration promote ID --reason TEXT");
            }

            if (ownerKey is not null)
            {
                await output.WriteLineAsync($"Owner API key, shown this once: {ownerKey}");
            }

            var (link, until) = await DashboardSignIn.OwnerLinkAsync(app.Services, options.PublicUrl?.AbsoluteUri ?? ListenAddress.ForBrowser(app.Urls), cancellationToken);
            await output.WriteLineAsync($"Dashboard, signs the Owner in once until {until:yyyy-MM-dd HH:mm} UTC: {link}");
            await output.FlushAsync(cancellationToken);
            await app.WaitForShutdownAsync(cancellationToken);
        }
        finally
        {
            ServerFile.Remove(options.DataDirectory);
        }

        return ExitCode.Ok;
    }

    private static async Task<(int Observing, ErasureReplayed Erasures)> PrepareAsync(WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            return await app.Services.GetRequiredService<RestoredData>().PrepareAsync(cancellationToken);
        }
        catch (InvalidDataException error)
        {
            throw new CommandFailedException(ExitCode.Usage, error.Message);
        }
    }

    private static string Left(ErasureReplayed replayed) =>
        replayed.Left == 0 ? "" : $", {replayed.Left} are left because an operation of theirs was running: start with --restored again when it has ended";

    private static void Check(LocalEditionOptions options)
    {
        foreach (var url in options.Urls)
        {
            if (ListenAddress.Refusal(url, options.AllowInsecureHttp) is { } reason)
            {
                throw new CommandFailedException(ExitCode.Usage, reason);
            }
        }

        if (options.Catalogs.FirstOrDefault(directory => !Directory.Exists(directory)) is { } missing)
        {
            throw new CommandFailedException(ExitCode.Usage, $"The catalog directory '{missing}' does not exist.");
        }
    }

    private static WebApplication Build(LocalEditionOptions options, SqliteDatabase database)
    {
        try
        {
            return LocalEdition.Build(options, database);
        }
        catch (InvalidDataException error)
        {
            throw new CommandFailedException(ExitCode.Usage, error.Message);
        }
    }

    private static async Task StartAsync(WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            throw new CommandFailedException(ExitCode.Unavailable, $"{error.Message} Choose another port with --port N.");
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.AccessDenied or SocketError.AddressNotAvailable)
        {
            throw new CommandFailedException(ExitCode.Unavailable, $"Cannot listen on {string.Join(' ', app.Urls)}: {error.Message}.");
        }
    }

    private static DateTime StartOfProcess()
    {
        using var process = Process.GetCurrentProcess();
        return process.StartTime.ToUniversalTime();
    }
}
