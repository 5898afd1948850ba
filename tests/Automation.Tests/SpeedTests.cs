using System.Diagnostics;
using IdLcm.Domain.Connectors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace IdLcm.Automation.Tests;

/// <summary>Measures the runner against a bare Playwright script: same clicks, same read-back, signed-in session. Run with IDLCM_MEASURE=1.</summary>
public sealed class SpeedTests(Lab lab, ITestOutputHelper output)
{
    private const int Rounds = 25;

    [Fact]
    public async Task Provisioning_against_a_bare_script_and_the_cost_of_evidence()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("IDLCM_MEASURE") == "1", "A measurement, run alone: IDLCM_MEASURE=1.");
        var site = await lab.StartAsync(o => o with { Members = 40, Seats = 10_000 });
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = lab.Options.BrowserExecutable, ChromiumSandbox = !Environment.IsPrivilegedProcess });
        var page = await (await browser.NewContextAsync()).NewPageAsync();
        await page.GotoAsync($"{site.Url}/login");
        await page.GetByLabel("Email").FillAsync(site.Options.AdminUser);
        await page.GetByLabel("Password").FillAsync(site.Options.AdminPassword);
        await page.GetByRole(AriaRole.Button, new() { NameString = "Sign in" }).ClickAsync();

        var sessions = new Dictionary<string, IConnectorSession>(StringComparer.Ordinal);
        var providers = new List<ServiceProvider>();
        foreach (var level in Enum.GetValues<EvidenceLevel>())
        {
            var provider = lab.Build(lab.Options with { Evidence = level });
            providers.Add(provider);
            var opened = await provider.GetRequiredService<IConnectorRunner>().OpenAsync(site.Request with { IntegrationId = $"{site.Integration}-{level}" });
            sessions[level.ToString()] = opened.Session!;
        }

        var times = new Dictionary<string, List<double>>(StringComparer.Ordinal);
        for (var i = 0; i < Rounds; i++)
        {
            await MeasureAsync("bare script", times, () => BareAsync(page, site.Url, $"bare{i}@x.test"));
            foreach (var (name, session) in sessions)
            {
                await MeasureAsync(name, times, async () =>
                {
                    var result = await session.RunAsync(Site.Call(ConnectorVerb.CreateUser, new { email = $"{name}{i}@x.test", givenName = "Jo", familyName = "Lee", roles = new[] { "Editor" } }));
                    Assert.True(result.Verified, result.Failure?.ToString());
                });
            }
        }

        var bare = Median(times["bare script"]);
        foreach (var (name, all) in times)
        {
            output.WriteLine($"{name}: median {Median(all):0} ms, {bare / Median(all):0.00} of the bare script's speed");
        }

        foreach (var (_, session) in sessions)
        {
            await session.DisposeAsync();
        }

        foreach (var provider in providers)
        {
            await provider.DisposeAsync();
        }

        Assert.True(bare / Median(times[nameof(EvidenceLevel.Failures)]) >= 0.7);
    }

    private static async Task BareAsync(IPage page, string url, string email)
    {
        await page.GotoAsync($"{url}/members/invite");
        await page.GetByLabel("First name").FillAsync("Jo");
        await page.GetByLabel("Last name").FillAsync("Lee");
        await page.GetByLabel("Email").FillAsync(email);
        await page.GetByLabel("Role").SelectOptionAsync("Editor");
        await page.GetByRole(AriaRole.Button, new() { NameString = "Send invite" }).ClickAsync();
        await page.GotoAsync($"{url}/members?q={Uri.EscapeDataString(email)}");
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = email });
        Assert.Contains("Pending", await row.InnerTextAsync(), StringComparison.Ordinal);
    }

    private static async Task MeasureAsync(string name, Dictionary<string, List<double>> times, Func<Task> act)
    {
        var start = Stopwatch.GetTimestamp();
        await act();
        if (!times.TryGetValue(name, out var all))
        {
            times[name] = all = [];
        }

        all.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
