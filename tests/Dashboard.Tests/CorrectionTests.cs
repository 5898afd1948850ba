using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IdLcm.Samples.Data;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IdLcm.Dashboard.Tests;

/// <summary>What somebody did elsewhere, put right by clicking; and where the pages tell how it went.</summary>
[Collection(DashboardCollection.Name)]
public sealed partial class CorrectionTests(RunningDashboard product)
{
    private const string Person = "drifts@example.test";

    [Fact]
    public async Task What_was_changed_in_the_app_is_corrected_a_planned_deletion_is_undone_and_both_can_be_looked_into()
    {
        var (id, token) = await product.IntegrationAsync("Put right");
        var (other, otherToken) = await product.IntegrationAsync("Changes the same app");
        await product.ApiAsync(HttpMethod.Patch, $"integrations/{id}", new JsonObject { ["deprovision"] = new JsonObject { ["deleteAfterDays"] = 30 } });
        var user = await product.ProvisionAsync(id, token, Person, "Dora", "Drift");
        Assert.Equal("Onboarded", (string?)(await product.SettledAsync(id, user))["provisioningState"]);
        await product.SettledAsync(other, await product.ProvisionAsync(other, otherToken, Person, "Dora", "Drift", role: "Viewer"));
        Assert.Equal(Role.Viewer, RoleInApp());

        await using var visit = await product.VisitAsync(await product.SignInAsync());
        var page = visit.Page;
        await visit.OpenAsync($"/integrations/{id}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sync", Exact = true }).ClickAsync();
        await Expect(page.GetByText("What it did:")).ToBeVisibleAsync();

        // The engine's own word on it, for who administers the integration.
        await page.GetByRole(AriaRole.Link, new() { Name = "Its workflow" }).ClickAsync();
        await Expect(page.Locator("#instance code").First).ToHaveTextAsync("sync");
        await Expect(page.Locator("#instance .badge")).ToHaveTextAsync("Completed");

