using System.Collections.Frozen;
using IdLcm.Domain.Connectors;

namespace IdLcm.Gateway.Tests.Api;

/// <summary>How an integration does, as the management API tells it.</summary>
public sealed class StatusTests
{
    private static readonly FrozenSet<ConnectorVerb> Writes = new[] { ConnectorVerb.CreateUser, ConnectorVerb.Deactivate }.ToFrozenSet();

    [Fact]
    public async Task Each_of_the_nine_statuses_is_seen_when_its_facts_hold()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var (owner, app) = (gateway.Owner, gateway.App);
        var first = await gateway.ConnectAsync("First of all");
        var seen = new HashSet<string>();

        // Validated: nothing ran since.
        await owner.EndAsync((await owner.PostAsync($"{first.Path}/validate")).Text("operationId"));
        await IsAsync("Validated");

        var release = Hold();
        var validation = (await owner.PostAsync($"{first.Path}/validate")).Text("operationId");
        await IsAsync("Validating");
        release.SetResult();
        await owner.EndAsync(validation);

        release = Hold();
        var ada = await first.ProvisionAsync("ada@acme.test");
        await IsAsync("In progress");
        release.SetResult();
        await owner.SettledAsync(first, ada);
        await IsAsync("Up to date");

        // A failed operation waits for its next attempt.
        await owner.PatchAsync(first.Path, new { retry = new { firstDelaySeconds = 3600 } });
        app.Fault = call => Writes.Contains(call.Verb) ? new Failure(FailureCode.VerificationFailed, "told to") : null;
        var bob = await first.ProvisionAsync("bob@acme.test");
        await IsAsync("Retrying");
        Assert.Equal("First of all", Assert.Single((await owner.GetAsync("/api/integrations?status=Retrying")).Items).GetProperty("name").GetString());
        var waiting = (await owner.GetAsync($"{first.Path}/users/{bob}")).Text("openOperationId");
        Assert.Equal(1, (await owner.GetAsync($"/api/operations/{waiting}"))["attempt"].GetInt32());
        await owner.PostAsync($"/api/operations/{waiting}/cancel");

        app.Fault = call => Writes.Contains(call.Verb) ? new Failure(FailureCode.NotEnoughSeats, "told to") : null;
        await owner.SettledAsync(first, await first.ProvisionAsync("cyd@acme.test"));
        await IsAsync("Failed");

        // What automation cannot do waits for a person; wrong credentials for whoever keeps them.
        app.Fault = call => call.Verb == ConnectorVerb.ListUsers ? new Failure(FailureCode.PageChanged, "told to") : null;
        await ValidateAsync();
        await IsAsync("Under review");
        await ValidateAsync();
        var task = Assert.Single((await owner.GetAsync($"{first.Path}/tasks")).Items);
        Assert.Equal("PageChanged", task.GetProperty("failureCode").GetString());
        app.Fault = null;
        app.Password = "another-password";
        await owner.EndAsync((await owner.PostAsync($"{first.Path}/tasks/{task.GetProperty("id").GetString()}/close", new { resolution = "The connector is repaired." })).Text("verifyingOperationId"));
        await IsAsync("Validation failed");
        app.Password = "right-password";

        // A validation that passes closes what an earlier one found.
        app.Fault = call => call.Verb == ConnectorVerb.ListUsers ? new Failure(FailureCode.IncompleteRead, "told to") : null;
        await ValidateAsync();
        await IsAsync("Under review");
        app.Fault = null;
        await ValidateAsync();
        Assert.Empty((await owner.GetAsync($"{first.Path}/tasks")).Items);
        var closed = (await owner.GetAsync($"{first.Path}/tasks?closed=true")).Items[0];
        Assert.Equal(("system", "A later validation passed."), (closed.GetProperty("closedBy").GetString(), closed.GetProperty("resolution").GetString()));

        // Another app's first integration is under validation, and so is every other of that app.
        await using var fresh = await RunningGateway.StartAsync();
        var held = new TaskCompletionSource();
        fresh.App.Hold = (_, _) => held.Task;
        await fresh.Owner.PostAsync("/api/integrations", Requests.NewIntegration("One"));
        var other = await fresh.Owner.PostAsync("/api/integrations", Requests.NewIntegration("Two", tenant: "beta"));
        seen.Add((await fresh.Owner.GetAsync($"/api/integrations/{other.Text("id")}")).Text("status"));
        held.SetResult();

        Assert.Equal(
            ["Failed", "In progress", "Retrying", "Under review", "Under validation", "Up to date", "Validated", "Validating", "Validation failed"],
            seen.Order(StringComparer.Ordinal));

        TaskCompletionSource Hold()
        {
            var hold = new TaskCompletionSource();
            app.Hold = (_, _) => hold.Task;
            return hold;
        }

        async Task ValidateAsync() => await owner.EndAsync((await owner.PostAsync($"{first.Path}/validate")).Text("operationId"));

        async Task IsAsync(string status)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
            while ((await owner.GetAsync(first.Path)).Text("status") is var now && now != status)
            {
                Assert.False(limit.IsCancellationRequested, $"It is {now}, not {status}.");
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }

            seen.Add(status);
        }
    }
}
