using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace IdLcm.Dev.Demo;

/// <summary>The identity provider's side: SCIM requests to one gateway.</summary>
/// <param name="baseUrl">The SCIM base URL.</param>
/// <param name="token">The gateway token.</param>
internal sealed class ScimClient(string baseUrl, string token) : IDisposable
{
    private const string CoreUser = "urn:ietf:params:scim:schemas:core:2.0:User";
    private const string PatchOp = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false })
    {
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
    };

    /// <summary>Creates a person.</summary>
    /// <param name="email">The user name and e-mail.</param>
    /// <param name="givenName">The first name.</param>
    /// <param name="familyName">The last name.</param>
    /// <param name="role">The role in the app.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The answer.</returns>
    public Task<ScimAnswer> CreateAsync(string email, string givenName, string familyName, string role, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post,
        "/Users",
        new JsonObject
        {
            ["schemas"] = new JsonArray(CoreUser),
            ["userName"] = email,
            ["active"] = true,
            ["name"] = new JsonObject { ["givenName"] = givenName, ["familyName"] = familyName },
            ["emails"] = new JsonArray(new JsonObject { ["type"] = "work", ["value"] = email, ["primary"] = true }),
            ["roles"] = new JsonArray(new JsonObject { ["value"] = role }),
        },
        cancellationToken);

    /// <summary>Replaces one attribute of a person.</summary>
    /// <param name="id">The person.</param>
    /// <param name="path">The attribute.</param>
    /// <param name="value">Its new value.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The answer.</returns>
    public Task<ScimAnswer> ReplaceAsync(string id, string path, JsonNode value, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Patch,
        $"/Users/{id}",
        new JsonObject
        {
            ["schemas"] = new JsonArray(PatchOp),
            ["Operations"] = new JsonArray(new JsonObject { ["op"] = "replace", ["path"] = path, ["value"] = value }),
        },
        cancellationToken);

    /// <summary>Deletes a person.</summary>
    /// <param name="id">The person.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The answer.</returns>
    public Task<ScimAnswer> DeleteAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, $"/Users/{id}", body: null, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<ScimAnswer> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, baseUrl + path)
        {
            Content = body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/scim+json"),
        };
        var began = Stopwatch.GetTimestamp();
        using var response = await _http.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return new ScimAnswer((int)response.StatusCode, Stopwatch.GetElapsedTime(began), text.Length == 0 ? null : JsonNode.Parse(text) as JsonObject);
    }
}

/// <summary>An answer of the gateway.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Body">The body, or null.</param>
internal sealed record ScimAnswer(int Status, TimeSpan Duration, JsonObject? Body);
