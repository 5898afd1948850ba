using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using IdLcm.Domain;
using IdLcm.Domain.Notifications;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.LocalHost.Storage;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace IdLcm.Dashboard.Tests;

/// <summary>Sessions that end, and what was given up: a product of its own with a short session.</summary>
[Collection(DashboardCollection.Name)]
public sealed class ExpiryTests(RunningDashboard product) : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("idlcm-expiry-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task A_session_that_ends_in_the_middle_of_the_wizard_loses_nothing_and_a_notification_that_was_given_up_is_replayed()
    {
        var settings = new Dictionary<string, string>(product.Provider.Settings) { ["IDLCM_SignIn__SessionLifetime"] = "00:00:10" };
        string id;
        await using (var gateway = await GatewayProcess.StartAsync(Path.Combine(directory, "data"), Path.Combine(directory, "owner.key"), settings))
        {
            id = await CreateAsync(gateway);
        }

        using (var database = SqliteDatabase.Open(Path.Combine(directory, "data")))
        {
            var store = new SqliteRecordStore(database);
            var channel = new NotificationChannel { Id = "pager", Kind = ChannelKind.Webhook, Name = "Pager", Target = "https://pager.invalid/", CreatedAt = DateTimeOffset.UtcNow };
            var dead = new NotificationDelivery { Id = "d1", ChannelId = "pager", Events = [], Omitted = 3, CreatedAt = DateTimeOffset.UtcNow.AddDays(-1), Attempts = 14, LastError = "410 Gone" };
            await store.CommitAsync(
                Rows.Partition(id),
                [RecordChange.Insert(NotificationChannel.Row("pager"), DomainJson.Encode(channel)), RecordChange.Insert("nx:d1", DomainJson.Encode(dead))],
                TestContext.Current.CancellationToken);
        }

        await using (var gateway = await GatewayProcess.StartAsync(Path.Combine(directory, "data"), Path.Combine(directory, "owner.key"), product.Provider.Settings))
        {
            await ReplayAsync(gateway, id);
        }
    }

    private async Task<string> CreateAsync(GatewayProcess gateway)
    {
        await using var visit = await product.VisitAsync(url: gateway.Url);
        var page = visit.Page;
        await page.GotoAsync("/integrations/new/sample-workspace");
        await page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Contoso ID" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Olga Owner" }).ClickAsync();
        await page.GetByLabel("Integration name").FillAsync("Made across two sessions");
        await page.GetByLabel("App address").FillAsync(product.Sample.BaseAddress.ToString().TrimEnd('/'));
        await page.GetByLabel("Workspace ID").FillAsync(product.SampleOptions.WorkspaceId);
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: service account" }).ClickAsync();
        await page.GetByLabel("User name in the app").FillAsync(product.SampleOptions.AdminUser);
        await page.GetByLabel("Password").FillAsync(RunningDashboard.AdminPassword);
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: settings" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: user schema" }).ClickAsync();
        await page.EvaluateAsync("""
            () => new Promise(done => {
              const asking = setInterval(async () => {
                if ((await fetch("/catalog", { redirect: "manual" })).type === "opaqueredirect") { clearInterval(asking); done(); }
              }, 300);
            })
            """);

        await page.GetByRole(AriaRole.Button, new() { Name = "Test and save" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("Your session has ended");
        var other = await page.RunAndWaitForPopupAsync(() => dialog.GetByRole(AriaRole.Link, new() { Name = "Sign in again" }).ClickAsync());
        await other.GetByRole(AriaRole.Link, new() { Name = "Sign in with Contoso ID" }).ClickAsync();
        await other.GetByRole(AriaRole.Link, new() { Name = "Olga Owner" }).ClickAsync();
        await Expect(other.GetByRole(AriaRole.Heading, new() { Name = "Home", Exact = true })).ToBeVisibleAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();

        // The password came with it, or the validation could not pass.
        Assert.StartsWith("idlcm_gw_", await page.Locator("#new-token").TextContentAsync(), StringComparison.Ordinal);
        visit.AssertNoComplaints();
        return new Uri(await page.EvaluateAsync<string>("location.href")).Segments[2].Trim('/') is { Length: > 0 } id ? await PassedAsync(gateway, id) : "";
    }

    private async Task<string> PassedAsync(GatewayProcess gateway, string id)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(directory, "owner.key"))).Trim());
        var stop = TestContext.Current.CancellationToken;
        var operations = JsonNode.Parse(await http.GetStringAsync($"{gateway.Url}/api/integrations/{id}/operations", stop))!["items"]!.AsArray();
        var operation = (string)operations.Single(item => (string?)item!["kind"] == "Validate")!["id"]!;
        var since = Stopwatch.StartNew();
        while (JsonNode.Parse(await http.GetStringAsync($"{gateway.Url}/api/operations/{operation}?wait=30", stop))! is var validation && !(bool)validation["ended"]!)
        {
            Assert.True(since.Elapsed < RunningDashboard.Patience, $"{validation.ToJsonString()}\n{gateway.Log}");
        }

        var integration = JsonNode.Parse(await http.GetStringAsync($"{gateway.Url}/api/integrations/{id}", stop))!;
        Assert.Equal("Made across two sessions", (string?)integration["name"]);
        Assert.True((bool)integration["validation"]!["passed"]!);
        return id;
    }

    private async Task ReplayAsync(GatewayProcess gateway, string id)
    {
        await using var visit = await product.VisitAsync(url: gateway.Url);
        var page = visit.Page;
        await page.GotoAsync(gateway.SignInLink);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in to IdLCM" }).ClickAsync();
        await page.Locator("#attention").GetByRole(AriaRole.Link, new() { Name = "Made across two sessions" }).First.ClickAsync();
        await Expect(page.Locator("#dead")).ToContainTextAsync("3 events, tried 14 times: 410 Gone");
        await page.GetByRole(AriaRole.Button, new() { Name = "Replay for Pager" }).ClickAsync();
        await Expect(page.GetByText("It is tried for another day.")).ToBeVisibleAsync();
        await Expect(page.Locator("#dead")).ToContainTextAsync("Nothing: every notification");
        visit.AssertNoComplaints();
    }
}
