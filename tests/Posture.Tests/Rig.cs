using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Automation;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Posture;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;
using IdLcm.EndToEnd.Tests;
using IdLcm.Gateway.Hosting;
using IdLcm.Gateway.Hosting.SignIn;
using IdLcm.LocalHost.Engine;
using IdLcm.LocalHost.Secrets;
using IdLcm.LocalHost.Storage;
using IdLcm.LocalHost.Tests.Lifecycle;
using IdLcm.Samples;
using IdLcm.Samples.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IdLcm.Posture.Tests;

/// <summary>The gateway with real store, engine, secrets and Chromium before the sample app, all by one clock; it can be stopped at any point and started again.</summary>
internal sealed class Rig : IAsyncDisposable
{
    public const string FirstPassword = "Planted-first-4e91!";

    private readonly string directory;
    private readonly SampleAppOptions options;
    private readonly SignInOptions? signIn;
    private WebApplication app = null!;
    private string ownerKey = "";

    private Rig(string directory, SampleAppOptions options, SampleApp sample, SignInOptions? signIn)
    {
        this.signIn = signIn;
        this.directory = directory;
        this.options = options;
        Sample = sample;
        Clock = (LeapingClock)options.Time;
    }

    public SampleApp Sample { get; }

    public LeapingClock Clock { get; }

    public StoppableSecrets Secrets { get; private set; } = null!;

    public string IntegrationId { get; private set; } = "";

    public string Directory => directory;

    public LogKeeper Log { get; } = new();

    public IServiceProvider Services => app.Services;

    public Uri Address => new(app.Urls.First());

    public HttpClient Http { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = TimeSpan.FromSeconds(100) };

