using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IdLcm.LocalHost.Cli.ScimCheck;

/// <summary>A request and its answer as a report shows them: shortened, on one line, without headers and without the token.</summary>
/// <param name="Request">Method, path and the start of the body.</param>
/// <param name="Answer">Status, media type and the start of the body.</param>
internal sealed record ScimCheckExchange(string Request, string Answer);

/// <summary>An answer of the server.</summary>
internal sealed record ScimCheckReply(int Status, string? MediaType, string? ETag, string? Location, JsonObject? Body, ScimCheckExchange Exchange)
{
    /// <summary>The resources of a list.</summary>
    public IReadOnlyList<JsonObject> Resources => Body?[nameof(Resources)] is JsonArray items ? [.. items.OfType<JsonObject>()] : [];

    /// <summary>The ids of a list.</summary>
    public IReadOnlyList<string> Ids => [.. Resources.Select(r => (r["id"] as JsonValue)?.ToString() ?? "")];

    /// <summary>The ids of a group's members.</summary>
    public IReadOnlyList<string> Members => Body?["members"] is JsonArray items ? [.. items.Select(m => m?["value"]?.ToString() ?? "")] : [];
}

/// <summary>Calls the server that is checked.</summary>
internal sealed class ScimCheckClient : IDisposable
{
    /// <summary>The media type of SCIM.</summary>
    public const string ScimJson = "application/scim+json";

    private const int Excerpt = 600;

    private const int MaxAnswer = 8 * 1024 * 1024;

    private readonly string token;
    private readonly HttpClient http;

    /// <summary>Makes the client.</summary>
    /// <param name="baseUrl">The SCIM base URL; a query in it (Entra ID's flags) is dropped.</param>
    /// <param name="token">The bearer token.</param>
    public ScimCheckClient(Uri baseUrl, string token)
    {
        this.token = token;
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = new Uri(baseUrl.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/"),

            // Okta gives up after 60 seconds.
            Timeout = TimeSpan.FromSeconds(60),
            MaxResponseContentBufferSize = MaxAnswer,
        };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("idlcm-scim-check/1.0");
        http.DefaultRequestHeaders.Accept.ParseAdd(ScimJson);
        http.DefaultRequestHeaders.Accept.ParseAdd("application/json");
    }

    /// <summary>Calls the server.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path below the base URL.</param>
    /// <param name="body">The body, or null.</param>
    /// <param name="headers">More headers; an <c>Authorization</c> among them replaces the token, an empty one leaves it out.</param>
    /// <param name="mediaType">The media type of the body.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    /// <exception cref="TimeoutException">It did not answer in time.</exception>
    public async Task<ScimCheckReply> SendAsync(
        HttpMethod method,
        string path,
        JsonObject? body = null,
        IReadOnlyDictionary<string, string>? headers = null,
        string mediaType = ScimJson,
        CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(method, path);
        var sent = body?.ToJsonString();
        if (sent is not null)
        {
            request.Content = new StringContent(sent, Encoding.UTF8);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType + "; charset=utf-8");
        }

        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers ?? new Dictionary<string, string>())
        {
            request.Headers.Remove(name);
            if (value.Length > 0)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            var type = response.Content.Headers.ContentType?.MediaType;
            return new ScimCheckReply(
                (int)response.StatusCode,
                type,
                response.Headers.TryGetValues("ETag", out var tags) ? tags.First() : null,
                response.Headers.TryGetValues("Location", out var locations) ? locations.First() : null,
                Parse(text),
                new ScimCheckExchange(Show($"{method} {path} {sent}"), Show($"{(int)response.StatusCode} {type} {text}")));
        }
        catch (TaskCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{method} {path} was not answered within {http.Timeout.TotalSeconds:0} seconds.", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // A server may echo anything, the token too; and a terminal must not obey what it sends.
    private string Show(string text)
    {
        var plain = string.Concat(text.Replace(token, "***", StringComparison.Ordinal).Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return plain.Length <= Excerpt ? plain : plain[..Excerpt] + "…";
    }
}
