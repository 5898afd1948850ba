using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IdLcm.Samples;
using IdLcm.Automation.Browser;
using IdLcm.Samples.Data;
using Microsoft.Playwright;

namespace IdLcm.Dashboard.Tests;

/// <summary>The product as people run it, before the sample app, with a browser that looks at the dashboard.</summary>
public sealed class RunningDashboard : IAsyncLifetime
{
    public const string AdminPassword = "Sample-admin-1!";

    /// <summary>How long something may take that takes seconds, on a machine that has much else to do.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string directory = Directory.CreateTempSubdirectory("idlcm-dashboard-").FullName;
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(100) };
    private GatewayProcess? gateway;
    private LocalProvider? provider;
    private IPlaywright? playwright;
    private IBrowser? browser;
    private SampleApp? sample;
    private SampleAppOptions options = new() { DataDirectory = "", Members = 5, Seats = 500 };

    public string Url => gateway!.Url;

    /// <summary>The link that the product printed at its start; not yet used.</summary>
    public string SignInLink => gateway!.SignInLink;

    internal SampleApp Sample => sample!;

    internal SampleAppOptions SampleOptions => options;

    internal LocalProvider Provider => provider!;

    public string Log => gateway!.Log;

    private string LogTail => string.Join('\n', Log.Split('\n').TakeLast(60));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        options = options with { DataDirectory = Path.Combine(directory, "sample") };
        sample = await SampleAppHost.StartAsync(options, CancellationToken.None);
        provider = await LocalProvider.StartAsync();
        gateway = await GatewayProcess.StartAsync(
            Path.Combine(directory, "gateway"), Path.Combine(directory, "owner.key"), provider.Settings, await HostileConnector.WriteAsync(Path.Combine(directory, "hostile")));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(directory, "owner.key"))).Trim());

        Assertions.SetDefaultExpectTimeout(60_000);
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = ChromiumExecutable.Find(headless: true), Args = Environment.UserName == "root" ? ["--no-sandbox"] : [] });
    }

    /// <summary>Asks the management API.</summary>
    public async Task<JsonObject> ApiAsync(HttpMethod method, string path, JsonNode? body = null)
    {
        using var request = new HttpRequestMessage(method, $"{Url}/api/{path}") { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await http.SendAsync(request, Stop);
        var text = await response.Content.ReadAsStringAsync(Stop);
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {text}");
        return text.Length == 0 ? [] : JsonNode.Parse(text)!.AsObject();
    }

    /// <summary>Sends a request as a signed-in browser would, cookie and all, without following redirects.</summary>
    public async Task<(int Status, string Body, HttpResponseHeaders Headers)> RequestAsync(
        HttpMethod method, string path, string? cookie = null, IReadOnlyDictionary<string, string>? form = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, Url + path) { Content = form is null ? null : new FormUrlEncodedContent(form) };
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", $"idlcm_session={cookie}");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using var response = await http.SendAsync(request, Stop);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Stop), response.Headers);
    }

    /// <summary>Makes a link by the Owner key and signs in with it.</summary>
    /// <returns>The session's cookie.</returns>
    public async Task<string> SignInAsync(string? address = null)
    {
        address ??= (string)(await ApiAsync(HttpMethod.Post, "sign-in-links"))["address"]!;
        var secret = Uri.UnescapeDataString(address[(address.IndexOf("link=", StringComparison.Ordinal) + 5)..]);
        var answer = await RequestAsync(HttpMethod.Post, "/sign-in", form: new Dictionary<string, string> { ["link"] = secret, ["return"] = "/" });
        Assert.Equal(302, answer.Status);
        return answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0]["idlcm_session=".Length..];
    }

    /// <summary>Opens a browser window of its own; it fails the test for whatever the pages complain about.</summary>
    public async Task<Visit> VisitAsync(string? cookie = null, int width = 1280, string scheme = "light", string? url = null)
    {
        var context = await browser!.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = url ?? Url,
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
            ColorScheme = scheme == "dark" ? ColorScheme.Dark : ColorScheme.Light,
            TimezoneId = "Europe/Berlin",
            Locale = "en-GB",
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        if (cookie is not null)
        {
            await context.AddCookiesAsync([new Microsoft.Playwright.Cookie { Name = "idlcm_session", Value = cookie, Url = Url }]);
        }

        context.SetDefaultTimeout(60_000);
        return new Visit(context, await context.NewPageAsync());
    }

    /// <summary>Makes an integration of the sample app and waits for its validation.</summary>
    public async Task<(string Id, string Token)> IntegrationAsync(string name, string app = "sample-workspace", string? workspace = null, string invite = "immediate")
    {
        var created = await ApiAsync(HttpMethod.Post, "integrations", new JsonObject
        {
            ["name"] = name,
            ["app"] = app,
            ["invite"] = invite,
            ["settings"] = new JsonObject { ["appUrl"] = Sample.BaseAddress.ToString().TrimEnd('/'), ["workspaceId"] = workspace ?? options.WorkspaceId },
            ["serviceAccount"] = new JsonObject { ["userName"] = options.AdminUser, ["password"] = AdminPassword },
        });
        await EndedAsync((string)created["validationOperationId"]!);
        return ((string)created["id"]!, (string)created["gatewayToken"]!);
    }

    /// <summary>Waits until an operation has ended; one that does not is told whole.</summary>
    public async Task<JsonObject> EndedAsync(string operationId)
    {
        var since = Stopwatch.StartNew();
        while (true)
        {
            var operation = await ApiAsync(HttpMethod.Get, $"operations/{operationId}?wait=30");
            if ((bool)operation["ended"]!)
            {
                return operation;
            }

            Assert.True(since.Elapsed < Patience, $"{operation.ToJsonString()}\n{LogTail}");
        }
    }

    /// <summary>Provisions a person as an identity provider does.</summary>
    public async Task<string> ProvisionAsync(string integrationId, string token, string email, string given = "Ada", string family = "Byron", string role = "Editor", string? externalId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Url}/scim/v2/{integrationId}/Users");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var body = new JsonObject
        {
            ["schemas"] = new JsonArray("urn:ietf:params:scim:schemas:core:2.0:User"),
            ["userName"] = email,
            ["displayName"] = $"{given} {family}",
            ["active"] = true,
            ["name"] = new JsonObject { ["givenName"] = given, ["familyName"] = family },
            ["emails"] = new JsonArray(new JsonObject { ["type"] = "work", ["value"] = email, ["primary"] = true }),
            ["roles"] = new JsonArray(new JsonObject { ["value"] = role }),
        };
        if (externalId is not null)
        {
            body["externalId"] = externalId;
        }

        request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/scim+json");
        using var response = await http.SendAsync(request, Stop);
        var text = await response.Content.ReadAsStringAsync(Stop);
        Assert.True(response.StatusCode == HttpStatusCode.Created, text);
        return (string)JsonNode.Parse(text)!["id"]!;
    }

    /// <summary>Deletes a person as an identity provider does.</summary>
    public async Task DeleteAsync(string integrationId, string token, string userId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"{Url}/scim/v2/{integrationId}/Users/{userId}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    /// <summary>What an identity provider is answered that lists users.</summary>
    public async Task<HttpStatusCode> ScimStatusAsync(string integrationId, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Url}/scim/v2/{integrationId}/Users");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(request, Stop);
        return response.StatusCode;
    }

    /// <summary>Waits until nothing is open for a user any more.</summary>
    public async Task<JsonObject> SettledAsync(string integrationId, string userId)
    {
        var since = Stopwatch.StartNew();
        while (true)
        {
            var user = await ApiAsync(HttpMethod.Get, $"integrations/{integrationId}/users/{userId}");
            if ((string?)user["openOperationId"] is not { } open)
            {
                return user;
            }

            Assert.True(since.Elapsed < Patience, $"{user.ToJsonString()}\n{LogTail}");

            await EndedAsync(open);
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

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
        {
            await browser.DisposeAsync();
        }

        playwright?.Dispose();
        if (gateway is not null)
        {
            await gateway.DisposeAsync();
        }

        if (provider is not null)
        {
            await provider.DisposeAsync();
        }

        http.Dispose();
        if (sample is not null)
        {
            await sample.DisposeAsync();
        }

        Directory.Delete(directory, recursive: true);
    }
}

/// <summary>One browser window.</summary>
/// <param name="Context">The browser context.</param>
/// <param name="Page">Its page.</param>
public sealed record Visit(IBrowserContext Context, IPage Page) : IAsyncDisposable
{
    private readonly List<string> complaints = Complaints(Page);

    /// <summary>Fails when a page had an error in its console or an exception: a violated Content-Security-Policy is one.</summary>
    public void AssertNoComplaints() => Assert.Empty(complaints);

    public async Task OpenAsync(string path)
    {
        await Page.GotoAsync(path);
        await Page.WaitForSelectorAsync("html[data-ready]", new PageWaitForSelectorOptions { State = WaitForSelectorState.Attached });
    }

    public async ValueTask DisposeAsync() => await Context.DisposeAsync();

    private static List<string> Complaints(IPage page)
    {
        var complaints = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => complaints.Add(error);
        return complaints;
    }
}

[CollectionDefinition(Name)]
public sealed class DashboardCollection : ICollectionFixture<RunningDashboard>
{
    public const string Name = "The running product";
}
