using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace IdLcm.Domain.Scim;

/// <summary>
/// What a SCIM client is told when a request cannot be carried out (RFC 7644 §3.12).
/// </summary>
/// <param name="Status">The HTTP status, 400 to 599.</param>
/// <param name="Type">The detail code, or <see cref="ScimErrorType.None"/>.</param>
/// <param name="Detail">A sentence for a person; it never holds a secret.</param>
public sealed record ScimError(int Status, ScimErrorType Type, string Detail)
{
    /// <summary>The URN of the error message (RFC 7644 §8.2).</summary>
    public const string Schema = "urn:ietf:params:scim:api:messages:2.0:Error";

    /// <summary>400 <c>invalidFilter</c>.</summary>
    /// <param name="detail">What is wrong, where.</param>
    public static ScimError InvalidFilter(string detail) => new(400, ScimErrorType.InvalidFilter, detail);

    /// <summary>400 <c>tooMany</c>.</summary>
    /// <param name="detail">What there is too much of, and the limit.</param>
    public static ScimError TooMany(string detail) => new(400, ScimErrorType.TooMany, detail);

    /// <summary>409 <c>uniqueness</c>.</summary>
    /// <param name="detail">Which attribute is in use.</param>
    public static ScimError Uniqueness(string detail) => new(409, ScimErrorType.Uniqueness, detail);

    /// <summary>400 <c>mutability</c>.</summary>
    /// <param name="detail">Which attribute cannot be changed.</param>
    public static ScimError Mutability(string detail) => new(400, ScimErrorType.Mutability, detail);

    /// <summary>400 <c>invalidSyntax</c>.</summary>
    /// <param name="detail">What is malformed, where.</param>
    public static ScimError InvalidSyntax(string detail) => new(400, ScimErrorType.InvalidSyntax, detail);

    /// <summary>400 <c>invalidPath</c>.</summary>
    /// <param name="detail">Which path, and why.</param>
    public static ScimError InvalidPath(string detail) => new(400, ScimErrorType.InvalidPath, detail);

    /// <summary>400 <c>noTarget</c>.</summary>
    /// <param name="detail">Which path selected nothing.</param>
    public static ScimError NoTarget(string detail) => new(400, ScimErrorType.NoTarget, detail);

    /// <summary>400 <c>invalidValue</c>.</summary>
    /// <param name="detail">Which attribute, and what would be accepted.</param>
    public static ScimError InvalidValue(string detail) => new(400, ScimErrorType.InvalidValue, detail);

    /// <summary>400 <c>invalidCursor</c> (RFC 9865 §2.4).</summary>
    /// <param name="detail">What is wrong with the cursor.</param>
    public static ScimError InvalidCursor(string detail) => new(400, ScimErrorType.InvalidCursor, detail);

    /// <summary>400 <c>expiredCursor</c> (RFC 9865 §2.4).</summary>
    /// <param name="detail">How long cursors live.</param>
    public static ScimError ExpiredCursor(string detail) => new(400, ScimErrorType.ExpiredCursor, detail);

    /// <summary>400 <c>invalidCount</c> (RFC 9865 §2.4).</summary>
    /// <param name="detail">What counts are accepted.</param>
    public static ScimError InvalidCount(string detail) => new(400, ScimErrorType.InvalidCount, detail);

    /// <summary>413: the body is larger than the server reads.</summary>
    /// <param name="limitBytes">The limit, in bytes.</param>
    public static ScimError PayloadTooLarge(long limitBytes) =>
        new(413, ScimErrorType.None, string.Create(CultureInfo.InvariantCulture, $"The request body is larger than the limit of {limitBytes} bytes."));

    /// <summary>403: the request is right, and what it asks for is not possible now.</summary>
    /// <param name="detail">Why, and what can be done about it.</param>
    public static ScimError Forbidden(string detail) => new(403, ScimErrorType.None, detail);

    /// <summary>404: there is no such resource.</summary>
    /// <param name="resourceType">The name of the resource type, for example <c>User</c>.</param>
    /// <param name="id">The id asked for.</param>
    public static ScimError NotFound(string resourceType, string id) =>
        new(404, ScimErrorType.None, $"{resourceType} {ScimText.Quote(id)} was not found.");

    /// <summary>412: the resource changed since the client read it (RFC 7644 §3.14).</summary>
    /// <param name="current">The current version.</param>
    public static ScimError PreconditionFailed(string current) =>
        new(412, ScimErrorType.None, $"The version of the resource is {current}, which is not what the request asks for; read it again.");

    /// <summary>The code as it stands on the wire, or null for <see cref="ScimErrorType.None"/>.</summary>
    public string? WireType => Type switch
    {
        ScimErrorType.InvalidFilter => "invalidFilter",
        ScimErrorType.TooMany => "tooMany",
        ScimErrorType.Uniqueness => "uniqueness",
        ScimErrorType.Mutability => "mutability",
        ScimErrorType.InvalidSyntax => "invalidSyntax",
        ScimErrorType.InvalidPath => "invalidPath",
        ScimErrorType.NoTarget => "noTarget",
        ScimErrorType.InvalidValue => "invalidValue",
        ScimErrorType.InvalidVersion => "invalidVers",
        ScimErrorType.Sensitive => "sensitive",
        ScimErrorType.InvalidCursor => "invalidCursor",
        ScimErrorType.ExpiredCursor => "expiredCursor",
        ScimErrorType.InvalidCount => "invalidCount",
        _ => null,
    };

    /// <summary>This error as an exception, to be thrown.</summary>
    public ScimException ToException() => new(this);

    /// <summary>Writes the error body; the status is a string, as RFC 7644 §3.12 has it.</summary>
    /// <param name="writer">Where to.</param>
    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteStartArray("schemas"u8);
        writer.WriteStringValue(Schema);
        writer.WriteEndArray();
        writer.WriteString("status"u8, Status.ToString(CultureInfo.InvariantCulture));
        if (WireType is { } type)
        {
            writer.WriteString("scimType"u8, type);
        }

        writer.WriteString("detail"u8, Detail);
        writer.WriteEndObject();
    }

    /// <summary>The error body in UTF-8.</summary>
    public byte[] ToUtf8()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, ScimJson.WriterOptions))
        {
            WriteTo(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
