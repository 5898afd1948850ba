using System.Text.Json;
using System.Text.Json.Nodes;
using IdLcm.Samples.Data;
using IdLcm.Samples.Testing;
using Microsoft.Playwright;

namespace IdLcm.Dashboard.Tests;

/// <summary>Every page, as people with different screens and eyes see it.</summary>
[Collection(DashboardCollection.Name)]
public sealed class PageTests(RunningDashboard product)
{
    private const int MaxBytes = 150_000;
    private const string Script = HostileConnector.Script;

    /// <summary>A page is there once its script has run, where it has the dashboard's.</summary>
    private const string Ready = "() => document.readyState === 'complete' && (!document.querySelector('script[src*=\"/dashboard.\"]') || 'ready' in document.documentElement.dataset)";

    /// <summary>The tables that have more in them than there is room for.</summary>
    private const string TooWide = "[...document.querySelectorAll('.table-wrap')].filter(w => w.scrollWidth > w.clientWidth).map(w => `${w.getAttribute('aria-label')} by ${w.scrollWidth - w.clientWidth}`)";

    /// <summary>Makes every text that comes from outside longer than a line of its cell, without a place to break it.</summary>
    private const string Lengthen =
        """
        for (const cell of document.querySelectorAll('.table-wrap tbody :is(td, th)')) {
            const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
            for (let text = texts.nextNode(); text; text = texts.nextNode()) {
                if (text.data.trim() && !text.parentElement.closest('time, .badge, button, summary, label, .button, .app-mark, .nowrap')) {
                    text.data = text.data.trimEnd() + 'x'.repeat(60);
                }
            }
        }
        """;

    private static readonly string Axe = Path.Combine(AppContext.BaseDirectory, "axe", "axe.min.js");

