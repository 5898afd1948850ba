using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography.X509Certificates;
using IdLcm.Functions.Tests.Azurite;

[assembly: AssemblyFixture(typeof(AzuriteServer))]

namespace IdLcm.Functions.Tests.Azurite;

/// <summary>An Azurite of its own, on free ports of this machine. There is no way to run these tests without.</summary>
public class AzuriteServer : IAsyncLifetime
{
    // Public: the emulator's one account, https://learn.microsoft.com/azure/storage/common/storage-connect-azurite.
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("idlcm-azurite-");
    private readonly string[] _more;
    private Process? _process;

    public AzuriteServer()
        : this([])
    {
    }

    private AzuriteServer(string[] more) => _more = more;

    public int BlobPort { get; } = FreePort();

    public int QueuePort { get; } = FreePort();

    public int TablePort { get; } = FreePort();

    /// <summary>For the emulator's account, with its services where they are, or where a proxy is.</summary>
    public string ConnectionString(int? tablePort = null, int? blobPort = null) => string.Create(
        CultureInfo.InvariantCulture,
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint=http://127.0.0.1:{blobPort ?? BlobPort}/{Account};TableEndpoint=http://127.0.0.1:{tablePort ?? TablePort}/{Account};QueueEndpoint=http://127.0.0.1:{QueuePort}/{Account}");

    /// <summary>One that serves https and wants tokens.</summary>
    /// <param name="certificate">Its certificate.</param>
    /// <returns>The server, not started.</returns>
    internal static AzuriteServer WithTokens(X509Certificate2 certificate)
    {
        var server = new AzuriteServer(["--oauth", "basic", "--cert", "cert.pem", "--key", "key.pem"]);
        File.WriteAllText(Path.Combine(server._directory.FullName, "cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(server._directory.FullName, "key.pem"), certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return server;
    }

    public async ValueTask InitializeAsync() => await StartAsync();

    public async Task StartAsync()
    {
        var start = new ProcessStartInfo(Node())
        {
            UseShellExecute = false,
            WorkingDirectory = _directory.FullName,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        string[] arguments =
        [
            "--no-deprecation", Script(), "-s", "-l", _directory.FullName, "--skipApiVersionCheck", "--disableTelemetry",
            "--blobHost", "127.0.0.1", "--queueHost", "127.0.0.1", "--tableHost", "127.0.0.1",
            "--blobPort", Text(BlobPort), "--queuePort", Text(QueuePort), "--tablePort", Text(TablePort), .. _more,
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        _process = Process.Start(start) ?? throw new InvalidOperationException("node could not be started.");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Kill();
        var output = Task.WhenAll(_process.StandardError.ReadToEndAsync(), _process.StandardOutput.ReadToEndAsync());
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        foreach (var port in new[] { BlobPort, QueuePort, TablePort })
        {
            while (!await ListensAsync(port))
            {
                if (_process.HasExited || limit.IsCancellationRequested)
                {
                    Kill();
                    throw new InvalidOperationException($"Azurite does not start: {string.Join('\n', await output)}");
                }

                // Nothing tells when another process listens; asking costs little.
                await Task.Delay(20);
            }
        }
    }

    /// <summary>Stops it with SIGTERM, so that it saves what it holds.</summary>
    public async Task StopAsync()
    {
        if (_process is { HasExited: false } process)
        {
            Assert.Equal(0, Terminate(process.Id, 15));
            await process.WaitForExitAsync();
        }

        _process?.Dispose();
        _process = null;
    }

    public virtual async ValueTask DisposeAsync()
    {
        await StopAsync();
        _directory.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    // The Node that comes with Playwright's package: newer than Debian's, and of one version everywhere.
    private static string Node()
    {
        var architecture = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";
        var node = Path.Combine(AppContext.BaseDirectory, ".playwright", "node", architecture, "node");
        return File.Exists(node) ? node : throw new InvalidOperationException($"Playwright's Node is not at '{node}'.");
    }

    private static string Script()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "IdLcm.sln")))
            {
                var script = Path.Combine(directory.FullName, "artifacts", "azurite", "node_modules", "azurite", "dist", "src", "azurite.js");
                return File.Exists(script) ? script : throw new InvalidOperationException($"Azurite is not installed ({script}): run './dev setup'.");
            }
        }

        throw new InvalidOperationException("The tests do not run inside the repository.");
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Terminate(int process, int signal);

    private static async Task<bool> ListensAsync(int port)
    {
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void Kill()
    {
        if (_process is { HasExited: false } running)
        {
            running.Kill();
        }
    }
}
