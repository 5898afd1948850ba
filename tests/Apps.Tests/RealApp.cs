using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace IdLcm.Apps.Tests;

/// <summary>A third-party app, installed and started by its script, on a port of its own; gone when disposed.</summary>
internal sealed class RealApp : IAsyncDisposable
{
    private static readonly TimeSpan Ready = TimeSpan.FromMinutes(10);

    private readonly Process process;

    private RealApp(Process process, string directory, string url, string password)
    {
        this.process = process;
        Directory = directory;
        Url = url;
        Password = password;
    }

    /// <summary>True where every app is wanted: <c>./dev test --apps</c>.</summary>
    public static bool AllWanted => Environment.GetEnvironmentVariable("IDLCM_APPS") == "1";

    /// <summary>True where at least the two are wanted that are installed and checked the fastest.</summary>
    public static bool FastWanted => AllWanted || Environment.GetEnvironmentVariable("IDLCM_APPS") == "fast";

    public string Directory { get; }

    public string Url { get; }

    public string Password { get; }

    public static async Task<RealApp> StartAsync(string name, string readyPath, CancellationToken cancellationToken)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory($"idlcm-{name}-").FullName;
        var port = FreePort();
        var password = $"Adm1n-{Guid.NewGuid():N}";
        var start = new ProcessStartInfo("bash", [Path.Combine(AppContext.BaseDirectory, "apps", $"{name}.sh"), directory, $"{port}"]) { UseShellExecute = false };
        start.Environment["APP_PASSWORD"] = password;
        var app = new RealApp(Process.Start(start)!, directory, $"http://127.0.0.1:{port}", password);
        try
        {
            await app.AnswersAsync(readyPath, cancellationToken);
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }

        process.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private async Task AnswersAsync(string path, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Ready);
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync(Url + path, limit.Token);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }

            if (process.HasExited)
            {
                var log = Path.Combine(Directory, "install.log");
                throw new InvalidOperationException($"The app did not start:\n{(File.Exists(log) ? await File.ReadAllTextAsync(log, cancellationToken) : "")}");
            }

            await Task.Delay(200, limit.Token);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
