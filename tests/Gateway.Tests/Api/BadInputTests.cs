namespace IdLcm.Gateway.Tests.Api;

/// <summary>What callers send that cannot be read: each is told what is wrong, and where.</summary>
public sealed class BadInputTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private RunningGateway Gateway => fixture.Gateway;

    private ApiClient Owner => Gateway.Owner;

    [Theory]
    [InlineData("{\"name\":", "invalid_json", null)]
    [InlineData("[]", "invalid_json", null)]
    [InlineData("null", "invalid_json", null)]
    [InlineData("{\"name\":\"a\",\"colour\":1}", "unknown_field", "colour")]
    [InlineData("{\"name\":\"a\",\"serviceAccount\":{\"userNam\":\"x\"}}", "unknown_field", "serviceAccount.userNam")]
    [InlineData("{\"name\":7}", "invalid_request", "name")]
    [InlineData("{\"name\":\"a\",\"name\":\"b\"}", "duplicate_field", "name")]
    [InlineData("{\"name\":\"a\",\"deprovision\":{\"onDelete\":\"explode\"}}", "invalid_request", "deprovision.onDelete")]
    public async Task A_body_that_cannot_be_read_is_explained(string body, string code, string? field)
    {
        var refused = await Owner.SendRawAsync(HttpMethod.Post, "/api/integrations", body);

        Assert.Equal(400, refused.Status);
        Assert.Equal("application/problem+json", refused.MediaType);
        Assert.Equal(code, refused.Text("code"));
        Assert.DoesNotContain("IdLcm.", refused.Body);
        if (field is not null)
        {
            Assert.Equal(field, Assert.Single(refused["errors"].EnumerateObject()).Name);
        }
    }

    [Fact]
    public async Task A_field_that_is_not_known_is_answered_with_those_that_are()
    {
        var refused = await Owner.SendRawAsync(HttpMethod.Post, "/api/integrations", """{"name":"a","serviceAccount":{"userNam":"x"}}""");

        Assert.Contains("serviceAccount.userNam is not known here: known are userName, ", refused.Text("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"invite":"never"}""", "invite must be one of immediate, onClaim, justInTime.")]
    [InlineData("""{"safeguard":{"percent":"x"}}""", "safeguard.percent must be a whole number of at most 2147483647.")]
    [InlineData("""{"safeguard":{"assignments":7}}""", "safeguard.assignments must be an object.")]
    [InlineData("""{"claimMail":"yes"}""", "claimMail must be true or false.")]
    [InlineData("""{"matchBy":"userName"}""", "matchBy must be a list.")]
    [InlineData("""{"name":5}""", "name must be text.")]
    public async Task A_value_of_a_wrong_kind_is_told_with_what_it_can_be(string body, string detail)
    {
        var integration = await Gateway.ConnectAsync();
        var refused = await Owner.SendRawAsync(HttpMethod.Patch, integration.Path, body);
        Assert.Equal((400, detail), (refused.Status, refused.Text("detail")));
    }

    [Theory]
    [InlineData("tasks?closed")]
    [InlineData("unmatched?exempted")]
    public async Task A_flag_of_a_list_is_true_or_false(string flag)
    {
        var integration = await Gateway.ConnectAsync();
        foreach (var value in (string[])["true", "False", ""])
        {
            Assert.Equal(200, (await Owner.GetAsync($"{integration.Path}/{flag}={value}")).Status);
        }

        var refused = await Owner.GetAsync($"{integration.Path}/{flag}=maybe");
        Assert.Equal((400, "invalid_parameter"), (refused.Status, refused.Text("code")));
        Assert.Contains("'maybe' must be true or false.", refused.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_beyond_one_mebibyte_or_of_another_type_is_refused()
    {
        var large = await Owner.SendRawAsync(HttpMethod.Post, "/api/integrations", $"{{\"name\":\"{new string('x', 1024 * 1024)}\"}}");
        Assert.Equal(413, large.Status);
        Assert.Equal("too_large", large.Text("code"));

        var text = await Owner.SendRawAsync(HttpMethod.Post, "/api/integrations", "{}", "text/plain");
        Assert.Equal(415, text.Status);
    }
}
