using System.Text.Json.Nodes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IdLcm.Dashboard.Tests;

/// <summary>What an integration does by itself, and its user schema, set by clicking.</summary>
[Collection(DashboardCollection.Name)]
public sealed class SettingsTests(RunningDashboard product)
{
    [Fact]
    public async Task The_wizard_asks_for_invitations_safeguard_schedule_and_a_schema_of_its_own_and_the_integration_has_them()
    {
        await using var visit = await product.VisitAsync(await product.SignInAsync());
        var page = visit.Page;
        await visit.OpenAsync("/integrations/new/sample-workspace");
        await page.GetByLabel("Integration name").FillAsync("Made with settings");
        await page.GetByLabel("App address").FillAsync(product.Sample.BaseAddress.ToString().TrimEnd('/'));
        await page.GetByLabel("Workspace ID").FillAsync(product.SampleOptions.WorkspaceId);
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: service account" }).ClickAsync();
        await page.GetByLabel("User name in the app").FillAsync(product.SampleOptions.AdminUser);
        await page.GetByLabel("Password").FillAsync(RunningDashboard.AdminPassword);
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: settings" }).ClickAsync();

        await page.GetByLabel("When a person is assigned in the identity provider").SelectOptionAsync("onClaim");
        await page.GetByLabel("Delete deactivated accounts after days").FillAsync("30");
        await page.GetByLabel("Share of known accounts, in %").FillAsync("15");
        await Expect(page.GetByLabel("Schedule", new() { Exact = false }).Last).ToBeHiddenAsync();
        await page.GetByLabel("Sync by itself").SelectOptionAsync("cron");
        await page.Locator("input[name=cron]").FillAsync("30 6 * * 1-5");
        await page.GetByLabel("Time zone").FillAsync("Europe/Berlin");
        await page.GetByLabel("Observe only at first", new() { Exact = false }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: user schema" }).ClickAsync();

        // The empty row makes room for another one as soon as somebody begins it.
        await page.GetByText("Use another one").ClickAsync();
        await page.GetByLabel("Its own, as a form").CheckAsync();
        await page.Locator("summary", new() { HasText = "Add an attribute" }).ClickAsync();
        await page.Locator("input[name='attribute.5.name']").FillAsync("costCenter");
        await page.Locator("input[name='attribute.5.label']").FillAsync("Cost center");
        await Expect(page.Locator("input[name='attribute.6.name']")).ToHaveCountAsync(1);
        await page.GetByRole(AriaRole.Button, new() { Name = "Test and save" }).ClickAsync();
        await Expect(page.Locator("#new-token")).ToBeVisibleAsync();

        var id = new Uri(page.Url).Segments[2].Trim('/');
        var made = await product.ApiAsync(HttpMethod.Get, $"integrations/{id}");
        Assert.Equal("onClaim", (string?)made["invite"]);
        Assert.Equal(30, (int)made["deprovision"]!["deleteAfterDays"]!);
        Assert.Equal(15, (int)made["safeguard"]!["percent"]!);
        Assert.Equal(("30 6 * * 1-5", "Europe/Berlin"), ((string?)made["sync"]!["schedule"]!["cron"], (string?)made["sync"]!["schedule"]!["timeZone"]));
        Assert.NotNull(made["observeOnly"]);
        Assert.Contains(made["userSchema"]!["attributes"]!.AsArray(), attribute => (string?)attribute!["name"] == "costCenter" && (string?)attribute["label"] == "Cost center");

        await visit.OpenAsync($"/integrations/{id}");
        await Expect(page.Locator("#integration-head")).ToContainTextAsync("Observe only");
        await page.GetByLabel("Reason to promote it").FillAsync("It did what it should");
        await page.GetByRole(AriaRole.Button, new() { Name = "Promote …" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Promote", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Promoted.", new() { Exact = false })).ToBeVisibleAsync();
        Assert.Null((await product.ApiAsync(HttpMethod.Get, $"integrations/{id}"))["observeOnly"]);
        visit.AssertNoComplaints();
    }

    [Fact]
    public async Task Policies_and_the_user_schema_are_changed_as_forms_and_a_wrong_one_says_what_is_wrong_and_keeps_what_was_typed()
    {
        var (id, _) = await product.IntegrationAsync("Changed by forms");
        await using var visit = await product.VisitAsync(await product.SignInAsync());
        var page = visit.Page;
        await visit.OpenAsync($"/integrations/{id}");
        Assert.Equal($"{product.Url}/launch/{id}", await page.Locator("#bookmark-url").TextContentAsync());
        var copy = page.GetByRole(AriaRole.Button, new() { Name = "Copy SCIM base URL" });
        await copy.ClickAsync();
        await copy.ClickAsync();
        await Expect(copy).ToHaveTextAsync("Copied");
        await Expect(copy).ToHaveTextAsync("Copy");

        await page.GetByLabel("Sync by itself").SelectOptionAsync("cron");
        await page.Locator("#sync input[name=cron]").FillAsync("every morning");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save sync" }).ClickAsync();
        await Expect(page.Locator("#sync [role=alert]")).ToContainTextAsync("Schedule");
        await Expect(page.Locator("#sync input[name=cron]")).ToHaveValueAsync("every morning");
        await Expect(page).ToHaveURLAsync($"{product.Url}/integrations/{id}");
        await page.GetByLabel("Sync by itself").SelectOptionAsync("0 2 * * *");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save sync" }).ClickAsync();
        await Expect(page).ToHaveURLAsync($"{product.Url}/integrations/{id}#sync");
        await Expect(page.GetByText("Saved.")).ToBeVisibleAsync();

        await page.GetByLabel("Hold removals beyond these limits").CheckAsync();
        await page.GetByLabel("Or this many people").FillAsync("7");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save hold" }).ClickAsync();
        await Expect(page).ToHaveURLAsync($"{product.Url}/integrations/{id}#hold");
        await Expect(page.GetByText("Saved.")).ToBeVisibleAsync();

        // What was done is told where the person looks, far down a long page, until it has been read.
        await Expect(page.Locator("[data-notice]")).ToBeInViewportAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Dismiss" }).ClickAsync();
        await Expect(page.Locator("[data-notice]")).ToHaveCountAsync(0);
        await page.GetByLabel("Keep activity for days", new() { Exact = false }).FillAsync("400");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save retention" }).ClickAsync();
        await Expect(page).ToHaveURLAsync($"{product.Url}/integrations/{id}#retention");
        await Expect(page.GetByText("Saved.")).ToBeVisibleAsync();

        await page.Locator("#schema-form > summary").ClickAsync();
        await page.Locator("#schema-form summary", new() { HasText = "Add a role" }).ClickAsync();
        await page.Locator("#schema-form input[name='role.4.value']").FillAsync("Viewer");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save the form" }).ClickAsync();
        await Expect(page.Locator("#schema [role=alert]")).ToContainTextAsync("must each have a value of their own");
        await page.Locator("#schema-form summary", new() { HasText = "Viewer" }).Last.ClickAsync();
        await page.Locator("#schema-form input[name='role.4.value']").FillAsync("Auditor");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save the form" }).ClickAsync();
        await Expect(page).ToHaveURLAsync($"{product.Url}/integrations/{id}#schema");
        await Expect(page.GetByText("Saved.")).ToBeVisibleAsync();

        var saved = await product.ApiAsync(HttpMethod.Get, $"integrations/{id}");
        Assert.Equal("0 2 * * *", (string?)saved["sync"]!["schedule"]!["cron"]);
        Assert.Equal(7, (int)saved["inboundHold"]!["absolute"]!);
        Assert.Equal(400, (int)saved["activityDays"]!);
        Assert.Contains(saved["userSchema"]!["roles"]!.AsArray(), option => (string?)option!["value"] == "Auditor");
        Assert.Equal("email", (string?)saved["userSchema"]!["attributes"]!.AsArray().Single(attribute => (bool?)attribute!["primaryIdentifier"] == true)!["name"]);
        await visit.OpenAsync("/settings");
        await Expect(page.Locator("#retention")).ToContainTextAsync("400 days");
        visit.AssertNoComplaints();
    }

    [Fact]
    public async Task Unmatched_accounts_are_a_filter_of_the_users_in_the_address_and_in_the_export()
    {
        var (id, token) = await product.IntegrationAsync("Filter of the unmatched");
        await product.SettledAsync(id, await product.ProvisionAsync(id, token, "claimed@example.test"));
        var cookie = await product.SignInAsync();
        var list = (await product.RequestAsync(HttpMethod.Get, $"/integrations/{id}/users?state=unmatched", cookie)).Body;
        Assert.Contains("member3@", list, StringComparison.Ordinal);
        Assert.DoesNotContain("claimed@", list, StringComparison.Ordinal);
        var csv = (await product.RequestAsync(HttpMethod.Get, $"/integrations/{id}/users.csv?state=unmatched", cookie)).Body;
        Assert.Contains("member3@northwind.example", csv, StringComparison.Ordinal);
        Assert.DoesNotContain("claimed@example.test", csv, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_pages_that_follow_a_change_share_an_answer_without_anything_of_a_session_in_it()
    {
        var (id, _) = await product.IntegrationAsync("Followed");
        var (one, other) = (await product.SignInAsync(), await product.SignInAsync());
        var path = $"/integrations/{id}";
        var own = (await product.RequestAsync(HttpMethod.Get, path, one)).Body;
        var token = own[(own.IndexOf("name=\"_token\" value=\"", StringComparison.Ordinal) + 21)..][..64];
        var shared = await product.RequestAsync(HttpMethod.Get, path, one, headers: ("X-Requested-With", "dashboard-live"));
        Assert.Contains("Followed", shared.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(token, shared.Body, StringComparison.Ordinal);

        // The same for the other, for whoever shows it already nothing, and after a change a new one at once.
        var again = await product.RequestAsync(HttpMethod.Get, path, other, headers: [("X-Requested-With", "dashboard-live"), ("If-None-Match", shared.Headers.ETag!.ToString())]);
        Assert.True(again.Status == 304 || again.Body.Contains("Followed", StringComparison.Ordinal), $"{again.Status}");
        await product.ApiAsync(HttpMethod.Patch, $"integrations/{id}", new JsonObject { ["name"] = "Followed and changed" });
        var changed = await product.RequestAsync(HttpMethod.Get, path, other, headers: [("X-Requested-With", "dashboard-live"), ("If-None-Match", shared.Headers.ETag!.ToString())]);
        Assert.Equal(200, changed.Status);
        Assert.Contains("Followed and changed", changed.Body, StringComparison.Ordinal);
        Assert.Equal(302, (await product.RequestAsync(HttpMethod.Get, path, headers: ("X-Requested-With", "dashboard-live"))).Status);
    }

    [Fact]
    public async Task A_form_works_after_its_page_followed_a_change()
    {
        var (id, token) = await product.IntegrationAsync("Form after a change");
        await using var visit = await product.VisitAsync(await product.SignInAsync());
        var page = visit.Page;
        await visit.OpenAsync($"/integrations/{id}/users");
        await product.ProvisionAsync(id, token, "follows@example.test", "Fay", "Follow");
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "follows@example.test" })).ToContainTextAsync("Onboarded");
        await page.GetByRole(AriaRole.Button, new() { Name = "Validate" }).ClickAsync();
        await Expect(page.GetByText("The validation has been started.")).ToBeVisibleAsync();
        visit.AssertNoComplaints();
    }
}
