using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using IdLcm.Automation.Browser;
using Microsoft.Playwright;

namespace IdLcm.Bench.Lifecycle;

/// <summary>What somebody would write to read the list of people: page after page, the cells of each row.</summary>
internal static class ListScript
{
    private const string Argument = "--list-script";

    /// <summary>Runs the script in a process of its own, so that its memory is its own.</summary>
    public static async Task<ScriptRun> RunAsync(Uri app)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Environment.GetCommandLineArgs()[0], Argument, app.AbsoluteUri]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? JsonSerializer.Deserialize<ScriptRun>(said)! : throw new InvalidOperationException($"The script failed: {said}");
    }

    /// <summary>Is the script, where this process was started as it.</summary>
    public static async Task<bool> RunIfAskedAsync(string[] args)
    {
        if (args is not [Argument, var address])
        {
            return false;
        }

        var (rows, elapsed) = await ReadAsync(new Uri(address));
        var peak = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))["VmHWM:".Length..].Trim().Split(' ')[0];
        Console.WriteLine(JsonSerializer.Serialize(new ScriptRun(rows, elapsed, 1024 * long.Parse(peak, CultureInfo.InvariantCulture))));
        return true;
    }

    private static async Task<(int Rows, TimeSpan Elapsed)> ReadAsync(Uri app)
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = ChromiumExecutable.Find(headless: true),
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

/// <summary>What the script took.</summary>
/// <param name="Rows">How many rows it read.</param>
/// <param name="Elapsed">How long the reading took, without browser and sign-in.</param>
/// <param name="PeakBytes">The most memory that its process had resident, the driver and the browser not counted.</param>
internal sealed record ScriptRun(int Rows, TimeSpan Elapsed, long PeakBytes);
