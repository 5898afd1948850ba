using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IdLcm.Dashboard.Tests;

/// <summary>Whole flows by keys alone: no test here moves a pointer.</summary>
[Collection(DashboardCollection.Name)]
public sealed class KeyboardTests(RunningDashboard product)
{
    private const int MaxTabs = 80;

    [Fact]
    public async Task From_sign_in_over_the_wizard_to_a_decision_about_an_account_by_keys_alone()
    {
        await using var visit = await product.VisitAsync();
        var page = visit.Page;
        await page.GotoAsync((string)(await product.ApiAsync(HttpMethod.Post, "sign-in-links"))["address"]!);
        await PressAsync(page.GetByRole(AriaRole.Button, new() { Name = "Sign in to IdLCM" }), "Enter");

        // The first stop of every page leads past the navigation.
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Home", Exact = true })).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Skip to content" })).ToBeFocusedAsync();
        await PressAsync(page.GetByRole(AriaRole.Link, new() { Name = "Integrations", Exact = true }), "Enter");
        await PressAsync(page.GetByRole(AriaRole.Link, new() { Name = "Create integration" }).First, "Enter");
        await PressAsync(page.GetByRole(AriaRole.Link, new() { Name = "Northwind Workspace" }), "Enter");

        await TypeAsync(page.GetByLabel("Integration name"), "Made by keys");
        await TypeAsync(page.GetByLabel("App address"), product.Sample.BaseAddress.ToString().TrimEnd('/'));
        await TypeAsync(page.GetByLabel("Workspace ID"), product.SampleOptions.WorkspaceId);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Service account" })).ToBeFocusedAsync();
        await TypeAsync(page.GetByLabel("User name in the app"), product.SampleOptions.AdminUser);
        await TypeAsync(page.GetByLabel("Password"), RunningDashboard.AdminPassword);
        await page.Keyboard.PressAsync("Enter");
        await PressAsync(page.GetByRole(AriaRole.Button, new() { Name = "Next: user schema" }), "Space");
        await PressAsync(page.GetByRole(AriaRole.Button, new() { Name = "Test and save" }), "Enter");
        await Expect(page.Locator("#new-token")).ToBeVisibleAsync();
        await Expect(page.Locator(".findings li.bad")).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Findings" })).ToBeVisibleAsync();

        await PressAsync(page.GetByRole(AriaRole.Link, new() { Name = "Go to the integration" }), "Enter");

        // The drawer keeps the keys inside, and gives them back where they were.
        await PressAsync(page.GetByRole(AriaRole.Navigation, new() { Name = "Parts of" }).GetByRole(AriaRole.Link, new() { Name = "Users" }), "Enter");
        var link = page.GetByRole(AriaRole.Link, new() { Name = "member3@northwind.example", Exact = true });
        await Expect(link).ToBeVisibleAsync();
        await PressAsync(link, "Enter");
        var drawer = page.GetByRole(AriaRole.Dialog);
        await Expect(drawer.GetByRole(AriaRole.Button, new() { Name = "Close" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(link).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await TypeAsync(drawer.GetByLabel("Reason it needs no identity provider"), "A test account");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#unmatched")).ToContainTextAsync("Exempted by Owner");

        // A question before what cannot be undone begins at Cancel.
        await PressAsync(page.GetByRole(AriaRole.Navigation, new() { Name = "Parts of" }).GetByRole(AriaRole.Link, new() { Name = "Settings" }), "Enter");
        await PressAsync(page.GetByRole(AriaRole.Navigation, new() { Name = "On this page" }).GetByRole(AriaRole.Link, new() { Name = "Danger zone" }), "Enter");
        await TypeAsync(page.GetByLabel("Reason to disable it"), "By keys");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Cancel" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await PressAsync(page.GetByRole(AriaRole.Button, new() { Name = "Disable …" }), "Enter");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByText("Identity providers are refused and nothing is written.")).ToBeVisibleAsync();
        visit.AssertNoComplaints();
    }

    private static async Task TypeAsync(ILocator field, string text)
    {
        await ReachAsync(field);
        await field.Page.Keyboard.PressAsync("Control+A");
        await field.Page.Keyboard.TypeAsync(text);
    }

    private static async Task PressAsync(ILocator target, string key)
    {
        await ReachAsync(target);
        await target.Page.Keyboard.PressAsync(key);
    }

    /// <summary>Goes on with the tab key until the target has the focus.</summary>
    private static async Task ReachAsync(ILocator target)
    {
        await Expect(target).ToBeVisibleAsync();
        await target.Page.WaitForSelectorAsync("html[data-ready]", new() { State = WaitForSelectorState.Attached });
        for (var i = 0; i < MaxTabs; i++)
        {
            if (await target.EvaluateAsync<bool>("element => element === document.activeElement"))
            {
                return;
            }

            await target.Page.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"{target} is not reached within {MaxTabs} tabs.");
    }
}