    public string GatewayToken { get; private set; } = "";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<Rig> StartAsync(SignInOptions? signIn = null)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("idlcm-posture-").FullName;
        var options = new SampleAppOptions { DataDirectory = Path.Combine(directory, "sample"), AdminPassword = FirstPassword, Members = 3, Seats = 50, Time = new LeapingClock() };
        var rig = new Rig(directory, options, await SampleAppHost.StartAsync(options, Stop), signIn);
        try
        {
            await rig.HostAsync();
            await rig.CreateIntegrationAsync();
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    public async Task<(int Status, JsonObject Body)> ApiAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Address, $"/api/{path}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ownerKey);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await Http.SendAsync(request, Stop);
        var text = await response.Content.ReadAsStringAsync(Stop);
        return ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true ? (JsonObject)JsonNode.Parse(text)! : new JsonObject { ["text"] = text });
    }

    public async Task<JsonObject> DoAsync(HttpMethod method, string path, string? body = null)
    {
        var (status, answer) = await ApiAsync(method, $"integrations/{IntegrationId}{path}", body);
        Assert.True(status is >= 200 and < 300, $"{method} {path}: {status} {answer.ToJsonString()}");
        return answer;
    }

    public async Task<string> OpenAsync(string change) => (string)(await DoAsync(HttpMethod.Post, $"/service-account/{change}"))["operationId"]!;

    public async Task<JsonObject> EndedAsync(string operationId, string? expected = null)
    {
        JsonObject operation = [];
        await UntilAsync(
            async () =>
            {
                (_, operation) = await ApiAsync(HttpMethod.Get, $"operations/{operationId}?wait=5");
                return (bool)operation["ended"]!;
            },
            () => $"The operation does not end: {operation.ToJsonString()}\n{Log}");
        Assert.True(expected is null || (string?)operation["status"] == expected, $"{operation.ToJsonString()}\n{Log}");
        return operation;
    }

    public async Task<JsonObject> PostureAsync() => (JsonObject)(await ApiAsync(HttpMethod.Get, "posture")).Body["items"]![0]!;

    public async Task<ServiceCredential> CredentialAsync() =>
        (await Services.GetRequiredService<IRecordStore>().FindAsync<ServiceCredential>(Rows.Partition(IntegrationId), ServiceCredential.Row, Stop))?.Value ?? new ServiceCredential();

    public Task<SecretValue?> PasswordAsync() => Secrets.GetAsync(ServiceAccount.PasswordSecret(IntegrationId), Stop);

    /// <summary>Signs in afresh with what is in force.</summary>
    public async Task ProvedAsync() => await EndedAsync((string)(await DoAsync(HttpMethod.Post, "/validate"))["operationId"]!, "Succeeded");

    /// <summary>Makes a user as an identity provider does.</summary>
    public async Task<string> CreateUserAsync(string email, string externalId)
    {
        var answer = await ScimAsync(HttpMethod.Post, "Users", Product.Person(email, extra: $",\"externalId\":\"{externalId}\""));
        return (string)answer["id"]!;
    }

    /// <summary>A person who was provisioned, has accepted the invitation and has a password of their own. The administrator's browser is signed in then.</summary>
    public async Task<string> JoinAsync(Person admin, Person person, string email, string password)
    {
        var id = await CreateUserAsync(email, email.Split('@')[0]);
        await UserAsync(id, "Onboarded");
        var member = Sample.Snapshot().Single(m => m.Email == email);
        await admin.SignIn(FirstPassword);
        await admin.Press(await admin.Open($"/members/{member.Id}"), "Set password", ("New password", password));
        await person.Press(await person.Open($"/accept/{member.InvitationToken}"), "Accept invitation");
        return id;
    }

    public async Task<JsonObject> ScimAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Address, $"/scim/v2/{IntegrationId}/{path}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", GatewayToken);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/scim+json");
        using var response = await Http.SendAsync(request, Stop);
        var text = await response.Content.ReadAsStringAsync(Stop);
        Assert.True(response.IsSuccessStatusCode, text);
        return text.Length == 0 ? [] : (JsonObject)JsonNode.Parse(text)!;
    }

    public async Task UserAsync(string id, string state)
    {
        JsonObject user = [];
        await UntilAsync(
            async () => (string?)(user = await DoAsync(HttpMethod.Get, $"/users/{id}"))["provisioningState"] == state,
            () => $"The user is not {state}: {user.ToJsonString()}\n{Log}");
    }

    public int Audited(string what) => Sample.Audit().Count(entry => entry.Event == what);

    /// <summary>Stops the gateway in the middle of whatever it does, and starts it again on the same data.</summary>
    public async Task RestartAsync()
    {
        await app.StopAsync(Stop);
        await app.DisposeAsync();
        await HostAsync();
    }

    public static async Task UntilAsync(Func<Task<bool>> condition, Func<string> otherwise)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(TimeSpan.FromMinutes(4));
        while (!await condition())
        {
            Assert.False(limit.IsCancellationRequested, otherwise());
            await Task.Delay(20, Stop);
        }
    }

    /// <summary>Everything that the gateway answers, and that was written anywhere, by it and by its log; the sample app's own data and what is encrypted by design are not the gateway's writing.</summary>
    public async Task<int> SearchAsync(params string[] planted)
    {
        var answers = await PageSearch.SearchAsync(this, planted);
        await app.StopAsync(Stop);
        await app.DisposeAsync();
        var places = answers + SecretSearch.Search(Path.Combine(directory, "gateway"), planted) + SecretSearch.Search("the log", Encoding.UTF8.GetBytes(Log.ToString()), planted);
        await HostAsync();
        return places;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (app is not null)
        {
            await app.StopAsync(CancellationToken.None);
            await app.DisposeAsync();
        }

        await Sample.DisposeAsync();
        System.IO.Directory.Delete(directory, recursive: true);
    }

    private async Task HostAsync()
    {
        var data = Path.Combine(directory, "gateway");
        System.IO.Directory.CreateDirectory(data);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Debug).AddProvider(Log);
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.AddSingleton(_ => SqliteDatabase.Open(data));
        builder.Services.AddSingleton<IRecordStore>(s => new SqliteRecordStore(s.GetRequiredService<SqliteDatabase>()));
        builder.Services.AddSingleton<IBlobStore>(new FileBlobStore(data, TimeProvider.System));
        var inner = new FileSecretStore(data, TimeProvider.System);
        Secrets = new StoppableSecrets(inner);
        builder.Services.AddSingleton<ISecretStore>(Secrets);
        if (signIn is not null)
        {
            builder.Services.AddSingleton(signIn);
        }

        builder.Services.AddSingleton(new RetryRules { FirstDelay = TimeSpan.FromMilliseconds(20), MaxDelay = TimeSpan.FromMilliseconds(200) });
        builder.Services.AddAutomation(new AutomationOptions
        {
            ConnectorDirectories = [Path.Combine(Product.RepositoryRoot(), "apps")],
            SessionDirectory = Path.Combine(data, "sessions"),
            StepTimeout = TimeSpan.FromSeconds(8),
            Evidence = EvidenceLevel.Full,
        });
        builder.Services.AddEmbeddedEngine();
        builder.Services.AddGateway().AddGatewayBackground();
        app = builder.Build();
        app.MapGateway();
        await app.StartAsync(Stop);
        ownerKey = ownerKey.Length > 0 ? ownerKey : await Gateway.Api.ApiKeyBootstrap.EnsureOwnerKeyAsync(Services.GetRequiredService<IntegrationStore>(), Clock, Stop) ?? "";
    }

    private async Task CreateIntegrationAsync()
    {
        var body = new JsonObject
        {
            ["name"] = "Sample workspace",
            ["app"] = "sample-workspace",
            ["settings"] = new JsonObject { ["appUrl"] = Sample.BaseAddress.ToString().TrimEnd('/'), ["workspaceId"] = options.WorkspaceId },
            ["serviceAccount"] = new JsonObject { ["userName"] = options.AdminUser, ["password"] = FirstPassword },
            ["tokenLabel"] = "Entra ID",
        };
        var (status, created) = await ApiAsync(HttpMethod.Post, "integrations", body.ToJsonString());
        Assert.True(status == 201, created.ToJsonString());
        IntegrationId = (string)created["id"]!;
        GatewayToken = (string)created["gatewayToken"]!;
        await EndedAsync((string)created["validationOperationId"]!, "Succeeded");
    }
}
