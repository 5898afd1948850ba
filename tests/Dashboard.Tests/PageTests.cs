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
        var (claimed, claimToken) = await product.IntegrationAsync("Northwind on claim", invite: "onClaim");
        var claims = await product.ProvisionAsync(claimed, claimToken, "claims@example.test", "Clara", "Claims");
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

        var task = (string)(await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/tasks"))["items"]![0]!["id"]!;
        var plan = (string)(await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/sync-plans"))["items"]![0]!["id"]!;
        var unmatched = (string)(await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/unmatched"))["items"]![0]!["userId"]!;
        var validation = (string)(await product.ApiAsync(HttpMethod.Get, $"integrations/{id}"))["validation"]!["operationId"]!;
        (string Name, string Path)[] pages =
        [
            ("home", "/"), ("integrations", "/integrations"), ("settings-tab", $"/integrations/{id}"), ("users", $"/integrations/{id}/users"),
            ("user", $"/integrations/{id}/users/{user}"), ("entitlements", $"/integrations/{id}/entitlements"), ("sync-plans", $"/integrations/{id}/sync-plans"), ("operations", $"/integrations/{id}/operations"),
            ("operation", $"/integrations/{id}/operations/{operation}"), ("validation", $"/integrations/{id}/operations/{validation}"),
            ("operation-failed", $"/integrations/{id}/operations/{failed}"), ("task", $"/integrations/{id}/tasks/{task}"), ("sync-plan", $"/integrations/{id}/sync-plans/{plan}"),
            ("workflow", $"/integrations/{id}/operations/{operation}/instance"), ("status-history", $"/integrations/{id}/status-history"),
            ("activity", $"/integrations/{id}/activity?verify=1"), ("choose-app", "/integrations/new"), ("create", "/integrations/new/sample-workspace"),
            ("people", "/people?q=look"), ("person", "/people/look@example.test"), ("catalog", "/catalog"), ("catalog-app", "/catalog/sample-workspace"),
            ("settings", "/settings"), ("workspace-activity", "/settings/activity?verify=1"), ("tasks", $"/integrations/{id}/tasks"), ("approvals", $"/integrations/{id}/approvals"),
            ("notifications", $"/integrations/{id}/notifications"), ("assigned", $"/integrations/{id}/entitlements/users?value=Editor"), ("unmatched", $"/integrations/{id}/users/{unmatched}"),
            ("posture", "/posture"), ("posture-none", "/posture?problem=PasswordAge"), ("posture-account", $"/posture/{id}"),
            ("access", $"/integrations/{id}/access"), ("access-none", $"/integrations/{id}/access?q=nobody-at-all"), ("drift", $"/integrations/{id}/drift"), ("captures", $"/integrations/{id}/captures"),
            ("awaiting-claim", $"/integrations/{claimed}/users/{claims}"), ("erasable", $"/integrations/{id}/users/{gone}"),
            ("not-found", "/no-such-page"), ("nobody", $"/integrations/{id}/users?q=nobody-at-all"),
        ];
        await product.ApiAsync(HttpMethod.Put, $"integrations/{id}/users/{user}/connected-account", new JsonObject { ["password"] = "Kept-to-look-at-1!" });
        await product.ApiAsync(HttpMethod.Put, $"integrations/{id}/posture-exceptions/Mfa", new JsonObject { ["reason"] = "The phone is on its way", ["expiresAt"] = DateTimeOffset.UtcNow.AddDays(20).ToString("O") });
        var cookie = await product.SignInAsync();
        var problems = new System.Collections.Concurrent.ConcurrentQueue<string>();

        // Two windows at a time: while one waits for the server, the other is looked at.
        await Parallel.ForEachAsync(
            pages.Chunk((pages.Length + 1) / 2), new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = TestContext.Current.CancellationToken },
            async (part, _) => await LookAsync(part, cookie, problems.Enqueue));
        Assert.True(problems.IsEmpty, string.Join('\n', problems));
    }

    /// <summary>Opens each page once, and looks at it at each width in both themes.</summary>
    private async Task LookAsync(IEnumerable<(string Name, string Path)> pages, string cookie, Action<string> tell)
    {
        var shots = Directory.CreateDirectory(Path.Combine(RunningDashboard.RepositoryRoot(), "artifacts", "dashboard")).FullName;
        await using var visit = await product.VisitAsync(cookie);
        var page = visit.Page;

        // The pages' own policy forbids a foreign script, and axe is one.
        await visit.Context.RouteAsync("**/*", async route =>
        {
            if (route.Request.ResourceType != "document")
            {
                await route.ContinueAsync();
                return;
            }

            var answer = await route.FetchAsync();
            var headers = answer.Headers.Where(header => header.Key != "content-security-policy").ToDictionary(header => header.Key, header => header.Value);
            await route.FulfillAsync(new RouteFulfillOptions { Response = answer, Headers = headers });
        });
        foreach (var (name, path) in pages)
        {
            var bytes = 0;
            void Count(object? sender, IResponse response) => bytes += response.Headers.TryGetValue("content-length", out var length) && int.TryParse(length, out var size) ? size : 0;
            await visit.Context.ClearCookiesAsync(new() { Name = "idlcm_theme" });
            page.Response += Count;
            await visit.OpenAsync(path);
            page.Response -= Count;
            if (bytes is 0 or > MaxBytes)
            {
                tell($"{path}: {bytes} bytes");
            }

            await page.AddScriptTagAsync(new PageAddScriptTagOptions { Path = Axe });
            foreach (var (width, dark) in from width in (int[])[390, 820, 1280] from dark in (bool[])[false, true] select (width, dark))
            {
                var scheme = dark ? "dark" : "light";
                await page.SetViewportSizeAsync(width, 900);
                await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light, ReducedMotion = ReducedMotion.Reduce });
                if (await page.EvaluateAsync<int>("document.documentElement.scrollWidth - window.innerWidth") is > 0 and var over)
                {
                    tell($"{path} at {width}: {over} pixels too wide");
                }

                await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(shots, $"{name}-{width}-{scheme}.png"), FullPage = true });

                // What the dark theme changes is its colours: every other rule was held to the same elements just before.
                var rules = dark ? "{ runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } }" : "{}";
                var found = await page.EvaluateAsync<string>($"async () => JSON.stringify((await axe.run({rules})).violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | ').slice(0, 300)))");
                foreach (var violation in JsonSerializer.Deserialize<List<string>>(found)!)
                {
                    tell($"{path} at {width}, {scheme}: {violation}");
                }
            }
        }

        visit.AssertNoComplaints();
    }

    [Fact]
    public async Task What_identity_providers_apps_and_connectors_write_is_shown_as_text_and_does_nothing()
    {
        var (id, token) = await product.IntegrationAsync($"Evil {Script}", HostileConnector.Id);
        var (failed, _) = await product.IntegrationAsync($"Evil and failed {Script}", HostileConnector.Id, workspace: "no-such-workspace");
        await product.ApiAsync(HttpMethod.Put, $"integrations/{id}/scim-access", new JsonObject { ["captureUntil"] = DateTimeOffset.UtcNow.AddHours(1).ToString("O") });
        var user = await product.ProvisionAsync(id, token, "evil@example.test", Script, "</title><script>window.hacked=1</script>");
        var operation = (string)(await product.SettledAsync(id, user))["lastOperationId"]!;
        var cookie = await product.SignInAsync();
        await using var visit = await product.VisitAsync(cookie);
        foreach (var path in (string[])[
            "/", "/integrations", $"/integrations/{id}", $"/integrations/{id}/users", $"/integrations/{id}/users/{user}", $"/integrations/{id}/operations",
            $"/integrations/{id}/operations/{operation}", $"/integrations/{id}/operations/{operation}/instance", $"/integrations/{id}/status-history", $"/integrations/{id}/activity", $"/people?q={Uri.EscapeDataString(Script)}", "/people?q=evil",
            $"/integrations/{id}/approvals", $"/integrations/{id}/tasks", $"/integrations/{id}/notifications", "/settings/activity", $"/integrations/{id}/entitlements/users?value={Uri.EscapeDataString(Script)}",
            $"/integrations/{failed}", $"/integrations/{id}/captures", $"/integrations/{id}/access", $"/integrations/{id}/drift", $"/integrations/{id}/sync-plans", $"/integrations/{id}/entitlements",
            "/integrations/new", $"/integrations/new/{HostileConnector.Id}", "/catalog", $"/catalog/{HostileConnector.Id}",
            "/people/evil@example.test", $"/integrations?q={Uri.EscapeDataString(Script)}", "/settings", "/posture", $"/posture/{id}"])
        {
            await visit.OpenAsync(path);
            Assert.False(await visit.Page.EvaluateAsync<bool>("'hacked' in window"), path);
            Assert.Equal(1, await visit.Page.EvaluateAsync<int>("document.scripts.length"));
            Assert.Equal(0, await visit.Page.EvaluateAsync<int>("document.querySelectorAll('[onerror]').length"));
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
        await Assertions.Expect(visit.Page.GetByText("1 locator drifts")).ToBeVisibleAsync();

        await visit.OpenAsync($"/integrations/{id}/users/{user}");
        Assert.Contains(Script, await visit.Page.InnerTextAsync("main"), StringComparison.Ordinal);
        visit.AssertNoComplaints();

        // Nor does a spreadsheet take a name for a formula.
        await product.ProvisionAsync(id, token, "formula@example.test", "=HYPERLINK(\"http://evil.example\")", "x");
        var csv = (await product.RequestAsync(HttpMethod.Get, $"/integrations/{id}/users.csv", cookie)).Body;
        Assert.Contains("\"'=HYPERLINK(", csv, StringComparison.Ordinal);
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
        await visit.Page.WaitForURLAsync(url => url.Contains("q=keyboard", StringComparison.Ordinal));
        await Assertions.Expect(visit.Page.Locator("#integration-list tbody tr")).ToHaveCountAsync(1);
        await visit.Page.ReloadAsync();
        await Assertions.Expect(visit.Page.Locator("#integration-list tbody tr")).ToHaveCountAsync(1);

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
