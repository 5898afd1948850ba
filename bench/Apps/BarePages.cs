using Microsoft.Playwright;

namespace IdLcm.Bench.Apps;

/// <summary>What somebody would write in Playwright for one app, without a check for anything unexpected.</summary>
internal abstract class PageScript
{
    public abstract string App { get; }

    public abstract string ReadyPath { get; }

    public abstract Task SignInAsync(IPage page, string password);

    /// <summary>Opens the list with one name searched for, and gives the row of it.</summary>
    public abstract Task<ILocator> SearchAsync(IPage page, string name);

    public abstract Task CreateAsync(IPage page, string name);

    public abstract Task PromoteAsync(IPage page, string name);

    public abstract Task DeleteAsync(IPage page, string name);

    /// <summary>What the read-back looks at beside the row.</summary>
    public virtual Task ReadMoreAsync(IPage page, ILocator row) => Task.CompletedTask;

    /// <summary>Whether the row shows the higher role.</summary>
    public abstract Task<bool> IsPromotedAsync(ILocator row);
}

/// <summary>Runs such a script on a page that stays signed in.</summary>
internal sealed class BarePages : IWay, IAsyncDisposable
{
    private readonly PageScript script;
    private readonly IPlaywright playwright;
    private readonly IBrowser browser;
    private readonly IPage page;

    private BarePages(PageScript script, IPlaywright playwright, IBrowser browser, IPage page)
    {
        this.script = script;
        this.playwright = playwright;
        this.browser = browser;
        this.page = page;
    }

    public static async Task<BarePages> StartAsync(PageScript script, string url, string password)
    {
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("IDLCM_CHROMIUM") is { Length: > 0 } path ? path : "/usr/bin/chromium",
            ChromiumSandbox = !Environment.IsPrivilegedProcess,
            Args = ["--disable-gpu"],
        });
        var context = await browser.NewContextAsync(new() { BaseURL = url, Locale = "en-US", ViewportSize = new() { Width = 1280, Height = 900 } });
        var page = await context.NewPageAsync();
        await script.SignInAsync(page, password);
        return new(script, playwright, browser, page);
    }

    public async Task<bool> FindAsync(string name)
    {
        var row = await script.SearchAsync(page, name);
        if (await row.CountAsync() != 1)
        {
            return false;
        }

        await script.ReadMoreAsync(page, row);
        return true;
    }

    public async Task CreateAsync(string name)
    {
        await script.CreateAsync(page, name);
        Expect(await FindAsync(name));
    }

    public async Task PromoteAsync(string name)
    {
        await script.PromoteAsync(page, name);
        var row = await script.SearchAsync(page, name);
        Expect(await script.IsPromotedAsync(row));
        await script.ReadMoreAsync(page, row);
    }

    public async Task DeleteAsync(string name)
    {
        await script.DeleteAsync(page, name);
        Expect(!await FindAsync(name));
    }

    public async ValueTask DisposeAsync()
    {
        await browser.CloseAsync();
        playwright.Dispose();
    }

    private static void Expect(bool holds)
    {
        if (!holds)
        {
            throw new InvalidOperationException("The page does not show what was written.");
        }
    }
}
