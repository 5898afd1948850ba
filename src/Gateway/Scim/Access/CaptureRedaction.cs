using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using IdLcm.Domain.Integrations;

namespace IdLcm.Gateway.Scim.Access;

/// <summary>
/// Takes out of a body what nobody may see: passwords and what the user schema classes as encrypted, wherever it stands
/// (RFC 7643 section 7, RFC 7644 section 7.5), and cuts what is long.
/// </summary>
/// <param name="profile">The integration.</param>
internal sealed class CaptureRedaction(IntegrationProfile profile)
{
    /// <summary>The longest text that is kept whole, in characters.</summary>
    public const int MaxText = 200;

    /// <summary>The longest body that is kept, in characters.</summary>
    public const int MaxBody = 16 * 1024;

    /// <summary>The longest path and query that is kept, in characters.</summary>
    public const int MaxTarget = 1000;

    private const string Hidden = "***";

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string[] secrets =
    [
        "password", "secret", "token",
        .. profile.Schema.Attributes.Where(a => a.DataClassification == "encrypted").SelectMany(a => new[] { a.Name, LastOf(a.Scim ?? a.Name) }),
    ];

    /// <summary>Redacts a body.</summary>
    /// <param name="body">The body.</param>
    /// <returns>The body as it may be kept; null where there is none.</returns>
    public string? Body(ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty)
        {
            return null;
        }

        JsonNode? json;
        try
        {
            json = JsonNode.Parse(body.Span);
        }
        catch (JsonException)
        {
            return $"({body.Length} bytes that are no JSON)";
        }

        try
        {
            return Cut(Redact(json)?.ToJsonString(Plain) ?? "null", MaxBody);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            // A name that stands twice, or half a character.
            return $"({body.Length} bytes of malformed JSON)";
        }
    }

    /// <summary>Redacts a path with its query.</summary>
    /// <param name="target">The path and query.</param>
    /// <returns>The target as it may be kept.</returns>
    public string Target(string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query >= 0 && IsSecret(Uri.UnescapeDataString(target[query..])) ? target[..query] + "?" + Hidden : Cut(target, MaxTarget);
    }

    private JsonNode? Redact(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject fields:
                // A PATCH operation names in its path what its value is.
                var pathIsSecret = fields["path"] is JsonValue path && path.TryGetValue<string>(out var target) && IsSecret(target);
                var redacted = new JsonObject();
                foreach (var (name, value) in fields)
                {
                    redacted[name] = IsSecret(name) || (pathIsSecret && name is not ("path" or "op" or "method")) ? Hidden : Redact(value);
                }

                return redacted;
            case JsonArray items:
                return new JsonArray([.. items.Select(Redact)]);
            case JsonValue value when value.TryGetValue<string>(out var text):
                return Cut(text, MaxText);
            default:
                return node?.DeepClone();
        }
    }

    private bool IsSecret(string name) => secrets.Any(secret => name.Contains(secret, StringComparison.OrdinalIgnoreCase));

    private static string Cut(string text, int length) => text.Length <= length ? text : $"{text[..length]}… ({text.Length} characters)";

    private static string LastOf(string path) => path[(path.LastIndexOfAny([':', '.']) + 1)..];
}
