using Microsoft.Playwright;

namespace IdLcm.Bench.Apps;

/// <summary>
/// What somebody would write in an afternoon for one app: the clicks of its connector and a read-back, straight in
/// Playwright on a page that stays signed in, without a check for anything unexpected.
/// </summary>
internal abstract class AppScript(string url)
{
    /// <summary>Signs in as the admin.</summary>
    public abstract Task SignInAsync(IPage page, string password);

    /// <summary>Makes somebody with the login as first name.</summary>
    public abstract Task CreateAsync(IPage page, string login);

    /// <summary>Finds somebody's row, and with <paramref name="shows"/> proves that it shows that text.</summary>
    public abstract Task ReadAsync(IPage page, string login, string? shows = null);

    /// <summary>Gives somebody another first name.</summary>
    public abstract Task UpdateAsync(IPage page, string login);

    /// <summary>Takes somebody's access; never called for an app that has no such thing.</summary>
    public virtual Task DeactivateAsync(IPage page, string login) => throw new NotSupportedException();

    /// <summary>Removes somebody.</summary>
    public abstract Task DeleteAsync(IPage page, string login);

    protected Task GotoAsync(IPage page, string path) => page.GotoAsync(url + path);

    protected static Task SubmitAsync(IPage page, string button) => SubmitAsync(page, page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }));

    /// <summary>Clicks, and waits until the app has answered: whoever goes elsewhere before takes the form back.</summary>
    protected static Task SubmitAsync(IPage page, ILocator button) =>
        page.RunAndWaitForResponseAsync(() => button.ClickAsync(), response => response.Request is { IsNavigationRequest: true, Method: "POST" });

    protected static Task FillAsync(IPage page, string label, string value) => page.GetByLabel(label, new() { Exact = true }).FillAsync(value);

    protected static ILocator Row(IPage page, string login) =>
        page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Link, new() { Name = login, Exact = true }) });

    /// <summary>The address behind somebody's name on a list, after the row was proved to show a text.</summary>
    protected static async Task<string> LinkAsync(IPage page, string login, string? shows)
    {
        var row = Row(page, login);
        var texts = await row.AllInnerTextsAsync();
        Expect(texts.Count == 1 && (shows is null || texts[0].Contains(shows, StringComparison.Ordinal)), $"{login} with {shows}");
        return (await row.GetByRole(AriaRole.Link, new() { Name = login, Exact = true }).GetAttributeAsync("href"))!;
    }

    protected static async Task GoneAsync(IPage page, string login) => Expect(await Row(page, login).CountAsync() == 0, $"{login} gone");

    protected static void Expect(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"The app does not show {what}.");
        }
    }
}

/// <summary>Django's admin pages.</summary>
internal sealed class DjangoScript(string url) : AppScript(url)
{
    private const string Users = "/admin/auth/user/";

    public override async Task SignInAsync(IPage page, string password)
    {
        await GotoAsync(page, "/admin/login/?next=/admin/");
        await FillAsync(page, "Username:", "admin");
        await FillAsync(page, "Password:", password);
        await SubmitAsync(page, "Log in");
        await page.GetByRole(AriaRole.Link, new() { Name = "Log out" }).WaitForAsync();
    }

    public override async Task CreateAsync(IPage page, string login)
    {
        await GotoAsync(page, Users + "add/");
        await FillAsync(page, "Username:", login);
        var password = $"Xy-{Guid.NewGuid():N}";
        await FillAsync(page, "Password:", password);
        await FillAsync(page, "Password confirmation:", password);
        await SubmitAsync(page, "Save and continue editing");
        await FillAsync(page, "First name:", login);
        await FillAsync(page, "Last name:", "Bench");
        await FillAsync(page, "Email address:", $"{login}@example.com");
        await SubmitAsync(page, "Save");
        await ReadAsync(page, login, $"{login}@example.com");
    }

    public override Task ReadAsync(IPage page, string login, string? shows = null) => ReadAsync(page, login, active: true, shows);

    public override async Task UpdateAsync(IPage page, string login)
    {
        await OpenAsync(page, login, active: true);
        await FillAsync(page, "First name:", "Changed");
        await SubmitAsync(page, "Save");
        await ReadAsync(page, login, "Changed");
    }

    public override async Task DeactivateAsync(IPage page, string login)
    {
        await OpenAsync(page, login, active: true);
        await page.GetByLabel("Active", new() { Exact = true }).UncheckAsync();
        await SubmitAsync(page, "Save");
        await ReadAsync(page, login, active: false, null);
    }

    public override async Task DeleteAsync(IPage page, string login)
    {
        var path = await ReadAsync(page, login, active: false, null);
        await GotoAsync(page, path.Replace("/change/", "/delete/", StringComparison.Ordinal).Split('?')[0]);
        await SubmitAsync(page, "Yes, I’m sure");
        foreach (var active in (bool[])[true, false])
        {
            await ListAsync(page, login, active);
            await GoneAsync(page, login);
        }
    }

    private async Task OpenAsync(IPage page, string login, bool active) => await GotoAsync(page, await ReadAsync(page, login, active, null));

