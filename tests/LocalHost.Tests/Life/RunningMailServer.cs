using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using IdLcm.LocalHost.Tests.Lifecycle;

namespace IdLcm.LocalHost.Tests.Life;

/// <summary>A mail that a server took.</summary>
/// <param name="To">The recipients of its envelope.</param>
/// <param name="User">Who signed in to hand it over; null for nobody.</param>
/// <param name="IsSecure">True when it came under TLS.</param>
/// <param name="Text">Headers and body, its lines ended by line feeds.</param>
internal sealed record Mail(IReadOnlyList<string> To, string? User, bool IsSecure, string Text)
{
    /// <summary>The body as a reader sees it.</summary>
    public string Body
    {
        get
        {
            var body = Text[(Text.IndexOf("\n\n", StringComparison.Ordinal) + 2)..];
            return Text.Contains("Content-Transfer-Encoding: base64", StringComparison.OrdinalIgnoreCase)
                ? Encoding.UTF8.GetString(Convert.FromBase64String(body.Replace("\n", "", StringComparison.Ordinal)))
                : body.Replace("=\n", "", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);
        }
    }
}

/// <summary>A real SMTP server, as a process of its own.</summary>
internal sealed class RunningMailServer : IAsyncDisposable
{
    private readonly Process process;
    private readonly List<Mail> received = [];

    private RunningMailServer(int port, string[] more)
    {
        Port = port;
        process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "IdLcm.MailServer.dll"), $"{port}", .. more])
        {
            UseShellExecute = false, RedirectStandardOutput = true,
        })!;
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { Length: > 0 } json)
            {
                var mail = JsonSerializer.Deserialize<Mail>(json)!;
                lock (received)
                {
                    received.Add(mail with { Text = mail.Text.Replace("\r\n", "\n", StringComparison.Ordinal) });
                }
            }
        };
        process.BeginOutputReadLine();
    }

    public int Port { get; }

    public IReadOnlyList<Mail> Mails
    {
        get
        {
            lock (received)
            {
                return [.. received];
            }
        }
    }

    /// <summary>Starts one and waits until it listens.</summary>
    /// <param name="more">A certificate in PEM with its key, then <c>user:password</c>; neither for a server that takes any mail in the clear.</param>
    public static async Task<RunningMailServer> StartAsync(params string[] more)
    {
        var server = new RunningMailServer(FreePort(), more);
        await RunningGateway.UntilAsync(server.ListensAsync, "The mail server does not listen.");
        return server;
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    private async Task<bool> ListensAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, Port, TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException)
        {
            Assert.False(process.HasExited, "The mail server ended.");
            return false;
        }
    }
}
