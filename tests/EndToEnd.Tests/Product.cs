using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IdLcm.Samples;
using IdLcm.Samples.Data;

namespace IdLcm.EndToEnd.Tests;

/// <summary>
/// The product as people run it: the gateway in a process of its own with real Chromium, before the sample app, with one
/// validated integration. The process can be killed and started again on the same data.
/// </summary>
internal sealed class Product : IAsyncDisposable
{
    public const string AdminPassword = "Sample-admin-1!";

    private const int Slowness = 3;

    private readonly HttpClient api = new() { Timeout = TimeSpan.FromSeconds(100) };
    private readonly HttpClient scim = new() { Timeout = TimeSpan.FromSeconds(100) };
    private readonly IReadOnlyDictionary<string, string> environment;
    private Process? process;

    private Product(string directory, SampleApp sample, int port, IReadOnlyDictionary<string, string> environment)
    {
        Directory = directory;
        Sample = sample;
        Port = port;
        this.environment = environment;
    }

    public string Directory { get; }

    public string Data => Path.Combine(Directory, "gateway");

    public string LogFile => Path.Combine(Directory, "gateway.log");

    public SampleApp Sample { get; }

    public int Port { get; }

    public string IntegrationId { get; private set; } = "";

    public string ValidationOperationId { get; private set; } = "";

    public int ProcessId => process!.Id;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Starts everything and waits until the integration's validation has ended.</summary>
    public static async Task<Product> StartAsync(SampleAppOptions? sampleOptions = null, Action<JsonObject>? integration = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("idlcm-e2e-").FullName;
        var options = (sampleOptions ?? new SampleAppOptions { DataDirectory = "", Members = 5, Seats = 500 }) with { DataDirectory = Path.Combine(directory, "sample") };
        var product = new Product(directory, await SampleAppHost.StartAsync(options, Stop), FreePort(), environment ?? new Dictionary<string, string>());
        try
        {
            await product.StartGatewayAsync();
            await product.CreateIntegrationAsync(options, integration);
            return product;
        }
        catch
        {
            await product.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the gateway's process and waits until it is ready.</summary>
    public Task StartGatewayAsync(params string[] more)
    {
        LaunchGateway(more);
        return ReadyAsync();
    }

    /// <summary>Starts the gateway's process and waits for nothing.</summary>
    public void LaunchGateway(params string[] more)
    {
        // A write beyond a limit on file sizes is to fail as on a full disk, instead of ending the process by a signal.
        var start = new ProcessStartInfo("bash") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-c", "trap '' XFSZ; exec dotnet \"$@\"", "bash", Path.Combine(AppContext.BaseDirectory, "idlcm.dll"), "serve", "--data", Data, "--port", $"{Port}", "--catalog", Path.Combine(RepositoryRoot(), "apps"), "--owner-key-file", Path.Combine(Directory, "owner.key"), .. more])
        {
            start.ArgumentList.Add(argument);
        }

        // Attempts follow each other fast enough for a test; everything else is as people run it.
        start.Environment["IDLCM_Retry__FirstDelay"] = "00:00:00.500";
        start.Environment["IDLCM_Retry__MaxDelay"] = "00:00:05";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Log(line.Data);
        process.ErrorDataReceived += (_, line) => Log(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    private async Task ReadyAsync()
    {
        await UntilAsync(
            async () =>
            {
                Assert.False(process!.HasExited, $"The gateway ended at its start:\n{ReadLog()}");
                try
                {
                    using var response = await api.GetAsync($"http://127.0.0.1:{Port}/readyz", Stop);
                    return response.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(60),
            () => $"The gateway is not ready:\n{ReadLog()}");
        api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(Directory, "owner.key"), Stop)).Trim());
    }

    /// <summary>Kills the gateway at once (SIGKILL), and only it: the browser is left in the middle of whatever it was doing.</summary>
    public async Task KillGatewayAsync()
    {
        process!.Kill(entireProcessTree: false);
        await process.WaitForExitAsync(Stop);
        process.Dispose();
    }

    /// <summary>Asks the gateway to stop, as a service manager does, and waits for it.</summary>
    public async Task<int> StopGatewayAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{process!.Id}"]);
        await kill.WaitForExitAsync(Stop);
        await process.WaitForExitAsync(Stop);
        return process.ExitCode;
    }

    public async Task<JsonObject> ApiAsync(HttpMethod method, string path, JsonNode? body = null, HttpStatusCode? expect = null)
    {
        using var request = new HttpRequestMessage(method, $"http://127.0.0.1:{Port}/api/{path}") { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await api.SendAsync(request, Stop);
        var text = await response.Content.ReadAsStringAsync(Stop);
        Assert.True(expect is null ? response.IsSuccessStatusCode : response.StatusCode == expect, $"{method} {path}: {(int)response.StatusCode} {text}");
        return text.Length == 0 ? [] : JsonNode.Parse(text)!.AsObject();
    }

    public async Task<byte[]> BytesAsync(string href) => await api.GetByteArrayAsync(new Uri(new Uri($"http://127.0.0.1:{Port}"), href), Stop);

    public Task<HttpResponseMessage> ScimAsync(HttpMethod method, string path, string? body = null)
    {
        var request = new HttpRequestMessage(method, $"http://127.0.0.1:{Port}/scim/v2/{IntegrationId}/{path}");
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/scim+json");
        }

        return scim.SendAsync(request, Stop);
    }

