using IdLcm.Automation.Catalog;
using IdLcm.Domain.Connectors;

namespace IdLcm.Gateway.Tests.Api;

/// <summary>Two versions of one connector lie side by side in a real catalog directory.</summary>
public sealed class ConnectorVersionTests : IAsyncLifetime
{
    private const string Tenant = "acme";

    private readonly string apps = Directory.CreateTempSubdirectory("idlcm-catalog-").FullName;

    private RunningGateway gateway = null!;

    public async ValueTask InitializeAsync()
    {
        var published = Text().Replace("version: 1.0.0", "version: 7.0.0", StringComparison.Ordinal);
        var next = published
            .Replace("version: 7.0.0", "version: 7.1.0", StringComparison.Ordinal)
            .Replace("concurrency: 2", "concurrency: 1", StringComparison.Ordinal);
        var wider = published
            .Replace("version: 7.0.0", "version: 8.0.0", StringComparison.Ordinal)
            .Replace("allowedHosts: [\"{appUrl}\"]", "allowedHosts: [\"{appUrl}\", \"login.elsewhere.example\"]", StringComparison.Ordinal);
        var versions = Directory.CreateDirectory(Path.Combine(apps, "sample-workspace", "versions")).FullName;
        await File.WriteAllTextAsync(Path.Combine(versions, "7.1.0.yaml"), next);
        await File.WriteAllTextAsync(Path.Combine(versions, "8.0.0.yaml"), wider);
        await File.WriteAllTextAsync(Path.Combine(apps, "sample-workspace", "connector.yaml"), published);
        var catalog = new FileConnectorCatalog([apps], apps);
        Assert.Empty(catalog.Diagnostics);
        Assert.Equal(["8.0.0", "7.1.0", "7.0.0"], catalog.Versions("sample-workspace").Select(m => m.Version));
        gateway = await RunningGateway.StartAsync(catalog);
    }

    public async ValueTask DisposeAsync()
    {
        await gateway.DisposeAsync();
        Directory.Delete(apps, recursive: true);
    }

    [Fact]
    public async Task An_integration_is_moved_to_another_version_and_back_while_another_keeps_its_own()
    {
        var (moved, other) = (await MakeAsync("First"), await MakeAsync("Second"));
        var start = (await gateway.Owner.GetAsync(moved)).Text("connectorVersion");
        Assert.Equal("8.0.0", start);
        Assert.Equal(409, (await gateway.Owner.PostAsync($"{moved}/connector-version/roll-back")).Status);

        var answer = await gateway.Owner.PutAsync($"{moved}/connector-version", new { version = "7.1.0" });

        Assert.Equal(200, answer.Status);
        Assert.Equal("7.1.0", answer.Text("connectorVersion"));
        await gateway.Owner.EndAsync(answer.Text("validationOperationId"));
        Assert.Equal("8.0.0", (await gateway.Owner.GetAsync(other)).Text("connectorVersion"));
        var activity = await gateway.Owner.GetAsync($"{moved}/activity?limit=200");
        var entry = Assert.Single(activity.Items, e => e.GetProperty("event").GetString() == "Connector version changed");
        Assert.Contains("is 7.1.0, was 8.0.0", entry.GetRawText(), StringComparison.Ordinal);

        var back = await gateway.Owner.PostAsync($"{moved}/connector-version/roll-back");
        Assert.Equal(200, back.Status);
        Assert.Equal("8.0.0", back.Text("connectorVersion"));
        Assert.Equal(Tenant, back["settings"].GetProperty("tenant").GetString());
        await gateway.Owner.EndAsync(back.Text("validationOperationId"));
    }

    [Fact]
    public async Task Each_version_is_listed_with_what_moving_to_it_changes_and_wider_hosts_have_to_be_accepted()
    {
        var path = await MakeAsync("Third");
        Assert.Equal(200, (await gateway.Owner.PutAsync($"{path}/connector-version", new { version = "7.0.0" })).Status);

        var versions = (await gateway.Owner.GetAsync($"{path}/connector-versions")).Items;

        Assert.Equal(["8.0.0", "7.1.0", "7.0.0"], versions.Select(v => v.GetProperty("version").GetString()));
        Assert.True(versions[0].GetProperty("former").GetBoolean());
        Assert.True(versions[2].GetProperty("pinned").GetBoolean());
        var host = Assert.Single(versions[0].GetProperty("changes").EnumerateArray());
        Assert.Equal(("hosts", true), (host.GetProperty("area").GetString(), host.GetProperty("breaking").GetBoolean()));
        var timing = Assert.Single(versions[1].GetProperty("changes").EnumerateArray());
        Assert.Equal("concurrency is 1, was 2.", timing.GetProperty("message").GetString());

        var refused = await gateway.Owner.PutAsync($"{path}/connector-version", new { version = "8.0.0" });
        Assert.Equal((409, "application/problem+json"), (refused.Status, refused.MediaType));
        Assert.Contains("login.elsewhere.example", refused.Body, StringComparison.Ordinal);
        Assert.Equal("7.0.0", (await gateway.Owner.GetAsync(path)).Text("connectorVersion"));
        Assert.Equal(200, (await gateway.Owner.PutAsync($"{path}/connector-version", new { version = "8.0.0", accept = true })).Status);
    }

