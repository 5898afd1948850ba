using IdLcm.Domain.Scim;
using static IdLcm.Domain.Tests.Scim.ScimSamples;

namespace IdLcm.Domain.Tests.Scim;

public sealed class ScimErrorTests
{
    [Fact]
    public void The_body_of_an_error_has_its_URN_status_as_a_string_and_detail()
    {
        var json = Json(ScimError.Uniqueness("userName is in use.").WriteTo);
        Assert.Equal("urn:ietf:params:scim:api:messages:2.0:Error", (string?)json["schemas"]![0]);
        Assert.Equal("409", (string?)json["status"]);
        Assert.Equal("uniqueness", (string?)json["scimType"]);
        Assert.Equal("userName is in use.", (string?)json["detail"]);
    }

    [Fact]
    public void An_error_without_code_has_no_scimType() =>
        Assert.Null(Json(ScimError.NotFound("User", "x").WriteTo)["scimType"]);

    [Fact]
    public void Every_code_has_its_wire_spelling()
    {
        var codes = Enum.GetValues<ScimErrorType>().Select(t => new ScimError(400, t, string.Empty).WireType);
        Assert.Equal(
            [
                null, "invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath", "noTarget",
                "invalidValue", "invalidVers", "sensitive", "invalidCursor", "expiredCursor", "invalidCount",
            ],
            codes);
    }

    [Fact]
    public void A_clients_words_are_repeated_short_and_clean()
    {
        var error = Refusal(() => ScimFilter.Parse("\ud800\u0001" + new string('x', 500)));
        Assert.True(error.Detail.Length < 300);
        Assert.DoesNotContain('\u0001', error.Detail);
        Assert.NotEmpty(error.ToUtf8());
    }
}
