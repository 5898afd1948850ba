using System.Diagnostics;
using Microsoft.Playwright;

namespace IdLcm.Bench.Lifecycle;

/// <summary>What somebody would write to read the list of people: page after page, the cells of each row.</summary>
internal static class ListScript
{
    public static async Task<(int Rows, TimeSpan Elapsed)> ReadAsync(Uri app)
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("IDLCM_CHROMIUM") is { Length: > 0 } path ? path : "/usr/bin/chromium",
            ChromiumSandbox = !Environment.IsPrivilegedProcess,
            Args = ["--disable-gpu"],
        });
        var page = await browser.NewPageAsync();
        await page.GotoAsync(new Uri(app, "/login").AbsoluteUri);
        await page.GetByLabel("Email").FillAsync("admin@sample.test");
        await page.GetByLabel("Password").FillAsync(Workspace.AppPassword);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).WaitForAsync();

        var started = Stopwatch.GetTimestamp();
        var emails = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        await page.GotoAsync(new Uri(app, "/members").AbsoluteUri);
        while (true)
        {
            var table = await page.GetByRole(AriaRole.Table, new() { Name = "Members" }).EvaluateAsync<string[][]>(
                "table => [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.innerText))");
            emails.UnionWith(table.Select(cells => cells[1]));
            var next = page.GetByRole(AriaRole.Link, new() { Name = "Next", Exact = true });
            if (await next.CountAsync() == 0)
            {
                return (emails.Count, Stopwatch.GetElapsedTime(started));
            }

            await next.ClickAsync();
        }
    }
}
