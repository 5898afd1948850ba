using IdLcm.Domain.Connectors;
using IdLcm.Domain.Users;
using IdLcm.LocalHost.Tests.Lifecycle;

namespace IdLcm.LocalHost.Tests.Life;

/// <summary>An invitation that the app has sent is sent again, never repeated.</summary>
public sealed class InviteResendTests
{
    private static readonly ConnectorManifest Resending = InMemoryApp.Manifest with
    {
        Capabilities = InMemoryApp.Manifest.Capabilities with { ResendInvite = true },
        Verbs = new HashSet<ConnectorVerb>(InMemoryApp.Manifest.Verbs) { ConnectorVerb.ResendInvite },
    };

    [Fact]
    public async Task Whoever_somebody_else_has_invited_gets_that_invitation_again_when_they_are_provisioned()
    {
        await using var gateway = await RunningGateway.StartAsync(offered: Resending);

        // Known by a sync, not known at all, and invited by this gateway itself.
        gateway.External.Put("known@acme.test", status: "pending");
        gateway.External.Put("accepted@acme.test");
        await gateway.SyncAsync();
        gateway.External.Put("unknown@acme.test", status: "pending");
        foreach (var name in new[] { "known", "accepted", "unknown", "new" })
        {
            await gateway.CreateAsync($"{name}@acme.test");
            await gateway.SettledAsync($"{name}@acme.test", ProvisioningState.Onboarded);
        }

        Assert.Equal(["known@acme.test", "unknown@acme.test"], Resent(gateway).Order(StringComparer.Ordinal));
        Assert.Equal(["CreateUser new@acme.test"], gateway.External.Audit.Where(entry => entry.StartsWith("CreateUser", StringComparison.Ordinal)));

        // Later changes send nothing again.
        var id = (string)(await gateway.DoAsync(HttpMethod.Get, "/users/known@acme.test"))["id"]!;
        await gateway.PatchAsync(id, """{"op":"replace","path":"title","value":"Countess"}""");
        await gateway.SettledAsync("known@acme.test", ProvisioningState.Onboarded);
        Assert.Equal(2, Resent(gateway).Count);
    }

    [Fact]
    public async Task An_administrator_has_it_sent_again_while_it_waits_and_only_then()
    {
        await using var gateway = await RunningGateway.StartAsync(offered: Resending);
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        var asked = await gateway.DoAsync(HttpMethod.Post, $"/users/{id}/resend-invite");
        var operation = await gateway.EndedAsync((string)asked["operationId"]!);
        Assert.Equal(("Succeeded", "sent the invitation again"), ((string?)operation["status"], (string?)operation["changes"]![0]));

        // The answer to the second one is lost: nobody knows, and it is not done again.
        gateway.External.LoseNextAnswer = true;
        asked = await gateway.DoAsync(HttpMethod.Post, $"/users/{id}/resend-invite");
        operation = await gateway.EndedAsync((string)asked["operationId"]!);
        Assert.Equal("may have sent the invitation again: the app's answer was lost", (string?)operation["changes"]![0]);
        Assert.Equal(2, Resent(gateway).Count);

        gateway.External.Set("ada@acme.test", "status", "active");
        await gateway.SyncAsync();
        var (status, problem) = await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/users/{id}/resend-invite");
        Assert.Equal((409, "no_invitation"), (status, (string?)problem["code"]));
        Assert.Equal(404, (await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/users/nobody/resend-invite")).Status);
    }

    [Fact]
    public async Task Where_the_connector_cannot_it_says_so()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        Assert.Equal("resend_unsupported", (string?)(await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/users/{id}/resend-invite")).Body["code"]);
    }

    private static List<string> Resent(RunningGateway gateway) =>
        [.. gateway.External.Audit.Where(entry => entry.StartsWith("ResendInvite ", StringComparison.Ordinal)).Select(entry => entry.Split(' ')[1])];
}
