using System.Text.Json.Nodes;
using IdLcm.Domain.Scim;
using static IdLcm.Domain.Tests.Scim.ScimSamples;

namespace IdLcm.Domain.Tests.Scim;

public sealed class ScimDiscoveryTests
{
    private static JsonNode Attribute(JsonNode schema, string name) => schema["attributes"]!.AsArray().Single(a => (string?)a!["name"] == name)!;

    [Fact]
    public void A_schema_tells_all_characteristics_of_its_attributes()
    {
        var json = Json(w => ScimDiscovery.WriteSchema(w, ScimSchemas.User, BaseUrl));
        Assert.Equal(ScimSchemas.UserUrn, (string?)json["id"]);
        Assert.Equal(
            """{"name":"userName","type":"string","multiValued":false,"required":true,"caseExact":false,"mutability":"readWrite","returned":"default","uniqueness":"server"}""",
            Without(Attribute(json, "userName"), "description"));
        Assert.Equal(
            """{"name":"password","type":"string","multiValued":false,"required":false,"caseExact":true,"mutability":"writeOnly","returned":"never","uniqueness":"none"}""",
            Without(Attribute(json, "password"), "description"));
        Assert.Equal(["value", "display", "type", "primary"], Attribute(json, "emails")["subAttributes"]!.AsArray().Select(s => (string?)s!["name"]));
        Assert.Equal("readOnly", (string?)Attribute(json, "groups")["mutability"]);
        Assert.Equal(BaseUrl + "/Schemas/" + ScimSchemas.UserUrn, (string?)json["meta"]!["location"]);
    }

    [Fact]
    public void Every_schema_of_the_resource_types_is_listed_once()
    {
        var schemas = ScimDiscovery.SchemasOf([Crm, ScimSchemas.GroupType, ScimSchemas.RoleType, ScimSchemas.EntitlementType]);
        var json = Json(w => ScimDiscovery.WriteSchemas(w, schemas, BaseUrl));
        Assert.Equal(
            [ScimSchemas.UserUrn, ScimSchemas.GroupUrn, ScimSchemas.RoleUrn, ScimSchemas.EntitlementUrn, Enterprise, "urn:example:crm:2.0:User"],
            json["Resources"]!.AsArray().Select(r => (string?)r!["id"]));
        Assert.Equal(6, (int)json["totalResults"]!);
    }

    [Fact]
    public void A_resource_type_names_its_endpoint_and_extensions()
    {
        var json = Json(w => ScimDiscovery.WriteResourceTypes(w, [Crm, ScimSchemas.RoleType], BaseUrl));
        var user = json["Resources"]![0]!;
        Assert.Equal(("User", "/Users", ScimSchemas.UserUrn), ((string?)user["id"], (string?)user["endpoint"], (string?)user["schema"]));
        Assert.Equal([Enterprise, "urn:example:crm:2.0:User"], user["schemaExtensions"]!.AsArray().Select(e => (string?)e!["schema"]));
        Assert.Equal(ScimSchemas.RoleUrn, (string?)json["Resources"]![1]!["schema"]);
    }

    [Fact]
    public void A_role_has_the_shape_that_Okta_discovers()
    {
        var role = new ScimResource(ScimSchemas.RoleType, ScimJson.ParseObject("""{"displayName":"Admin","type":"Role","description":"All"}"""), "admin");
        Assert.Equal(
            """{"schemas":["urn:okta:scim:schemas:core:1.0:Role"],"id":"admin","displayName":"Admin","type":"Role","description":"All"}""",
            Text(w => role.WriteTo(w, null, BaseUrl)));
    }

    [Fact]
    public void The_configuration_tells_what_is_supported()
    {
        var json = Json(w => new ScimServiceProviderConfig { Bulk = true, Sort = true, CursorPagination = true, CursorTimeout = TimeSpan.FromHours(1) }.WriteTo(w, BaseUrl));
        Assert.True((bool)json["patch"]!["supported"]!);
        Assert.True((bool)json["bulk"]!["supported"]!);
        Assert.Equal(1000, (int)json["filter"]!["maxResults"]!);
        Assert.False((bool)json["changePassword"]!["supported"]!);
        Assert.Equal(3600, (int)json["pagination"]!["cursorTimeout"]!);
        Assert.Equal("oauthbearertoken", (string?)json["authenticationSchemes"]![0]!["type"]);
        Assert.Equal(0, (int)Json(w => new ScimServiceProviderConfig().WriteTo(w, BaseUrl))["bulk"]!["maxOperations"]!);
    }

    [Fact]
    public void A_custom_schema_refuses_malformed_and_repeated_names()
    {
        Assert.Throws<ArgumentException>(() => new ScimSchemaBuilder("http://x", "X"));
        Assert.Throws<ArgumentException>(() => new ScimSchemaBuilder("urn:x:User", "X").Add(new ScimAttribute("a b")));
        Assert.Throws<ArgumentException>(() => new ScimSchemaBuilder("urn:x:User", "X").Add(new ScimAttribute("a")).Add(new ScimAttribute("A")));
    }

    private static string Without(JsonNode node, string name)
    {
        var copy = node.DeepClone().AsObject();
        copy.Remove(name);
        return copy.ToJsonString();
    }
}
