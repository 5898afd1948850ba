using System.Net;
using IdLcm.LocalHost.Tests.Lifecycle;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>Characters that are legal in JSON but tempt servers into harm: kept, shown and compared exactly.</summary>
public sealed class OddTextTests
{
    [Theory]
    [InlineData("a\\tb\\r\\nc")]
    [InlineData("\\u202eabc\\u2028\\ufeff")]
    [InlineData("</script><!--")]
    [InlineData("'; DROP TABLE records; --")]
    public async Task Odd_text_comes_back_as_it_was_sent_and_is_found(string text)
    {
        await using var gateway = await PausedAsync();
        var id = await gateway.UserAsync("odd@acme.test", $",\"title\":\"{text}\",\"externalId\":\"{text}\"");
        var shown = (string)(await gateway.GetAsync($"Users/{id}")).Body!["title"]!;
        Assert.Equal((string)System.Text.Json.Nodes.JsonNode.Parse($"\"{text}\"")!, shown);
        var search = $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":{{System.Text.Json.JsonSerializer.Serialize($"externalId eq \"{text}\"")}} }""";
        Assert.Equal([id], (await gateway.PostAsync("Users/.search", search)).Is(HttpStatusCode.OK).Ids);
        var group = await gateway.GroupAsync(text, id);
        Assert.Equal(shown, (string)(await gateway.GetAsync($"Users/{id}")).Body!["groups"]![0]!["display"]!);
        (await gateway.DeleteAsync($"Groups/{group}")).Is(HttpStatusCode.NoContent);
    }
}
