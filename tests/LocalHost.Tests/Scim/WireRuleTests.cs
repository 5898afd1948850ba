using System.Net;
using System.Text.Json.Nodes;
using IdLcm.LocalHost.Tests.Lifecycle;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>Rules that hold for every endpoint, and where servers often fail.</summary>
public sealed class WireRuleTests : IAsyncLifetime
{
    private RunningGateway gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await PausedAsync();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Theory]
    [InlineData("GET", "Users", null, 200)]
    [InlineData("GET", "Users/none", null, 404)]
    [InlineData("GET", "Groups", null, 200)]
    [InlineData("GET", "Roles", null, 200)]
    [InlineData("GET", "Entitlements", null, 404)]
    [InlineData("GET", "Schemas", null, 200)]
    [InlineData("GET", "ResourceTypes", null, 200)]
    [InlineData("GET", "ServiceProviderConfig", null, 200)]
    [InlineData("GET", "Me", null, 501)]
    [InlineData("GET", "Users?filter=x", null, 400)]
    [InlineData("POST", "Users", "{}", 400)]
    [InlineData("POST", "Users", """{"userName":"media@acme.test"}""", 201)]
    [InlineData("POST", "Groups", """{"displayName":"media"}""", 201)]
    [InlineData("POST", "Users/.search", """{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}""", 200)]
    [InlineData("POST", "Bulk", """{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[]}""", 200)]
    [InlineData("PUT", "Users", "{}", 405)]
    [InlineData("GET", "nothing", null, 404)]
    public async Task Every_answer_is_of_the_type_application_scim_json(string method, string path, string? body, int status)
    {
        var reply = (await gateway.CallAsync(HttpMethod.Parse(method), path, body, "application/json")).Is((HttpStatusCode)status);
        Assert.Equal("application/scim+json", reply.Content.ContentType!.ToString());
        Assert.NotNull(reply.Body!["schemas"]);
    }

    [Fact]
    public async Task Every_error_code_of_the_protocol_is_used_where_it_belongs()
    {
        var id = await gateway.UserAsync("codes@acme.test");
        await gateway.UserAsync("codes2@acme.test");
        (await gateway.FilterAsync("Users", "title eq")).IsError(HttpStatusCode.BadRequest, "invalidFilter");
        (await gateway.PatchOpsAsync($"Users/{id}", string.Join(',', Enumerable.Repeat("""{"op":"add","path":"title","value":"t"}""", 1_001)))).IsError(HttpStatusCode.BadRequest, "tooMany");
        (await gateway.PostAsync("Users", """{"userName":"codes@acme.test"}""")).IsError(HttpStatusCode.Conflict, "uniqueness");
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","path":"meta.created","value":"2020-01-01T00:00:00Z"}""")).IsError(HttpStatusCode.BadRequest, "mutability");
        (await gateway.PostAsync("Users", "{")).IsError(HttpStatusCode.BadRequest, "invalidSyntax");
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"add","path":"nope","value":"t"}""")).IsError(HttpStatusCode.BadRequest, "invalidPath");
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"remove","path":"emails[type eq \"fax\"]"}""")).IsError(HttpStatusCode.BadRequest, "noTarget");
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"add","path":"active","value":"perhaps"}""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        (await gateway.FilterAsync("Users", "password eq \"secret\"")).IsError(HttpStatusCode.Forbidden, "sensitive");
        (await gateway.FilterAsync("Users", "title pr and not (Password sw \"s\")")).IsError(HttpStatusCode.Forbidden, "sensitive");
        (await gateway.PostAsync("Users/.search", """{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"password eq \"s\""}""")).IsError(HttpStatusCode.BadRequest, "invalidFilter");
        Assert.Equal(0, (await gateway.FilterAsync("Users", "title eq \"password\"")).Is(HttpStatusCode.OK).Total);
    }

    [Theory]
    [InlineData("/scim/v1/any/Users", HttpStatusCode.BadRequest, "invalidVers")]
    [InlineData("/scim/V3/Users", HttpStatusCode.BadRequest, "invalidVers")]
    [InlineData("/scim/v2", HttpStatusCode.NotFound, null)]
    [InlineData("/scim/v2/nobody/Users", HttpStatusCode.NotFound, null)]
    [InlineData("/scim/other/x", HttpStatusCode.NotFound, null)]
    public async Task Another_version_of_the_protocol_is_refused_as_such(string path, HttpStatusCode status, string? type) =>
        (await gateway.GetAsync(new Uri(gateway.Scim.BaseAddress!, path).ToString())).IsError(status, type);

    [Theory]
    [InlineData("Add")]
    [InlineData("Replace")]
    public async Task A_value_path_creates_the_element_when_there_is_none_and_several_make_one(string op)
    {
        var id = await gateway.UserAsync("paths@acme.test");
        var patched = (await gateway.PatchOpsAsync($"Users/{id}", $$"""
            {"op":"{{op}}","path":"emails[primary eq true].value","value":"p@acme.test"},
            {"op":"{{op}}","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1"},
            {"op":"{{op}}","path":"addresses[type eq \"work\"].streetAddress","value":"1 Road"},
            {"op":"{{op}}","path":"addresses[type eq \"work\"].postalCode","value":"1000"},
            {"op":"{{op}}","path":"addresses[type eq \"work\"].country","value":"CH"}
            """)).Is(HttpStatusCode.OK);
        var email = Assert.Single(patched.Body!["emails"]!.AsArray())!;
        Assert.Equal(("p@acme.test", true), ((string)email["value"]!, (bool)email["primary"]!));
        var address = Assert.Single(patched.Body["addresses"]!.AsArray())!.AsObject();
        Assert.Equal(["country", "postalCode", "streetAddress", "type"], address.Select(p => p.Key).Order(StringComparer.Ordinal));
        Assert.Equal(patched.Text, (await gateway.GetAsync($"Users/{id}")).Text);
    }

    [Fact]
    public async Task Case_counts_where_the_schema_says_so()
    {
        var id = await gateway.UserAsync("Case@acme.test", ",\"externalId\":\"AbC\",\"title\":\"Boss\"");
        Assert.Equal([id], (await gateway.FilterAsync("Users", "userName eq \"CASE@ACME.TEST\"")).Ids);
        Assert.Equal([id], (await gateway.FilterAsync("Users", "title sw \"bO\"")).Ids);
        Assert.Equal([id], (await gateway.FilterAsync("Users", "externalId sw \"Ab\"")).Ids);
        Assert.Empty((await gateway.FilterAsync("Users", "externalId sw \"ab\"")).Ids);
        Assert.Empty((await gateway.FilterAsync("Users", $"id eq \"{id.ToUpperInvariant()}\"")).Ids);
    }

    [Theory]
    [InlineData("meta.created ge \"2020-01-01T00:00:00Z\" and meta.created lt \"2999-01-01T00:00:00+02:00\"", true)]
    [InlineData("meta.created le \"2020-01-01\"", false)]
    [InlineData("title gt \"A\" and title le \"Boss\"", true)]
    [InlineData("title lt \"A\"", false)]
    [InlineData("not (active eq true and (title eq \"x\" or title ew \"ss\"))", false)]
    [InlineData("emails[not (type eq \"work\")]", false)]
    [InlineData("TITLE Eq \"boss\" AND Active EQ true", true)]
    [InlineData("urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq \"work\"].value ew \".test\"", true)]
    [InlineData("title co \"\\\"\"", false)]
    public async Task Filters_of_every_operator_answer_by_type(string filter, bool matches)
    {
        var id = await gateway.UserAsync("ops@acme.test", ",\"title\":\"Boss\",\"active\":true,\"emails\":[{\"type\":\"work\",\"value\":\"a@b.test\"}]");
        Assert.Equal(matches ? [id] : [], (await gateway.FilterAsync("Users", filter)).Is(HttpStatusCode.OK).Ids);
    }

    [Fact]
    public async Task A_filter_sees_what_the_server_knows_of_a_resource()
    {
        var user = await gateway.GetAsync($"Users/{await gateway.UserAsync("meta@acme.test")}");
        var meta = user.Body!["meta"]!;
        foreach (var (name, value) in new[] { ("resourceType", "User"), ("location", (string)meta["location"]!), ("version", user.ETag.Replace("\"", "\\\"", StringComparison.Ordinal)), ("created", (string)meta["created"]!) })
        {
            Assert.Equal([user.Id], (await gateway.FilterAsync("Users", $"meta.{name} eq \"{value}\"")).Is(HttpStatusCode.OK).Ids);
            Assert.Equal([user.Id], (await gateway.FilterAsync("Users", $"meta.{name} pr", $"&sortBy=meta.{name}")).Is(HttpStatusCode.OK).Ids);
            Assert.Empty((await gateway.FilterAsync("Users", $"meta.{name} ne \"{value}\"")).Is(HttpStatusCode.OK).Ids);
        }

        Assert.Equal(user.Text, (await gateway.FilterAsync("Users", "meta.location pr")).Resources.Single().ToJsonString(Relaxed));
    }

    private static readonly System.Text.Json.JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task What_is_immutable_of_a_member_is_not_changed_in_place()
    {
        var users = await gateway.UsersAsync("im", 2);
        var group = await gateway.GroupAsync("Immutable", users[0]);
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"replace","path":"members[value eq \"{{users[0]}}\"].value","value":"{{users[1]}}"}""")).IsError(HttpStatusCode.BadRequest, "mutability");
        Assert.Equal([users[0]], (await gateway.GetAsync($"Groups/{group}")).Members);
    }

    [Fact]
    public async Task An_id_is_stable_over_every_change_and_never_used_again()
    {
        var id = await gateway.UserAsync("stable@acme.test");
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","value":{"userName":"renamed@acme.test","active":false} }""")).Is(HttpStatusCode.OK);
        (await gateway.PutAsync($"Users/{id}", """{"userName":"again@acme.test","externalId":"other","active":true}""")).Is(HttpStatusCode.OK);
        Assert.Equal([id], (await gateway.FilterAsync("Users", "userName eq \"again@acme.test\"")).Ids);
        (await gateway.DeleteAsync($"Users/{id}")).Is(HttpStatusCode.NoContent);
        (await gateway.DeleteAsync($"Users/{id}")).IsError(HttpStatusCode.NotFound);
        Assert.NotEqual(id, await gateway.UserAsync("again@acme.test"));
        (await gateway.GetAsync($"Users/{id}")).IsError(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Nothing_that_the_server_adds_is_needed_from_the_client()
    {
        var bare = (await gateway.PostAsync("Users", """{"userName":"bare@acme.test"}""")).Is(HttpStatusCode.Created);
        Assert.Equal(UserUrn, (string)bare.Body!["schemas"]!.AsArray().Single()!);
        var meta = bare.Body["meta"]!.AsObject();
        Assert.Equal(["created", "lastModified", "location", "resourceType", "version"], meta.Select(p => p.Key).Order(StringComparer.Ordinal));
        Assert.Equal(DateTimeOffset.Parse((string)meta["created"]!, System.Globalization.CultureInfo.InvariantCulture), DateTimeOffset.Parse((string)meta["lastModified"]!, System.Globalization.CultureInfo.InvariantCulture));
        Assert.IsType<JsonObject>(bare.Body);
    }

    [Theory]
    [InlineData("attributes=name.middleName,emails.display", "schemas,id,emails")]
    [InlineData("attributes=name.givenName&excludedAttributes=name.givenName", "schemas,id")]
    [InlineData("attributes=addresses.country,emails.primary", "schemas,id")]
    [InlineData("attributes=title," + Enterprise + ":manager.displayName", "schemas,id,title")]
    [InlineData("excludedAttributes=name.givenName,emails.value,emails.type,meta,userName,active," + Enterprise, "schemas,id,title,emails")]
    public async Task An_attribute_of_which_no_part_is_shown_is_left_out(string query, string shown)
    {
        var id = await gateway.UserAsync("parts@acme.test", $$""","name":{"givenName":"G"},"title":"T","emails":[{"type":"work","value":"a@b.test"},{"type":"home","value":"c@d.test","display":"D"}],"{{Enterprise}}":{"manager":{"value":"m"} }""");
        var user = (await gateway.GetAsync($"Users/{id}?{query}")).Body!;
        Assert.Equal(shown, string.Join(',', user.Select(member => member.Key)));
        Assert.Equal(shown.EndsWith("emails", StringComparison.Ordinal) ? 1 : 0, user["emails"]?.AsArray().Count ?? 0);
        Assert.Equal([UserUrn], user["schemas"]!.AsArray().Select(urn => (string)urn!));
    }
}
