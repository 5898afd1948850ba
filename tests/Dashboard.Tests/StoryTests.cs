using System.Text.Json.Nodes;
using IdLcm.Samples.Data;
using IdLcm.Samples.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IdLcm.Dashboard.Tests;

/// <summary>What an administrator does, by clicking only.</summary>
[Collection(DashboardCollection.Name)]
public sealed class StoryTests(RunningDashboard product)
{
    private const string Person = "grace@example.test";

    [Fact]
    public async Task From_the_printed_link_to_an_onboarded_person_to_a_pause_and_a_revocation_by_clicking_only()
    {
        await using var visit = await product.VisitAsync();
        var page = visit.Page;

        // The link of the start-up signs in, once.
        await page.GotoAsync(product.SignInLink);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in to IdLCM" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Home", Exact = true })).ToBeVisibleAsync();
        await using (var second = await product.VisitAsync())
        {
            await second.Page.GotoAsync(product.SignInLink);
            await second.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in to IdLCM" }).ClickAsync();
            await Expect(second.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("has been used");
        }

        // Create, step by step; what was typed survives a session that ends half-way.
        await page.GetByRole(AriaRole.Link, new() { Name = "Integrations", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Create integration" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Northwind Workspace" }).ClickAsync();
        await page.GetByLabel("Integration name").FillAsync("Northwind for the story");
        await page.GetByLabel("App address").FillAsync(product.Sample.BaseAddress.ToString().TrimEnd('/'));
        await page.GetByLabel("Workspace ID").FillAsync(product.SampleOptions.WorkspaceId);
        await page.ReloadAsync();
        await Expect(page.GetByLabel("Integration name")).ToHaveValueAsync("Northwind for the story");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: service account" }).ClickAsync();
        await page.GetByLabel("User name in the app").FillAsync(product.SampleOptions.AdminUser);
        await page.GetByLabel("Password").FillAsync(RunningDashboard.AdminPassword);
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: settings" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: user schema" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Test and save" }).ClickAsync();

        // The token is shown this once; the validation's steps and findings appear by themselves.
        var token = await page.Locator("#new-token").TextContentAsync();
        Assert.StartsWith("idlcm_gw_", token, StringComparison.Ordinal);
        await Expect(page.GetByText("Sign in", new() { Exact = false }).First).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Findings" })).ToBeVisibleAsync();
        await Expect(page.Locator(".steps li.done")).Not.ToHaveCountAsync(0);
        await Expect(page.Locator(".findings li.bad")).ToHaveCountAsync(0);
        await page.ReloadAsync();
        await Expect(page.Locator("#new-token")).ToHaveCountAsync(0);
        var id = new Uri(page.Url).Segments[2].Trim('/');

        // A person comes in through SCIM; the open page shows it without being touched.
        await page.GetByRole(AriaRole.Navigation, new() { Name = "Parts of" }).GetByRole(AriaRole.Link, new() { Name = "Users" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "member1@northwind.example" })).ToContainTextAsync("Unmatched");
        await product.ProvisionAsync(id, token!, Person, "Grace", "Hopper");
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = Person });
        await Expect(row).ToContainTextAsync("Onboarded");
        Assert.Equal(Role.Editor, product.Sample.Snapshot().Single(member => member.Email == Person).Role);

        // Her page, her operation, its steps.
        await row.GetByRole(AriaRole.Link, new() { Name = Person }).ClickAsync();
        await Expect(page.GetByText("Yes, and verified in the app")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Provision", Exact = true }).ClickAsync();
        await Expect(page.Locator(".steps li").Filter(new() { HasText = "Send invite" })).ToContainTextAsync("cannot be taken back");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Attempt 1" })).ToBeVisibleAsync();

        // Pause and resume.
        await page.GetByText("Pause …").ClickAsync();
        await page.GetByLabel("Reason").FillAsync("The app is being moved");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause writes" }).ClickAsync();
        await Expect(page.GetByText("The app is being moved")).ToBeVisibleAsync();
        Assert.Equal("The app is being moved", (string?)(await product.ApiAsync(HttpMethod.Get, $"integrations/{id}"))["paused"]!["reason"]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await Expect(page.GetByText("Resumed.")).ToBeVisibleAsync();

        // A sync takes its time: it is left, found again from the list of integrations, and followed live to its end.
        product.Sample.Faults.Change(faults => faults with { Slow = 5000 });
        await page.GetByRole(AriaRole.Button, new() { Name = "Sync", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sync" })).ToBeVisibleAsync();
        var sync = page.Url;
        await page.GetByRole(AriaRole.Link, new() { Name = "Integrations", Exact = true }).First.ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Northwind for the story" }).ClickAsync();
        await page.Locator("#running").GetByRole(AriaRole.Link, new() { Name = "Sync" }).ClickAsync();
        Assert.Equal(sync, page.Url);
        product.Sample.Faults.Clear();
        await Expect(page.GetByText("What it did:")).ToBeVisibleAsync();
        await Expect(page.Locator("#running")).ToHaveCountAsync(0);

        // The app hides who has not accepted yet: the safeguard halts the sync, and a person allows its plan once.
        await visit.OpenAsync($"/integrations/{id}");
        await page.GetByLabel("Share of known accounts, in %").FillAsync("10");
        await page.GetByLabel("Share counts from this many accounts on").FillAsync("0");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save safeguard" }).ClickAsync();
        await Expect(page.GetByText("Saved.", new() { Exact = false }).First).ToBeVisibleAsync();
        product.Sample.Faults.Change(faults => faults with { HidePending = true });
        await page.GetByRole(AriaRole.Button, new() { Name = "Sync", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "allow the plan once or reject it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = Person })).ToContainTextAsync("Gone");
        await page.GetByLabel("Reason to reject it").FillAsync("Look first");
        await page.GetByRole(AriaRole.Button, new() { Name = "Reject", Exact = true }).ClickAsync();
        await Expect(page.Locator("#plan .badge").First).ToHaveTextAsync("Rejected");
        await page.GetByRole(AriaRole.Link, new() { Name = "the sync", Exact = true }).ClickAsync();
        await Expect(page.Locator("#decided-plan")).ToBeVisibleAsync();
        await visit.OpenAsync("/");
        await Expect(page.Locator("#attention li").Filter(new() { HasText = "Northwind for the story" })).ToHaveCountAsync(0);
        await page.GoBackAsync();

        // They are gone indeed: the next plan is allowed.
        await page.GetByRole(AriaRole.Button, new() { Name = "Sync", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "allow the plan once or reject it" }).ClickAsync();
        await page.GetByLabel("Reason to allow it once").FillAsync("They were removed by hand");
        await page.GetByRole(AriaRole.Button, new() { Name = "Allow once" }).ClickAsync();
        await Expect(page.Locator("#plan .badge").First).ToHaveTextAsync("Applied");
        await Expect(page.Locator("#plan")).ToContainTextAsync("They were removed by hand");
        product.Sample.Faults.Clear();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sync", Exact = true }).ClickAsync();
        await Expect(page.GetByText("What it did:")).ToBeVisibleAsync();

        // Across apps: her access is taken away everywhere.
        await page.GetByRole(AriaRole.Link, new() { Name = "People", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Searchbox).FillAsync(Person);
        await page.GetByRole(AriaRole.Link, new() { Name = Person }).ClickAsync();
        await page.Locator("#revoke-reason").FillAsync("Left the company");
        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke access everywhere" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Revoke access everywhere" }).ClickAsync();
        await Expect(page.Locator("#person dd").First).ToHaveTextAsync("No");
        Assert.Equal(MemberStatus.Suspended, product.Sample.Snapshot().Single(member => member.Email == Person).Status);

        await page.Locator("#lift-reason").FillAsync("It was another Grace");
        await page.GetByRole(AriaRole.Button, new() { Name = "Lift the revocation" }).ClickAsync();
        await Expect(page.Locator("#person dd").First).ToHaveTextAsync("Invited");

        // The audit trail names the administrator, and is whole.
        await page.GotoAsync($"/integrations/{id}/activity?verify=1");
        await Expect(page.GetByText("The chain is intact.")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Resumed" })).ToContainTextAsync("Owner");

        await page.GetByText("Owner", new() { Exact = true }).First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.GotoAsync("/integrations");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
        visit.AssertNoComplaints();
    }

    [Fact]
    public async Task Somebody_who_failed_is_found_at_home_with_the_evidence_and_retried_and_what_waits_is_cancelled()
    {
        var (id, token) = await product.IntegrationAsync("Retried from home");
        product.Sample.Faults.Change(faults => faults with { Captcha = CaptchaPlace.Everywhere });
        string user;
        try
        {
            user = await product.ProvisionAsync(id, token, "retried@example.test", "Rita", "Retried");
            await product.SettledAsync(id, user);
        }
        finally
        {
            product.Sample.Faults.Clear();
        }

        await using var visit = await product.VisitAsync(await product.SignInAsync());
        var page = visit.Page;
        await visit.OpenAsync("/");
        await page.Locator("#attention li").Filter(new() { HasText = "retried@example.test" }).GetByRole(AriaRole.Link, new() { Name = "What failed" }).ClickAsync();
        await Expect(page.Locator(".failure").First).ToContainTextAsync("CaptchaOrStepUp");
        await Expect(page.GetByAltText("Screenshot", new() { Exact = false }).First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Retry", Exact = true }).ClickAsync();
        await Expect(page.GetByText("It is being tried again.")).ToBeVisibleAsync();
        await Expect(page).ToHaveTitleAsync("Provision retried@example.test · Retried from home · IdLCM");
        Assert.Equal("Onboarded", (string?)(await product.SettledAsync(id, user))["provisioningState"]);

        await product.ApiAsync(HttpMethod.Post, $"integrations/{id}/pause", new JsonObject { ["reason"] = "So that it waits" });
        var waits = await product.ProvisionAsync(id, token, "waits@example.test", "Wanda", "Waits");
        await visit.OpenAsync($"/integrations/{id}/users/{waits}");
        await page.GetByRole(AriaRole.Link, new() { Name = "Provision", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Cancel the operation" }).ClickAsync();
        await Expect(page.GetByText("Cancelled.", new() { Exact = true })).ToBeVisibleAsync();

        // All that failed can be tried again as soon as the list shows it, however the list came to show it.
        await page.GetByRole(AriaRole.Link, new() { Name = "Operations", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Retry all failed" })).ToHaveCountAsync(0);
        await page.Locator("select[name=status]").SelectOptionAsync("Failed");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Retry all failed" })).ToBeVisibleAsync();
        visit.AssertNoComplaints();

        // The gateway is away for a while: the page says so, sends nothing, keeps what was typed, and goes on by itself.
        await page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await page.GetByText("Pause …").ClickAsync();
        await page.GetByLabel("Reason", new() { Exact = false }).FillAsync("Typed while it was away");
        await visit.Context.SetOfflineAsync(true);
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause writes" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("The gateway does not answer. Nothing was sent");
        await page.Keyboard.PressAsync("Escape");
        await page.Locator("select[name=status]").SelectOptionAsync("");
        await Expect(page.GetByRole(AriaRole.Main).Locator(".told")).ToContainTextAsync("this page goes on as soon as it answers again");
        await visit.Context.SetOfflineAsync(false);
        await Expect(page.Locator(".told")).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "waits@example.test" })).ToBeVisibleAsync();

        // So it does when the session has ended: who signs in beside it sends it from where they were.
        var cookies = await visit.Context.CookiesAsync();
        await visit.Context.ClearCookiesAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause writes" }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("Your session has ended");
        await visit.Context.AddCookiesAsync(cookies.Select(cookie => new Microsoft.Playwright.Cookie { Name = cookie.Name, Value = cookie.Value, Url = product.Url }));
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
        await Expect(page.Locator("#integration-head")).ToContainTextAsync("Typed while it was away");
    }

    [Fact]
    public async Task A_failed_validation_says_what_to_do_and_passes_once_that_is_done()
    {
        var cookie = await product.SignInAsync();
        await using var visit = await product.VisitAsync(cookie);
        var page = visit.Page;
        await visit.OpenAsync("/integrations/new/sample-workspace");
        await page.GetByLabel("Integration name").FillAsync("Wrong password");
        await page.GetByLabel("App address").FillAsync(product.Sample.BaseAddress.ToString().TrimEnd('/'));
        await page.GetByLabel("Workspace ID").FillAsync(product.SampleOptions.WorkspaceId);
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: service account" }).ClickAsync();
        await page.GetByLabel("User name in the app").FillAsync(product.SampleOptions.AdminUser);
        await page.GetByLabel("Password").FillAsync("not the password");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: settings" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: user schema" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Test and save" }).ClickAsync();

        await Expect(page.Locator(".failure").First).ToContainTextAsync("BadCredentials");
        await Expect(page.Locator(".failure").First).ToContainTextAsync("Check the service account's user name and password");
        var screenshot = page.GetByAltText("Screenshot", new() { Exact = false }).First;
        await screenshot.ScrollIntoViewIfNeededAsync();
        await Expect(screenshot).ToHaveJSPropertyAsync("complete", true);
        Assert.True(await screenshot.EvaluateAsync<int>("image => image.naturalWidth") > 100, "The screenshot is not shown.");

        await visit.OpenAsync("/");
        await page.Locator("#attention").GetByRole(AriaRole.Link, new() { Name = "Wrong password" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Navigation, new() { Name = "Parts of" }).GetByRole(AriaRole.Link, new() { Name = "Settings" }).ClickAsync();
        await page.Locator("#service-account input[name=secret]").FillAsync(RunningDashboard.AdminPassword);
        await page.GetByRole(AriaRole.Button, new() { Name = "Save and validate" }).ClickAsync();
        await Expect(page.Locator("#validation .badge")).ToHaveTextAsync("Passed");
        visit.AssertNoComplaints();
    }
}