        await page.GetByRole(AriaRole.Link, new() { Name = "Sync plans", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Drift", Exact = true }).ClickAsync();
        await page.GetByLabel("Kind").SelectOptionAsync("Differs");
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = Person })).ToContainTextAsync("Differs");
        await page.Locator("#correct input[name=reason]").FillAsync("The directory has the last word");
        await page.GetByRole(AriaRole.Button, new() { Name = "Correct the app …" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Correct the app" }).ClickAsync();
        await Expect(page.GetByText("The app is being corrected by ordinary operations.")).ToBeVisibleAsync();
        await product.SettledAsync(id, user);
        Assert.Equal(Role.Editor, RoleInApp());
        await visit.OpenAsync($"/integrations/{id}/drift?kind=Differs");
        await Expect(page.Locator("#drift-list")).Not.ToContainTextAsync(Person);

        // She leaves: the account is deactivated, and is not deleted after all.
        await product.DeleteAsync(id, token, user);
        Assert.NotNull((await product.SettledAsync(id, user))["deleteDueAt"]);
        await visit.OpenAsync($"/integrations/{id}/users/{user}");
        await Expect(page.Locator("#user")).ToContainTextAsync("unless the person returns before");
        await page.GetByRole(AriaRole.Button, new() { Name = "Keep the account" }).ClickAsync();
        await Expect(page.GetByText("The account stays deactivated and is not deleted.")).ToBeVisibleAsync();
        Assert.Null((await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/users/{user}"))["deleteDueAt"]);
        Assert.Equal(MemberStatus.Suspended, product.Sample.Snapshot().Single(member => member.Email == Person).Status);

        // How the integration did meanwhile.
        await page.GetByRole(AriaRole.Link, new() { Name = "Status history" }).First.ClickAsync();
        await Expect(page.Locator("#status-list tbody tr").Filter(new() { HasText = "so far" })).ToHaveCountAsync(1);
        visit.AssertNoComplaints();
    }

    [Fact]
    public async Task Lists_say_how_many_match_and_are_exported_as_they_are_filtered()
    {
        var (id, token) = await product.IntegrationAsync("Counted and exported");
        await product.SettledAsync(id, await product.ProvisionAsync(id, token, "counted@example.test", "Cora", "Counted"));
        var plan = (string)(await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/sync-plans"))["items"]![0]!["id"]!;
        var cookie = await product.SignInAsync();

        foreach (var path in (string[])["/users?q=Cora", "/operations?kind=Provision&status=Succeeded", "/access?q=counted@example.test", "/activity?event=User+invited&q=counted", "/drift?q=member1"])
        {
            Assert.Contains("1–1 of 1<", await PageAsync(path), StringComparison.Ordinal);
        }

        foreach (var path in (string[])[$"/integrations/{id}/status-history", $"/integrations/{id}/activity", $"/integrations/{id}/access", $"/integrations/{id}/drift", $"/integrations/{id}/sync-plans", $"/integrations/{id}/sync-plans/{plan}", $"/integrations/{id}/entitlements/users?value=Editor", "/posture", "/settings/activity", "/people?q=counted@example.test", "/people?q=counted"])
        {
            Assert.Matches(Range(), WebUtility.HtmlDecode((await product.RequestAsync(HttpMethod.Get, path, cookie)).Body));
        }

        var lines = await PageAsync($"/sync-plans/{plan}?kind=New&q=member1");
        Assert.Contains("member1@northwind.example", lines, StringComparison.Ordinal);
        Assert.DoesNotContain("member3@northwind.example", lines, StringComparison.Ordinal);
        Assert.Contains("No line of this plan matches", await PageAsync($"/sync-plans/{plan}?kind=Gone"), StringComparison.Ordinal);
        Assert.Equal(400, (await product.RequestAsync(HttpMethod.Get, "/people?q=counted&cursor=elsewhere", cookie)).Status);
        foreach (var (path, column, holds) in ((string, string, string)[])[
            ("/integrations.csv?q=counted+and", "SCIM Gateway ID", id), ("/catalog.csv?q=sample", "Version in use", id), ("/settings/activity.csv?event=Signed+in", "Actor", "Owner"),
            ($"/integrations/{id}/entitlements.csv?q=Editor", "Value", "Editor"), ($"/integrations/{id}/status-history.csv", "Since (UTC)", ""),
            ($"/integrations/{id}/drift.csv?kind=Unmatched", "Correctable", "member1@northwind.example"), ($"/integrations/{id}/tasks.csv?closed=true", "Resolution", ""), ($"/integrations/{id}/approvals.csv", "Decided by", ""),
            ($"/integrations/{id}/sync-plans.csv", "Accounts read", plan), ($"/integrations/{id}/sync-plans/{plan}/lines.csv?kind=New", "Attribute", "member1@northwind.example"), ($"/people.csv?q=counted@example.test", "Integration", "Counted and exported"),
            ("/people.csv?q=Cora", "Integration", "counted@example.test"), ($"/integrations/{id}/entitlements/users.csv?value=Editor", "value", "counted@example.test"), ("/settings/administrators.csv", "Signs in by", "Owner"), ("/settings/keys.csv", "Key ID", "Owner"), ("/settings/activity.jsonl?event=Signed+in", "Signed in", "\"actor\"")])
        {
            var (status, body, _) = await product.RequestAsync(HttpMethod.Get, path, cookie);
            Assert.True(status == 200, $"{path}: {status}");
            Assert.Contains(column, body.Split("\r\n")[0], StringComparison.Ordinal);
            Assert.Contains(holds, body, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(id, (await product.RequestAsync(HttpMethod.Get, "/integrations.csv?q=nothing-is-named-so", cookie)).Body, StringComparison.Ordinal);

        async Task<string> PageAsync(string path) => WebUtility.HtmlDecode((await product.RequestAsync(HttpMethod.Get, $"/integrations/{id}{path}", cookie)).Body);
    }

    [GeneratedRegex(@"\d+–\d+ of (?:at least )?\d+<", RegexOptions.None, 1000)]
    private static partial Regex Range();

    private Role RoleInApp() => product.Sample.Snapshot().Single(member => member.Email == Person).Role;
}
