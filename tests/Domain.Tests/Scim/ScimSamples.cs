using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IdLcm.Domain.Scim;

namespace IdLcm.Domain.Tests.Scim;

/// <summary>Short ways to say "this resource" and "this request" in the tests of SCIM.</summary>
internal static class ScimSamples
{
    public const string BaseUrl = "https://gw.example/scim/v2/g1";
    public const string Enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    public static readonly ScimMeta Meta = new(
        new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.Zero), "v1");

    public static readonly ScimResourceType Crm = ScimSchemas.UserType.WithExtension(
        new ScimSchemaBuilder("urn:example:crm:2.0:User", "Crm")
            .Add(new ScimAttribute("tag"))
            .Add(new ScimAttribute("level") { Type = ScimAttributeType.Integer })
            .Add(new ScimAttribute("ratio") { Type = ScimAttributeType.Decimal })
            .Add(new ScimAttribute("since") { Type = ScimAttributeType.DateTime })
            .Add(new ScimAttribute("badge") { Mutability = ScimMutability.Immutable, CaseExact = true })
            .Add(new ScimAttribute("labels") { MultiValued = true })
            .Add(new ScimAttribute("notes") { Returned = ScimReturned.Request })
            .Build());

    public static ScimResource User(string json = """{"userName":"bjensen@example.com"}""", ScimResourceType? type = null) =>
        ScimResource.Parse(Encoding.UTF8.GetBytes(json), type ?? ScimSchemas.UserType).WithIdentity("u1", Meta);

    public static ScimResource Group(string json = """{"displayName":"Sales"}""") =>
        ScimResource.Parse(Encoding.UTF8.GetBytes(json), ScimSchemas.GroupType).WithIdentity("g1", Meta);

    public static ScimPatchRequest Patch(string operations) => ScimPatchRequest.Parse(Encoding.UTF8.GetBytes(
        $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{operations}}]}"""));

    public static ScimResource Patched(this ScimResource resource, string operations) =>
        ScimPatch.Apply(resource, Patch(operations)).Resource;

    public static ScimError Refusal(Action action) => Assert.Throws<ScimException>(action).Error;

    public static void AssertJson(string expected, ScimValue? actual) =>
        // Not Assert.Equal: it would compare objects member by member in order.
        Assert.True(ScimJson.Parse(Encoding.UTF8.GetBytes(expected)).Equals(actual), $"Expected {expected}\n but was {actual}");

    public static string Text(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, ScimJson.WriterOptions))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static JsonNode Json(Action<Utf8JsonWriter> write) => JsonNode.Parse(Text(write))!;
}
