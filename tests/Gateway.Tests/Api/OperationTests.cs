using IdLcm.Domain.Connectors;

namespace IdLcm.Gateway.Tests.Api;

public sealed class OperationTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>, IAsyncDisposable
{
    private RunningGateway Gateway => fixture.Gateway;

    private ApiClient Owner => Gateway.Owner;

    public ValueTask DisposeAsync()
    {
        Gateway.App.Fault = null;
        Gateway.App.Hold = null;
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_wait_answers_when_the_operation_ends()
    {
        var integration = await Gateway.ConnectAsync();
        var release = new TaskCompletionSource();
        var reached = new TaskCompletionSource();
        Gateway.App.Hold = (verb, _) =>
        {
            reached.TrySetResult();
            return release.Task;
        };
        var user = await integration.ProvisionAsync("waiting@x.test");
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(90), TestContext.Current.CancellationToken);
        var open = (await Owner.GetAsync($"{integration.Path}/users/{user}")).Text("openOperationId");

        var waiting = Owner.GetAsync($"/api/operations/{open}?wait=30");
        Assert.Equal("In progress", (await Owner.GetAsync(integration.Path)).Text("status"));
        Assert.Equal("Running", (await Owner.GetAsync($"/api/operations/{open}")).Text("status"));
        Assert.False(waiting.IsCompleted);
        release.SetResult();

        var ended = await waiting;
        Assert.Equal("Succeeded", ended.Text("status"));
        Assert.Equal(integration.Id, ended.Text("integrationId"));
        Assert.Equal("scim", ended["requestedBy"].GetProperty("source").GetString());
        var attempt = Assert.Single(ended["attempts"].EnumerateArray());
        Assert.Contains(attempt.GetProperty("steps").EnumerateArray(), s => s.GetProperty("verb").GetString() == "CreateUser" && s.GetProperty("commit").GetBoolean());
        Assert.Equal("done", attempt.GetProperty("commitSteps")[0].GetProperty("settled").GetString());
    }

    [Theory]
    [InlineData("0")]
    [InlineData("56")]
    [InlineData("soon")]
    [InlineData("-1")]
    public async Task A_wait_has_bounds(string wait)
    {
        var integration = await Gateway.ConnectAsync();

        Assert.Equal(400, (await Owner.GetAsync($"/api/operations/{integration.ValidationId}?wait={wait}")).Status);
    }

