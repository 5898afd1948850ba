using System.Net;
using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.LocalHost.Tests.Lifecycle;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>Discovery tells exactly what one integration has (RFC 7643 sections 5 to 7, RFC 9865 section 4, RFC 9967 section 4).</summary>
public sealed class DiscoveryTests
{
    private const string Own = "urn:idlcm:params:scim:schemas:extension:in-memory:2.0:User";

    private static Task<RunningGateway> StartAsync() => PausedAsync(i => i with
    {
        BasicUserNames = ["okta"],
        EntraTenants = [Guid.NewGuid().ToString()],
        UserSchema = InMemoryApp.Manifest.UserSchema with
        {
            Attributes =
            [
                .. InMemoryApp.Manifest.UserSchema.Attributes.Where(a => a.Name != "givenName"),
                new UserSchemaAttribute("givenName", "First name", Scim: "name.givenName", Required: true),
                new UserSchemaAttribute("phone", "Phone", Scim: "phoneNumbers[type eq \"mobile\"].value", DataClassification: "encrypted"),
                new UserSchemaAttribute("costCenter", "Cost centre", Scim: $"{Enterprise}:costCenter", Returned: "request"),
                new UserSchemaAttribute("badge", "Badge", Required: true, Returned: "always"),
                new UserSchemaAttribute("pin", "PIN", Returned: "never", DataClassification: "encrypted"),
                new UserSchemaAttribute("notes", "Notes", MultiValued: true, Returned: "request"),
                new UserSchemaAttribute("seats", "Seats", Type: "integer"),
            ],
        },
    });

    private static JsonNode Attribute(JsonNode schema, string name) => schema["attributes"]!.AsArray().Single(a => (string)a!["name"]! == name)!;

    [Fact]
    public async Task Schemas_tell_the_user_schema_with_classification_required_returned_and_multiValued()
    {
        await using var gateway = await StartAsync();
        var own = (await gateway.GetAsync($"Schemas/{Own}")).Is(HttpStatusCode.OK).Body!;
        static string Row(JsonNode a) => $"{a["type"]} {a["required"]} {a["multiValued"]} {a["returned"]} {a["dataClassification"]}";
        Assert.Equal("string true false always plain", Row(Attribute(own, "badge")));
        Assert.Equal("string false false never encrypted", Row(Attribute(own, "pin")));
        Assert.Equal("string false true request plain", Row(Attribute(own, "notes")));
        Assert.Equal("integer false false default plain", Row(Attribute(own, "seats")));

        var core = (await gateway.GetAsync($"Schemas/{UserUrn}")).Body!;
        Assert.True((bool)Attribute(core, "name")["required"]!);
        Assert.True((bool)Attribute(core, "name")["subAttributes"]!.AsArray().Single(a => (string)a!["name"]! == "givenName")!["required"]!);
        Assert.Equal("encrypted", (string)Attribute(core, "phoneNumbers")["subAttributes"]!.AsArray().Single(a => (string)a!["name"]! == "value")!["dataClassification"]!);
        Assert.False((bool)Attribute(core, "phoneNumbers")["required"]!);
        Assert.Equal("request", (string)Attribute((await gateway.GetAsync($"Schemas/{Enterprise}")).Body!, "costCenter")["returned"]!);
        Assert.Contains(Own, (await gateway.GetAsync("ResourceTypes/User")).Body!["schemaExtensions"]!.AsArray().Select(e => (string)e!["schema"]!));
        var members = Attribute((await gateway.GetAsync($"Schemas/{GroupUrn}")).Body!, "members")["subAttributes"]!.AsArray();
        Assert.Equal("request", (string)members.Single(a => (string)a!["name"]! == "display")!["returned"]!);
    }

