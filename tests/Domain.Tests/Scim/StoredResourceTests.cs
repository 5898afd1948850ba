using System.Buffers;
using System.Text;
using System.Text.Json;
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
        """{"userName":"b","urn:example:crm:2.0:User":{"notes":"N"}}""",
        $$"""{"userName":"b","{{Enterprise}}":{},"title":"T"}""",
        """{"userName":"b","password":"secret"}""",
        """{"userName":"b","urn:example:unknown:2.0:User":{"x":1}}""",
        """{"user\u004eame":"b"}""",
    ];

    [Theory]
    [MemberData(nameof(Stored))]
    public void An_answer_made_of_stored_bytes_is_the_answer_made_of_their_attributes(string stored)
    {
        var utf8 = Encoding.UTF8.GetBytes(stored);
        var meta = new ScimMeta(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddHours(1), "v1");
        var read = ScimResource.FromStored(utf8.AsSpan(), Crm, "u1", meta);
        var over = ScimResource.OverStored(utf8, Crm, "u1", meta);

        Assert.Equal(Text(read), Text(over));
        Assert.Equal(Text(read, "userName"), Text(over, "userName"));
        Assert.Equal(read.Attributes, over.Attributes);
    }

    [Theory]
    [MemberData(nameof(Stored))]
    public void What_the_server_sets_on_top_of_stored_bytes_is_shown_as_on_attributes(string stored)
    {
        var utf8 = Encoding.UTF8.GetBytes(stored);
        var groups = new ScimArray([new ScimComplex(new ScimMember("value", "g1"), new ScimMember("display", "All"))]);
        foreach (var name in (string[])["groups", "title"])
        {
            ScimValue value = name == "groups" ? groups : new ScimString("Set");
            var read = ScimResource.FromStored(utf8.AsSpan(), Crm, "u1").With(name, value);
            var over = ScimResource.OverStored(utf8, Crm, "u1").With(name, value);

            Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(Text(read)).RootElement, JsonDocument.Parse(Text(over)).RootElement), $"{Text(read)}\n{Text(over)}");
            Assert.Equal(read.Attributes, over.Attributes);
        }
    }

    [Fact]
    public void A_writer_that_validates_gets_the_same_answer()
    {
        var over = ScimResource.OverStored("""{"userName":"b"}"""u8.ToArray(), Crm, "u1");

        using var strict = new MemoryStream();
        using (var writer = new Utf8JsonWriter(strict))
        {
            over.WriteTo(writer, null, BaseUrl);
        }

        Assert.Equal(Text(over), Encoding.UTF8.GetString(strict.ToArray()));
    }

    private static string Text(ScimResource resource, string? attributes = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, ScimJson.WriterOptions))
        {
            resource.WriteTo(writer, ScimProjection.Parse(Crm, attributes, null), BaseUrl);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
