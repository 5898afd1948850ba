using System.Text.Json.Nodes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IdLcm.Dashboard.Tests;

/// <summary>How the service accounts' sign-ins stand, and what people do about it, in the browser.</summary>
[Collection(DashboardCollection.Name)]
public sealed class PostureTests(RunningDashboard product)
{
    [Fact]
    public async Task Policies_and_exceptions_are_set_with_the_field_at_fault_named_and_seen_by_the_API()
    {
        var (id, _) = await product.IntegrationAsync("Posture forms");
        await using var visit = await product.VisitAsync(await product.SignInAsync());
        await visit.OpenAsync($"/posture/{id}");
        await Expect(visit.Page.Locator("#account")).ToContainTextAsync("No MFA");
        await visit.Page.FillAsync("#policy input[name=maxAgeDays]", "45");
        await visit.Page.FillAsync("#policy input[name=cron]", "every day");
        await visit.Page.ClickAsync("#policy button.primary");
        await Expect(visit.Page.Locator("#policy [role=alert]")).ToContainTextAsync("At fixed times");
        Assert.Equal("45", await visit.Page.InputValueAsync("#policy input[name=maxAgeDays]"));

        await visit.Page.FillAsync("#policy input[name=cron]", "");
        await visit.Page.FillAsync("#policy input[name=windowStart]", "22:00");
        await visit.Page.FillAsync("#policy input[name=windowEnd]", "04:00");
        await visit.Page.FillAsync("#policy input[name=windowZone]", "Europe/Berlin");
        await visit.Page.CheckAsync("#policy input[value=Saturday]");
        await visit.Page.CheckAsync("#policy input[name=afterLeaver]");
        await visit.Page.ClickAsync("#policy button.primary");
        await Expect(visit.Page.Locator("#policy")).ToContainTextAsync("Rotated after 45 days, after somebody left, between 22:00 and 04:00 in Europe/Berlin from Saturday.");
        var policy = (await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/rotation-policy"))["own"]!;
        Assert.Equal("""["Saturday"]""", policy["window"]!["days"]!.ToJsonString());
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Use the workspace's policy" }).ClickAsync();
        await Expect(visit.Page.GetByText("The workspace's policy is in force again.")).ToBeVisibleAsync();

        await visit.Page.FillAsync("#exceptions input[name=reason]", "The phone is on its way");
        await visit.Page.FillAsync("#exceptions input[name=until]", DateTime.UtcNow.AddDays(30).ToString("yyyy-MM-dd"));
        await visit.Page.ClickAsync("#exceptions button:has-text('Except')");
        await Expect(visit.Page.Locator("#exceptions .todo-list")).ToContainTextAsync("The phone is on its way");
        await Expect(visit.Page.Locator("#account")).Not.ToContainTextAsync("No MFA");
        await visit.OpenAsync("/posture?problem=Mfa");
        Assert.Equal(0, await visit.Page.Locator($"a[href='/posture/{id}']").CountAsync());
        await visit.OpenAsync($"/posture/{id}");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "End the exception from MFA" }).ClickAsync();
        await Expect(visit.Page.Locator("#account")).ToContainTextAsync("No MFA");