    [Fact]
    public async Task What_the_user_schema_requires_and_returns_holds_on_the_wire()
    {
        await using var gateway = await StartAsync();
        var whole = $$""" "name":{"givenName":"G"},"{{Enterprise}}":{"costCenter":"c","department":"d"},"{{Own}}":{"badge":"b","pin":"1234","notes":["x","y"],"seats":3}""";
        (await gateway.PostAsync("Users", $$"""{"userName":"a@acme.test","{{Own}}":{"badge":"b"} }""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        (await gateway.PostAsync("Users", """{"userName":"a@acme.test","name":{"givenName":"G"} }""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        var created = (await gateway.PostAsync("Users", $$"""{"userName":"a@acme.test",{{whole}} }""")).Is(HttpStatusCode.Created);
        Assert.Equal("""{"badge":"b","seats":3}""", created.Body![Own]!.ToJsonString());
        Assert.Equal("""{"department":"d"}""", created.Body[Enterprise]!.ToJsonString());
        Assert.DoesNotContain("1234", (await gateway.GetAsync($"Users/{created.Id}?attributes={Own},{Own}:pin")).Text, StringComparison.Ordinal);
        var asked = (await gateway.GetAsync($"Users/{created.Id}?attributes={Own}:notes,{Enterprise}:costCenter")).Body!;
        Assert.Equal("""{"badge":"b","notes":["x","y"]}""", asked[Own]!.ToJsonString());
        Assert.Equal("c", (string)asked[Enterprise]!["costCenter"]!);
        Assert.Equal("b", (string)(await gateway.GetAsync($"Users/{created.Id}?excludedAttributes={Own}")).Body![Own]!["badge"]!);
        (await gateway.FilterAsync("Users", $"{Own}:pin eq \"1234\"")).IsError(HttpStatusCode.BadRequest, "invalidFilter");
        (await gateway.PatchOpsAsync($"Users/{created.Id}", $$"""{"op":"remove","path":"{{Own}}:badge"}""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
    }

    [Fact]
    public async Task The_service_provider_configuration_is_that_of_the_integration()
    {
        await using var gateway = await StartAsync();
        var config = (await gateway.GetAsync("ServiceProviderConfig")).Is(HttpStatusCode.OK).Body!;
        Assert.Equal("""{"asyncRequest":"request","eventUris":[]}""", config["securityEvents"]!.ToJsonString());
        Assert.Equal("""{"cursor":true,"index":true,"defaultPaginationMethod":"index","defaultPageSize":100,"maxPageSize":1000}""", config["pagination"]!.ToJsonString());
        Assert.Equal((1_000, 4 * 1024 * 1024), ((int)config["bulk"]!["maxOperations"]!, (int)config["bulk"]!["maxPayloadSize"]!));
        Assert.Equal(["oauthbearertoken", "oauthbearertoken", "httpbasic"], config["authenticationSchemes"]!.AsArray().Select(s => (string)s!["type"]!));
        Assert.Single(config["authenticationSchemes"]!.AsArray(), s => (bool)s!["primary"]!);
        var can = config["urn:idlcm:params:scim:schemas:extension:connector:1.0:ServiceProviderConfig"]!;
        Assert.Contains("urn:idlcm:params:scim:schemas:extension:connector:1.0:ServiceProviderConfig", config["schemas"]!.AsArray().Select(s => (string)s!));
        Assert.Equal(
            """{"app":"In-memory app","connector":"in-memory","version":"1.0.0","createUser":"invite-email","updateAttributes":["email","givenName","familyName","jobTitle"],"setRoles":"in-place","multipleRoles":false,"setEntitlements":false,"deactivate":true,"delete":true,"pendingUsersVisible":true}""",
            can.ToJsonString());

        await using var plain = await PausedAsync();
        Assert.Single((await plain.GetAsync("ServiceProviderConfig")).Body!["authenticationSchemes"]!.AsArray());
    }

    [Fact]
    public async Task The_largest_page_and_default_page_are_those_that_are_announced()
    {
        await using var gateway = await PausedAsync();
        await Seed.UsersAsync(gateway, 1_020);
        Assert.Equal(100, (await gateway.GetAsync("Users")).Ids.Count);
        Assert.Equal(1_000, (await gateway.GetAsync("Users?count=5000")).Ids.Count);
    }
}
