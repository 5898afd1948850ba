using Microsoft.Playwright;

namespace IdLcm.Bench.Apps;

/// <summary>Django's admin.</summary>
internal sealed class DjangoScript : PageScript
{
    public override string App => "django-admin";

    public override string ReadyPath => "/admin/login/";

    public override async Task SignInAsync(IPage page, string password)
    {
        await page.GotoAsync("/admin/login/?next=/admin/");
        await page.GetByLabel("Username:").FillAsync("admin");
        await page.GetByLabel("Password:").FillAsync(password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await page.GetByText("Site administration").First.WaitForAsync();
    }

    public override async Task<ILocator> SearchAsync(IPage page, string name)
    {
        await page.GotoAsync($"/admin/auth/user/?q={Uri.EscapeDataString(name)}");
        return page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true }) });
    }

    public override async Task CreateAsync(IPage page, string name)
    {
        await page.GotoAsync("/admin/auth/user/add/");
        await page.GetByLabel("Username:").FillAsync(name);
        await page.GetByLabel("Password:").FillAsync("Bench-5ecret-words");
        await page.GetByLabel("Password confirmation:").FillAsync("Bench-5ecret-words");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save and continue editing" }).ClickAsync();
        await page.GetByLabel("First name:").FillAsync("Bench");
        await page.GetByLabel("Last name:").FillAsync("Person");
        await page.GetByLabel("Email address:").FillAsync(name);
        await SaveAsync(page);
    }

    public override async Task PromoteAsync(IPage page, string name)
    {
        await (await SearchAsync(page, name)).GetByRole(AriaRole.Link, new() { Name = name, Exact = true }).ClickAsync();
        await page.GetByLabel("Staff status").CheckAsync();
        await SaveAsync(page);
    }

    public override async Task DeleteAsync(IPage page, string name)
    {
        await (await SearchAsync(page, name)).GetByRole(AriaRole.Link, new() { Name = name, Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Delete", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Yes, I’m sure" }).ClickAsync();
        await page.WaitForURLAsync(url => new Uri(url).AbsolutePath == "/admin/auth/user/");
    }

    public override async Task<bool> IsPromotedAsync(ILocator row) => await row.Locator(".field-is_staff img").GetAttributeAsync("alt") == "True";

    private static async Task SaveAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await page.WaitForURLAsync(url => new Uri(url).AbsolutePath == "/admin/auth/user/");
    }
}

/// <summary>Redmine's administration pages.</summary>
internal sealed class RedmineScript : PageScript
{
    public override string App => "redmine";

    public override string ReadyPath => "/login";

    public override async Task SignInAsync(IPage page, string password)
    {
        await page.GotoAsync("/login");
        await page.Locator("#username").FillAsync("admin");
        await page.Locator("#password").FillAsync(password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Login" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Sign out" }).WaitForAsync();
    }

    public override async Task<ILocator> SearchAsync(IPage page, string name)
    {
        await page.GotoAsync($"/users?status=&per_page=100&name={Uri.EscapeDataString(name)}");
        return page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true }) });
    }

    public override async Task CreateAsync(IPage page, string name)
    {
        await page.GotoAsync("/users/new");
        await page.GetByLabel("Login *", new() { Exact = true }).FillAsync(name);
        await page.GetByLabel("First name *", new() { Exact = true }).FillAsync("Bench");
        await page.GetByLabel("Last name *", new() { Exact = true }).FillAsync("Person");
        await page.GetByLabel("Email *", new() { Exact = true }).FillAsync(name);
        await page.GetByLabel("Generate password").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
        await page.GetByText("created.").First.WaitForAsync();
    }

    public override async Task PromoteAsync(IPage page, string name)
    {
        await (await SearchAsync(page, name)).GetByRole(AriaRole.Link, new() { Name = name, Exact = true }).First.ClickAsync();
        await page.GetByLabel("Administrator").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).First.ClickAsync();
        await page.GetByText("Successful update.").WaitForAsync();
    }

    public override async Task DeleteAsync(IPage page, string name)
    {
        await (await SearchAsync(page, name)).GetByRole(AriaRole.Link, new() { Name = "Delete", Exact = true }).ClickAsync();
        await page.Locator("input[name=confirm]").FillAsync(name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete", Exact = true }).ClickAsync();
        await page.WaitForURLAsync(url => new Uri(url).AbsolutePath == "/users");
    }

    public override async Task<bool> IsPromotedAsync(ILocator row) => await row.Locator("td.tick:not(.twofa) .icon-checked").CountAsync() == 1;
}