    [Fact]
    public async Task Each_page_is_accessible_fits_and_stays_small_at_three_widths_in_light_and_dark()
    {
        var (id, token) = await product.IntegrationAsync("Northwind for looking at");
        var user = await product.ProvisionAsync(id, token, "look@example.test", "Mary", "Jackson");
        var operation = (string)(await product.SettledAsync(id, user))["lastOperationId"]!;
        var gone = await product.ProvisionAsync(id, token, "gone@example.test", "Greta", "Gone");
        await product.SettledAsync(id, gone);
        await product.ApiAsync(HttpMethod.Put, $"integrations/{id}/scim-access", new JsonObject { ["basicUserNames"] = new JsonArray("okta"), ["captureUntil"] = DateTimeOffset.UtcNow.AddDays(1).ToString("O") });
        await product.DeleteAsync(id, token, gone);
        await product.SettledAsync(id, gone);
        await product.ApiAsync(HttpMethod.Post, $"integrations/{id}/users/{gone}/erase", new JsonObject { ["reason"] = "Asked for by letter" });
        await product.ApiAsync(HttpMethod.Put, $"integrations/{id}/group-mappings/Editors", new JsonObject { ["roles"] = new JsonArray("Editor") });
        var channel = (string)(await product.ApiAsync(HttpMethod.Post, $"integrations/{id}/notifications", new JsonObject { ["kind"] = "Webhook", ["name"] = "Security operations", ["url"] = "https://soc.example.test/hooks/idlcm" }))["channel"]!["id"]!;
        var (claimed, claimToken) = await product.IntegrationAsync("Northwind on claim", invite: "onClaim");
        var claims = await product.ProvisionAsync(claimed, claimToken, "claims@example.test", "Clara", "Claims");
        var claimedBefore = await product.ProvisionAsync(claimed, claimToken, "claimed@example.test", "Carl", "Claimed");
        product.Sample.Faults.Change(faults => faults with { Captcha = CaptchaPlace.Everywhere });
        string failed;
        try
        {
            failed = (string)(await product.SettledAsync(id, await product.ProvisionAsync(id, token, "stuck@example.test", "Sven", "Stuck")))["lastOperationId"]!;
        }
        finally
        {
            product.Sample.Faults.Clear();
        }

        // A connector whose page has changed: somebody leaves meanwhile, and a repair is proposed.
        var (aged, agedToken) = await product.IntegrationAsync("Northwind that has changed", HostileConnector.Id);
        var leaver = await product.ProvisionAsync(aged, agedToken, "leaver@example.test", "Leo", "Leaver");
        await product.SettledAsync(aged, leaver);
        await product.ApiAsync(HttpMethod.Patch, $"integrations/{aged}", JsonNode.Parse("""{"retry":{"attempts":{"PageChanged":1}}}"""));
        await product.DeleteAsync(aged, agedToken, leaver);

        // A person of the provider, with an account of their own that is kept, and one that is yet to be claimed.
        var ada = await product.ProvisionAsync(id, token, "ada@example.test", "Ada", "Admin", externalId: "sub-Ada-Admin");
        await product.SettledAsync(id, ada);
        await product.ProvisionAsync(claimed, claimToken, "ada@example.test", "Ada", "Admin", externalId: "sub-Ada-Admin");
        await product.ApiAsync(HttpMethod.Put, $"integrations/{id}/users/{ada}/connected-account", new JsonObject { ["password"] = "Kept-to-look-at-1!" });
        await product.ApiAsync(HttpMethod.Put, $"integrations/{id}/launch", new JsonObject { ["enabled"] = true, ["withoutExtension"] = true });
        var (claim, claimBefore) = (await ClaimLinkAsync(claimed, claims), await ClaimLinkAsync(claimed, claimedBefore));
        await product.ApiAsync(HttpMethod.Post, $"integrations/{claimed}/pause", new JsonObject { ["reason"] = "So that what is claimed stays on its way" });

        var changed = (string)(await product.SettledAsync(aged, leaver))["lastOperationId"]!;
        var task = (string)(await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/tasks"))["items"]![0]!["id"]!;
        var plan = (string)(await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/sync-plans"))["items"]![0]!["id"]!;
        var unmatched = (string)(await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/unmatched"))["items"]![0]!["userId"]!;
        var validation = (string)(await product.ApiAsync(HttpMethod.Get, $"integrations/{id}"))["validation"]!["operationId"]!;
        Look[] pages =
        [
            new("home", "/"), new("integrations", "/integrations"), new("settings-tab", $"/integrations/{id}"), new("users", $"/integrations/{id}/users"),
            new("user", $"/integrations/{id}/users/{user}"), new("entitlements", $"/integrations/{id}/entitlements"), new("sync-plans", $"/integrations/{id}/sync-plans"), new("operations", $"/integrations/{id}/operations"),
            new("operation", $"/integrations/{id}/operations/{operation}"), new("validation", $"/integrations/{id}/operations/{validation}"),
            new("operation-failed", $"/integrations/{id}/operations/{failed}"), new("task", $"/integrations/{id}/tasks/{task}"), new("sync-plan", $"/integrations/{id}/sync-plans/{plan}"),
            new("workflow", $"/integrations/{id}/operations/{operation}/instance"), new("status-history", $"/integrations/{id}/status-history"),
            new("activity", $"/integrations/{id}/activity?verify=1"), new("choose-app", "/integrations/new"), new("create", "/integrations/new/sample-workspace"),
            new("people", "/people?q=look"), new("person", "/people/look@example.test"), new("catalog", "/catalog"), new("catalog-app", "/catalog/sample-workspace"),
            new("settings", "/settings"), new("administrator", "/settings/administrators/owner"), new("workspace-activity", "/settings/activity?verify=1"), new("tasks", $"/integrations/{id}/tasks"), new("approvals", $"/integrations/{id}/approvals"),
            new("notifications", $"/integrations/{id}/notifications"), new("channel", $"/integrations/{id}/notifications/{channel}"), new("repair", $"/integrations/{aged}/approvals"),
            new("operation-changed", $"/integrations/{aged}/operations/{changed}"),
            new("assigned", $"/integrations/{id}/entitlements/users?value=Editor"), new("unmatched", $"/integrations/{id}/users/{unmatched}"),
            new("posture", "/posture"), new("posture-none", "/posture?problem=PasswordAge"), new("posture-account", $"/posture/{id}"),
            new("access", $"/integrations/{id}/access"), new("access-none", $"/integrations/{id}/access?q=nobody-at-all"), new("drift", $"/integrations/{id}/drift"), new("captures", $"/integrations/{id}/captures"),
            new("awaiting-claim", $"/integrations/{claimed}/users/{claims}"), new("erasable", $"/integrations/{id}/users/{gone}"),
            new("not-found", "/no-such-page"), new("nobody", $"/integrations/{id}/users?q=nobody-at-all"),
            new("drawer", $"/integrations/{id}/users", async page => { await page.Locator("#user-list a[data-drawer]").First.ClickAsync(); await page.Locator("dialog.drawer[open]").WaitForAsync(); }),
            new("question", "/people/look@example.test", async page => { await page.FillAsync("#revoke-reason", "Left"); await page.ClickAsync("#revoke"); await page.Locator("dialog[open]").WaitForAsync(); }),
            new("create-account", "/integrations/new/sample-workspace", page => WizardAsync(page, 1)),
            new("create-settings", "/integrations/new/sample-workspace", page => WizardAsync(page, 2)),
            new("create-schema", "/integrations/new/sample-workspace", async page => { await WizardAsync(page, 3); await page.ClickAsync("#create-schema > summary"); }),
            new("form-refused", $"/integrations/{id}/notifications", async page => { await page.FillAsync("#new-channel input[name=name]", "Pager"); await page.FillAsync("#new-channel input[name=target]", "ftp://pager"); await page.ClickAsync("#new-channel button.primary"); await page.Locator("#new-channel [role=alert]").WaitForAsync(); }),
            new("new-administrator", "/settings", async page => { await page.FillAsync("#administrators input[name=name]", "Looked-at Local"); await page.ClickAsync("#administrators button.primary"); await page.Locator("#new-link").WaitForAsync(); }),
        ];

        // Who is signed out, or is no administrator at all.
        Look[] outside =
        [
            new("sign-in", "/sign-in"), new("sign-in-link", "/sign-in?link=idlcm_signin_not_one"),
            new("sign-in-refused", "/sign-in?link=idlcm_signin_not_one", async page => { await page.GetByRole(AriaRole.Button, new() { Name = "Sign in to IdLCM" }).ClickAsync(); await page.GetByRole(AriaRole.Alert).WaitForAsync(); }),
            new("outside-not-found", "/no-such-page"), new("claim", claim), new("claim-wrong", "/claim/nonsense"),
            new("claim-waits", claimBefore, async page => { await page.GetByRole(AriaRole.Button, new() { Name = "Claim it" }).ClickAsync(); await page.Locator("main[data-again]").WaitForAsync(); }),
        ];
        Look[] person =
        [
            new("my-apps", "/me", page => ChooseAsync(page, "Ada Admin")), new("launch", $"/launch/{id}"),
            new("launch-revealed", $"/launch/{id}", async page => { await page.GetByRole(AriaRole.Button, new() { Name = "Show me" }).ClickAsync(); await page.Locator("#password").WaitForAsync(); }),
            new("launch-not-offered", $"/launch/{claimed}"), new("launch-keep", $"/launch/{id}/keep"),
            new("person-signed-out", "/me", async page => { await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync(); await page.GetByRole(AriaRole.Heading, new() { Name = "Signed out" }).WaitForAsync(); }),
        ];
        Look[] forbidden =
        [
            new("home-empty", "/sign-in/provider", page => ChooseAsync(page, "Ines Manager")), new("forbidden", "/settings/activity"),
            new("signed-out", "/people", async page =>
            {
                await page.Context.ClearCookiesAsync();
                await page.Locator("#account-menu summary").ClickAsync();
                await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
                await page.GetByRole(AriaRole.Heading, new() { Name = "You are signed out" }).WaitForAsync();
            }),
        ];

        // What a page says of itself when it cannot follow any more: because nothing answers, and because the session has ended over what somebody typed.
        Look[] stranded =
        [
            new("no-answer", "/", async page =>
            {
                await page.RouteAsync("**/*", route => route.AbortAsync());
                await FollowAsync(page);
                await Assertions.Expect(page.Locator("main > .told")).ToContainTextAsync("The gateway does not answer");
            }),
        ];
        Look[] lapsed =
        [
            new("session-ended", $"/integrations/{id}", async page =>
            {
                await page.Locator("#danger input[name=reason]").First.FillAsync("Typed before the session ended");
                await page.Context.ClearCookiesAsync();
                await FollowAsync(page);
                await Assertions.Expect(page.Locator("main > .told").GetByRole(AriaRole.Link)).ToHaveTextAsync("Sign in again");
            }),
        ];
        await product.ApiAsync(HttpMethod.Put, $"integrations/{id}/posture-exceptions/Mfa", new JsonObject { ["reason"] = "The phone is on its way", ["expiresAt"] = DateTimeOffset.UtcNow.AddDays(20).ToString("O") });
        var cookie = await product.SignInAsync();
        var problems = new System.Collections.Concurrent.ConcurrentQueue<string>();

        // Two windows at a time: while one waits for the server, the other is looked at.
        (Look[] Pages, string? Cookie)[] visits = [(pages[..(pages.Length / 2)], cookie), (pages[(pages.Length / 2)..], cookie), (outside, null), (person, null), (forbidden, null), (stranded, cookie), (lapsed, cookie)];
        await Parallel.ForEachAsync(
            visits, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = TestContext.Current.CancellationToken },
            async (visit, _) => await LookAsync(visit.Pages, visit.Cookie, problems.Enqueue));
        Assert.True(problems.IsEmpty, string.Join('\n', problems));
    }

    /// <summary>Has an open page ask for what is new, as it does when somebody comes back to it.</summary>
    private static async Task FollowAsync(IPage page) => await page.EvaluateAsync("document.dispatchEvent(new Event('visibilitychange'))");

    private async Task<string> ClaimLinkAsync(string integrationId, string userId) =>
        new Uri((string)(await product.ApiAsync(HttpMethod.Post, $"integrations/{integrationId}/users/{userId}/claim-link"))["url"]!).AbsolutePath;

    private static async Task ChooseAsync(IPage page, string name)
    {
        await page.GetByRole(AriaRole.Link, new() { Name = name }).ClickAsync();
        await page.WaitForURLAsync(url => !url.Contains("/choose/", StringComparison.Ordinal) && !url.Contains("/authorize", StringComparison.Ordinal), new() { WaitUntil = WaitUntilState.Commit });
    }

    /// <summary>Goes on in the wizard, so many steps.</summary>
    private static async Task WizardAsync(IPage page, int steps)
    {
        await page.FillAsync("input[name='setting.appUrl']", "http://127.0.0.1:1");
        await page.FillAsync("input[name='setting.workspaceId']", "looked-at");
        for (var step = 0; step < steps; step++)
        {
            if (step == 1)
            {
                await page.FillAsync("input[name=userName]", "svc@example.test");
                await page.FillAsync("input[name=secret]", "Looked-at-1!");
            }

            await page.Locator("[data-step]:not([hidden]) [data-go=next]").ClickAsync();
        }
    }

    /// <summary>Opens each page once, and looks at it at each width in both themes.</summary>
    private async Task LookAsync(IEnumerable<Look> pages, string? cookie, Action<string> tell)
    {
        var shots = Directory.CreateDirectory(Path.Combine(RunningDashboard.RepositoryRoot(), "artifacts", "dashboard")).FullName;
        await using var visit = await product.VisitAsync(cookie);
        var page = visit.Page;
        var axe = await File.ReadAllTextAsync(Axe, TestContext.Current.CancellationToken) + ";0";
        foreach (var (name, path, prepare) in pages)
        {
            var bytes = 0;
            void Count(object? sender, IResponse response) => bytes += response.Headers.TryGetValue("content-length", out var length) && int.TryParse(length, out var size) ? size : 0;
            await visit.Context.ClearCookiesAsync(new() { Name = "idlcm_theme" });
            page.Response += Count;
            await page.GotoAsync(path);
            await page.WaitForFunctionAsync(Ready);
            page.Response -= Count;
            if (page.Url.StartsWith(product.Url, StringComparison.Ordinal) && bytes is 0 or > MaxBytes)
            {
                tell($"{path}: {bytes} bytes");
            }

            if (prepare is not null)
            {
                await prepare(page);
                await page.WaitForFunctionAsync(Ready);
            }

            if (await page.EvaluateAsync<string?>("(document.querySelector('main, dialog[open]')?.innerText.match(/.{0,20}@(?:if|foreach|switch)\\b.{0,20}/) ?? [null])[0]") is { } code)
            {
                tell($"{name} {path} shows code: {code}");
            }

            await page.EvaluateAsync(axe);
            foreach (var (width, dark) in from width in (int[])[390, 820, 1280] from dark in (bool[])[false, true] select (width, dark))
            {
                var scheme = dark ? "dark" : "light";
                await page.SetViewportSizeAsync(width, 900);
                await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light, ReducedMotion = ReducedMotion.Reduce });
                if (await page.EvaluateAsync<int>("document.documentElement.scrollWidth - window.innerWidth") is > 0 and var over)
                {
                    tell($"{name} {path} at {width}: {over} pixels too wide");
                }

                foreach (var wide in await page.EvaluateAsync<string[]>(TooWide))
                {
                    tell($"{name} {path} at {width}: a table scrolls sideways: {wide}");
                }

                await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(shots, $"{name}-{width}-{scheme}.jpg"), Type = ScreenshotType.Jpeg, Quality = 85, FullPage = true });

                // The dark theme changes colours, and the width in the middle the places: every other rule was held to the same elements at the narrow or the wide one.
                var rules = dark || width == 820 ? "{ resultTypes: ['violations'], runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } }" : "{ resultTypes: ['violations'] }";
                var found = await page.EvaluateAsync<string>($"async () => JSON.stringify((await axe.run({rules})).violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | ').slice(0, 300)))");
                foreach (var violation in JsonSerializer.Deserialize<List<string>>(found)!)
                {
                    tell($"{name} {path} at {width}, {scheme}: {violation}");
                }
            }

