using System.Text;
using IdLcm.Domain.Scim;
using static IdLcm.Domain.Tests.Scim.ScimSamples;

namespace IdLcm.Domain.Tests.Scim;

public sealed class ScimJsonTests
{
    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("{")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\":1} x")]
    [InlineData("{\"a\":01}")]
    [InlineData("{'a':1}")]
    [InlineData("{\"a\":NaN}")]
    [InlineData("/* c */ {}")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{\"a\":\"raw \u0001 control\"}")]
    public void Malformed_JSON_is_invalidSyntax(string json) =>
        Assert.Equal(ScimErrorType.InvalidSyntax, Refusal(() => ScimJson.ParseObject(json)).Type);

    [Theory]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"userName\":1,\"USERNAME\":2}")]
    [InlineData("{\"a\":{\"b\":1,\"B\":2}}")]
    [InlineData("{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"M\":1}")]
    public void A_name_that_occurs_twice_in_any_case_is_invalidSyntax(string json) =>
        Assert.Equal(ScimErrorType.InvalidSyntax, Refusal(() => ScimJson.ParseObject(json)).Type);

    [Fact]
    public void Nesting_beyond_the_limit_is_invalidSyntax()
    {
        var fits = string.Concat(Enumerable.Repeat("{\"a\":", 31)) + "{}" + new string('}', 31);
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_000);
        Assert.IsType<ScimComplex>(ScimJson.ParseObject(fits));
        Assert.Equal(ScimErrorType.InvalidSyntax, Refusal(() => ScimJson.ParseObject(deep)).Type);
    }

    [Fact]
    public void Invalid_UTF8_is_invalidSyntax()
    {
        byte[][] bodies =
        [
            [.. "{\"a\":\""u8, 0xff, .. "\"}"u8],
            [.. "{\"a\":\""u8, 0xc3, .. "\"}"u8],
            [.. "{\""u8, 0xed, 0xa0, 0x80, .. "\":1}"u8],
            [0xff, 0xfe, 0x7b, 0x00],
        ];
        Assert.All(bodies, body => Assert.Equal(ScimErrorType.InvalidSyntax, Refusal(() => ScimJson.ParseObject(body)).Type));
    }

    [Theory]
    [InlineData("{\"a\":\"\\ud800\"}")]
    [InlineData("{\"a\":\"\\udc00\\ud800\"}")]
    [InlineData("{\"\\ud800\":1}")]
    public void A_lone_surrogate_is_invalidSyntax(string json) =>
        Assert.Equal(ScimErrorType.InvalidSyntax, Refusal(() => ScimJson.ParseObject(json)).Type);

    [Fact]
    public void A_number_longer_than_the_limit_is_invalidSyntax() =>
        Assert.Equal(ScimErrorType.InvalidSyntax, Refusal(() => ScimJson.ParseObject("{\"a\":" + new string('9', 5000) + "}")).Type);

    [Fact]
    public void A_body_beyond_the_limit_is_413()
    {
        var error = Refusal(() => ScimJson.ParseObject(new byte[10 * 1024 * 1024]));
        Assert.Equal(413, error.Status);
        Assert.Contains("4194304", error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_is_passed_over() =>
        AssertJson("{\"a\":1}", ScimJson.ParseObject([0xef, 0xbb, 0xbf, .. "{\"a\":1}"u8]));

    [Fact]
    public void Text_survives_reading_and_writing_unchanged()
    {
        const string json = """{"a":"Zoë \"O'Hara\" 😀 \\ \u007f","n":1.50e+3,"b":[true,null,[]],"c":{}}""";
        Assert.Equal(ScimJson.ParseObject(json), ScimJson.ParseObject(ScimJson.ToUtf8(ScimJson.ParseObject(json))));
        Assert.Contains("Zoë", Encoding.UTF8.GetString(ScimJson.ToUtf8(ScimJson.ParseObject(json))), StringComparison.Ordinal);
    }

    [Fact]
    public void Objects_are_equal_without_regard_to_order_and_numbers_to_spelling()
    {
        AssertJson("{\"a\":1.0,\"B\":2}", ScimJson.ParseObject("{\"b\":2,\"a\":1}"));
        Assert.Equal(ScimJson.ParseObject("{\"a\":1.0}").GetHashCode(), ScimJson.ParseObject("{\"A\":1}").GetHashCode());
        Assert.False(ScimJson.ParseObject("{\"a\":\"x\"}").Equals(ScimJson.ParseObject("{\"a\":\"X\"}")));
    }
}