    [Fact]
    public async Task A_changed_page_proposes_a_version_once_which_a_person_approves_or_rejects()
    {
        var path = await MakeAsync("Changed");
        var repair = Renamed();

        // A code that does not hold the queue: what is looked at is the proposal.
        gateway.App.Fault = call => call.Verb == ConnectorVerb.ListUsers ? new Failure(FailureCode.UnsupportedOperation, "Looked for button \"Send invite\".") { Repair = repair } : null;
        Assert.Equal("Failed", await FailedSyncAsync(path));
        Assert.Equal("Failed", await FailedSyncAsync(path));

        var asked = Assert.Single((await gateway.Owner.GetAsync($"{path}/approvals")).Items);
        Assert.Equal(("RepairConnector", "Pending", "sample-workspace 8.0.0"), (asked.GetProperty("kind").GetString(), asked.GetProperty("status").GetString(), asked.GetProperty("target").GetString()));
        Assert.Contains("looks for button \"Send invitation\" where 8.0.0 looks for button \"Send invite\"", asked.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(3, (await gateway.Owner.GetAsync($"{path}/connector-versions")).Items.Count);

        var approved = await gateway.Owner.PostAsync($"{path}/approvals/{asked.GetProperty("id").GetString()}/approve", new { reason = "The app renamed its button." });
        Assert.True(approved.Status == 202, approved.Body);
        var versions = (await gateway.Owner.GetAsync($"{path}/connector-versions")).Items;
        Assert.Equal(["8.0.1", "8.0.0", "7.1.0", "7.0.0"], versions.Select(v => v.GetProperty("version").GetString()));
        Assert.Equal("8.0.0", (await gateway.Owner.GetAsync(path)).Text("connectorVersion"));
        Assert.True(File.Exists(Path.Combine(apps, "sample-workspace", "versions", "8.0.1.yaml")));
        Assert.Equal(200, (await gateway.Owner.PutAsync($"{path}/connector-version", new { version = "8.0.1" })).Status);

        Assert.Equal("Failed", await FailedSyncAsync(path));
        var second = (await gateway.Owner.GetAsync($"{path}/approvals?status=Pending")).Items.Single();
        Assert.Equal(202, (await gateway.Owner.PostAsync($"{path}/approvals/{second.GetProperty("id").GetString()}/reject", new { reason = "Not the same button." })).Status);
        Assert.Equal("Failed", await FailedSyncAsync(path));
        Assert.Empty((await gateway.Owner.GetAsync($"{path}/approvals?status=Pending")).Items);
        Assert.Equal(4, (await gateway.Owner.GetAsync($"{path}/connector-versions")).Items.Count);
    }

    [Fact]
    public async Task A_page_that_stays_changed_proposes_while_its_operation_still_retries()
    {
        var path = await MakeAsync("Held");
        Assert.Equal(200, (await gateway.Owner.PatchAsync(path, """{"retry":{"attempts":{"PageChanged":20}}}""")).Status);
        gateway.App.Fault = call => call.Verb == ConnectorVerb.ListUsers ? new Failure(FailureCode.PageChanged, "Looked for button \"Send invite\".") { Repair = Renamed() } : null;

        var started = await gateway.Owner.PostAsync($"{path}/sync");
        await RunningGateway.UntilAsync(async () => (await gateway.Owner.GetAsync($"{path}/approvals")).Items.Count > 0);

        var operation = await gateway.Owner.GetAsync($"/api/operations/{started.Text("operationId")}");
        Assert.False(operation["ended"].GetBoolean());
        Assert.True(operation["attempt"].GetInt32() > 1, operation.Body);
    }

    [Fact]
    public async Task A_version_that_the_catalog_lacks_is_refused_with_those_that_it_has()
    {
        var path = await MakeAsync("Fourth");

        var unknown = await gateway.Owner.PutAsync($"{path}/connector-version", new { version = "9.9.9" });
        var missing = await gateway.Owner.PutAsync($"{path}/connector-version", new { });
        var nobody = await gateway.ClientFor(null).PutAsync($"{path}/connector-version", new { version = "7.0.0" });

        Assert.Equal(400, unknown.Status);
        Assert.Contains("8.0.0, 7.1.0, 7.0.0", unknown.Body, StringComparison.Ordinal);
        Assert.Equal((400, 401), (missing.Status, nobody.Status));
        Assert.Equal(404, (await gateway.Owner.GetAsync("/api/integrations/none/connector-versions")).Status);
        Assert.Equal("8.0.0", (await gateway.Owner.GetAsync(path)).Text("connectorVersion"));
    }

    private async Task<string> FailedSyncAsync(string path)
    {
        var started = await gateway.Owner.PostAsync($"{path}/sync");
        return (await gateway.Owner.EndAsync(started.Text("operationId"))).Text("status");
    }

    private async Task<string> MakeAsync(string name)
    {
        var created = await gateway.Owner.PostAsync("/api/integrations", new
        {
            name,
            app = "sample-workspace",
            settings = new { appUrl = "http://127.0.0.1:5080", tenant = Tenant },
            serviceAccount = new { userName = "admin@acme.test", password = "right-password" },
        });
        Assert.Equal(201, created.Status);
        await gateway.Owner.EndAsync(created.Text("validationOperationId"));
        return $"/api/integrations/{created.Text("id")}";
    }

    /// <summary>What a renamed button proposes.</summary>
    private static LocatorRepair Renamed()
    {
        var line = Text().ReplaceLineEndings("\n").Split('\n').Index().First(l => l.Item.Contains("click: { role: button, name: Send invite", StringComparison.Ordinal));
        return new LocatorRepair(line.Index + 1, line.Item.IndexOf('{', StringComparison.Ordinal) + 1, "button \"Send invite\"", "role", "button", "Send invitation");
    }

    /// <summary>The connector of the sample app; the app in memory knows its organization by the setting <c>tenant</c>.</summary>
    private static string Text() =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "apps", "sample-workspace", "connector.yaml")).Replace("workspaceId", "tenant", StringComparison.Ordinal);
}
