using System.Net;
using System.Text.Json.Nodes;
using IdLcm.Dashboard.Tests;
using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Samples.Tests;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IdLcm.Posture.Tests;

public sealed class CaptureTests
{
    private const string Email = "olga@example.test";
    private const string Own = "Planted-own-3b77!";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_credential_that_its_person_typed_is_kept_when_they_agree_and_then_signs_them_in_and_is_deleted_when_they_say_so()
    {
        await using var provider = await LocalProvider.StartAsync();
        await using var rig = await StartAsync(provider, capture: true);
        var olga = await OwnAccountAsync(rig);
        await using var browser = await ExtensionBrowser.StartAsync(rig.Address);
        var page = await browser.Context.NewPageAsync();
        await LaunchTests.SignInAsync(rig, page, LaunchTests.Assigned);

        // A password that the app refuses is not offered, and nothing is kept before the person agrees.
        await TypeAsync(browser, page, "Not-the-password-1!");
        await Expect(page.GetByText("Wrong email or password.")).ToBeVisibleAsync();
        var asking = await SignInUntilAskedAsync(browser, page);
        await Expect(asking.GetByText($"as {Email}.")).ToBeVisibleAsync();
        Assert.DoesNotContain(Own, await asking.ContentAsync(), StringComparison.Ordinal);
        Assert.Empty(await AccountsAsync(rig));
        await Rig.UntilAsync(async () => !await browser.ListensAsync(page), () => "The app's page is still listened to, although its person has been asked.");

        // A press that a script makes is no word of the person's.
        await asking.EvaluateAsync("document.querySelector('#idlcm-keep button').click()");
        Assert.Equal(2, await asking.Locator("#idlcm-keep button").CountAsync());
        await asking.GetByRole(AriaRole.Button, new() { Name = "Keep it" }).ClickAsync();
        await Expect(asking.GetByText("Kept. You are signed in from your portal from now on.")).ToBeVisibleAsync();
        var kept = Assert.Single(await AccountsAsync(rig))!;
        Assert.Equal((olga, Email, LaunchTests.Assigned, "Email"), ((string?)kept["userId"], (string?)kept["userName"], (string?)kept["savedBy"], (string?)kept["tiedBy"]));
        Assert.Equal(Own, (await rig.Secrets.GetAsync(ConnectedAccount.PasswordSecret(rig.IntegrationId, olga), Stop))!.Value);

        await browser.Context.ClearCookiesAsync(new() { Name = "workspace_session" });
        await page.GotoAsync(LaunchTests.Launch(rig));
        await LaunchTests.SignedInToAppAsync(page);
        await Expect(page.GetByText(Email)).ToBeVisibleAsync();

        // Kept once: whoever wants another kept deletes the one first, on the page that shows what is kept.
        Assert.Equal(403, (await PostAsync(browser, rig)).Status);
        await page.GotoAsync(new Uri(rig.Address, "/me").AbsoluteUri);
        await Expect(page.GetByText($"User name {Email} and a password")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Forget it" }).ClickAsync();
        await Expect(page.GetByText("Nothing is kept")).ToBeVisibleAsync();
        Assert.Null(await rig.Secrets.GetAsync(ConnectedAccount.PasswordSecret(rig.IntegrationId, olga), Stop));

        Assert.Equal("""[{},{},{"gateway":null}]""", await browser.StorageAsync());
        await browser.CloseAsync();
        var places = SecretSearch.Search(browser.Profile, Own);
        places += await rig.SearchAsync(Own);
        Assert.True(places > 90, $"Only {places} places were searched.");
    }

    [Fact]
    public async Task Declined_nothing_is_kept_and_on_another_host_nothing_is_watched()
    {
        await using var provider = await LocalProvider.StartAsync();
        await using var rig = await StartAsync(provider, capture: true);
        await OwnAccountAsync(rig);
        await using var browser = await ExtensionBrowser.StartAsync(rig.Address);
        var page = await browser.Context.NewPageAsync();
        await LaunchTests.SignInAsync(rig, page, LaunchTests.Assigned);
        var asking = await SignInUntilAskedAsync(browser, page);
        await asking.GetByRole(AriaRole.Button, new() { Name = "No, forget it" }).ClickAsync();
        await Expect(asking.GetByText("Nothing was kept.")).ToBeVisibleAsync();
        await NothingToKeepAsync(rig, asking);

        // The app leads to another host: what is typed there is none of the extension's business, even back on the right one.
        await using var trap = await TrapApp.StartAsync();
        await LaunchTests.PointAtAsync(rig, trap.Address);
        trap.Mode = "otherHost";
        await page.GotoAsync(LaunchTests.Launch(rig));
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sign in", Exact = true })).ToBeVisibleAsync();
        Assert.Contains("localhost", page.Url, StringComparison.Ordinal);
        await page.FillAsync("#email", Email);
        await page.FillAsync("#password", Own);
        await page.ClickAsync("button");
        await Rig.UntilAsync(() => Task.FromResult(!trap.Received.IsEmpty), () => "The form was not sent.");
        await page.GotoAsync($"{trap.Address}/form");
        await NothingToKeepAsync(rig, asking);
        Assert.Equal(2, browser.Context.Pages.Count(p => p.Url != "about:blank"));
        Assert.Empty(await AccountsAsync(rig));
    }

    [Fact]
    public async Task Without_an_administrators_leave_or_the_persons_own_session_nothing_is_watched_and_nothing_is_taken()
    {
        await using var provider = await LocalProvider.StartAsync();
        await using var rig = await StartAsync(provider, capture: false);
        var olga = await OwnAccountAsync(rig);
        await using var browser = await ExtensionBrowser.StartAsync(rig.Address);
        var page = await browser.Context.NewPageAsync();
        await LaunchTests.SignInAsync(rig, page, LaunchTests.Assigned);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "No credential is kept" })).ToBeVisibleAsync();
        await page.GotoAsync(new Uri(rig.Sample.BaseAddress, "/login").AbsoluteUri);
        await TypeAsync(page, Own);
        await LaunchTests.SignedInToAppAsync(page);
        await NothingToKeepAsync(rig, page);
        Assert.Equal(403, (await PostAsync(browser, rig)).Status);

        // With leave, only our own page's request of a person who is assigned counts.
        await rig.DoAsync(HttpMethod.Put, "/launch", """{"enabled":true,"capture":true}""");
        Assert.Equal(403, (await PostAsync(browser, rig, extension: false)).Status);
        Assert.Equal(403, (await PostAsync(browser, rig, site: "cross-site")).Status);
        Assert.Equal(400, (await PostAsync(browser, rig, body: "{")).Status);
        Assert.Equal(400, (await PostAsync(browser, rig, body: """{"userName":"olga@example.test"}""")).Status);
        using var stranger = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, LaunchTests.Launch(rig) + "/capture") { Content = new StringContent(Body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Add("X-IdLCM-Extension", "1");
        using var refused = await stranger.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        await rig.ScimAsync(HttpMethod.Patch, $"Users/{olga}", """{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}""");
        Assert.Equal(403, (await PostAsync(browser, rig)).Status);
        Assert.Empty(await AccountsAsync(rig));
    }

    private const string Body = $$"""{"userName":"{{Email}}","password":"{{Own}}"}""";

    private static async Task<Rig> StartAsync(LocalProvider provider, bool capture)
    {
        var rig = await LaunchTests.StartAsync(provider);
        await rig.DoAsync(HttpMethod.Put, "/launch", new JsonObject { ["enabled"] = true, ["capture"] = capture }.ToJsonString());
        return rig;
    }

    /// <summary>Olga is assigned, has accepted the app's invitation, and has a password of her own there.</summary>
    private static async Task<string> OwnAccountAsync(Rig rig)
    {
        var id = await rig.CreateUserAsync(Email, LaunchTests.Subject(LaunchTests.Assigned));
        await rig.UserAsync(id, "Onboarded");
        using var admin = new Person(rig.Sample.BaseAddress);
        var member = rig.Sample.Snapshot().Single(m => m.Email == Email);
        await admin.SignIn(Rig.FirstPassword);
        await admin.Press(await admin.Open($"/members/{member.Id}"), "Set password", ("New password", Own));
        await admin.Press(await admin.Open($"/accept/{member.InvitationToken}"), "Accept invitation");
        await rig.DoAsync(HttpMethod.Post, "/sync");
        await Rig.UntilAsync(async () => (bool)(await rig.DoAsync(HttpMethod.Get, $"/users/{id}"))["activeInApp"]!, () => $"{rig.Log}");
        return id;
    }

    /// <summary>Types as fast as a machine does, which nobody does before the extension, some milliseconds after the page came, listens to it.</summary>
    private static async Task TypeAsync(ExtensionBrowser browser, IPage page, string password)
    {
        await Expect(page.Locator("#password")).ToBeVisibleAsync();
        await Rig.UntilAsync(() => browser.ListensAsync(page), () => $"The extension does not listen to {page.Url}.");
        await TypeAsync(page, password);
    }

    private static async Task TypeAsync(IPage page, string password)
    {
        await page.FillAsync("#email", Email);
        await page.FillAsync("#password", password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    /// <summary>Signs in as the person does, and gives the page that asks whether to keep what was typed.</summary>
    private static async Task<IPage> SignInUntilAskedAsync(ExtensionBrowser browser, IPage page)
    {
        await TypeAsync(browser, page, Own);
        await LaunchTests.SignedInToAppAsync(page);
        IPage? asking = null;
        await Rig.UntilAsync(
            () => Task.FromResult((asking = browser.Context.Pages.FirstOrDefault(open => open.Url.EndsWith("/keep", StringComparison.Ordinal))) is not null),
            () => $"Nobody is asked: {string.Join(' ', browser.Context.Pages.Select(open => open.Url))}");
        await Expect(asking!.GetByRole(AriaRole.Button, new() { Name = "Keep it" })).ToBeVisibleAsync(new() { Timeout = 60_000 });
        return asking!;
    }

    private static async Task NothingToKeepAsync(Rig rig, IPage page)
    {
        await page.GotoAsync(LaunchTests.Launch(rig) + "/keep");
        await Expect(page.GetByText("There is nothing to keep.")).ToBeVisibleAsync();
        Assert.Equal(0, await page.Locator("#idlcm-keep button").CountAsync());
    }

    private static async Task<JsonArray> AccountsAsync(Rig rig) => (JsonArray)(await rig.DoAsync(HttpMethod.Get, "/connected-accounts"))["items"]!;

    private static Task<IAPIResponse> PostAsync(ExtensionBrowser browser, Rig rig, bool extension = true, string site = "same-origin", string body = Body)
    {
        var headers = new Dictionary<string, string> { ["Content-Type"] = "application/json", ["Sec-Fetch-Site"] = site };
        if (extension)
        {
            headers["X-IdLCM-Extension"] = "1";
        }

        return browser.Context.APIRequest.PostAsync(LaunchTests.Launch(rig) + "/capture", new() { Headers = headers, DataByte = System.Text.Encoding.UTF8.GetBytes(body) });
    }
}