        await visit.Page.CheckAsync("#launch input[name=enabled]");
        await visit.Page.ClickAsync("#launch button.primary");
        await Expect(visit.Page.GetByText("Saved.")).ToBeVisibleAsync();
        Assert.True((bool)(await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/launch"))["enabled"]!);
        visit.AssertNoComplaints();
    }

    [Fact]
    public async Task The_workspace_policy_names_integrations_and_a_leftover_credential_is_forgotten_on_the_page()
    {
        var (id, token) = await product.IntegrationAsync("Posture workspace");
        var user = await product.ProvisionAsync(id, token, "kept@example.test", "Kay", "Kept");
        await product.SettledAsync(id, user);
        await using var visit = await product.VisitAsync(await product.SignInAsync());
        await visit.OpenAsync($"/integrations/{id}/users/{user}");
        await Expect(visit.Page.Locator("#connected-account")).ToContainTextAsync("No credential of the person's own account is kept");
        await visit.Page.ClickAsync("#keep-credential summary");
        await visit.Page.FillAsync("#keep-credential input[name=secret]", "Kept-on-the-page-1!");
        await visit.Page.FillAsync("#keep-credential input[name=totp]", "not a secret");
        await visit.Page.ClickAsync("#keep-credential button");
        await Expect(visit.Page.Locator(".notice.bad")).ToContainTextAsync("TOTP secret must be Base32");
        await visit.Page.ClickAsync("#keep-credential summary");
        await visit.Page.FillAsync("#keep-credential input[name=secret]", "Kept-on-the-page-1!");
        await visit.Page.ClickAsync("#keep-credential button");
        await Expect(visit.Page.Locator("#connected-account dl")).ToContainTextAsync("kept@example.test");
        Assert.DoesNotContain("Kept-on-the-page", await visit.Page.ContentAsync(), StringComparison.Ordinal);
        await visit.OpenAsync("/posture");
        await visit.Page.FillAsync("#policy input[name=maxAgeDays]", "80");
        await visit.Page.SelectOptionAsync("#policy select[name=exclude]", id);
        await visit.Page.ClickAsync("#policy button.primary");
        await Expect(visit.Page.GetByText("The policy is in force.")).ToBeVisibleAsync();
        var workspace = await product.ApiAsync(HttpMethod.Get, "rotation-policy");
        Assert.Equal((80, $"""["{id}"]"""), ((int)workspace["policy"]!["maxAgeDays"]!, workspace["exclude"]!.ToJsonString()));

        await visit.OpenAsync($"/posture/{id}");
        await Expect(visit.Page.Locator("#policy")).ToContainTextAsync("Nothing is rotated by itself.");
        Assert.DoesNotContain("Kept-on-the-page", await visit.Page.ContentAsync(), StringComparison.Ordinal);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Forget the credential of kept@example.test" }).ClickAsync();
        await visit.Page.Locator("dialog[open]").GetByRole(AriaRole.Button, new() { Name = "Forget" }).ClickAsync();
        await Expect(visit.Page.GetByText("Nobody's own credential is kept.")).ToBeVisibleAsync();
        await product.ApiAsync(HttpMethod.Put, "rotation-policy", new JsonObject());
        visit.AssertNoComplaints();
    }

    [Fact]
    public async Task Turning_MFA_on_is_asked_about_and_leads_to_the_operation_that_does_it()
    {
        var (id, _) = await product.IntegrationAsync("Posture refused");
        await product.ApiAsync(HttpMethod.Post, $"integrations/{id}/pause", new JsonObject { ["reason"] = "nothing is to happen in the app" });
        await using var visit = await product.VisitAsync(await product.SignInAsync());
        await visit.OpenAsync($"/posture/{id}");
        await visit.Page.ClickAsync("#enable-mfa");
        await visit.Page.Locator("dialog[open]").GetByRole(AriaRole.Button, new() { Name = "Turn on" }).ClickAsync();
        await visit.Page.WaitForURLAsync(url => url.Contains("/operations/", StringComparison.Ordinal), new() { WaitUntil = WaitUntilState.Commit });
        await visit.OpenAsync($"/posture/{id}");
        await Expect(visit.Page.Locator("#changes")).ToContainTextAsync("MFA on");

        // One at a time.
        await visit.Page.ClickAsync("#rotate");
        await visit.Page.Locator("dialog[open]").GetByRole(AriaRole.Button, new() { Name = "Rotate" }).ClickAsync();
        await Expect(visit.Page.GetByText("one is done at a time")).ToBeVisibleAsync();
        var operation = (string)(await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/operations?kind=EnableMfa"))["items"]![0]!["id"]!;
        await product.ApiAsync(HttpMethod.Post, $"operations/{operation}/cancel");
    }
}
