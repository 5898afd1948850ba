using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IdLcm.Dashboard.Tests;

/// <summary>Who has access and why, who may call, and what is decided about a person, by clicking.</summary>
[Collection(DashboardCollection.Name)]
public sealed class GovernanceTests(RunningDashboard product)
{
    [Fact]
    public async Task A_group_is_mapped_callers_are_allowed_retries_are_set_and_captured_requests_are_read_and_forgotten()
    {
        var (id, token) = await product.IntegrationAsync("Governed by forms");
        await using var visit = await product.VisitAsync(await product.SignInAsync());
        var page = visit.Page;
        await visit.OpenAsync($"/integrations/{id}");
        await page.Locator("#groups input[name=group]").FillAsync("Design team");
        await page.GetByRole(AriaRole.Button, new() { Name = "Map the group" }).ClickAsync();
        await Expect(page.Locator("#groups [role=alert]")).ToContainTextAsync("together must be 1 to");
        await Expect(page.Locator("#groups input[name=group]")).ToHaveValueAsync("Design team");
        await page.Locator("#groups select[name=roles]").SelectOptionAsync("Editor");
        await page.GetByRole(AriaRole.Button, new() { Name = "Map the group" }).ClickAsync();
        var row = page.Locator("#groups tbody tr");
        await Expect(row).ToContainTextAsync("Design team");
        await Expect(row).ToContainTextAsync("Not yet");
        Assert.Equal("Editor", (string?)(await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/group-mappings"))["items"]![0]!["roles"]![0]);
        await row.GetByRole(AriaRole.Button, new() { Name = "End the mapping of Design team" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "End the mapping" }).ClickAsync();
        await Expect(page.GetByText("No group is mapped")).ToBeVisibleAsync();

        await page.GetByLabel("User names for Basic", new() { Exact = false }).FillAsync("okta:1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save who may call" }).ClickAsync();
        await Expect(page.Locator("#scim-access [role=alert]")).ToContainTextAsync("without a colon");
        await page.GetByLabel("User names for Basic", new() { Exact = false }).FillAsync("okta");
        await page.GetByLabel("Capture requests for support", new() { Exact = false }).SelectOptionAsync("hour");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save who may call" }).ClickAsync();
        await Expect(page.Locator("#scim-access")).ToContainTextAsync("Capturing");
        await product.ProvisionAsync(id, token, "captured@example.test");

        await page.GetByLabel("First wait, in seconds", new() { Exact = false }).FillAsync("7");
        await page.Locator("#attempts summary").ClickAsync();
        await page.GetByLabel("AppUnavailable").FillAsync("12");
        await page.GetByLabel("Hold after failures in a row").FillAsync("3");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save retries" }).ClickAsync();
        await Expect(page).ToHaveURLAsync($"{product.Url}/integrations/{id}#retries");
        await page.Locator("#matching select").First.SelectOptionAsync("familyName");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save matching" }).ClickAsync();
        await Expect(page).ToHaveURLAsync($"{product.Url}/integrations/{id}#matching");
        var saved = await product.ApiAsync(HttpMethod.Get, $"integrations/{id}");
        Assert.Equal((7, 12, 3), ((int)saved["retry"]!["firstDelaySeconds"]!, (int)saved["retry"]!["attempts"]!["AppUnavailable"]!, (int)saved["circuit"]!["failures"]!));
        Assert.Equal("familyName", (string?)saved["matchBy"]![0]);
        Assert.Equal("okta", (string?)(await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/scim-access"))["basicUserNames"]![0]);

        await page.GetByRole(AriaRole.Link, new() { Name = "Captured requests" }).ClickAsync();
        await page.Locator("#capture-list summary").First.ClickAsync();
        await Expect(page.Locator("#capture-list")).ToContainTextAsync("captured@example.test");
        var lines = await DownloadAsync(page, "Download all as JSON Lines");
        Assert.Contains("captured@example.test", lines, StringComparison.Ordinal);
        Assert.DoesNotContain(token, lines, StringComparison.Ordinal);
        await page.GetByRole(AriaRole.Button, new() { Name = "Forget them …" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Forget them" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Nothing captured" })).ToBeVisibleAsync();
        visit.AssertNoComplaints();
    }

    [Fact]
    public async Task A_claim_is_skipped_what_a_person_has_is_told_with_its_reason_and_once_they_are_gone_their_data_is_erased()
    {
        var (id, token) = await product.IntegrationAsync("Claimed and erased", invite: "onClaim");
        var user = await product.ProvisionAsync(id, token, "clara@example.test", "Clara", "Claim");
        await using var visit = await product.VisitAsync(await product.SignInAsync());
        var page = visit.Page;
        await visit.OpenAsync($"/integrations/{id}/users");
        await page.GetByRole(AriaRole.Link, new() { Name = "clara@example.test", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Make a link to hand over" }).ClickAsync();
        Assert.StartsWith($"{product.Url}/claim/{id}.{user}.", await page.Locator("#new-link").TextContentAsync(), StringComparison.Ordinal);
        await page.ReloadAsync();
        await Expect(page.Locator("#new-link")).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Send a link by e-mail" }).ClickAsync();
        await Expect(page.GetByText("The mail could not be sent", new() { Exact = false })).ToBeVisibleAsync();
        await visit.OpenAsync($"/integrations/{id}/users/{user}");
        await page.GetByLabel("Reason not to wait for the person").FillAsync("She is on the phone");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account now" }).ClickAsync();
        Assert.Equal("Onboarded", (string?)(await product.SettledAsync(id, user))["provisioningState"]);

        // A single entitlement, and what she has then, since when and by whom.
        await visit.OpenAsync($"/integrations/{id}/users/{user}");
        var permission = (string)(await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/assets"))["items"]![0]!["entitlements"]![1]!;
        await page.Locator("#change-access summary").ClickAsync();
        await page.GetByLabel("Grant", new() { Exact = false }).First.FillAsync(permission);
        await page.Locator("#change-access input[name=reason]").FillAsync("Helps out");
        await page.GetByRole(AriaRole.Button, new() { Name = "Change entitlements" }).ClickAsync();
        await Expect(page.GetByText("The app follows as soon as its turn comes.", new() { Exact = false })).ToBeVisibleAsync();
        await product.SettledAsync(id, user);
        await visit.OpenAsync($"/integrations/{id}/entitlements");
        await page.GetByRole(AriaRole.Link, new() { Name = "Who has access, and why" }).ClickAsync();
        await page.GetByLabel("Person").FillAsync("clara@example.test");
        var rows = page.Locator("#access-list tbody tr");
        await Expect(rows).ToHaveCountAsync(2);
        await Expect(rows.Filter(new() { HasText = "Editor" })).Not.ToContainTextAsync("found in the app");
        await Expect(rows.Filter(new() { HasText = permission })).ToContainTextAsync("Owner");
        Assert.Contains(permission, await DownloadAsync(page, "Export as CSV"), StringComparison.Ordinal);
        await visit.OpenAsync("/people/clara@example.test");
        await Expect(page.Locator("#person")).ToContainTextAsync($"{permission} since");
        Assert.Contains("Claimed and erased", await DownloadAsync(page, "Export what they have, and why, as CSV"), StringComparison.Ordinal);

        // Somebody changes her by hand: that is drift, and correcting it takes a word.
        await visit.OpenAsync($"/integrations/{id}/sync-plans");
        await page.GetByRole(AriaRole.Link, new() { Name = "Drift", Exact = true }).ClickAsync();
        await Expect(page.Locator("#drift-list")).Not.ToContainTextAsync("clara@example.test");

        await product.DeleteAsync(id, token, user);
        Assert.Equal("Deleted", (string?)(await product.SettledAsync(id, user))["provisioningState"]);
        await visit.OpenAsync($"/integrations/{id}/users/{user}");
        await page.GetByLabel("Reason to erase it", new() { Exact = false }).FillAsync("Asked for by letter");
        await page.GetByRole(AriaRole.Button, new() { Name = "Ask to erase" }).ClickAsync();
        var card = page.Locator("section.card").Filter(new() { HasText = "Asked for by letter" });
        await card.GetByLabel("Reason").FillAsync("It is her right");
        await card.GetByRole(AriaRole.Button, new() { Name = "Approve" }).ClickAsync();
        await Expect(page.GetByText("It is done as an ordinary operation.", new() { Exact = false })).ToBeVisibleAsync();
        await visit.OpenAsync($"/integrations/{id}/users/{user}");
        await Expect(page.Locator("#user")).ToContainTextAsync($"erased-{user}");
        await Expect(page.Locator("#erase")).ToHaveCountAsync(0);
        Assert.DoesNotContain("clara", await page.InnerTextAsync("main"), StringComparison.OrdinalIgnoreCase);
        visit.AssertNoComplaints();
    }

    private static async Task<string> DownloadAsync(IPage page, string link)
    {
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = link }).ClickAsync());
        await using var content = await download.CreateReadStreamAsync();
        using var reader = new StreamReader(content, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }
}
