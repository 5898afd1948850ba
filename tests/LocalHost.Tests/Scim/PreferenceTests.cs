using System.Net;
using IdLcm.LocalHost.Tests.Lifecycle;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>How long a client wants to wait for the app (RFC 7240, RFC 9967).</summary>
public sealed class PreferenceTests : IAsyncLifetime
{
    private RunningGateway gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await RunningGateway.StartAsync();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    private static string? Header(Reply reply, string name) => reply.Headers.TryGetValues(name, out var values) ? string.Join(",", values) : null;

    [Fact]
    public async Task Respond_async_is_answered_with_the_operation()
    {
        var reply = (await gateway.PostAsync("Users", """{"userName":"async@acme.test"}""", ("Prefer", "respond-async"))).Is(HttpStatusCode.Accepted);
        Assert.Equal("respond-async", Header(reply, "Preference-Applied"));
        var operation = Header(reply, "Set-Txn")!;
        Assert.EndsWith($"/api/operations/{operation}", reply.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Equal("", reply.Text);
        await gateway.SettledAsync("async@acme.test", Domain.Users.ProvisioningState.Onboarded);
        var id = (await gateway.FilterAsync("Users", "userName eq \"async@acme.test\"")).Ids.Single();
        Assert.Equal(operation, (string)(await gateway.GetAsync($"Users/{id}?attributes={Provisioning}")).Body![Provisioning]!["lastOperation"]!["id"]!);
        Assert.Equal(HttpStatusCode.Accepted, (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","path":"active","value":false}""", ("Prefer", "respond-async"))).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await gateway.DeleteAsync($"Users/{id}", ("Prefer", "respond-async"))).Status);
    }

    [Fact]
    public async Task Wait_holds_the_answer_until_the_app_has_shown_the_result()
    {
        var reply = (await gateway.PostAsync($"Users?attributes=userName,{Provisioning}", """{"userName":"wait@acme.test"}""", ("Prefer", "wait=45"))).Is(HttpStatusCode.Created);
        Assert.Equal("wait=45", Header(reply, "Preference-Applied"));
        Assert.Equal("Onboarded", (string)reply.Body![Provisioning]!["state"]!);
        Assert.NotNull(gateway.External.Find("wait@acme.test"));
        Assert.EndsWith($"/Users/{reply.Id}", reply.Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_waits_in_vain_is_told_that_it_was_accepted_only()
    {
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;
        var waited = (await gateway.PostAsync("Users", """{"userName":"vain1@acme.test"}""", ("Prefer", "wait=1"))).Is(HttpStatusCode.Created);
        Assert.Null(Header(waited, "Preference-Applied"));
        Assert.NotNull(Header(waited, "Set-Txn"));
        var both = (await gateway.PostAsync("Users", """{"userName":"vain2@acme.test"}""", ("Prefer", "respond-async, wait=1"))).Is(HttpStatusCode.Accepted);
        Assert.Equal("respond-async", Header(both, "Preference-Applied"));
        gate.SetResult();
    }

    [Fact]
    public async Task What_the_app_need_not_do_is_answered_at_once()
    {
        var group = (await gateway.PostAsync("Groups", """{"displayName":"Sync"}""", ("Prefer", "respond-async"))).Is(HttpStatusCode.Created);
        Assert.Null(Header(group, "Preference-Applied"));
    }
}
