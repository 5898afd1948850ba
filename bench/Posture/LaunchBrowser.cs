using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdLcm.Automation.Browser;
using Microsoft.Playwright;

namespace IdLcm.Bench.Posture;

/// <summary>Chromium with the extension, in which a person presses the app's tile, or types by themselves.</summary>
internal sealed class LaunchBrowser : IAsyncDisposable
{
    private readonly IPlaywright playwright;
    private readonly IBrowserContext context;
    private readonly IPage page;
    private readonly Uri launch;
    private readonly Uri app;

    private LaunchBrowser(IPlaywright playwright, IBrowserContext context, IPage page, Uri launch, Uri app, string profile) =>
        (this.playwright, this.context, this.page, this.launch, this.app, Profile) = (playwright, context, page, launch, app, profile);

    public string Profile { get; }

    public static async Task<LaunchBrowser> StartAsync(string scratch, Uri launch, Uri app)
    {
        var extension = Directory.CreateDirectory(Path.Combine(scratch, "extension")).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Catalog, "..", "extension")))
        {
            File.Copy(file, Path.Combine(extension, Path.GetFileName(file)));
        }

        await File.WriteAllTextAsync(Path.Combine(extension, "config.json"), JsonSerializer.Serialize(new Dictionary<string, string> { ["gateway"] = launch.GetLeftPart(UriPartial.Authority) }));
        var profile = Path.Combine(scratch, "profile");
        var playwright = await Playwright.CreateAsync();
        var context = await playwright.Chromium.LaunchPersistentContextAsync(profile, new()
        {
            ExecutablePath = ChromiumExecutable.WithWindows,
            Headless = true,
            ChromiumSandbox = !Environment.IsPrivilegedProcess,
            IgnoreDefaultArgs = ["--disable-extensions"],
            Args = [$"--disable-extensions-except={extension}", $"--load-extension={extension}", "--disable-features=DisableLoadExtensionCommandLineSwitch"],
        });
        await ReadyAsync(context, extension);
        return new LaunchBrowser(playwright, context, await context.NewPageAsync(), launch, app, profile);
    }

    /// <summary>Waits until the extension watches the gateway's pages. Its id is made of where it lies.</summary>
    private static async Task ReadyAsync(IBrowserContext context, string extension)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(extension)))[..32];
        var page = await context.NewPageAsync();
        await page.GotoAsync($"chrome-extension://{string.Concat(hash.Select(digit => (char)('a' + Convert.ToInt32(digit.ToString(), 16))))}/stopped.html");
        while (await page.EvaluateAsync<int>("async () => { await chrome.runtime.sendMessage({ ask: 'ready' }); return (await chrome.scripting.getRegisteredContentScripts()).length; }") != 1)
        {
            await Task.Delay(100);
        }

        await page.CloseAsync();
    }

    /// <summary>The person signs in at the provider once, as in the morning; the first launch follows.</summary>
    public async Task SignInAsync(string person)
    {
        await page.GotoAsync(launch.AbsoluteUri);
        await page.GetByRole(AriaRole.Link, new() { Name = person, Exact = true }).ClickAsync();
        var signedIn = page.GetByRole(AriaRole.Button, new() { Name = "Sign out" });
        try
        {
            await signedIn.WaitForAsync();
        }
        catch (TimeoutException error)
        {
            throw new InvalidOperationException($"Nobody was signed in; {page.Url} says: {await page.InnerTextAsync("body")}", error);
        }
    }

    /// <summary>Milliseconds from the press in the portal until the app shows that the person is signed in.</summary>
    public Task<double> LaunchAsync() => MeasureAsync(() => page.GotoAsync(launch.AbsoluteUri));

    /// <summary>The same for a script that types the credential on the app's own page, without anything else.</summary>
    public Task<double> ByHandAsync() => MeasureAsync(async () =>
    {
        await page.GotoAsync(new Uri(app, "/login").AbsoluteUri);
        await page.FillAsync("#email", "admin@sample.test");
        await page.FillAsync("#password", Workspace.AppPassword);
        await page.ClickAsync("button[type=submit]");
    });

    public async ValueTask DisposeAsync()
    {
        await context.CloseAsync();
        playwright.Dispose();
    }

    private async Task<double> MeasureAsync(Func<Task> signIn)
    {
        await context.ClearCookiesAsync(new() { Name = "workspace_session" });
        await page.GotoAsync("about:blank");
        var started = Stopwatch.GetTimestamp();
        await signIn();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).WaitForAsync();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }
}
