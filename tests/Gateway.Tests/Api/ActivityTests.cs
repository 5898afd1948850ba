using System.Text.Json;
using IdLcm.Domain.Activity;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Tests.Api;

public sealed class ActivityTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private RunningGateway Gateway => fixture.Gateway;

    private ApiClient Owner => Gateway.Owner;

    [Fact]
    public async Task What_administrators_do_is_in_the_activity_with_who_did_it()
    {
        var integration = await Gateway.ConnectAsync("Audited");
        await Owner.PostAsync($"{integration.Path}/pause", new { reason = "Audit" });
        await Owner.PostAsync($"{integration.Path}/resume");
        var token = await Owner.PostAsync($"{integration.Path}/tokens", new { label = "Okta" });
        await Owner.DeleteAsync($"{integration.Path}/tokens/{token.Text("id")}");

        var activity = await Owner.GetAsync($"{integration.Path}/activity?limit=200");

        Assert.Equal(
            [
                "Token revoked", "Token generated", "Resumed", "Paused", "Sync completed",
            ],
            activity.Items.Take(5).Select(e => e.GetProperty("event").GetString()));
        Assert.Equal(
            ["Health check triggered", "Health validated", "SCIM integration connected", "Service account created", "Sync plan ready", "Sync started", "Token generated"],
            activity.Items.Skip(5).Select(e => e.GetProperty("event").GetString()).Order());
        Assert.Equal("First owner", activity.Items[0].GetProperty("actor").GetString());

        await Gateway.Services.GetRequiredService<ActivityLog>().SealAsync(integration.Id, TestContext.Current.CancellationToken);
        var sealedToo = await Owner.GetAsync($"{integration.Path}/activity?limit=200");
        Assert.Equal(activity.Items.Select(e => e.GetProperty("id").GetString()), sealedToo.Items.Select(e => e.GetProperty("id").GetString()));
        var chain = await Owner.GetAsync($"{integration.Path}/activity/verify");
        Assert.True(chain["intact"].GetBoolean());
        Assert.Equal(12, chain["events"].GetInt64());

        Assert.Equal("Audit", Assert.Single((await Owner.GetAsync($"{integration.Path}/activity?event=Paused,Health%20check%20failed")).Items).GetProperty("detail").GetString());
        Assert.Equal(2, (await Owner.GetAsync($"{integration.Path}/activity?q=token&event=Token%20generated")).Items.Count);
        var from = Uri.EscapeDataString(DateTimeOffset.UtcNow.AddHours(1).ToString("O"));
        Assert.Empty((await Owner.GetAsync($"{integration.Path}/activity?from={from}")).Items);
        Assert.Equal(12, (await Owner.GetAsync($"{integration.Path}/activity?to={from}")).Items.Count);
        var first = await Owner.GetAsync($"{integration.Path}/activity?limit=4");
        var second = await Owner.GetAsync($"{integration.Path}/activity?limit=200&cursor={first.NextCursor}");
        Assert.Equal(sealedToo.Items.Select(e => e.GetProperty("id").GetString()), first.Items.Concat(second.Items).Select(e => e.GetProperty("id").GetString()));
        Assert.Equal(400, (await Owner.GetAsync($"{integration.Path}/activity?from=yesterday")).Status);
        Assert.Equal(400, (await Owner.GetAsync($"{integration.Path}/activity?event=Odd")).Status);
    }

    [Fact]
    public async Task A_workspace_pause_holds_every_integration_and_is_told_in_each()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var integration = await gateway.ConnectAsync();

        var paused = await gateway.Owner.PostAsync("/api/workspace/pause", new { reason = "Incident" });
        Assert.Equal("Incident", paused["paused"].GetProperty("reason").GetString());
        Assert.Equal("Incident", (await gateway.Owner.GetAsync(integration.Path))["workspacePaused"].GetProperty("reason").GetString());
        var user = await integration.ProvisionAsync("held@x.test");
        Assert.Equal("Provisioning awaiting", (await gateway.Owner.GetAsync($"{integration.Path}/users/{user}")).Text("provisioningState"));

        Assert.Equal(JsonValueKind.Null, (await gateway.Owner.PostAsync("/api/workspace/resume"))["paused"].ValueKind);
        Assert.Equal("Onboarded", (await gateway.Owner.SettledAsync(integration, user)).Text("provisioningState"));
        Assert.Equal(
            ["Resumed", "Paused"],
            (await gateway.Owner.GetAsync($"{integration.Path}/activity?event=Paused,Resumed")).Items.Select(e => e.GetProperty("event").GetString()));
    }

    [Fact]
    public async Task The_stream_tells_operations_and_activity_as_they_happen()
    {
        var integration = await Gateway.ConnectAsync();
        using var response = await Owner.OpenAsync($"{integration.Path}/events");
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith(":", await reader.ReadLineAsync(TestContext.Current.CancellationToken));

        var user = await integration.ProvisionAsync("live@x.test");
        var seen = await ReadUntilAsync(reader, e => e is { Name: "activity" } && e.Data.GetProperty("event").GetString() == "User invited");

        Assert.Contains(seen, e => e.Name == "operation" && e.Data.GetProperty("status").GetString() == "Running");
        Assert.Contains(seen, e => e.Name == "activity" && e.Data.GetProperty("event").GetString() == "User invite requested" && e.Data.GetProperty("userId").GetString() == user);
        var activity = seen.Where(e => e.Name == "activity").ToList();
        Assert.Equal(activity.Count, activity.DistinctBy(e => e.Id).Count());

        // A client that comes back after the first event gets the rest, and nothing twice.
        using var resumed = await Owner.OpenAsync($"{integration.Path}/events", activity[0].Id);
        using var again = new StreamReader(await resumed.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var rest = await ReadUntilAsync(again, e => e.Id == activity[^1].Id);
        Assert.DoesNotContain(rest, e => e.Id == activity[0].Id);
        Assert.Equal(activity.Skip(1).Select(e => e.Id).Order(StringComparer.Ordinal), rest.Where(e => e.Name == "activity").Select(e => e.Id).Order(StringComparer.Ordinal));
    }

    private sealed record Event(string Name, string? Id, JsonElement Data);

    private static async Task<List<Event>> ReadUntilAsync(StreamReader reader, Predicate<Event> last)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        var events = new List<Event>();
        string name = "", id = "";
        while (await reader.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                (name, id) = (line[7..], "");
            }
            else if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                id = line[4..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                events.Add(new Event(name, id.Length == 0 ? null : id, JsonDocument.Parse(line[6..]).RootElement));
                if (last(events[^1]))
                {
                    return events;
                }
            }
        }

        throw new InvalidOperationException($"The stream ended after {events.Count} events.");
    }
}
