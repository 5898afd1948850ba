using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IdLcm.Dashboard.Tests;
using IdLcm.Domain.Integrations;
using IdLcm.EndToEnd.Tests;
using IdLcm.Gateway.Hosting.SignIn;
using IdLcm.Samples.Tests;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IdLcm.Posture.Tests;

public sealed partial class LaunchTests
{
    internal const string Assigned = "Olga Owner";
    private const string Other = "Sam Super";
    private const string Newcomer = "Ines Manager";
    private const string Unassigned = "Nobody";

    private static readonly TimeSpan NextCode = TimeSpan.FromSeconds(35);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_extension_signs_an_assigned_person_in_and_types_nowhere_else_and_keeps_nothing()
    {
        await using var provider = await LocalProvider.StartAsync();
        await using var rig = await StartAsync(provider);
        var olga = await OnboardAsync(rig, Assigned, "olga@example.test");
        await using var browser = await ExtensionBrowser.StartAsync(rig.Address);

        var page = await browser.Context.NewPageAsync();
        await SignInAsync(rig, page, Assigned);
        await SignedInToAppAsync(page);
        Assert.Equal(0, rig.Audited("Sign-in failed"));

        // Two tabs at once.
        await browser.Context.ClearCookiesAsync(new() { Name = "workspace_session" });
        var tabs = new[] { await browser.Context.NewPageAsync(), await browser.Context.NewPageAsync() };
        await Task.WhenAll(tabs.Select(tab => tab.GotoAsync(Launch(rig))));
        foreach (var tab in tabs)
        {
            await Rig.UntilAsync(() => Task.FromResult(tab.Url.StartsWith(rig.Sample.BaseAddress.AbsoluteUri, StringComparison.Ordinal)), () => $"Neither tab may wait for the other: {string.Join(' ', tabs.Select(t => t.Url))}");
        }

        // Pages that look like the app's and are not: another host, another port, a frame, a form that leads elsewhere, a field that shows what is typed.
        await using var trap = await TrapApp.StartAsync();
        await PointAtAsync(rig, trap.Address);
        foreach (var (mode, stopped) in ((string, string?)[])[("otherHost", "localhost"), ("otherPort", "127.0.0.1"), ("formElsewhere", "127.0.0.1"), ("shownPassword", "127.0.0.1"), ("frame", null)])
        {
            trap.Mode = mode;
            await page.GotoAsync(Launch(rig));
            if (stopped is null)
            {
                await Expect(page.GetByText("In a frame")).ToBeVisibleAsync();
                var inner = page.FrameLocator("iframe").Locator("#password");
                await Expect(inner).ToBeVisibleAsync();
                await Expect(inner).ToHaveValueAsync("");
            }
            else
            {
                await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sign-in stopped" })).ToBeVisibleAsync();
                await Expect(page.Locator("#host")).ToContainTextAsync(stopped);
            }
        }

        Assert.Empty(trap.Received);
        await PointAtAsync(rig, "http://app.example.test:5080");
        await page.GotoAsync(Launch(rig));
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "This app cannot be opened from here" })).ToBeVisibleAsync();
        await PointAtAsync(rig, rig.Sample.BaseAddress.AbsoluteUri.TrimEnd('/'));

        // A release that was taken before, and one that is older than a minute: the person is told, and nobody is signed in.
        Func<IRequest, Task>[] spoils =
        [
            async request =>
            {
                var taken = await browser.Context.APIRequest.PostAsync(request.Url, new()
                {
                    Headers = new Dictionary<string, string> { ["Content-Type"] = "application/json", ["X-IdLCM-Extension"] = "1", ["Sec-Fetch-Site"] = "same-origin" },
                    DataByte = request.PostDataBuffer,
                });
                Assert.Equal(200, taken.Status);
            },
            _ =>
            {
                rig.Clock.Leap(TimeSpan.FromSeconds(61));
                return Task.CompletedTask;
            },
        ];
        // One route for all, so that nothing depends on when the browser is told of the next one.
        var spoiled = 0;
        await page.RouteAsync("**/release", async route =>
        {
            await spoils[spoiled++](route.Request);
            await route.ContinueAsync();
        });
        foreach (var _ in spoils)
        {
            await page.GotoAsync(Launch(rig));
            await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The sign-in could not be taken over.");
            Assert.StartsWith(Launch(rig), page.Url, StringComparison.Ordinal);
        }

        await page.UnrouteAllAsync();
        Assert.Equal(spoils.Length, spoiled);

        // With a second factor.
        var enabling = await rig.OpenAsync("enable-mfa");
        await Rig.UntilAsync(() => Task.FromResult(rig.Audited("Two-step verification turned on") == 1), () => $"{rig.Log}");
        rig.Clock.Leap(NextCode);
        await rig.EndedAsync(enabling, "Succeeded");
        var totp = (await rig.Secrets.GetAsync(ServiceAccount.TotpSecret(rig.IntegrationId), Stop))!.Value;
        await KeepAsync(rig, olga, totp);
        rig.Clock.Leap(NextCode);
        await browser.Context.ClearCookiesAsync(new() { Name = "workspace_session" });
        await page.GotoAsync(Launch(rig));
        await SignedInToAppAsync(page);

        Assert.Equal("""[{},{},{"gateway":null}]""", await browser.StorageAsync());
        Assert.Equal("00", await page.EvaluateAsync<string>("`${localStorage.length}${sessionStorage.length}`"));
        await browser.CloseAsync();
        var places = SecretSearch.Search(browser.Profile, Rig.FirstPassword, totp);
        places += await rig.SearchAsync(Rig.FirstPassword, totp);
        Assert.True(places > 90, $"Only {places} places were searched.");
        var launched = (await rig.DoAsync(HttpMethod.Get, "/activity?limit=200&event=Launched"))["items"]!.AsArray();
        Assert.True(launched.Count >= 8, $"{launched.Count}");
        Assert.All(launched, item => Assert.Equal(Assigned, (string?)item!["actor"]));
    }

    [Fact]
    public async Task Nobody_else_is_let_through_and_an_account_that_waits_for_its_person_is_made_at_the_launch()
    {
        await using var provider = await LocalProvider.StartAsync();
        await using var rig = await StartAsync(provider);
        await rig.DoAsync(HttpMethod.Patch, "", """{"invite":"onClaim"}""");
        var newcomer = await rig.CreateUserAsync("ines@example.test", Subject(Newcomer));
        await KeepAsync(rig, newcomer);
        await using var browser = await ExtensionBrowser.StartAsync(rig.Address);
        var page = await browser.Context.NewPageAsync();

        await SignInAsync(rig, page, Unassigned);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "You may not open this app" })).ToBeVisibleAsync();

        await browser.Context.ClearCookiesAsync();
        await SignInAsync(rig, page, Newcomer);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Your account is being made" })).ToBeVisibleAsync();
        await SignedInToAppAsync(page);
        Assert.Equal(1, rig.Audited("Member invited"));

        // The person's own page says what is kept, and forgets it.
        await page.GotoAsync(new Uri(rig.Address, "/me").AbsoluteUri);
        await Expect(page.GetByText("User name admin@sample.test and a password")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Forget it" }).ClickAsync();
        await Expect(page.GetByText("Nothing is kept")).ToBeVisibleAsync();
        Assert.Null(await rig.Secrets.GetAsync(Domain.ConnectedAccounts.ConnectedAccount.PasswordSecret(rig.IntegrationId, newcomer), Stop));
        await page.GotoAsync(Launch(rig));
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "No credential is kept" })).ToBeVisibleAsync();

        // Disabled by the identity provider: let through no more, and forgotten.
        await KeepAsync(rig, newcomer);
        await rig.ScimAsync(HttpMethod.Patch, $"Users/{newcomer}", """{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}""");
        await page.GotoAsync(Launch(rig));
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "You may not open this app" })).ToBeVisibleAsync();
        await Rig.UntilAsync(async () => (await rig.DoAsync(HttpMethod.Get, $"/users/{newcomer}"))["openOperationId"] is null, () => $"{rig.Log}");
        await Rig.UntilAsync(
            async () =>
            {
                rig.Clock.Leap(TimeSpan.FromSeconds(5));
                return await rig.Secrets.GetAsync(Domain.ConnectedAccounts.ConnectedAccount.PasswordSecret(rig.IntegrationId, newcomer), Stop) is null;
            },
            () => "The credential of somebody who left is still kept.");
        var denied = (await rig.DoAsync(HttpMethod.Get, "/activity?limit=200&event=Launch%20denied"))["items"]!.AsArray();
        Assert.Equal(["Suspended", "NotAssigned"], denied.Select(item => (string)item!["detail"]!));

        // Somebody else claims an account on the page of their own.
        var other = await rig.CreateUserAsync("sam@example.test", Subject(Other));
        await browser.Context.ClearCookiesAsync();
        await page.GotoAsync(new Uri(rig.Address, "/me").AbsoluteUri);
        await page.GetByRole(AriaRole.Link, new() { Name = Other, Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Claim it" }).ClickAsync();
        await rig.UserAsync(other, "Onboarded");
        await page.ReloadAsync();
        await Expect(page.GetByText("sam@example.test, once you accept the app's invitation")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Open the app" })).ToBeVisibleAsync();
        Assert.Equal(2, rig.Audited("Member invited"));
        Assert.Equal("sam@example.test", (string?)(await rig.DoAsync(HttpMethod.Get, "/activity?limit=1&event=Account%20claimed"))["items"]![0]!["actor"]);
    }

    [Fact]
    public async Task A_release_is_good_once_for_a_minute_for_its_person_and_for_no_other_site()
    {
        await using var provider = await LocalProvider.StartAsync();
        await using var rig = await StartAsync(provider);
        var olga = await OnboardAsync(rig, Assigned, "olga@example.test");
        using var person = new PersonClient(rig, provider);
        using var other = new PersonClient(rig, provider);
        await OnboardAsync(rig, Other, "sam@example.test");

        var token = await person.LaunchAsync(Assigned);
        Assert.Equal(HttpStatusCode.Forbidden, (await person.TakeAsync(token, extension: false)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await person.TakeAsync(token, site: "cross-site")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await person.TakeAsync("\"}", raw: true)).Status);
        var (status, credential) = await person.TakeAsync(token);
        Assert.Equal((HttpStatusCode.OK, Rig.FirstPassword), (status, (string?)credential!["password"]));
        Assert.Equal(HttpStatusCode.Gone, (await person.TakeAsync(token)).Status);

        // Of many that come at once, one gets it.
        var contested = await person.LaunchAsync();
        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => person.TakeAsync(contested)));
        Assert.Single(taken, answer => answer.Status == HttpStatusCode.OK);

        // Somebody else's, and by somebody who has not signed in.
        await other.LaunchAsync(Other);
        var stolen = await person.LaunchAsync();
        Assert.Equal(HttpStatusCode.Gone, (await other.TakeAsync(stolen)).Status);
        Assert.Equal(HttpStatusCode.Gone, (await person.TakeAsync(stolen)).Status);
        using var stranger = new PersonClient(rig, provider);
        Assert.Equal(HttpStatusCode.Gone, (await stranger.TakeAsync(await person.LaunchAsync())).Status);

        var expired = await person.LaunchAsync();
        rig.Clock.Leap(TimeSpan.FromSeconds(61));
        Assert.Equal(HttpStatusCode.Gone, (await person.TakeAsync(expired)).Status);

        // Taken away between the page and the release.
        var late = await person.LaunchAsync();
        await rig.ScimAsync(HttpMethod.Patch, $"Users/{olga}", """{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}""");
        Assert.Equal(HttpStatusCode.Gone, (await person.TakeAsync(late)).Status);

        // Without the extension only where the administrator allows it, once too.
        Assert.Equal(HttpStatusCode.Forbidden, await other.RevealAsync(await other.LaunchAsync()));
        await rig.DoAsync(HttpMethod.Put, "/launch", """{"enabled":true,"withoutExtension":true}""");
        var shown = await other.LaunchAsync();
        Assert.Equal(HttpStatusCode.OK, await other.RevealAsync(shown));
        Assert.Equal(HttpStatusCode.Gone, await other.RevealAsync(shown));

        // Suspended in the app by hand: that is no account on its way.
        using var admin = new Person(rig.Sample.BaseAddress);
        await admin.SignIn(Rig.FirstPassword);
        await admin.Press(await admin.Open($"/members/{rig.Sample.Snapshot().Single(m => m.Email == "sam@example.test").Id}"), "Suspend");
        await rig.EndedAsync((string)(await rig.DoAsync(HttpMethod.Post, "/sync"))["operationId"]!, "Succeeded");
        Assert.Contains("You may not open this app", await other.PageAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_look_alike_address_or_one_without_https_is_never_taken_for_the_apps_own()
    {
        await using var browser = await ExtensionBrowser.StartAsync(new Uri("http://127.0.0.1:5999"));
        var taken = await browser.AskAsync<string[]>(
            """
            async () => {
              const { isExpected, isRelease } = await import('./rules.js');
              const release = { url: 'https://app.example.test/login', userName: 'u', password: 'p', origins: ['https://app.example.test', 'http://10.0.0.7'], fields: { password: '#p' } };
              const addresses = [
                'https://app.example.test/login', 'https://APP.example.test/other?x=1#y', 'https://app.example.test:443/',
                'https://app.example.test.evil.test/login', 'https://evil.test/app.example.test', 'https://app.example.test@evil.test/', 'https://evil.test@app.example.test/',
                'https://app-example.test/', 'https://xapp.example.test/', 'https://app.example.test./', 'https://app.example.test:8443/', 'https://\u0430pp.example.test/', 'https://app.ex\u0430mple.test/',
                'http://app.example.test/login', 'http://10.0.0.7/login', 'ftp://app.example.test/', 'javascript:alert(1)', 'data:text/html,x', 'about:blank', 'not an address',
              ];
              const own = addresses.filter((address) => isExpected(address, release));
              const bad = [{ ...release, url: 'https://evil.test/' }, { ...release, origins: ['http://10.0.0.7'] , url: 'http://10.0.0.7/' }, { ...release, origins: [] }].filter(isRelease);
              return [...own, ...bad.map((b) => b.url)];
            }
            """);
        Assert.Equal(["https://app.example.test/login", "https://APP.example.test/other?x=1#y", "https://app.example.test:443/"], taken);
    }

    [Fact]
    public async Task The_browsers_policy_goes_before_the_packed_address_however_late_it_speaks()
    {
        await using var browser = await ExtensionBrowser.StartAsync(new Uri("http://127.0.0.1:5999"));

        // A second copy of the worker, in whose browser the policy is silent until it is let speak.
        var watched = await browser.AskAsync<string[]>(
            """
            async () => {
              let speak;
              chrome.storage.managed.get = () => new Promise((resolve) => { speak = (gateway) => resolve({ gateway }); });
              const patience = Date.now() + 60_000;
              const becomes = async (wanted) => {
                let seen;
                do {
                  seen = (await chrome.scripting.getRegisteredContentScripts()).map((script) => script.matches.join()).join();
                } while (seen !== wanted && Date.now() < patience && await new Promise((resolve) => setTimeout(resolve, 20, true)));
                return seen;
              };
              await chrome.scripting.unregisterContentScripts();
              await import('./background.js');
              const silent = await becomes('http://127.0.0.1/launch/*');
              speak('https://policy.example.test');
              return [silent, await becomes('https://policy.example.test/launch/*')];
            }
            """);
        Assert.Equal(["http://127.0.0.1/launch/*", "https://policy.example.test/launch/*"], watched);
    }

    internal static async Task<Rig> StartAsync(LocalProvider provider)
    {
        var rig = await Rig.StartAsync(new SignInOptions
        {
            OpenId = new OpenIdOptions
            {
                Authority = new Uri(provider.Address), ClientId = LocalProvider.ClientId, ClientSecret = provider.Settings["IDLCM_SignIn__OpenId__ClientSecret"], DisplayName = "Contoso ID",
            },
        });
        await rig.DoAsync(HttpMethod.Put, "/launch", """{"enabled":true}""");
        return rig;
    }

    internal static string Launch(Rig rig) => new Uri(rig.Address, $"/launch/{rig.IntegrationId}").AbsoluteUri;

    internal static string Subject(string name) => "sub-" + name.Replace(' ', '-');

    internal static async Task<string> OnboardAsync(Rig rig, string name, string email)
    {
        var id = await rig.CreateUserAsync(email, Subject(name));
        await rig.UserAsync(id, "Onboarded");
        await KeepAsync(rig, id);
        return id;
    }

    private static Task<JsonObject> KeepAsync(Rig rig, string userId, string? totp = null) => rig.DoAsync(
        HttpMethod.Put, $"/users/{userId}/connected-account", new JsonObject { ["userName"] = "admin@sample.test", ["password"] = Rig.FirstPassword, ["totpSecret"] = totp }.ToJsonString());

    internal static Task<JsonObject> PointAtAsync(Rig rig, string address) =>
        rig.DoAsync(HttpMethod.Patch, "", new JsonObject { ["settings"] = new JsonObject { ["appUrl"] = address } }.ToJsonString());

    internal static async Task SignInAsync(Rig rig, IPage page, string name)
    {
        await page.GotoAsync(Launch(rig));
        await page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true }).ClickAsync();
    }

    internal static Task SignedInToAppAsync(IPage page) => Expect(page.GetByRole(AriaRole.Button, new() { Name = "Sign out" })).ToBeVisibleAsync(new() { Timeout = 20_000 });

    /// <summary>A person's browser without the extension, as plain requests.</summary>
    private sealed partial class PersonClient : IDisposable
    {
        private readonly Rig rig;
        private readonly LocalProvider provider;
        private readonly HttpClient http;

        public PersonClient(Rig rig, LocalProvider provider)
        {
            this.rig = rig;
            this.provider = provider;
            http = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer() });
        }

        public async Task<string> PageAsync()
        {
            using var page = await http.GetAsync(new Uri(Launch(rig)), Stop);
            return await page.Content.ReadAsStringAsync(Stop);
        }

        public async Task<string> LaunchAsync(string? signInAs = null)
        {
            using var first = await http.GetAsync(new Uri(Launch(rig)), Stop);
            var html = await first.Content.ReadAsStringAsync(Stop);
            if (signInAs is not null)
            {
                var link = WebUtility.HtmlDecode(Regex.Match(html, $"<a href='(?<link>[^']*)'>{signInAs}</a>", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["link"].Value);
                html = await http.GetStringAsync(new Uri(new Uri(provider.Address), link), Stop);
            }

            var token = Token().Match(html).Groups["token"].Value;
            Assert.True(token.Length > 40, html);
            return token;
        }

        public async Task<(HttpStatusCode Status, JsonNode? Body)> TakeAsync(string token, bool extension = true, string site = "same-origin", bool raw = false)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Launch(rig) + "/release");
            request.Content = raw ? new StringContent(token, System.Text.Encoding.UTF8, "application/json") : JsonContent.Create(new JsonObject { ["release"] = token });
            request.Headers.Add("Sec-Fetch-Site", site);
            if (extension)
            {
                request.Headers.Add("X-IdLCM-Extension", "1");
            }

            using var response = await http.SendAsync(request, Stop);
            var text = await response.Content.ReadAsStringAsync(Stop);
            return (response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
        }

        public async Task<HttpStatusCode> RevealAsync(string token)
        {
            using var content = new FormUrlEncodedContent([new("release", token)]);
            using var response = await http.PostAsync(new Uri(Launch(rig) + "/reveal"), content, Stop);
            var html = await response.Content.ReadAsStringAsync(Stop);
            Assert.Equal(response.StatusCode == HttpStatusCode.OK, html.Contains(WebUtility.HtmlEncode(Rig.FirstPassword), StringComparison.Ordinal));
            return response.StatusCode;
        }

        public void Dispose() => http.Dispose();

        [GeneratedRegex("<meta name=\"idlcm-release\" content=\"(?<token>[^\"]*)\">", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
        private static partial Regex Token();
    }
}