/// <summary>WordPress's admin pages.</summary>
internal sealed class WordPressScript : PageScript
{
    public override string App => "wordpress";

    public override string ReadyPath => "/wp-login.php";

    public override async Task SignInAsync(IPage page, string password)
    {
        await page.GotoAsync("/wp-login.php");
        await page.Locator("#user_login").FillAsync("admin");
        await page.Locator("#user_pass").FillAsync(password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log In" }).ClickAsync();
        await page.WaitForURLAsync(url => new Uri(url).AbsolutePath.StartsWith("/wp-admin/", StringComparison.Ordinal));
    }

    public override async Task<ILocator> SearchAsync(IPage page, string name)
    {
        await page.GotoAsync($"/wp-admin/users.php?s={Uri.EscapeDataString(name)}");
        return page.Locator("#the-list > tr:not(.no-items)").Filter(new() { Has = page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true }) });
    }

    /// <summary>The names are on the account's own page only.</summary>
    public override async Task ReadMoreAsync(IPage page, ILocator row)
    {
        await OpenAsync(page, row);
        if (await page.GetByLabel("First Name").InputValueAsync() != "Bench" || await page.GetByLabel("Last Name").InputValueAsync() != "Person")
        {
            throw new InvalidOperationException("The account's page shows another name.");
        }
    }

    public override async Task CreateAsync(IPage page, string name)
    {
        await page.GotoAsync("/wp-admin/user-new.php");
        await page.Locator("#user_login").FillAsync(name);
        await page.Locator("#email").FillAsync(name);
        await page.GetByLabel("First Name").FillAsync("Bench");
        await page.GetByLabel("Last Name").FillAsync("Person");
        await page.GetByLabel("Role").SelectOptionAsync(new SelectOptionValue { Label = "Subscriber" });
        await page.GetByRole(AriaRole.Button, new() { Name = "Add New User" }).ClickAsync();
        await page.WaitForURLAsync(url => new Uri(url).AbsolutePath == "/wp-admin/users.php");
    }

    public override async Task PromoteAsync(IPage page, string name)
    {
        await OpenAsync(page, await SearchAsync(page, name));
        await page.GetByLabel("Role").SelectOptionAsync(new SelectOptionValue { Label = "Contributor" });
        await page.GetByRole(AriaRole.Button, new() { Name = "Update User" }).ClickAsync();
        await page.GetByText("User updated.").WaitForAsync();
    }

    public override async Task DeleteAsync(IPage page, string name)
    {
        var row = await SearchAsync(page, name);
        await row.HoverAsync();
        await row.GetByRole(AriaRole.Link, new() { Name = "Delete", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Confirm Deletion" }).ClickAsync();
        await page.WaitForURLAsync(url => new Uri(url).AbsolutePath == "/wp-admin/users.php" && !url.Contains("action=", StringComparison.Ordinal));
    }

    public override async Task<bool> IsPromotedAsync(ILocator row) => (await row.Locator(".column-role").InnerTextAsync()).Trim() == "Contributor";

    private static async Task OpenAsync(IPage page, ILocator row)
    {
        var id = (await row.GetAttributeAsync("id"))!["user-".Length..];
        await page.GotoAsync($"/wp-admin/user-edit.php?user_id={id}");
    }
}