            // Nor does a table scroll when what it shows is longer than what this workspace happens to hold.
            await page.EvaluateAsync(Lengthen);
            foreach (var width in (int[])[1280, 820, 390])
            {
                await page.SetViewportSizeAsync(width, 900);
                foreach (var wide in await page.EvaluateAsync<string[]>(TooWide))
                {
                    tell($"{name} {path} at {width}: a table scrolls sideways where its texts are long: {wide}");
                }
            }
        }

        visit.AssertNoComplaints();
    }

    /// <summary>A page to look at.</summary>
    /// <param name="Name">Names its pictures.</param>
    /// <param name="Path">Where it is.</param>
    /// <param name="Prepare">What somebody does there before it is looked at.</param>
    private sealed record Look(string Name, string Path, Func<IPage, Task>? Prepare = null);

    [Fact]
    public async Task What_identity_providers_apps_and_connectors_write_is_shown_as_text_and_does_nothing()
    {
        var (id, token) = await product.IntegrationAsync($"Evil {Script}", HostileConnector.Id);
        var (failed, _) = await product.IntegrationAsync($"Evil and failed {Script}", HostileConnector.Id, workspace: "no-such-workspace");
        var (claims, claimsToken) = await product.IntegrationAsync($"Evil to claim {Script}", HostileConnector.Id, invite: "onClaim");
        var claimant = await product.ProvisionAsync(claims, claimsToken, "claimant@example.test", Script, Script);
        await product.ApiAsync(HttpMethod.Put, $"integrations/{id}/scim-access", new JsonObject { ["captureUntil"] = DateTimeOffset.UtcNow.AddHours(1).ToString("O") });
        var user = await product.ProvisionAsync(id, token, "evil@example.test", Script, "</title><script>window.hacked=1</script>", externalId: "sub-Sam-Super");
        var operation = (string)(await product.SettledAsync(id, user))["lastOperationId"]!;
        var plan = (string)(await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/sync-plans"))["items"]![0]!["id"]!;
        var channel = (string)(await product.ApiAsync(HttpMethod.Post, $"integrations/{id}/notifications", new JsonObject { ["kind"] = "Email", ["name"] = Script, ["to"] = new JsonArray("evil@example.test") }))["channel"]!["id"]!;
        await product.ApiAsync(HttpMethod.Put, $"integrations/{id}/users/{user}/connected-account", new JsonObject { ["userName"] = Script, ["password"] = $"{Script}1!" });
        await product.ApiAsync(HttpMethod.Put, $"integrations/{id}/launch", new JsonObject { ["enabled"] = true, ["withoutExtension"] = true });
        var cookie = await product.SignInAsync();
        await using var visit = await product.VisitAsync(cookie);
        foreach (var path in (string[])[
            $"/integrations/{id}/sync-plans/{plan}", $"/integrations/{id}/notifications/{channel}", $"/integrations/{id}/operations?q={Uri.EscapeDataString(Script)}",
            "/", "/integrations", $"/integrations/{id}", $"/integrations/{id}/users", $"/integrations/{id}/users/{user}", $"/integrations/{id}/operations",
            $"/integrations/{id}/operations/{operation}", $"/integrations/{id}/operations/{operation}/instance", $"/integrations/{id}/status-history", $"/integrations/{id}/activity", $"/people?q={Uri.EscapeDataString(Script)}", "/people?q=evil",
            $"/integrations/{id}/approvals", $"/integrations/{id}/tasks", $"/integrations/{id}/notifications", "/settings/activity", $"/integrations/{id}/entitlements/users?value={Uri.EscapeDataString(Script)}",
            $"/integrations/{failed}", $"/integrations/{id}/captures", $"/integrations/{id}/access", $"/integrations/{id}/drift", $"/integrations/{id}/sync-plans", $"/integrations/{id}/entitlements",
            "/integrations/new", $"/integrations/new/{HostileConnector.Id}", "/catalog", $"/catalog/{HostileConnector.Id}",
            "/people/evil@example.test", $"/integrations?q={Uri.EscapeDataString(Script)}", "/settings", "/posture", $"/posture/{id}"])
        {
            await visit.OpenAsync(path);
            await AssertHarmlessAsync(visit.Page, path);
        }

        // Nor does it do anything to the person whom it is about.
        await using (var outside = await product.VisitAsync())
        {
            var page = outside.Page;
            await page.GotoAsync("/me");
            await ChooseAsync(page, "Sam Super");
            await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = $"Hostile {Script}" })).ToContainTextAsync(Script);
            await AssertHarmlessAsync(page, "/me");
            await page.GotoAsync($"/launch/{id}");
            await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(Script);
            await AssertHarmlessAsync(page, "/launch");
            await page.GetByRole(AriaRole.Button, new() { Name = "Show me" }).ClickAsync();
            await Assertions.Expect(page.Locator("#user")).ToHaveValueAsync(Script);
            await AssertHarmlessAsync(page, "/launch, shown");
            await page.GotoAsync(await ClaimLinkAsync(claims, claimant));
            await Assertions.Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync($"Hostile {Script}");
            await AssertHarmlessAsync(page, "/claim");
            outside.AssertNoComplaints();
        }

        // Each of them was there to be seen.
        foreach (var (path, where) in ((string, string)[])[
            ($"/integrations/{failed}", "#validation"), ($"/integrations/new/{HostileConnector.Id}", "main"), ($"/catalog/{HostileConnector.Id}", "main"), ($"/integrations/{id}/entitlements", "#entitlement-list")])
        {
            await visit.OpenAsync(path);
            Assert.Contains($"Hostile {Script}", await visit.Page.InnerTextAsync(where), StringComparison.Ordinal);
        }

        await visit.OpenAsync($"/integrations/{id}/captures");
        Assert.Contains("window.hacked", await visit.Page.Locator("#capture-list").TextContentAsync(), StringComparison.Ordinal);

        // A locator that finds nothing any more is told of where the connector's people look.
        await visit.OpenAsync("/");
        await Assertions.Expect(visit.Page.Locator("#attention")).ToContainTextAsync("Locator drifts");
        await visit.OpenAsync($"/catalog/{HostileConnector.Id}");
        await Assertions.Expect(visit.Page.GetByText("1 locator drifts").Filter(new() { HasText = Script })).ToBeVisibleAsync();

        await visit.OpenAsync($"/integrations/{id}/users/{user}");
        Assert.Contains(Script, await visit.Page.InnerTextAsync("main"), StringComparison.Ordinal);
        visit.AssertNoComplaints();

        // Nor does a spreadsheet take a name for a formula.
        await product.ProvisionAsync(id, token, "formula@example.test", "=HYPERLINK(\"http://evil.example\")", "x");
        var csv = (await product.RequestAsync(HttpMethod.Get, $"/integrations/{id}/users.csv", cookie)).Body;
        Assert.Contains("\"'=HYPERLINK(", csv, StringComparison.Ordinal);
    }

    private static async Task AssertHarmlessAsync(IPage page, string where)
    {
        Assert.False(await page.EvaluateAsync<bool>("'hacked' in window"), where);
        Assert.Equal((where, 1), (where, await page.EvaluateAsync<int>("document.scripts.length")));
        Assert.Equal((where, 0), (where, await page.EvaluateAsync<int>("document.querySelectorAll('[onerror]').length")));
    }

    [Fact]
    public async Task Filters_are_in_the_address_and_work_by_keyboard_and_without_scripts()
    {
        var (id, _) = await product.IntegrationAsync("Keyboard only");
        var cookie = await product.SignInAsync();
        await using var visit = await product.VisitAsync(cookie);
        await visit.OpenAsync("/integrations");
        await visit.Page.Keyboard.PressAsync("/");
        await visit.Page.Keyboard.TypeAsync("keyboard on");
        await visit.Page.WaitForURLAsync(url => url.Contains("q=keyboard", StringComparison.Ordinal), new() { WaitUntil = WaitUntilState.Commit });
        await Assertions.Expect(visit.Page.Locator("#integration-list tbody tr")).ToHaveCountAsync(1);
        await visit.Page.ReloadAsync();
        await Assertions.Expect(visit.Page.Locator("#integration-list tbody tr")).ToHaveCountAsync(1);

        // The list follows what happens elsewhere.
        await product.ApiAsync(HttpMethod.Post, $"integrations/{id}/pause", new JsonObject { ["reason"] = "To be seen in the list" });
        await Assertions.Expect(visit.Page.Locator("#integration-list tbody tr")).ToContainTextAsync("Paused");

        // The same address, as a browser without scripts gets it.
        var plain = (await product.RequestAsync(HttpMethod.Get, $"/integrations?q=keyboard+on&app=sample-workspace&sort=-name", cookie)).Body;
        Assert.Contains($"href=\"/integrations/{id}\"", plain, StringComparison.Ordinal);
        var none = (await product.RequestAsync(HttpMethod.Get, "/integrations?q=keyboard+on&status=Failed", cookie)).Body;
        Assert.Contains("Nothing matches", none, StringComparison.Ordinal);
        Assert.Equal(400, (await product.RequestAsync(HttpMethod.Get, $"/integrations/{id}/users?state=Nonsense", cookie)).Status);
        visit.AssertNoComplaints();
    }

    [Fact]
    public async Task Forms_say_which_field_is_wrong_keep_what_was_typed_and_never_show_a_secret_again()
    {
        var (id, _) = await product.IntegrationAsync("Forms");
        await using var visit = await product.VisitAsync(await product.SignInAsync());
        await visit.OpenAsync($"/integrations/{id}");
        Assert.Equal("", await visit.Page.InputValueAsync("#service-account input[name=secret]"));
        Assert.DoesNotContain(RunningDashboard.AdminPassword, await visit.Page.ContentAsync(), StringComparison.Ordinal);

        await visit.Page.FillAsync("#settings input[name='setting.workspaceId']", "not a workspace!");
        await visit.Page.ClickAsync("#settings button[type=submit]");
        await Assertions.Expect(visit.Page.Locator("#settings [role=alert]")).ToContainTextAsync("Workspace ID");
        Assert.Equal("not a workspace!", await visit.Page.InputValueAsync("#settings input[name='setting.workspaceId']"));

        await visit.OpenAsync($"/integrations/{id}");
        await visit.Page.ClickAsync("#schema-editor summary");
        await visit.Page.FillAsync("#schema textarea", """{ "attributes": [ { "nam": 1 } ] }""");
        await visit.Page.ClickAsync("#schema-editor button[type=submit]");
        await Assertions.Expect(visit.Page.Locator("#schema [role=alert]")).ToContainTextAsync("line 1");

        await visit.OpenAsync($"/integrations/{id}");
        await visit.Page.FillAsync("#security input[name=percent]", "35");
        await visit.Page.ClickAsync("#security button[type=submit]");
        await Assertions.Expect(visit.Page.GetByText("Saved.")).ToBeVisibleAsync();
        Assert.Equal("35", await visit.Page.InputValueAsync("#security input[name=percent]"));
        visit.AssertNoComplaints();
    }
}
