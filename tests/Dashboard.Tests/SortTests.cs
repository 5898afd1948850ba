using System.Net;
using System.Text.Json.Nodes;
using IdLcm.Samples.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IdLcm.Dashboard.Tests;

/// <summary>Lists that are sorted by clicking the head of a column.</summary>
[Collection(DashboardCollection.Name)]
public sealed class SortTests(RunningDashboard product)
{
    [Fact]
    public async Task A_click_on_a_column_sorts_says_so_and_is_an_address_that_can_be_shared_and_gone_back_from()
    {
        foreach (var (label, days) in ((string, int)[])[("Sorted zebra", 10), ("Sorted ant", 300), ("Sorted Mole", 90)])
        {
            await product.ApiAsync(HttpMethod.Post, "keys", new JsonObject { ["label"] = label, ["role"] = "Admin", ["expiresAt"] = DateTimeOffset.UtcNow.AddDays(days).ToString("O") });
        }

        var cookie = await product.SignInAsync();
        await using var visit = await product.VisitAsync(cookie);
        var page = visit.Page;
        await visit.OpenAsync("/settings#keys");
        var keys = page.Locator("#keys tbody th").Filter(new() { HasText = "Sorted" });
        await Expect(keys).ToContainTextAsync(["Sorted ant", "Sorted Mole", "Sorted zebra"]);
        await page.Locator("#keys").GetByRole(AriaRole.Link, new() { Name = "Valid until" }).ClickAsync();
        await Expect(keys).ToContainTextAsync(["Sorted zebra", "Sorted Mole", "Sorted ant"]);
        await Expect(page.Locator("#keys th[aria-sort=ascending]")).ToContainTextAsync("Valid until");
        await Expect(page.Locator("#administrators th[aria-sort=ascending]")).ToContainTextAsync("Name");
        Assert.EndsWith("/settings?keys=until#keys", page.Url, StringComparison.Ordinal);

        // The other way round by keys alone, beside another table's order.
        await page.Locator("#keys").GetByRole(AriaRole.Link, new() { Name = "Valid until" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(keys).ToContainTextAsync(["Sorted ant", "Sorted Mole", "Sorted zebra"]);
        await Expect(page.Locator("#keys th[aria-sort=descending]")).ToContainTextAsync("Valid until");
        await page.Locator("#administrators").GetByRole(AriaRole.Link, new() { Name = "Signed in last" }).ClickAsync();
        Assert.EndsWith("/settings?administrators=signed-in&keys=-until#administrators", page.Url, StringComparison.Ordinal);
        await Expect(keys).ToContainTextAsync(["Sorted ant", "Sorted Mole", "Sorted zebra"]);
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "you" }).Locator("[data-label='Signed in last'] time")).ToHaveCountAsync(1);
        await page.GoBackAsync();
        await page.GoBackAsync();
        await Expect(keys).ToContainTextAsync(["Sorted zebra", "Sorted Mole", "Sorted ant"]);

        // On a phone, where rows are cards without heads, too; and what no list has is no order.
        await page.SetViewportSizeAsync(390, 844);
        await page.Locator("#keys").GetByRole(AriaRole.Link, new() { Name = "For", Exact = true }).ClickAsync();
        await Expect(keys).ToContainTextAsync(["Sorted ant", "Sorted Mole", "Sorted zebra"]);
        Assert.Equal(200, (await product.RequestAsync(HttpMethod.Get, "/settings?keys=-nonsense&administrators=--", cookie)).Status);

        await product.IntegrationAsync("Sorted among apps");
        await visit.OpenAsync("/catalog?sort=-used");
        await Expect(page.Locator("#catalog-list tbody tr").First).ToContainTextAsync("integration");
        await Expect(page.Locator("#catalog-list th[aria-sort=descending]")).ToContainTextAsync("Used by");
        visit.AssertNoComplaints();
    }

    [Fact]
    public async Task What_an_integration_lists_is_sorted_the_most_urgent_task_first()
    {
        var (id, token) = await product.IntegrationAsync("Sorted");
        await product.EndedAsync((string)(await product.ApiAsync(HttpMethod.Post, $"integrations/{id}/sync"))["operationId"]!);
        product.Sample.Faults.Change(faults => faults with { Captcha = CaptchaPlace.Everywhere });
        try
        {
            foreach (var name in (string[])["early", "late"])
            {
                await product.SettledAsync(id, await product.ProvisionAsync(id, token, $"{name}@example.test"));
            }
        }
        finally
        {
            product.Sample.Faults.Clear();
        }

        // The one that was opened last is due first.
        var tasks = (await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/tasks"))["items"]!.AsArray();
        var urgent = tasks.Single(task => ((string)task!["title"]!).Contains("late@", StringComparison.Ordinal))!;
        await product.ApiAsync(HttpMethod.Patch, $"integrations/{id}/tasks/{(string)urgent["id"]!}", new JsonObject { ["dueAt"] = DateTimeOffset.UtcNow.AddHours(-1).ToString("O") });
        var cookie = await product.SignInAsync();
        AssertOrder(await PageAsync("/tasks"), "late@example.test", "early@example.test");
        AssertOrder(await PageAsync("/tasks?sort=-due"), "early@example.test", "late@example.test");
        AssertOrder(await PageAsync("/tasks?sort=opened"), "early@example.test", "late@example.test");
        Assert.Contains("1–2 of 2<", await PageAsync("/tasks?sort=task&page=7"), StringComparison.Ordinal);

        var plans = (await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/sync-plans"))["items"]!.AsArray().Select(plan => $"/sync-plans/{(string)plan!["id"]!}").ToArray();
        AssertOrder(await PageAsync("/sync-plans"), plans[0], plans[^1]);
        AssertOrder(await PageAsync("/sync-plans?sort=-new"), plans[^1], plans[0]);
        AssertOrder(await PageAsync("/sync-plans?sort=read"), plans[^1], plans[0]);

        var entitlements = await PageAsync("/entitlements");
        AssertOrder(entitlements, ">Owner<", ">Viewer<", "Not in the user schema", "Apollo: Manage", "Borealis: Manage");
        AssertOrder(await PageAsync("/entitlements?sort=-name"), "Borealis: Manage", "Apollo: Manage");
        Assert.Contains("aria-sort=\"descending\"", await PageAsync("/entitlements?sort=-assigned"), StringComparison.Ordinal);
        Assert.Contains("admin@sample.test", (await product.RequestAsync(HttpMethod.Get, "/posture?sort=-age", cookie)).Body, StringComparison.Ordinal);

        async Task<string> PageAsync(string path) => WebUtility.HtmlDecode((await product.RequestAsync(HttpMethod.Get, $"/integrations/{id}{path}", cookie)).Body);
    }

    private static void AssertOrder(string page, params string[] texts) =>
        Assert.Equal(texts, texts.OrderBy(text => page.IndexOf(text, StringComparison.Ordinal) is >= 0 and var at ? at : throw new InvalidOperationException($"{text} is not there")));
}
