using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Domain.Integrations;
using IdLcm.LocalHost.Tests.Lifecycle;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>An answer as it came over the wire.</summary>
internal sealed record Reply(HttpStatusCode Status, JsonObject? Body, string Text, HttpResponseHeaders Headers, HttpContentHeaders Content)
{
    public string Id => (string)Body!["id"]!;

    public string ETag => Headers.ETag!.ToString();

    public int Total => (int)Body!["totalResults"]!;

    public IReadOnlyList<JsonObject> Resources => [.. Body![nameof(Resources)]!.AsArray().Select(r => r!.AsObject())];

    public IReadOnlyList<string> Ids => [.. Resources.Select(r => (string)r["id"]!)];

    public IReadOnlyList<string> Members => [.. (Body!["members"]?.AsArray() ?? []).Select(m => (string)m!["value"]!)];

    public IReadOnlyList<string> Groups => [.. (Body!["groups"]?.AsArray() ?? []).Select(m => (string)m!["value"]!)];

    /// <summary>The answer is a SCIM error of that status and type (RFC 7644 section 3.12).</summary>
    public Reply IsError(HttpStatusCode status, string? type = null)
    {
        Assert.True(status == Status, $"{(int)Status}: {Text}");
        Assert.Equal("application/scim+json", Content.ContentType?.MediaType);
        Assert.Equal("urn:ietf:params:scim:api:messages:2.0:Error", (string)Body!["schemas"]![0]!);
        Assert.Equal(((int)status).ToString(), (string)Body["status"]!);
        Assert.Equal(type, (string?)Body["scimType"]);
        Assert.NotEmpty((string)Body["detail"]!);
        return this;
    }

    public Reply Is(HttpStatusCode status)
    {
        Assert.True(status == Status, $"{(int)Status}: {Text}");
        return this;
    }
}

/// <summary>Speaks SCIM to a running gateway, without knowing anything of its inside.</summary>
internal static class Wire
{
    public const string UserUrn = "urn:ietf:params:scim:schemas:core:2.0:User";
    public const string GroupUrn = "urn:ietf:params:scim:schemas:core:2.0:Group";
    public const string Enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    public const string Provisioning = "urn:idlcm:params:scim:schemas:extension:provisioning:1.0:User";

    /// <summary>Nothing is done in the app: a test of the protocol does not wait for it.</summary>
    public static Task<RunningGateway> PausedAsync(Func<Integration, Integration>? configure = null) => RunningGateway.StartAsync(integration =>
    {
        var paused = integration with { Paused = new Pause("test", DateTimeOffset.UtcNow, "protocol test") };
        return configure?.Invoke(paused) ?? paused;
    });

    public static async Task<Reply> CallAsync(
        this RunningGateway gateway, HttpMethod method, string path, string? body = null, string mediaType = "application/scim+json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await gateway.Scim.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var json = text.StartsWith('{') ? JsonNode.Parse(text)!.AsObject() : null;
        return new Reply(response.StatusCode, json, text, response.Headers, response.Content.Headers);
    }

    public static Task<Reply> GetAsync(this RunningGateway gateway, string path, params (string Name, string Value)[] headers) =>
        gateway.CallAsync(HttpMethod.Get, path, headers: headers);

    public static Task<Reply> PostAsync(this RunningGateway gateway, string path, string body, params (string Name, string Value)[] headers) =>
        gateway.CallAsync(HttpMethod.Post, path, body, headers: headers);

    public static Task<Reply> PutAsync(this RunningGateway gateway, string path, string body, params (string Name, string Value)[] headers) =>
        gateway.CallAsync(HttpMethod.Put, path, body, headers: headers);

    public static Task<Reply> DeleteAsync(this RunningGateway gateway, string path, params (string Name, string Value)[] headers) =>
        gateway.CallAsync(HttpMethod.Delete, path, headers: headers);

    public static Task<Reply> PatchOpsAsync(this RunningGateway gateway, string path, string operations, params (string Name, string Value)[] headers) => gateway.CallAsync(
        HttpMethod.Patch, path, $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{operations}}]}""", headers: headers);

    public static Task<Reply> FilterAsync(this RunningGateway gateway, string endpoint, string filter, string more = "") =>
        gateway.GetAsync($"{endpoint}?filter={Uri.EscapeDataString(filter)}{more}");

    public static async Task<string> UserAsync(this RunningGateway gateway, string userName, string extra = "") =>
        (await gateway.PostAsync("Users", $$"""{"schemas":["{{UserUrn}}"],"userName":"{{userName}}"{{extra}}}""")).Is(HttpStatusCode.Created).Id;

    public static async Task<string> GroupAsync(this RunningGateway gateway, string displayName, params string[] members) =>
        (await gateway.PostAsync("Groups", $$"""{"schemas":["{{GroupUrn}}"],"displayName":"{{displayName}}","members":[{{Values(members)}}]}""")).Is(HttpStatusCode.Created).Id;

    public static string Values(IEnumerable<string> ids) => string.Join(',', ids.Select(id => $$"""{"value":"{{id}}"}"""));

    /// <summary>Makes users quickly: several at a time.</summary>
    public static async Task<IReadOnlyList<string>> UsersAsync(this RunningGateway gateway, string prefix, int count)
    {
        var ids = new string[count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) => ids[i] = await gateway.UserAsync($"{prefix}{i}@acme.test"));
        return ids;
    }
}
