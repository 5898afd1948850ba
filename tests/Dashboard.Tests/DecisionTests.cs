using System.Net;
using System.Text.RegularExpressions;
using System.Text.Json.Nodes;
using IdLcm.Samples.Data;
using IdLcm.Samples.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IdLcm.Dashboard.Tests;

/// <summary>What waits for a person, decided by clicking.</summary>
[Collection(DashboardCollection.Name)]
public sealed partial class DecisionTests(RunningDashboard product)
{
    [Fact]
    public async Task Unmatched_accounts_are_exempted_matched_and_removed_from_the_drawer_of_the_users_tab()
    {
        var (id, _) = await product.IntegrationAsync("Unmatched accounts");
        await using var visit = await product.VisitAsync(await product.SignInAsync());
        var page = visit.Page;
        await visit.OpenAsync($"/integrations/{id}/users");
        var link = page.GetByRole(AriaRole.Link, new() { Name = "member1@northwind.example", Exact = true });
        await link.ClickAsync();
        var drawer = page.GetByRole(AriaRole.Dialog);
        await Expect(drawer.GetByRole(AriaRole.Heading, new() { Name = "No identity provider claims this account" })).ToBeVisibleAsync();
        Assert.Matches($"/integrations/{id}/users/[^/]+$", page.Url);

        // Escape closes it, the list is where it was, and the keyboard is where it left.
        await page.Keyboard.PressAsync("Escape");
        await Expect(drawer).ToHaveCountAsync(0);
        await Expect(page).ToHaveURLAsync($"{product.Url}/integrations/{id}/users");
        await Expect(link).ToBeFocusedAsync();

        await link.ClickAsync();
        await drawer.GetByLabel("Reason it needs no identity provider").FillAsync("A shared mailbox");
        await drawer.GetByRole(AriaRole.Button, new() { Name = "Exempt", Exact = true }).ClickAsync();
        await Expect(page.Locator("#unmatched")).ToContainTextAsync("Exempted by Owner");
        await Expect(page.Locator("#unmatched")).ToContainTextAsync("A shared mailbox");
        await page.GetByLabel("Reason to end it").FillAsync("It has an owner now");
        await page.GetByRole(AriaRole.Button, new() { Name = "End exemption" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Exempt", Exact = true })).ToBeVisibleAsync();

        // Matched with somebody who will come: the account is adopted, and no second one is made.
        await page.GetByLabel("User name of the person").FillAsync("newcomer@example.test");
        await page.GetByRole(AriaRole.Button, new() { Name = "Match", Exact = true }).ClickAsync();
        await Expect(page.GetByText("The account is theirs when the identity provider sends them.")).ToBeVisibleAsync();

        // Removal needs another word. What is typed is not taken away by what somebody else decides meanwhile.
        var decided = page.Url.Split('/')[^1].Split('?')[0];
        await page.GetByLabel("Reason to remove it").FillAsync("Nobody knows whose it is");
        await page.GetByRole(AriaRole.Heading, new() { Name = "Unmatched accounts" }).ClickAsync();
        await product.ApiAsync(HttpMethod.Post, $"integrations/{id}/unmatched/{decided}/exempt", new JsonObject { ["reason"] = "Said elsewhere" });
        await Expect(page.Locator("#unmatched")).ToContainTextAsync("Said elsewhere");
        await Expect(page.GetByLabel("Reason to remove it")).ToHaveValueAsync("Nobody knows whose it is");
        await using var late = await product.VisitAsync(await product.SignInAsync());
        await late.OpenAsync(new Uri(page.Url).PathAndQuery);
        await late.Page.EvaluateAsync("document.querySelectorAll('[data-part]').forEach(part => part.removeAttribute('data-part'))");
        await page.GetByRole(AriaRole.Button, new() { Name = "Ask to remove" }).ClickAsync();
        await Expect(page.GetByText("The account is removed once somebody approves it here.")).ToBeVisibleAsync();

        // Whoever asks too late is told, and finds back to what is so now.
        await late.Page.GetByLabel("Reason to remove it").FillAsync("I had not seen it");
        await late.Page.GetByRole(AriaRole.Button, new() { Name = "Ask to remove" }).ClickAsync();
        await Expect(late.Page.GetByText("waits for a decision already: Owner asked for it.")).ToBeVisibleAsync();
        await late.Page.GetByRole(AriaRole.Link, new() { Name = "Back to the page" }).ClickAsync();
        await Expect(late.Page.Locator("#removal-waits")).ToContainTextAsync("Owner asked for it");
        var card = page.Locator("section.card").Filter(new() { HasText = "Remove an unmatched account" });
        await Expect(card).ToContainTextAsync("Nobody knows whose it is");
        await visit.OpenAsync("/");
        await page.Locator("#attention").GetByRole(AriaRole.Link, new() { Name = "member1@northwind.example in Unmatched accounts" }).ClickAsync();
        await card.GetByLabel("Reason").FillAsync("It is known after all");
        await card.GetByLabel("Reason").PressAsync("Enter");
        await Expect(card.GetByRole(AriaRole.Button, new() { Name = "Approve: member1@northwind.example" })).ToBeFocusedAsync();
        await card.GetByRole(AriaRole.Button, new() { Name = "Reject: member1@northwind.example" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "member1@northwind.example" })).ToContainTextAsync("Rejected");
        Assert.Contains(product.Sample.Snapshot(), member => member.Email == "member1@northwind.example" && member.Status == MemberStatus.Active);

        // And again, approved: it goes.
        var before = product.Sample.Snapshot().Count;
        var name = "member2@northwind.example";
        await visit.OpenAsync($"/integrations/{id}/users");
        await page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true }).ClickAsync();
        await drawer.GetByLabel("Reason to remove it").FillAsync("Left long ago");
        await drawer.GetByRole(AriaRole.Button, new() { Name = "Ask to remove" }).ClickAsync();
        await card.GetByLabel("Reason").FillAsync("Agreed");
        await card.GetByRole(AriaRole.Button, new() { Name = $"Approve: {name}" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = name })).ToContainTextAsync("Approved");
        var operation = (await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/operations?limit=50"))["items"]!.AsArray().First(item => (string?)item!["target"] == name)!;
        Assert.Equal("Succeeded", (string?)(await product.EndedAsync((string)operation["id"]!))["status"]);
        Assert.True(product.Sample.Snapshot().Count < before || product.Sample.Snapshot().Any(member => member.Email == name && member.Status != MemberStatus.Active), "The account is still in use.");
        visit.AssertNoComplaints();
    }

    [Fact]
    public async Task A_removal_beyond_what_is_plausible_says_why_it_is_held_and_runs_once_it_is_released()
    {
        var (id, token) = await product.IntegrationAsync("Held removals");
        var import = (await product.ApiAsync(HttpMethod.Get, $"integrations/{id}/operations?kind=Sync"))["items"]![0]!;
        await product.EndedAsync((string)import["id"]!);
        await product.ApiAsync(HttpMethod.Patch, $"integrations/{id}", JsonNode.Parse("""{"inboundHold":{"windowMinutes":60,"percent":100,"absolute":0,"minimumPopulation":10}}"""));
        var user = await product.ProvisionAsync(id, token, "held@example.test");
        var made = (string?)(await product.SettledAsync(id, user))["lastOperationId"];
        await using var visit = await product.VisitAsync(await product.SignInAsync());
        var page = visit.Page;

        // What the app offers, and everything that people have with its reason.
        await visit.OpenAsync($"/integrations/{id}/entitlements");
        await Expect(page.Locator("#offered-roles")).ToContainTextAsync("The app offered 5 roles");
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Not in the user schema" })).ToContainTextAsync("Administrator");
        await Expect(page.Locator("#offered-roles")).ToContainTextAsync("of 500 seats are taken");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Export all assignments as CSV" }).ClickAsync());
        await using (var content = await download.CreateReadStreamAsync())
        {
            using var reader = new StreamReader(content);
            var lines = (await reader.ReadToEndAsync()).Split("\r\n");
            Assert.StartsWith("Entitlement,User,Username in app,Active in app,Upstream user ID,Since (UTC),By,Operation,", lines[0], StringComparison.Ordinal);
            Assert.Contains(lines, line => line.StartsWith("Editor,held@example.test,", StringComparison.Ordinal) && line.Contains($",{made},", StringComparison.Ordinal));
        }

        // The app has invited them; the invitation is sent again, and nobody is invited twice.
        await visit.OpenAsync($"/integrations/{id}/users/{user}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send the invitation again" }).ClickAsync();
        await Expect(page.GetByText("The app sends its invitation again as soon as the turn comes.", new() { Exact = false })).ToBeVisibleAsync();
        await product.SettledAsync(id, user);
        var mails = product.Sample.Audit().Where(entry => entry.Target == "held@example.test").Select(entry => entry.Event).ToList();
        Assert.Single(mails, "Member invited");
        Assert.Single(mails, "Invitation resent");

        await product.DeleteAsync(id, token, user);
        await visit.OpenAsync($"/integrations/{id}");
        await page.Locator("#integration-head").GetByRole(AriaRole.Link, new() { Name = "Decide" }).ClickAsync();
        var held = page.Locator("#held li").Filter(new() { HasText = "held@example.test" });
        await Expect(held).ToContainTextAsync("were taken away within 60 minutes; the safeguard allows 0.");
        Assert.NotNull(product.Sample.Snapshot().SingleOrDefault(member => member.Email == "held@example.test"));
        await held.GetByLabel("Reason: held@example.test").FillAsync("She left on Friday");
        await held.GetByRole(AriaRole.Button, new() { Name = "Release: held@example.test" }).ClickAsync();
        await Expect(page.GetByText("Released. It runs when its turn comes.")).ToBeVisibleAsync();
        Assert.Equal("Deleted", (string?)(await product.SettledAsync(id, user))["provisioningState"]);
        Assert.DoesNotContain(product.Sample.Snapshot(), member => member.Email == "held@example.test");
        visit.AssertNoComplaints();
    }

    [Fact]
    public async Task A_captcha_becomes_a_human_task_that_is_found_at_home_taken_and_closed_with_proof()
    {
        var (id, token) = await product.IntegrationAsync("With a captcha");
        product.Sample.Faults.Change(faults => faults with { Captcha = CaptchaPlace.Everywhere });
        string user;
        try
        {
            user = await product.ProvisionAsync(id, token, "captcha@example.test", "Cora", "Captcha");
            Assert.Equal("CaptchaOrStepUp", (string?)(await product.SettledAsync(id, user))["failure"]!["code"]);
        }
        finally
        {
            product.Sample.Faults.Clear();
        }

        await using var visit = await product.VisitAsync(await product.SignInAsync());
        var page = visit.Page;
        await visit.OpenAsync("/?all=true");

        // One thing that needs a person, however many records tell of it: the task, with the operation that it comes from.
        var waiting = page.Locator("#attention li").Filter(new() { HasText = "captcha@example.test" });
        await Expect(waiting).ToHaveCountAsync(1);
        await Expect(waiting.Locator(".badge")).ToHaveTextAsync("Human task");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Needs a person" }).Locator(".figure")).ToHaveTextAsync($"{await page.Locator("#attention li").CountAsync()}");
        await waiting.GetByRole(AriaRole.Link, new() { Name = "What failed" }).ClickAsync();
        await Expect(page.GetByText("CaptchaOrStepUp").First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "a human task is open for it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Provision of captcha@example.test needs a person" })).ToBeVisibleAsync();
        await page.GoBackAsync();
        await page.GoBackAsync();
        await page.Locator("#attention").GetByRole(AriaRole.Link, new() { Name = "Provision of captcha@example.test needs a person", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Assignee (empty: unchanged)" }).FillAsync("Mary");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Note (optional)" }).FillAsync("Asked the vendor");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.Locator("#task")).ToContainTextAsync("Mary");
        await Expect(page.Locator("#task")).ToContainTextAsync("Asked the vendor");
        await Expect(page.Locator("#task .instructions")).ToContainTextAsync(AfterAStop());

        // Its day is moved, into the past: it is overdue wherever it is listed. Times are the reader's (here Berlin's), and UTC on hover.
        await page.GetByLabel("Due (UTC)", new() { Exact = false }).FillAsync("2020-01-02T03:04");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.Locator("#task .badge").Filter(new() { HasText = "Overdue" })).ToBeVisibleAsync();
        var due = page.Locator("#task dt:text-is('Due') + dd time");
        await Expect(due).ToHaveTextAsync("2 Jan 2020, 04:04");
        await Expect(due).ToHaveAttributeAsync("title", "2020-01-02 03:04:00 UTC");
        await page.GetByRole(AriaRole.Link, new() { Name = "Human tasks" }).First.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "captcha@example.test" })).ToContainTextAsync("Overdue");
        await visit.OpenAsync("/");
        var overdue = page.Locator("#attention li").Filter(new() { HasText = "captcha@example.test needs a person" });
        await Expect(overdue).ToContainTextAsync("Task overdue");
        await overdue.GetByRole(AriaRole.Link).First.ClickAsync();
        await page.GetByLabel("What you did").FillAsync("Allowed our address");
        await page.GetByRole(AriaRole.Button, new() { Name = "Close the task" }).ClickAsync();
        await Expect(page.Locator("#task .badge").First).ToHaveTextAsync("Closed");
        await page.GetByRole(AriaRole.Link, new() { Name = "The operation that reads the app again" }).ClickAsync();
        Assert.Equal("Onboarded", (string?)(await product.SettledAsync(id, user))["provisioningState"]);
        await visit.OpenAsync($"/integrations/{id}/tasks");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "With a captcha" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "captcha@example.test" })).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Link, new() { Name = "Closed", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "captcha@example.test" })).ToContainTextAsync("by Owner");

        // Who has the role that she has now.
        await visit.OpenAsync($"/integrations/{id}/entitlements");
        await page.GetByRole(AriaRole.Link, new() { Name = "Who has Editor" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "captcha@example.test" })).ToBeVisibleAsync();
        visit.AssertNoComplaints();
    }

    [Fact]
    public async Task A_channel_is_made_with_its_secret_shown_once_and_removed()
    {
        var (id, _) = await product.IntegrationAsync("With notifications");
        await using var visit = await product.VisitAsync(await product.SignInAsync());
        var page = visit.Page;
        await visit.OpenAsync($"/integrations/{id}");
        await page.GetByRole(AriaRole.Link, new() { Name = "Channels, events and what was given up" }).ClickAsync();
        await page.GetByLabel("Name").FillAsync("Pager");
        await page.GetByLabel("Address").FillAsync("http://pager.example/");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add channel" }).ClickAsync();
        await Expect(page.Locator("#new-channel [role=alert]")).ToContainTextAsync("https address");
        Assert.Equal("Pager", await page.GetByLabel("Name").InputValueAsync());
        await page.GetByLabel("Address").FillAsync("https://pager.example/hook");
        await page.Locator("#choose-events summary").ClickAsync();
        await page.GetByLabel("Sync failed").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add channel" }).ClickAsync();
        Assert.StartsWith("whsec_", await page.Locator("#new-secret").TextContentAsync(), StringComparison.Ordinal);
        await page.ReloadAsync();
        await Expect(page.Locator("#new-secret")).ToHaveCountAsync(0);
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Pager" });
        await Expect(row).ToContainTextAsync("1 event");

        // What it tells of is changed without making it anew: the signing secret stays.
        await row.GetByRole(AriaRole.Link, new() { Name = "Change Pager" }).ClickAsync();
        await Expect(page.GetByLabel("Sync failed")).ToBeCheckedAsync();
        await page.GetByLabel("Health check failed").CheckAsync();
        await page.GetByLabel("Address", new() { Exact = false }).FillAsync("ftp://pager.example/");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save the channel" }).ClickAsync();
        await Expect(page.Locator("#channel [role=alert]")).ToContainTextAsync("https address");
        await Expect(page.GetByLabel("Health check failed")).ToBeCheckedAsync();
        await page.GetByLabel("Address", new() { Exact = false }).FillAsync("");
        await page.GetByLabel("Gather for minutes", new() { Exact = false }).FillAsync("15");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save the channel" }).ClickAsync();
        await Expect(row).ToContainTextAsync("2 events");
        await Expect(row).ToContainTextAsync("Every 15 min");
        await Expect(row).ToContainTextAsync("https://pager.example/hook");
        await row.GetByRole(AriaRole.Button, new() { Name = "Remove Pager" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await Expect(page.GetByText("Nobody is told of anything yet")).ToBeVisibleAsync();
        visit.AssertNoComplaints();
    }

    [Fact]
    public async Task Disabling_refuses_the_identity_provider_and_deleting_needs_the_name_and_says_what_becomes_of_accounts()
    {
        var (id, token) = await product.IntegrationAsync("To be ended");
        var user = await product.ProvisionAsync(id, token, "stays@example.test");
        await product.SettledAsync(id, user);
        await using var visit = await product.VisitAsync(await product.SignInAsync());
        var page = visit.Page;
        await visit.OpenAsync($"/integrations/{id}");
        await page.GetByLabel("Reason to disable it").FillAsync("The contract ends");
        await page.GetByRole(AriaRole.Button, new() { Name = "Disable …" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Disable" }).ClickAsync();
        await Expect(page.GetByText("Identity providers are refused and nothing is written.")).ToBeVisibleAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, await product.ScimStatusAsync(id, token));
        Assert.Equal("The contract ends", (string?)(await product.ApiAsync(HttpMethod.Get, $"integrations/{id}"))["paused"]!["reason"]);

        await page.GetByLabel("Keep them in the app as they are").CheckAsync();
        await page.GetByLabel("Reason to delete it").FillAsync("The contract has ended");
        await page.GetByLabel("Type the integration's name").FillAsync("to be ended");
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete …" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(page.Locator("#danger [role=alert]")).ToContainTextAsync("To be ended");
        await page.GetByLabel("Type the integration's name").FillAsync("To be ended");
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete …" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Integrations" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "To be ended" })).ToHaveCountAsync(0);
        Assert.Contains(product.Sample.Snapshot(), member => member.Email == "stays@example.test" && member.Status != MemberStatus.Suspended);
        visit.AssertNoComplaints();
    }

    /// <summary>What to do begins a sentence of its own.</summary>
    [GeneratedRegex(@"[.!?] Sign in once as the service account", RegexOptions.None, 1000)]
    private static partial Regex AfterAStop();
}
