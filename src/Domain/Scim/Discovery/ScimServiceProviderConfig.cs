using System.Text.Json;

namespace IdLcm.Domain.Scim;

/// <summary>One way to authenticate, as discovery names it (RFC 7643 §5).</summary>
/// <param name="Type"><c>oauthbearertoken</c>, <c>httpbasic</c>, <c>oauth2</c>…</param>
/// <param name="Name">The name for people.</param>
/// <param name="Description">How it is used.</param>
/// <param name="SpecUri">The specification, or null.</param>
/// <param name="IsPrimary">Whether it is the preferred one.</param>
public sealed record ScimAuthenticationScheme(string Type, string Name, string Description, Uri? SpecUri = null, bool IsPrimary = false);

/// <summary>What this server can do (RFC 7643 §5; pagination: RFC 9865 §4; asynchronous requests: RFC 9967 §4). It has to tell the truth per integration.</summary>
public sealed record ScimServiceProviderConfig
{
    private const string Schema = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

    /// <summary>Where people read how to use the server, or null.</summary>
    public Uri? DocumentationUri { get; init; }

    /// <summary>Whether PATCH is supported.</summary>
    public bool Patch { get; init; } = true;

    /// <summary>Whether bulk requests are supported.</summary>
    public bool Bulk { get; init; }

    /// <summary>Most operations in one bulk request.</summary>
    public int BulkMaxOperations { get; init; } = ScimLimits.Default.BulkOperations;

    /// <summary>Largest bulk request, in bytes.</summary>
    public int BulkMaxPayloadBytes { get; init; } = ScimLimits.Default.BodyBytes;

    /// <summary>Whether filters are supported.</summary>
    public bool Filter { get; init; } = true;

    /// <summary>Most resources in one answer.</summary>
    public int FilterMaxResults { get; init; } = ScimLimits.Default.PageSize;

    /// <summary>Whether a client may set passwords. Here they are taken and dropped, so it may not.</summary>
    public bool ChangePassword { get; init; }

    /// <summary>Whether results can be sorted.</summary>
    public bool Sort { get; init; }

    /// <summary>Whether entity tags are supported.</summary>
    public bool ETag { get; init; } = true;

    /// <summary>Whether pages by cursor are supported.</summary>
    public bool CursorPagination { get; init; }

    /// <summary>How long a cursor lives, or null where it does not expire.</summary>
    public TimeSpan? CursorTimeout { get; init; }

    /// <summary>How many results a page has where the client leaves it open.</summary>
    public int DefaultPageSize { get; init; } = 100;

    /// <summary>
    /// Whether a request is completed asynchronously: <c>none</c>, <c>long</c> (when the server likes) or <c>request</c> (when
    /// the client prefers it); RFC 9967 §4. Security events are not delivered, and none are announced.
    /// </summary>
    public string AsyncRequest { get; init; } = "none";

    /// <summary>What the server says beyond the core schema: the URN of an extension and its value; null for nothing.</summary>
    public ScimMember? Extension { get; init; }

    /// <summary>The ways to authenticate.</summary>
    public IReadOnlyList<ScimAuthenticationScheme> AuthenticationSchemes { get; init; } =
    [
        new("oauthbearertoken", "OAuth Bearer Token", "A gateway token in the Authorization header", new Uri("https://www.rfc-editor.org/rfc/rfc6750"), IsPrimary: true),
    ];

    /// <summary>Writes the answer of <c>/ServiceProviderConfig</c>.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="baseUrl">The absolute base URL without a slash at its end.</param>
    public void WriteTo(Utf8JsonWriter writer, string baseUrl)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteStartArray("schemas"u8);
        writer.WriteStringValue(Schema);
        if (Extension is { } announced)
        {
            writer.WriteStringValue(announced.Name);
        }

        writer.WriteEndArray();
        if (DocumentationUri is { } documentation)
        {
            writer.WriteString("documentationUri"u8, documentation.AbsoluteUri);
        }

        WriteSupported(writer, "patch", Patch);
        writer.WriteStartObject("bulk"u8);
        writer.WriteBoolean("supported"u8, Bulk);
        writer.WriteNumber("maxOperations"u8, Bulk ? BulkMaxOperations : 0);
        writer.WriteNumber("maxPayloadSize"u8, Bulk ? BulkMaxPayloadBytes : 0);
        writer.WriteEndObject();
        writer.WriteStartObject("filter"u8);
        writer.WriteBoolean("supported"u8, Filter);
        writer.WriteNumber("maxResults"u8, Filter ? FilterMaxResults : 0);
        writer.WriteEndObject();
        WriteSupported(writer, "changePassword", ChangePassword);
        WriteSupported(writer, "sort", Sort);
        WriteSupported(writer, "etag", ETag);
        WritePagination(writer);
        writer.WriteStartObject("securityEvents"u8);
        writer.WriteString("asyncRequest"u8, AsyncRequest);
        writer.WriteStartArray("eventUris"u8);
        writer.WriteEndArray();
        writer.WriteEndObject();
        WriteSchemes(writer);
        if (Extension is { } extension)
        {
            writer.WritePropertyName(extension.Name);
            extension.Value.WriteTo(writer);
        }

        ScimDiscovery.WriteMeta(writer, "ServiceProviderConfig", baseUrl + "/ServiceProviderConfig");
        writer.WriteEndObject();
    }

    private static void WriteSupported(Utf8JsonWriter writer, string name, bool supported)
    {
        writer.WriteStartObject(name);
        writer.WriteBoolean("supported"u8, supported);
        writer.WriteEndObject();
    }

    private void WritePagination(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("pagination"u8);
        writer.WriteBoolean("cursor"u8, CursorPagination);
        writer.WriteBoolean("index"u8, true);
        writer.WriteString("defaultPaginationMethod"u8, "index");
        writer.WriteNumber("defaultPageSize"u8, DefaultPageSize);
        writer.WriteNumber("maxPageSize"u8, FilterMaxResults);
        if (CursorPagination && CursorTimeout is { } timeout)
        {
            writer.WriteNumber("cursorTimeout"u8, (long)timeout.TotalSeconds);
        }

        writer.WriteEndObject();
    }

    private void WriteSchemes(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("authenticationSchemes"u8);
        foreach (var scheme in AuthenticationSchemes)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, scheme.Type);
            writer.WriteString("name"u8, scheme.Name);
            writer.WriteString("description"u8, scheme.Description);
            if (scheme.SpecUri is { } spec)
            {
                writer.WriteString("specUri"u8, spec.AbsoluteUri);
            }

            writer.WriteBoolean("primary"u8, scheme.IsPrimary);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
