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
        Assert.Equal($"{gateway.Scim.BaseAddress}Operations/{operation}", reply.Headers.Location!.ToString());
        Assert.Equal("", reply.Text);
        await gateway.SettledAsync("async@acme.test", Domain.Users.ProvisioningState.Onboarded);
        var id = (await gateway.FilterAsync("Users", "userName eq \"async@acme.test\"")).Ids.Single();
        Assert.Equal(operation, (string)(await gateway.GetAsync($"Users/{id}?attributes={Provisioning}")).Body![Provisioning]!["lastOperation"]!["id"]!);

        // The place to look is open to the same credential.
        var done = (await gateway.GetAsync(reply.Headers.Location.ToString())).Is(HttpStatusCode.OK).Body!;
        Assert.Equal("urn:ietf:params:scim:api:messages:2.0:BulkResponse", (string)done["schemas"]![0]!);
        Assert.Equal($$"""[{"method":"POST","location":"{{gateway.Scim.BaseAddress}}Users/{{id}}","status":"201"}]""", done["Operations"]!.ToJsonString());
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
        Assert.Null(Header(waited, "Set-Txn"));
        var both = (await gateway.PostAsync("Users", """{"userName":"vain2@acme.test"}""", ("Prefer", "respond-async, wait=1"))).Is(HttpStatusCode.Accepted);
        Assert.Equal("respond-async", Header(both, "Preference-Applied"));
        Assert.Equal("202", (string)(await gateway.GetAsync(both.Headers.Location!.ToString())).Body!["Operations"]![0]!["status"]!);
        gate.SetResult();
    }

    [Fact]
    public async Task What_the_app_need_not_do_is_answered_at_once()
    {
        var group = (await gateway.PostAsync("Groups", """{"displayName":"Sync"}""", ("Prefer", "respond-async"))).Is(HttpStatusCode.Created);
        Assert.Null(Header(group, "Preference-Applied"));
    }

    [Fact]
    public async Task A_client_waits_no_longer_than_proxies_and_Okta_do()
    {
        var reply = (await gateway.PostAsync("Users", """{"userName":"patient@acme.test"}""", ("Prefer", "wait=3600"))).Is(HttpStatusCode.Created);
        Assert.Equal("wait=50", Header(reply, "Preference-Applied"));
        Assert.Null(Header(reply, "Set-Txn"));
    }

    [Fact]
    public async Task What_failed_in_the_app_is_told_where_the_202_says()
    {
        gateway.External.Put("seats@acme.test");
        var id = await gateway.CreateAsync("seats@acme.test");
        await gateway.SettledAsync("seats@acme.test", Domain.Users.ProvisioningState.Onboarded);
        gateway.External.FailNext(Domain.Connectors.FailureCode.RoleNotAssignable);
        var reply = (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","path":"title","value":"Boss"}""", ("Prefer", "respond-async"))).Is(HttpStatusCode.Accepted);
        await gateway.SettledAsync("seats@acme.test", Domain.Users.ProvisioningState.UpdateFailed);
        var told = (await gateway.GetAsync(reply.Headers.Location!.ToString())).Is(HttpStatusCode.OK).Body!["Operations"]![0]!;
        Assert.Equal("400", (string)told["status"]!);
        Assert.StartsWith("RoleNotAssignable: ", (string)told["response"]!["detail"]!, StringComparison.Ordinal);
        Assert.Equal("urn:ietf:params:scim:api:messages:2.0:Error", (string)told["response"]!["schemas"]![0]!);
        (await gateway.GetAsync("Operations/none")).IsError(HttpStatusCode.NotFound);
        (await gateway.GetAsync("Operations/..%2f..")).IsError(HttpStatusCode.NotFound);
    }

    private Task<Reply> BulkAsync(string operations, string prefer) => gateway.PostAsync(
        "Bulk", $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{{operations}}]}""", ("Prefer", prefer));

    [Fact]
    public async Task A_bulk_request_may_be_waited_for()
    {
        var reply = (await BulkAsync("""
            {"method":"POST","path":"/Users","bulkId":"a","data":{"userName":"bulk1@acme.test"} },
            {"method":"POST","path":"/Users","bulkId":"b","data":{"userName":"bulk2@acme.test"} },
            {"method":"DELETE","path":"/Users/nobody"}
            """, "wait=45")).Is(HttpStatusCode.OK);
        Assert.Equal("wait=45", Header(reply, "Preference-Applied"));
        Assert.Equal(["201", "201", "404"], reply.Body!["Operations"]!.AsArray().Select(o => (string)o!["status"]!));
        Assert.NotNull(gateway.External.Find("bulk1@acme.test"));
        Assert.NotNull(gateway.External.Find("bulk2@acme.test"));
    }

    [Fact]
    public async Task A_bulk_request_may_be_answered_later_one_result_for_each_operation()
    {
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;
        var reply = (await BulkAsync("""
            {"method":"POST","path":"/Users","bulkId":"a","data":{"userName":"later@acme.test"} },
            {"method":"POST","path":"/Groups","bulkId":"g","data":{"displayName":"Later","members":[{"value":"bulkId:a"}]} },
            {"method":"DELETE","path":"/Users/nobody"}
            """, "respond-async")).Is(HttpStatusCode.Accepted);
        Assert.Equal("", reply.Text);
        Assert.Equal("respond-async", Header(reply, "Preference-Applied"));
        Assert.EndsWith($"/Operations/{Header(reply, "Set-Txn")}", reply.Headers.Location!.ToString(), StringComparison.Ordinal);
        async Task<IReadOnlyList<System.Text.Json.Nodes.JsonNode>> ResultsAsync() => [.. (await gateway.GetAsync(reply.Headers.Location.ToString())).Is(HttpStatusCode.OK).Body!["Operations"]!.AsArray().Select(o => o!)];
        Assert.Equal(["202", "201", "404"], (await ResultsAsync()).Select(o => (string)o["status"]!));
        gate.SetResult();
        await gateway.SettledAsync("later@acme.test", Domain.Users.ProvisioningState.Onboarded);
        var done = await ResultsAsync();
        Assert.Equal(["201", "201", "404"], done.Select(o => (string)o["status"]!));
        Assert.Equal(["POST a", "POST g", "DELETE "], done.Select(o => $"{o["method"]} {o["bulkId"]}"));
        Assert.Equal("later@acme.test", (string)(await gateway.GetAsync((string)done[0]["location"]!)).Is(HttpStatusCode.OK).Body!["userName"]!);
        Assert.Equal("404", (string)done[2]["response"]!["status"]!);
    }
}
