using System.Net;
using System.Net.Http.Headers;
using System.Text;
using IdLcm.LocalHost.Tests.Lifecycle;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>Input that no identity provider should send: refused with a reason, and nothing of it is kept.</summary>
public sealed class BadInputTests : IAsyncLifetime
{
    private RunningGateway gateway = null!;
    private string id = "";
    private string before = "";

    public async ValueTask InitializeAsync()
    {
        gateway = await PausedAsync();
        id = await gateway.UserAsync("whole@acme.test", ",\"title\":\"T\"");
        before = (await gateway.GetAsync($"Users/{id}")).Text;
    }

    public async ValueTask DisposeAsync()
    {
        // Whatever was refused has changed nothing.
        Assert.Equal(before, (await gateway.GetAsync($"Users/{id}")).Text);
        Assert.Equal(1, (await gateway.GetAsync("Users")).Total);
        await gateway.DisposeAsync();
    }

    private async Task<HttpStatusCode> SendAsync(HttpMethod method, string path, byte[] body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/scim+json");
        using var response = await gateway.Scim.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("application/scim+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("urn:ietf:params:scim:api:messages:2.0:Error", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        return response.StatusCode;
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("identity, BR")]
    public async Task A_compressed_body_is_refused_and_the_answer_says_what_would_do(string coding)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "Users") { Content = new ByteArrayContent([0x1f, 0x8b, 8, 0]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/scim+json");
        request.Content.Headers.TryAddWithoutValidation("Content-Encoding", coding);
        using var response = await gateway.Scim.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Equal(["identity"], response.Headers.GetValues("Accept-Encoding"));
        Assert.Contains("\"status\":\"415\"", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private Task<Reply> PutAsync(string members) => gateway.PutAsync($"Users/{id}", $$"""{"userName":"whole@acme.test",{{members}} }""");

    [Theory]
    [InlineData("{\"a\":")]
    [InlineData("[")]
    [InlineData("{\"userName\":\"x\",\"name\":{\"givenName\":[")]
    public async Task Deep_nesting_is_refused(string open)
    {
        (await gateway.PostAsync("Users", string.Concat(Enumerable.Repeat(open, 100_000)))).IsError(HttpStatusCode.BadRequest, "invalidSyntax");
        (await PutAsync($"\"x\":{new string('[', 40)}{new string(']', 40)}")).IsError(HttpStatusCode.BadRequest, "invalidSyntax");
        (await gateway.PatchOpsAsync($"Users/{id}", $$"""{"op":"replace","path":"title","value":{{new string('[', 40)}}{{new string(']', 40)}} }""")).IsError(HttpStatusCode.BadRequest, "invalidSyntax");
    }

    [Fact]
    public async Task Deeply_nested_filters_and_paths_are_refused()
    {
        (await gateway.FilterAsync("Users", $"{new string('(', 1_000)}title pr{new string(')', 1_000)}")).IsError(HttpStatusCode.BadRequest, "invalidFilter");
        (await gateway.FilterAsync("Users", string.Concat(Enumerable.Repeat("not (", 500)) + "title pr" + new string(')', 500))).IsError(HttpStatusCode.BadRequest, "invalidFilter");
        (await gateway.PatchOpsAsync($"Users/{id}", $$"""{"op":"remove","path":"emails[{{new string('(', 1_000)}}value pr{{new string(')', 1_000)}}]"}""")).IsError(HttpStatusCode.BadRequest, "invalidPath");
    }

    [Fact]
    public async Task A_long_filter_is_read_and_a_longer_one_refused()
    {
        var longest = $"title eq \"{new string('<', (8 * 1024) - 11)}\"";
        Assert.Equal(0, (await gateway.FilterAsync("Users", longest)).Is(HttpStatusCode.OK).Total);
        var refusal = (await gateway.FilterAsync("Users", longest + " ")).IsError(HttpStatusCode.BadRequest, "invalidFilter");
        Assert.Equal("The filter is longer than 8192 characters.", (string)refusal.Body!["detail"]!);
    }

    [Theory]
    [InlineData("1e999999999")]
    [InlineData("-1e400")]
    [InlineData("99999999999999999999999999999999999999999999999999999999999999999999999999999")]
    [InlineData("0.00000000000000000000000000000000000000000000000000000000000000000000000000001")]
    public async Task Huge_numbers_are_no_5xx_and_no_value_of_an_attribute_that_has_none(string number)
    {
        Assert.Equal(HttpStatusCode.BadRequest, (await PutAsync($"\"active\":{number}")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.PostAsync("Users/.search", $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"count":{{number}} }""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.PostAsync("Bulk", $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"failOnErrors":{{number}},"Operations":[]}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.FilterAsync("Users", $"active eq {number}")).Status);
    }

    [Theory]
    [InlineData("\"x509Certificates\":[{\"value\":\"not base64!\"}]", "x509Certificates.value")]
    [InlineData("\"x509Certificates\":\"not base64!\"", "x509Certificates.value")]
    [InlineData("\"name\":{\"givenName\":[\"a\",\"b\"]}", "name.givenName")]
    [InlineData("\"emails\":[{\"value\":\"a@b.test\",\"primary\":\"perhaps\"}]", "emails.primary")]
    [InlineData("\"" + Enterprise + "\":{\"costCenter\":{}}", Enterprise + ":costCenter")]
    [InlineData("\"" + Enterprise + "\":{\"manager\":{\"value\":[[]]}}", Enterprise + ":manager.value")]
    public async Task A_refusal_names_the_whole_path_of_the_attribute(string members, string path)
    {
        var put = (await PutAsync(members)).IsError(HttpStatusCode.BadRequest, "invalidValue");
        var patch = (await gateway.PatchOpsAsync($"Users/{id}", $$"""{"op":"add","value":{ {{members}} } }""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        Assert.All([put, patch], refusal => Assert.Contains($"\"{path}\"", (string)refusal.Body!["detail"]!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_number_of_a_million_digits_is_refused() =>
        (await PutAsync($"\"x\":{new string('9', 1_000_000)}")).IsError(HttpStatusCode.BadRequest, "invalidSyntax");

    [Theory]
    [InlineData("\"title\":\"a\",\"title\":\"b\"")]
    [InlineData("\"title\":\"a\",\"TITLE\":\"b\"")]
    [InlineData("\"name\":{\"givenName\":\"a\",\"GivenName\":\"b\"}")]
    [InlineData("\"title\":\"a\",\"\\u0074itle\":\"b\"")]
    public async Task Duplicate_keys_are_refused(string members) => (await PutAsync(members)).IsError(HttpStatusCode.BadRequest, "invalidSyntax");

    [Theory]
    [InlineData(0xff)]
    [InlineData(0xc0, 0xaf)]
    [InlineData(0xed, 0xa0, 0x80)]
    [InlineData(0xf5, 0x80, 0x80, 0x80)]
    [InlineData(0xe2, 0x82)]
    public async Task Invalid_UTF8_is_refused(params int[] bytes)
    {
        byte[] bad = [.. bytes.Select(b => (byte)b)];
        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(HttpMethod.Put, $"Users/{id}", [.. "{\"userName\":\"whole@acme.test\",\"title\":\""u8, .. bad, .. "\"}"u8]));
        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(HttpMethod.Put, $"Users/{id}", [.. "{\"userName\":\"whole@acme.test\",\""u8, .. bad, .. "\":1}"u8]));
        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(HttpMethod.Post, "Users", bad));
    }

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\\udc00")]
    [InlineData("a\\ud83db")]
    [InlineData("\\ude00\\ud83d")]
    public async Task Lone_surrogates_are_refused(string text)
    {
        (await PutAsync($"\"title\":\"{text}\"")).IsError(HttpStatusCode.BadRequest, "invalidSyntax");
        (await PutAsync($"\"{text}\":\"x\"")).IsError(HttpStatusCode.BadRequest, "invalidSyntax");
        (await gateway.PostAsync("Users/.search", $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"title eq \"{{text}}\""}""")).IsError(HttpStatusCode.BadRequest, "invalidSyntax");
    }

    [Theory]
    [InlineData("\u0000")]
    [InlineData("\u0001")]
    [InlineData("\n")]
    [InlineData("\u001f")]
    public async Task Raw_control_characters_are_refused(string control) =>
        (await PutAsync($"\"title\":\"a{control}b\"")).IsError(HttpStatusCode.BadRequest, "invalidSyntax");

    [Theory]
    [InlineData("\\u0000")]
    [InlineData("a\\u001b[31m")]
    [InlineData("a\\u007fb")]
    public async Task Escaped_control_characters_are_refused_in_values_save_those_of_layout(string text)
    {
        (await PutAsync($"\"title\":\"{text}\"")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        (await gateway.PatchOpsAsync($"Users/{id}", $$"""{"op":"replace","path":"title","value":"{{text}}"}""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        (await gateway.PostAsync("Groups", $$"""{"displayName":"{{text}}"}""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
    }

    [Fact]
    public async Task Bodies_of_10_MB_are_refused_whatever_they_hold()
    {
        var padding = new string(' ', 10 * 1024 * 1024);
        foreach (var (method, path) in new[] { (HttpMethod.Post, "Users"), (HttpMethod.Put, $"Users/{id}"), (HttpMethod.Patch, $"Users/{id}"), (HttpMethod.Post, "Users/.search"), (HttpMethod.Post, "Bulk"), (HttpMethod.Post, "Groups") })
        {
            (await gateway.CallAsync(method, path, $$"""{"userName":"whole@acme.test"{{padding}}}""")).IsError(HttpStatusCode.RequestEntityTooLarge);
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("7")]
    [InlineData("{} {}")]
    [InlineData("{\"userName\":\"x\",}")]
    [InlineData("{'userName':'x'}")]
    [InlineData("// comment\n{\"userName\":\"x\"}")]
    [InlineData("{\"userName\":NaN}")]
    public async Task What_is_no_JSON_object_is_refused(string body)
    {
        (await gateway.PostAsync("Users", body)).IsError(HttpStatusCode.BadRequest, "invalidSyntax");
        (await gateway.CallAsync(HttpMethod.Patch, $"Users/{id}", body)).IsError(HttpStatusCode.BadRequest, "invalidSyntax");
        (await gateway.PostAsync("Bulk", body)).IsError(HttpStatusCode.BadRequest, "invalidSyntax");
    }
}
