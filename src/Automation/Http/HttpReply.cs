using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IdLcm.Automation.Http;

/// <summary>What an app's API answered: whole, and no larger than the limit.</summary>
internal sealed class HttpReply(string method, Uri address, int status, HttpHeaders headers, string body)
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };
    private readonly Lazy<JsonNode?> json = new(() => Parse(body));

    public string Method => method;

    public Uri Address => address;

    public int Status => status;

    public string Body => body;

    /// <summary>The body as JSON; null where it is none.</summary>
    public JsonNode? Json => json.Value;

    /// <summary>True for a web page, which no API answers with: a web server's, a proxy's or a portal's in front of the app.</summary>
    public bool IsPage => Json is null && body.AsSpan().TrimStart() is var text
        && (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase));

    public string? Header(string name) => headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    /// <summary>Names of the headers, for evidence; values may be secrets.</summary>
    public IEnumerable<string> HeaderNames => headers.Select(h => h.Key);

    /// <summary>In words: <c>GET /users.json</c>.</summary>
    public override string ToString() => $"{method} {address.AbsolutePath}";

    private static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text, nodeOptions: null, Strict);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
