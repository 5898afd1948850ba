using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdLcm.Automation.Browser;
using IdLcm.EndToEnd.Tests;
using Microsoft.Playwright;

namespace IdLcm.Posture.Tests;

/// <summary>Real Chromium with the extension of this repository, set up for one gateway.</summary>
internal sealed class ExtensionBrowser : IAsyncDisposable
{
    private readonly IPlaywright playwright;
    private readonly string directory;
    private bool closed;

    private ExtensionBrowser(IPlaywright playwright, string directory, IBrowserContext context) =>
        (this.playwright, this.directory, Context) = (playwright, directory, context);

    public IBrowserContext Context { get; }

    public string Profile => Path.Combine(directory, "profile");

    public static async Task<ExtensionBrowser> StartAsync(Uri gateway)
    {
        var directory = Directory.CreateTempSubdirectory("idlcm-extension-").FullName;
        var extension = Directory.CreateDirectory(Path.Combine(directory, "extension")).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Product.RepositoryRoot(), "extension")))
        {
            File.Copy(file, Path.Combine(extension, Path.GetFileName(file)));
        }

        await File.WriteAllTextAsync(Path.Combine(extension, "config.json"), JsonSerializer.Serialize(new { gateway = gateway.GetLeftPart(UriPartial.Authority) }));
        var playwright = await Playwright.CreateAsync();
        var context = await playwright.Chromium.LaunchPersistentContextAsync(Path.Combine(directory, "profile"), new()
        {
            ExecutablePath = ChromiumExecutable.WithWindows,
            Headless = true,
            ChromiumSandbox = !OperatingSystem.IsLinux() || Environment.UserName != "root",
            IgnoreDefaultArgs = ["--disable-extensions"],
            Args = [$"--disable-extensions-except={extension}", $"--load-extension={extension}", "--disable-features=DisableLoadExtensionCommandLineSwitch"],
        });
        var browser = new ExtensionBrowser(playwright, directory, context);
        await Rig.UntilAsync(
            async () => await browser.AskAsync<int>("async () => { await chrome.runtime.sendMessage({ ask: 'ready' }); return (await chrome.scripting.getRegisteredContentScripts()).length; }") == 1,
            () => "The extension does not watch the gateway.");
        return browser;
    }

    /// <summary>What the extension's storage holds: local, session and managed.</summary>
    public Task<string> StorageAsync() => AskAsync<string>(
        "async () => JSON.stringify([await chrome.storage.local.get(), await chrome.storage.session.get(), { gateway: (await chrome.storage.managed.get().catch(() => ({}))).gateway ?? null }])");

    /// <summary>Whether the extension listens to what a person types in a page.</summary>
    public Task<bool> ListensAsync(IPage page) => AskAsync<bool>($$"""
        async () => {
          const [tab] = await chrome.tabs.query({ url: '{{page.Url}}' });
          const answers = tab ? await chrome.scripting.executeScript({ target: { tabId: tab.id }, func: () => globalThis.idlcmWatches === true }) : [];
          return answers[0]?.result === true;
        }
        """);

    /// <summary>Asks the browser's interfaces as a page of the extension itself. Its id is made of where it lies.</summary>
    public async Task<T> AskAsync<T>(string script)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.Combine(directory, "extension"))))[..32];
        var id = string.Concat(hash.Select(digit => (char)('a' + Convert.ToInt32(digit.ToString(), 16))));
        var page = await Context.NewPageAsync();
        await page.GotoAsync($"chrome-extension://{id}/stopped.html");
        var answer = await page.EvaluateAsync<T>(script);
        await page.CloseAsync();
        return answer;
    }

    public async Task CloseAsync()
    {
        if (!closed)
        {
            closed = true;
            await Context.CloseAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        playwright.Dispose();
        Directory.Delete(directory, recursive: true);
    }
}