    /// <summary>Looks into both lists, as whether somebody is active shows by the list alone.</summary>
    private async Task<string> ReadAsync(IPage page, string login, bool active, string? shows)
    {
        await ListAsync(page, login, !active);
        await GoneAsync(page, login);
        await ListAsync(page, login, active);
        return await LinkAsync(page, login, shows);
    }

    private Task ListAsync(IPage page, string login, bool active) => GotoAsync(page, $"{Users}?is_active__exact={(active ? 1 : 0)}&q={login}");
}

/// <summary>WordPress's admin pages.</summary>
internal sealed class WordPressScript(string url) : AppScript(url)
{
    public override async Task SignInAsync(IPage page, string password)
    {
        await GotoAsync(page, "/wp-login.php");
        await FillAsync(page, "Username or Email Address", "admin");
        await FillAsync(page, "Password", password);
        await SubmitAsync(page, "Log In");
        await page.WaitForURLAsync("**/wp-admin/**");
    }

    public override async Task CreateAsync(IPage page, string login)
    {
        await GotoAsync(page, "/wp-admin/user-new.php");
        await FillAsync(page, "Username (required)", login);
        await FillAsync(page, "Email (required)", $"{login}@example.com");
        await FillAsync(page, "First Name", login);
        await FillAsync(page, "Last Name", "Bench");
        await page.GetByLabel("Role", new() { Exact = true }).SelectOptionAsync(new SelectOptionValue { Label = "Subscriber" });
        await SubmitAsync(page, "Add New User");
        await ReadAsync(page, login, login);
    }

    public override async Task ReadAsync(IPage page, string login, string? shows = null)
    {
        await OpenAsync(page, login);
        var first = await page.GetByLabel("First Name", new() { Exact = true }).InputValueAsync();
        Expect(shows is null || first == shows, $"{login} with {shows}");
        Expect((await page.GetByLabel("Last Name", new() { Exact = true }).InputValueAsync()).Length > 0, "a last name");
    }

    public override async Task UpdateAsync(IPage page, string login)
    {
        await OpenAsync(page, login);
        await FillAsync(page, "First Name", "Changed");
        await SubmitAsync(page, "Update User");
        await ReadAsync(page, login, "Changed");
    }

    public override async Task DeleteAsync(IPage page, string login)
    {
        await ListAsync(page, login);
        await Row(page, login).HoverAsync();
        await Row(page, login).GetByRole(AriaRole.Link, new() { Name = "Delete", Exact = true }).ClickAsync();
        await SubmitAsync(page, "Confirm Deletion");
        await ListAsync(page, login);
        await GoneAsync(page, login);
    }

    private Task ListAsync(IPage page, string login) => GotoAsync(page, $"/wp-admin/users.php?s={login}");

    private async Task OpenAsync(IPage page, string login)
    {
        await ListAsync(page, login);
        await page.GotoAsync(await LinkAsync(page, login, $"{login}@example.com"));
    }
}

/// <summary>Redmine's administration pages.</summary>
internal sealed class RedmineScript(string url) : AppScript(url)
{
    public override async Task SignInAsync(IPage page, string password)
    {
        await GotoAsync(page, "/login");
        await page.Locator("#username").FillAsync("admin");
        await page.Locator("#password").FillAsync(password);
        await page.Locator("#login-submit").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Sign out" }).WaitForAsync();
    }

    public override async Task CreateAsync(IPage page, string login)
    {
        await GotoAsync(page, "/users/new");
        await FillAsync(page, "Login *", login);
        await FillAsync(page, "First name *", login);
        await FillAsync(page, "Last name *", "Bench");
        await FillAsync(page, "Email *", $"{login}@example.com");
        await page.GetByLabel("Generate password", new() { Exact = true }).CheckAsync();
        await SubmitAsync(page, "Create");
        await ReadAsync(page, login, $"{login}@example.com");
    }

    public override async Task ReadAsync(IPage page, string login, string? shows = null)
    {
        await ListAsync(page, login);
        await LinkAsync(page, login, shows);
    }

    public override async Task UpdateAsync(IPage page, string login)
    {
        await ListAsync(page, login);
        await page.GetByRole(AriaRole.Link, new() { Name = login, Exact = true }).ClickAsync();
        await FillAsync(page, "First name *", "Changed");
        await SubmitAsync(page, "Save");
        await ReadAsync(page, login, "Changed");
    }

    public override async Task DeactivateAsync(IPage page, string login)
    {
        await ListAsync(page, login);
        await SubmitAsync(page, Row(page, login).GetByRole(AriaRole.Link, new() { Name = "Lock", Exact = true }));
        await ReadAsync(page, login, "Unlock");
    }

    public override async Task DeleteAsync(IPage page, string login)
    {
        await ListAsync(page, login);
        await Row(page, login).GetByRole(AriaRole.Link, new() { Name = "Delete", Exact = true }).ClickAsync();
        await page.Locator("input[name=confirm]").FillAsync(login);
        await SubmitAsync(page, "Delete");
        await ListAsync(page, login);
        await GoneAsync(page, login);
    }

    private Task ListAsync(IPage page, string login) => GotoAsync(page, $"/users?status=&per_page=100&name={login}");
}
