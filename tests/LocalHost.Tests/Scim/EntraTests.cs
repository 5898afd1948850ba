using System.Net;
using IdLcm.LocalHost.Tests.Lifecycle;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>What Microsoft Entra ID sends, as its provisioning documentation and its tenants show it.</summary>
public sealed class EntraTests : IAsyncLifetime
{
    private RunningGateway gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await PausedAsync();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Fact]
    public async Task Test_connection_gets_an_empty_list_and_not_a_404()
    {
        var answer = (await gateway.FilterAsync("Users", $"userName eq \"{Guid.NewGuid()}\"")).Is(HttpStatusCode.OK);
        Assert.Equal(0, answer.Total);
        Assert.Empty(answer.Resources);
        Assert.Equal("urn:ietf:params:scim:api:messages:2.0:ListResponse", (string)answer.Body!["schemas"]![0]!);
    }

    [Fact]
    public async Task Its_filters_find_the_user()
    {
        var boss = await gateway.UserAsync("boss@acme.test");
        var id = await gateway.UserAsync("Find@acme.test", $$""","externalId":"8a1","active":true,"emails":[{"type":"work","value":"find@work.test"},{"type":"home","value":"find@home.test"}],"{{Enterprise}}":{"manager":{"value":"{{boss}}"} }""");
        foreach (var filter in new[]
        {
            "userName eq \"find@ACME.test\"", "externalId eq \"8a1\"", "externalId eq 8a1", "emails[type eq \"work\"].value eq \"FIND@work.test\"",
            "emails.value eq \"find@home.test\"", $"id eq \"{{id}}\" and manager eq \"{boss}\"", $"id eq \"{{id}}\" and {Enterprise}:manager eq \"{boss}\"",
            $"id eq \"{{id}}\" and {Enterprise}:manager.value eq \"{boss}\"", "userName eq \"find@acme.test\" and active eq true", $"{UserUrn}:userName eq \"find@acme.test\"",
        })
        {
            var found = (await gateway.FilterAsync("Users", filter.Replace("{id}", id, StringComparison.Ordinal))).Is(HttpStatusCode.OK);
            Assert.True(found.Ids.SequenceEqual([id]), filter);
        }

        Assert.Equal(0, (await gateway.FilterAsync("Users", "emails[type eq \"work\"].value eq \"find@home.test\"")).Total);
        Assert.Equal(0, (await gateway.FilterAsync("Users", "externalId eq \"8A1\"")).Total);
        Assert.Equal(0, (await gateway.FilterAsync("Users", $"id eq \"{id}\" and manager eq \"{id}\"")).Total);
    }

    [Fact]
    public async Task An_e_mail_address_finds_its_person_whether_or_not_it_is_the_user_name_too()
    {
        var id = await gateway.UserAsync("both@acme.test", ",\"emails\":[{\"value\":\"Both@acme.test\",\"type\":\"work\"}]");
        Assert.Equal([id], await ByAddressAsync("both@acme.test"));

        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","path":"userName","value":"other@acme.test"}""")).Is(HttpStatusCode.OK);
        Assert.Equal([id], await ByAddressAsync("both@acme.test"));
        Assert.Empty(await ByAddressAsync("other@acme.test"));

        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","path":"userName","value":"both@acme.test"}""")).Is(HttpStatusCode.OK);
        Assert.Equal([id], await ByAddressAsync("both@acme.test"));
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","path":"emails","value":[{"value":"new@acme.test","type":"work"}]}""")).Is(HttpStatusCode.OK);
        Assert.Empty(await ByAddressAsync("both@acme.test"));
        Assert.Equal([id], await ByAddressAsync("new@acme.test"));
    }

    private async Task<IReadOnlyList<string>> ByAddressAsync(string address) => [.. (await gateway.FilterAsync("Users", $"emails.value eq \"{address}\"")).Is(HttpStatusCode.OK).Ids];

    [Fact]
    public async Task The_default_dialect_patches_with_capitals_strings_and_one_operation_for_each_path()
    {
        var id = await gateway.UserAsync("dialect@acme.test");
        var patched = (await gateway.PatchOpsAsync($"Users/{id}", $$"""
            {"op":"Replace","path":"active","value":"False"},
            {"op":"Add","path":"name.givenName","value":"Ada"},
            {"op":"Add","path":"emails[type eq \"work\"].value","value":"ada@work.test"},
            {"op":"Add","path":"addresses[type eq \"work\"].streetAddress","value":"1 Road"},
            {"op":"Add","path":"addresses[type eq \"work\"].locality","value":"Town"},
            {"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1"},
            {"op":"Add","path":"{{Enterprise}}:department","value":"R&D"},
            {"op":"Add","path":"{{Enterprise}}:manager","value":"some-id"}
            """)).Is(HttpStatusCode.OK);
        Assert.False((bool)patched.Body!["active"]!);
        Assert.Equal("ada@work.test", (string)patched.Body["emails"]![0]!["value"]!);
        var address = Assert.Single(patched.Body["addresses"]!.AsArray())!;
        Assert.Equal(("1 Road", "Town", "work"), ((string)address["streetAddress"]!, (string)address["locality"]!, (string)address["type"]!));
        Assert.Equal("some-id", (string)patched.Body[Enterprise]!["manager"]!["value"]!);

        var without = (await gateway.PatchOpsAsync($"Users/{id}", $$"""{"op":"Replace","path":"{{Enterprise}}:manager","value":""}""")).Is(HttpStatusCode.OK);
        Assert.Null(without.Body![Enterprise]!["manager"]);
        Assert.Equal("R&D", (string)without.Body[Enterprise]!["department"]!);
    }

    [Fact]
    public async Task The_compliant_dialect_patches_without_path()
    {
        var id = await gateway.UserAsync("compliant@acme.test");
        var patched = (await gateway.PatchOpsAsync($"Users/{id}", $$"""
            {"op":"replace","value":{"displayName":"Ada B","name.givenName":"Ada","active":false,"{{Enterprise}}:employeeNumber":"7","emails[type eq \"work\"].value":"a@b"} }
            """)).Is(HttpStatusCode.OK);
        Assert.Equal("Ada", (string)patched.Body!["name"]!["givenName"]!);
        Assert.Equal("7", (string)patched.Body[Enterprise]!["employeeNumber"]!);
        Assert.False((bool)patched.Body["active"]!);
    }

    [Fact]
    public async Task The_flag_of_the_tenant_URL_may_stand_in_every_request()
    {
        const string flag = "?aadOptscim062020";
        var created = (await gateway.PostAsync($"Users{flag}", """{"userName":"flag@acme.test","title":"T"}""")).Is(HttpStatusCode.Created);
        Assert.Equal([created.Id], (await gateway.GetAsync($"Users{flag}&filter=userName%20eq%20%22flag@acme.test%22")).Is(HttpStatusCode.OK).Ids);
        Assert.Equal(0, (await gateway.GetAsync($"Users{flag}&filter=userName%20eq%20%22{Guid.NewGuid()}%22")).Is(HttpStatusCode.OK).Total);
        var patched = (await gateway.PatchOpsAsync($"Users/{created.Id}{flag}", """{"op":"replace","value":{"active":false} }""")).Is(HttpStatusCode.OK);
        Assert.Equal(patched.Text, (await gateway.GetAsync($"Users/{created.Id}{flag}")).Is(HttpStatusCode.OK).Text);
        var group = (await gateway.PostAsync($"Groups{flag}", """{"displayName":"Flag"}""")).Is(HttpStatusCode.Created).Id;
        (await gateway.PatchOpsAsync($"Groups/{group}{flag}", $$"""{"op":"add","path":"members","value":[{{Values([created.Id])}}]}""")).Is(HttpStatusCode.NoContent);
        (await gateway.PatchOpsAsync($"Groups/{group}{flag}", $$"""{"op":"remove","path":"members[value eq \"{{created.Id}}\"]"}""")).Is(HttpStatusCode.NoContent);
        Assert.Empty((await gateway.GetAsync($"Groups/{group}{flag}")).Members);
    }

    [Theory]
    [InlineData("\"m1\"")]
    [InlineData("""{"value":"m1"}""")]
    [InlineData("""[{"$ref":"../Users/m1","value":"m1"}]""")]
    public async Task A_manager_is_understood_in_every_form(string value)
    {
        var id = await gateway.UserAsync("managed@acme.test");
        var patched = (await gateway.PatchOpsAsync($"Users/{id}", $$"""{"op":"Add","path":"{{Enterprise}}:manager","value":{{value}}}""")).Is(HttpStatusCode.OK);
        Assert.Equal("m1", (string)patched.Body![Enterprise]!["manager"]!["value"]!);
    }

    [Fact]
    public async Task Oddities_are_tolerated_and_values_are_kept_exactly_as_sent()
    {
        var created = (await gateway.PostAsync("Users", $$"""
            {"schemas":["{{UserUrn}}","urn:ietf:params:scim:schemas:extension:enterprise:2.0User","http://example.test/unknown"],
             "userName":"odd@acme.test","nickName":null,"roles":[],"title":"  Señor \u00e9 🎉 ","meta":{"resourceType":"User"},"id":"mine","unknown":{"a":[1]},
             "urn:ietf:params:scim:schemas:extension:enterprise:2.0User":{"department":"X"} }
            """)).Is(HttpStatusCode.Created);
        Assert.Equal("  Señor é 🎉 ", (string)created.Body!["title"]!);
        Assert.NotEqual("mine", created.Id);
        Assert.Equal("X", (string)created.Body[Enterprise]!["department"]!);
        Assert.Null(created.Body["nickName"]);
    }

    [Fact]
    public async Task A_deactivated_user_stays_visible_in_every_query_with_the_same_id()
    {
        var id = await gateway.UserAsync("inactive@acme.test", ",\"externalId\":\"in\"");
        await gateway.PatchOpsAsync($"Users/{id}", """{"op":"Replace","path":"active","value":"False"}""");
        Assert.Equal([id], (await gateway.FilterAsync("Users", "userName eq \"inactive@acme.test\"")).Ids);
        Assert.Equal([id], (await gateway.FilterAsync("Users", "externalId eq \"in\"")).Ids);
        Assert.Contains(id, (await gateway.GetAsync("Users")).Ids);
        Assert.False((bool)(await gateway.GetAsync($"Users/{id}")).Body!["active"]!);
    }

    [Fact]
    public async Task A_burst_of_writes_is_absorbed()
    {
        var users = await gateway.UsersAsync("burst", 50);
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (i, _) =>
            (await gateway.PatchOpsAsync($"Users/{users[i % users.Count]}", $$"""{"op":"Replace","path":"title","value":"t{{i}}"}""")).Is(HttpStatusCode.OK));
    }

    [Fact]
    public async Task It_needs_no_user_agent_and_is_recognized_by_one()
    {
        (await gateway.PostAsync("Users", """{"userName":"agent@acme.test"}""", ("User-Agent", new string('x', 5_000)))).Is(HttpStatusCode.Created);
    }
}
