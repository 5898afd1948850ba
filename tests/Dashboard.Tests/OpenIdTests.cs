using System.Text.Json.Nodes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IdLcm.Dashboard.Tests;

/// <summary>Signing in by an OpenID provider, in a real browser.</summary>
[Collection(DashboardCollection.Name)]
public sealed class OpenIdTests(RunningDashboard product)
{
    [Fact]
    public async Task Claims_give_each_role_and_the_way_leads_back_to_the_page_that_was_wanted()
    {
        foreach (var (name, role) in ((string, string)[])[("Olga Owner", "Owner"), ("Sam Super", "Super Admin"), ("Ada Admin", "Admin"), ("Ines Manager", "Integration manager")])
        {
            await using var visit = await product.VisitAsync();
            var page = visit.Page;
            await page.GotoAsync("/integrations?sort=-name");
            await page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Contoso ID" }).ClickAsync();
            await page.GetByRole(AriaRole.Link, new() { Name = name }).ClickAsync();
            await Expect(page).ToHaveURLAsync(product.Url + "/integrations?sort=-name");
            await page.Locator("#account-menu summary").ClickAsync();
            await Expect(page.Locator("#account-menu .menu-body strong")).ToHaveTextAsync(name);
            await Expect(page.Locator("#account-menu .menu-body .muted")).ToHaveTextAsync(role);
            Assert.Equal(role is "Owner" or "Super Admin", await (await page.GotoAsync("/settings/activity"))!.TextAsync() is { } text && text.Contains("Signed in", StringComparison.Ordinal));

            var cookie = (await visit.Context.CookiesAsync()).Single(found => found.Name == "idlcm_session");
            Assert.True(cookie.HttpOnly);
            Assert.Equal(SameSiteAttribute.Lax, cookie.SameSite);
            Assert.DoesNotContain(await visit.Context.CookiesAsync([product.Url + "/sign-in/callback"]), found => found.Name == "idlcm_openid");
            visit.AssertNoComplaints();
        }

        var events = (await product.ApiAsync(HttpMethod.Get, "workspace/activity?event=Signed%20in&limit=50"))["items"]!.AsArray();
        Assert.Contains(events, item => (string)item!["actor"]! == "Ada Admin" && ((string)item["detail"]!).Contains("by Contoso ID, as Admin", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whoever_has_no_role_cancels_or_brings_a_token_that_is_not_right_stays_outside()
    {
        await using var visit = await product.VisitAsync();
        var page = visit.Page;
        async Task TryAsync(string who, string told)
        {
            await page.GotoAsync("/sign-in/provider");
            await page.GetByRole(AriaRole.Link, new() { Name = who, Exact = true }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync(told);
            Assert.DoesNotContain(await visit.Context.CookiesAsync(), found => found.Name == "idlcm_session");
        }

        await TryAsync("Nobody", "nothing gives you a role here");
        await TryAsync("Cancel", "access_denied");
        foreach (var who in (string[])["Forger", "Other audience", "Other issuer", "Expired", "Replayed"])
        {
            await TryAsync(who, "did not confirm who you are");
        }

        // An answer to a sign-in that this browser did not begin, and one that is ended already.
        Assert.Equal(400, (await product.RequestAsync(HttpMethod.Get, "/sign-in/callback?code=x&state=y")).Status);
        foreach (var reason in (string[])["signed it with RS256", "another client", "another issuer", "it is expired", "another sign-in"])
        {
            Assert.Contains(reason, product.Log, StringComparison.Ordinal);
        }

        // Denials of one address are noted once a minute at most: the first is there.
        var denied = (await product.ApiAsync(HttpMethod.Get, "workspace/activity?event=Sign-in%20denied"))["items"]!.AsArray();
        Assert.NotEmpty(denied);
        visit.AssertNoComplaints();
    }

    [Fact]
    public async Task The_way_back_leads_nowhere_else_and_the_begun_sign_in_is_kept_from_scripts()
    {
        var begun = await product.RequestAsync(HttpMethod.Get, "/sign-in/provider?return=https://evil.example/");
        Assert.Equal(302, begun.Status);
        Assert.StartsWith(product.Provider.Address + "/authorize?", begun.Headers.Location!.ToString(), StringComparison.Ordinal);
        var cookie = begun.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);

        await using var visit = await product.VisitAsync();
        await visit.Page.GotoAsync("/sign-in/provider?return=//evil.example/");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Ada Admin" }).ClickAsync();
        await visit.Page.WaitForURLAsync(product.Url + "/", new() { WaitUntil = WaitUntilState.Commit });
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Home", Exact = true })).ToBeVisibleAsync();
        visit.AssertNoComplaints();
    }
}