    [Fact]
    public async Task A_failure_tells_what_it_means_shows_evidence_and_can_be_retried()
    {
        var integration = await Gateway.ConnectAsync();
        Gateway.App.Fault = call => call.Verb == ConnectorVerb.CreateUser ? new Failure(FailureCode.NotEnoughSeats, "All 5 seats are taken.") : null;
        var user = await Owner.SettledAsync(integration, await integration.ProvisionAsync("seatless@x.test"));

        Assert.Equal("Provisioning failed", user.Text("provisioningState"));
        Assert.Equal("NotEnoughSeats", user["failure"].GetProperty("code").GetString());
        Assert.NotEmpty(user["failure"].GetProperty("action").GetString()!);
        Assert.Equal("Failed", (await Owner.GetAsync(integration.Path)).Text("status"));

        var failed = await Owner.GetAsync($"/api/operations/{user.Text("lastOperationId")}");
        Assert.Equal("The app's plan has no free seat.", failed["failure"].GetProperty("meaning").GetString());
        var href = failed["attempts"][0].GetProperty("evidence")[0].GetProperty("href").GetString()!;
        var evidence = await Owner.GetAsync(href);
        Assert.Equal(200, evidence.Status);
        Assert.Equal("text/html", evidence.MediaType);
        Assert.Contains("All 5 seats are taken.", evidence.Body);
        Assert.StartsWith("sandbox;", Assert.Single(evidence.Message.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal("nosniff", Assert.Single(evidence.Message.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("inline", evidence.Message.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal(404, (await Owner.GetAsync($"/api/operations/{integration.ValidationId}/evidence/{href[(href.LastIndexOf('/') + 1)..]}")).Status);
        Assert.True((await Gateway.ClientFor(null).GetAsync(href)).Status is 401 or 429);
        async Task<int> ManagerOfAsync(string id) => (await Gateway.ClientFor(
            (await Owner.PostAsync("/api/keys", new { label = "Looks at evidence", role = "IntegrationManager", integrationIds = new[] { id } })).Text("key")).GetAsync(href)).Status;
        Assert.Equal((200, 404), (await ManagerOfAsync(integration.Id), await ManagerOfAsync((await Gateway.ConnectAsync("Another app")).Id)));

        Gateway.App.Fault = null;
        var retry = await Owner.PostAsync($"/api/operations/{failed.Text("id")}/retry");
        Assert.Equal(202, retry.Status);
        Assert.Equal("Succeeded", (await Owner.EndAsync(retry.Text("operationId"))).Text("status"));
        var nothing = await Owner.PostAsync($"/api/operations/{failed.Text("id")}/retry");
        Assert.Equal(409, nothing.Status);
        Assert.Equal("nothing_to_retry", nothing.Text("code"));
        Assert.Equal("operation_not_failed", (await Owner.PostAsync($"/api/operations/{retry.Text("operationId")}/retry")).Text("code"));
    }

    [Fact]
    public async Task All_that_failed_for_one_reason_is_retried_at_once()
    {
        var integration = await Gateway.ConnectAsync();
        Gateway.App.Fault = call => call.Verb != ConnectorVerb.CreateUser ? null
            : call.Inputs["email"]!.GetValue<string>().StartsWith("seat", StringComparison.Ordinal)
                ? new Failure(FailureCode.NotEnoughSeats, "No seat.")
                : new Failure(FailureCode.RoleNotAssignable, "No role.");
        var ids = new List<string>();
        foreach (var name in new[] { "seat1@x.test", "seat2@x.test", "role1@x.test" })
        {
            ids.Add(await integration.ProvisionAsync(name));
        }

        foreach (var id in ids)
        {
            await Owner.SettledAsync(integration, id);
        }

        Gateway.App.Fault = null;
        var retried = await Owner.PostAsync($"{integration.Path}/retry-failed", new { failureCode = "NotEnoughSeats" });
        Assert.Equal(202, retried.Status);
        Assert.Equal(2, retried["count"].GetInt32());
        await RunningGateway.UntilAsync(async () => (await Owner.GetAsync($"{integration.Path}/users?state=Onboarded")).Items.Count == 2);
        Assert.Equal("Provisioning failed", (await Owner.GetAsync($"{integration.Path}/users/role1@x.test")).Text("provisioningState"));

        var all = await Owner.PostAsync($"{integration.Path}/retry-failed");
        Assert.Equal(202, all.Status);
        await RunningGateway.UntilAsync(async () => (await Owner.GetAsync($"{integration.Path}/users?state=Onboarded")).Items.Count == 3);
        Assert.Equal(400, (await Owner.PostAsync($"{integration.Path}/retry-failed", new { failureCode = "Mood" })).Status);
    }

    [Fact]
    public async Task An_operation_that_waits_is_cancelled_at_once_and_an_ended_one_is_not()
    {
        var integration = await Gateway.ConnectAsync();
        await Owner.PostAsync($"{integration.Path}/pause", new { reason = "test" });
        var user = await integration.ProvisionAsync("cancelled@x.test");
        var open = (await Owner.GetAsync($"{integration.Path}/users/{user}")).Text("openOperationId");

        var cancelled = await Owner.PostAsync($"/api/operations/{open}/cancel");

        Assert.Equal(202, cancelled.Status);
        Assert.Equal("Cancelled", cancelled.Text("status"));
        Assert.Equal("Cancelled by First owner.", cancelled.Text("cancelReason"));
        Assert.Equal("operation_ended", (await Owner.PostAsync($"/api/operations/{open}/cancel")).Text("code"));
        await Owner.PostAsync($"{integration.Path}/resume");
        Assert.Null(Gateway.App.Find(integration.Tenant, "cancelled@x.test"));
        Assert.Equal(404, (await Owner.PostAsync("/api/operations/unknown/cancel")).Status);
    }

    [Fact]
    public async Task Operations_are_listed_newest_first_filtered_and_paged()
    {
        var integration = await Gateway.ConnectAsync();
        foreach (var name in new[] { "one@x.test", "two@x.test" })
        {
            await Owner.SettledAsync(integration, await integration.ProvisionAsync(name));
        }

        var all = await Owner.GetAsync($"{integration.Path}/operations");
        Assert.Equal(["two@x.test", "one@x.test", "Support", "Support"], all.Items.Select(o => o.GetProperty("target").GetString()));
        Assert.Equal("one@x.test", Assert.Single((await Owner.GetAsync($"{integration.Path}/operations?q=ONE&kind=Provision&status=Succeeded")).Items).GetProperty("target").GetString());
        Assert.Empty((await Owner.GetAsync($"{integration.Path}/operations?failureCode=Timeout")).Items);
        var first = await Owner.GetAsync($"{integration.Path}/operations?limit=3");
        var rest = await Owner.GetAsync($"{integration.Path}/operations?limit=2&cursor={first.NextCursor}");
        Assert.Equal(integration.ValidationId, Assert.Single(rest.Items).GetProperty("id").GetString());
        Assert.Null(rest.NextCursor);
        Assert.Equal(400, (await Owner.GetAsync($"{integration.Path}/operations?status=Odd")).Status);
        Assert.Equal(400, (await Owner.GetAsync($"{integration.Path}/operations?cursor=odd")).Status);
    }
}
