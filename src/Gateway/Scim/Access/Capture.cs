using System.Text.Json.Serialization;

namespace IdLcm.Gateway.Scim.Access;

/// <summary>A SCIM request and its answer, redacted, as support looks at them.</summary>
/// <param name="Number">Its number, from 1; each is one more than the one before.</param>
/// <param name="Time">When the request came.</param>
/// <param name="Caller">What the credential is for.</param>
/// <param name="Method">The method.</param>
/// <param name="Target">Path and query below the SCIM base URL.</param>
/// <param name="Headers">The request's headers that matter for the protocol; never the credential.</param>
/// <param name="Request">The request's body, or null.</param>
/// <param name="Status">The answer's status.</param>
/// <param name="Response">The answer's body, or null.</param>
/// <param name="Milliseconds">How long the answer took.</param>
internal sealed record Capture(
    long Number,
    DateTimeOffset Time,
    string Caller,
    string Method,
    string Target,
    IReadOnlyDictionary<string, string> Headers,
    string? Request,
    int Status,
    string? Response,
    long Milliseconds);

/// <summary>The captures of an integration.</summary>
/// <param name="Until">Until when requests are captured, or null while they are not.</param>
/// <param name="Items">The captures, the newest first.</param>
internal sealed record CaptureList(DateTimeOffset? Until, IReadOnlyList<Capture> Items);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Capture))]
internal sealed partial class CaptureJsonContext : JsonSerializerContext;
