using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Domain.Scim;
using static IdLcm.Domain.Tests.Scim.ScimSamples;

namespace IdLcm.Domain.Tests.Scim;

public sealed class StoredResourceTests
{
    public static TheoryData<string> Stored =>
    [
        "{}",
        """{"userName":"b"}""",
        """{"userName":"bärbel \"b\" \\ <x>","name":{"givenName":"B","familyName":"J"},"emails":[{"value":"b@x","type":"work"},{"value":"c@x"}],"active":false}""",
        $$$"""{"userName":"b","{{{Enterprise}}}":{"department":"D","manager":{"value":"u2"}},"title":"T"}""",
        """{"userName":"b","title":"urn:not:an:extension"}""",
        """{"userName":"b","urn:example:unknown:2.0:User":{"x":1}}""",
    ];

    [Theory]
    [MemberData(nameof(Stored))]
    public void An_answer_made_of_stored_bytes_is_the_answer_made_of_their_attributes(string stored)
    {
        var utf8 = Encoding.UTF8.GetBytes(stored);
        foreach (var type in (ScimResourceType[])[ScimSchemas.UserType, Crm])
        {
            foreach (var attributes in (string?[])[null, "userName", Enterprise])
            {
                var read = ScimResource.FromStored(utf8.AsSpan(), type, "u1", Meta);
                var lazy = ScimResource.FromStoredLazily(utf8, type, "u1", Meta);

                AssertSame(Show(read, attributes), Show(lazy, attributes));
                Assert.Equal(read.Attributes, lazy.Attributes);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Stored))]
    public void What_the_server_adds_to_stored_bytes_is_shown_as_what_it_adds_to_attributes(string stored)
    {
        var utf8 = Encoding.UTF8.GetBytes(stored);
        var groups = new ScimArray([new ScimComplex(new ScimMember("value", "g1"), new ScimMember("display", "All"))]);

        var read = ScimResource.FromStored(utf8.AsSpan(), ScimSchemas.UserType, "u1", Meta).With("groups", groups);
        var lazy = ScimResource.FromStoredLazily(utf8, ScimSchemas.UserType, "u1", Meta).With("groups", groups);

        AssertSame(Show(read), Show(lazy));
        Assert.Equal("g1", (string?)Show(lazy)["groups"]![0]!["value"]);
        Assert.Equal(read.Attributes, lazy.Attributes);
    }

    private static JsonNode Show(ScimResource resource, string? attributes = null) =>
        Json(writer => resource.WriteTo(writer, ScimProjection.Parse(resource.Type, attributes, null), BaseUrl));

    private static void AssertSame(JsonNode expected, JsonNode actual) => Assert.True(JsonNode.DeepEquals(expected, actual), $"{expected}\n{actual}");
}