    public static string Person(string email, string given = "Ada", string family = "Byron", string? role = "Editor", string extra = "") => $$"""
        {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":{{JsonSerializer.Serialize(email)}},
         "name":{"givenName":{{JsonSerializer.Serialize(given)}},"familyName":{{JsonSerializer.Serialize(family)}}},
         "emails":[{"type":"work","primary":true,"value":{{JsonSerializer.Serialize(email)}}}],"active":true
         {{(role is null ? "" : $$""","roles":[{"value":"{{role}}"}]""")}}{{extra}}}
        """;

    public async Task<string> CreateAsync(string email, string given = "Ada", string family = "Byron", string? role = "Editor", string extra = "")
    {
        using var response = await ScimAsync(HttpMethod.Post, "Users", Person(email, given, family, role, extra));
        var text = await response.Content.ReadAsStringAsync(Stop);
        Assert.True(response.StatusCode == HttpStatusCode.Created, text);
        return (string)JsonNode.Parse(text)!["id"]!;
    }

    public async Task PatchAsync(string id, string operations)
    {
        using var response = await ScimAsync(
            HttpMethod.Patch, $"Users/{id}", $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{operations}}]}""");
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Stop));
    }

    public async Task DeleteAsync(string id)
    {
        using var response = await ScimAsync(HttpMethod.Delete, $"Users/{id}");
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    public Task<JsonObject> UserAsync(string id) => ApiAsync(HttpMethod.Get, $"integrations/{IntegrationId}/users/{id}");

    /// <summary>Waits until a user has no open operation and stands as expected.</summary>
    public async Task<JsonObject> SettledAsync(string id, string state, TimeSpan? patience = null)
    {
        JsonObject user = [];
        await UntilAsync(
            async () =>
            {
                user = await UserAsync(id);
                return (string?)user["provisioningState"] == state && user["openOperationId"] is null;
            },
            patience ?? TimeSpan.FromSeconds(60),
            () => $"The user is not {state}: {user.ToJsonString()}\n{string.Join('\n', ReadLog().Split('\n').TakeLast(60))}");
        return user;
    }

    public Task<JsonObject> OperationAsync(string operationId) => ApiAsync(HttpMethod.Get, $"operations/{operationId}");

    public Member? Member(string email) => Sample.Snapshot().SingleOrDefault(m => string.Equals(m.Email, email, StringComparison.OrdinalIgnoreCase));

    public string ReadLog()
    {
        lock (api)
        {
            return File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";
        }
    }

    /// <summary>Looks again and again until something holds.</summary>
    /// <param name="condition">What has to hold.</param>
    /// <param name="patience">How long that may take on a machine that does nothing else; three times as long is waited.</param>
    /// <param name="otherwise">What is told when it does not.</param>
    /// <param name="everyMilliseconds">How long is waited between two looks.</param>
    public static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan patience, Func<string> otherwise, int everyMilliseconds = 50)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < patience * Slowness, otherwise());
            await Task.Delay(everyMilliseconds, Stop);
        }
    }

    public static string RepositoryRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "IdLcm.sln")))
        {
            directory = Path.GetDirectoryName(directory)!;
        }

        return directory;
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }

        process?.Dispose();
        api.Dispose();
        scim.Dispose();
        await Sample.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private async Task CreateIntegrationAsync(SampleAppOptions options, Action<JsonObject>? configure)
    {
        var body = new JsonObject
        {
            ["name"] = "Sample workspace",
            ["app"] = "sample-workspace",
            ["settings"] = new JsonObject { ["appUrl"] = Sample.BaseAddress.ToString().TrimEnd('/'), ["workspaceId"] = options.WorkspaceId },
            ["serviceAccount"] = new JsonObject { ["userName"] = options.AdminUser, ["password"] = AdminPassword },
            ["tokenLabel"] = "Entra ID",
        };
        if (options.AdminTotp is { } totp)
        {
            body["serviceAccount"]!["totpSecret"] = totp;
        }

        configure?.Invoke(body);
        var created = await ApiAsync(HttpMethod.Post, "integrations", body, HttpStatusCode.Created);
        IntegrationId = (string)created["id"]!;
        ValidationOperationId = (string)created["validationOperationId"]!;
        scim.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)created["gatewayToken"]!);
        await UntilAsync(
            async () => (string?)(await ApiAsync(HttpMethod.Get, $"operations/{ValidationOperationId}?wait=20"))["status"] is "Succeeded" or "Failed",
            TimeSpan.FromSeconds(90),
            () => $"The validation does not end:\n{ReadLog()}");
    }

    private void Log(string? line)
    {
        if (line is not null)
        {
            lock (api)
            {
                File.AppendAllText(LogFile, line + "\n");
            }
        }
    }
}
