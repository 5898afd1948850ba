using System.Diagnostics;
using System.Globalization;
using IdLcm.Automation.Browser;
using Microsoft.Playwright;

namespace IdLcm.Bench.Provisioning;

/// <summary>
/// What somebody would write in an afternoon: the clicks of the sample connector and its read-back, straight in
/// Playwright, without a queue, a record, a retry or a check for anything unexpected.
/// </summary>
internal static class BareScript
{
    /// <summary>Accounts per minute on one page that stays signed in.</summary>
    public static async Task<double> SignedInAsync(Uri app, string prefix, int people)
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await LaunchAsync(playwright);
        var page = await SignInAsync(browser, app);
        await ProvisionAsync(page, app, $"{prefix}-warm-up@bench.test", 0);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < people; i++)
        {
            await ProvisionAsync(page, app, $"{prefix}-{i}@bench.test", i);
        }

        return people / Stopwatch.GetElapsedTime(started).TotalMinutes;
    }

    /// <summary>Accounts per minute when every account starts a browser and signs in.</summary>
    public static async Task<double> EachTimeAsync(Uri app, string prefix, int people)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < people; i++)
        {
            using var playwright = await Playwright.CreateAsync();
            await using var browser = await LaunchAsync(playwright);
            await ProvisionAsync(await SignInAsync(browser, app), app, $"{prefix}-{i}@bench.test", i);
        }

        return people / Stopwatch.GetElapsedTime(started).TotalMinutes;
    }

    private static Task<IBrowser> LaunchAsync(IPlaywright playwright) => playwright.Chromium.LaunchAsync(new()
    {
        ExecutablePath = ChromiumExecutable.Find(headless: true),
        ChromiumSandbox = !Environment.IsPrivilegedProcess,
        Args = ["--disable-gpu"],
    });

    private static async Task<IPage> SignInAsync(IBrowser browser, Uri app)
    {
        var context = await browser.NewContextAsync(new() { ViewportSize = new() { Width = 1280, Height = 900 } });
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(app, "/login").AbsoluteUri);
        await page.GetByLabel("Email").FillAsync("admin@sample.test");
        await page.GetByLabel("Password").FillAsync(Workspace.AppPassword);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).WaitForAsync();
        return page;
    }

    private static async Task ProvisionAsync(IPage page, Uri app, string email, int person)
    {
        await page.GotoAsync(new Uri(app, "/members/invite").AbsoluteUri);
        await page.GetByLabel("First name").FillAsync(People.GivenName(person));
        await page.GetByLabel("Last name").FillAsync(People.FamilyName(person));
        await page.GetByLabel("Email").FillAsync(email);
        await page.GetByLabel("Role").SelectOptionAsync(new SelectOptionValue { Label = "Editor" });
        await page.GetByRole(AriaRole.Button, new() { Name = "Send invite" }).ClickAsync();
        await page.WaitForURLAsync(url => new Uri(url).AbsolutePath == "/members");

        // The read-back: the row of the list, then the fields of the account's own page.
        await page.GotoAsync(new Uri(app, "/members?q=" + Uri.EscapeDataString(email)).AbsoluteUri);
        var row = page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Cell, new() { Name = email, Exact = true }) });
        var cells = await row.GetByRole(AriaRole.Cell).AllInnerTextsAsync();
        Expect(cells.Contains("Editor") && cells.Contains("Pending"), string.Join(", ", cells));
        var link = await row.GetByRole(AriaRole.Link).First.GetAttributeAsync("href");
        await page.GotoAsync(new Uri(app, link).AbsoluteUri);
        Expect(await page.GetByLabel("First name").InputValueAsync() == People.GivenName(person), "the first name");
        Expect(await page.GetByLabel("Last name").InputValueAsync() == People.FamilyName(person), "the last name");
        Expect((await page.GetByLabel("Job title").InputValueAsync()).Length == 0, "the job title");
        Expect((await page.GetByLabel("Department").InputValueAsync()).Length == 0, "the department");
    }

    private static void Expect(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The app shows something else: {what}"));
        }
    }
}
