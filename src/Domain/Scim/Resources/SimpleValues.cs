using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace IdLcm.Domain.Scim;

/// <summary>Simple values as their attribute's type has them, with the coercions that identity providers need.</summary>
internal static class SimpleValues
{
    public static ScimBoolean? Boolean(ScimAttribute attribute, ScimValue raw) => raw switch
    {
        ScimBoolean truth => truth,
        ScimString { Value.Length: 0 } => null,
        ScimString text when bool.TryParse(text.Value, out var truth) => ScimBoolean.Of(truth),
        _ => throw Invalid(attribute, "must be true or false"),
    };

    public static ScimNumber? Number(ScimAttribute attribute, ScimValue raw)
    {
        if (raw is ScimString { Value.Length: 0 })
        {
            return null;
        }

        var number = raw switch
        {
            ScimNumber n => n,
            ScimString { Value.Length: < 64 } s when IsJsonNumber(s.Value) => new ScimNumber(s.Value),
            _ => throw Invalid(attribute, "must be a number"),
        };
        if (attribute.Type == ScimAttributeType.Integer && !number.TryGetInt64(out _))
        {
            throw Invalid(attribute, "must be a whole number of at most 64 bits");
        }

        return double.IsFinite(number.AsDouble()) ? number : throw Invalid(attribute, "is out of range");
    }

    private static bool IsJsonNumber(string text)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
        try
        {
            return reader.Read() && reader.TokenType == JsonTokenType.Number && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    public static ScimString Text(ScimAttribute attribute, ScimValue raw, ScimLimits limits)
    {
        var text = raw switch
        {
            ScimString s => s,
            ScimNumber n when attribute.Type == ScimAttributeType.String => new ScimString(n.Text),
            ScimBoolean b when attribute.Type == ScimAttributeType.String => new ScimString(b.Value ? "true" : "false"),
            _ => throw Invalid(attribute, "must be a string"),
        };
        if (text.Value.Length > limits.StringLength)
        {
            throw Invalid(attribute, string.Create(CultureInfo.InvariantCulture, $"is longer than {limits.StringLength} characters"));
        }

        if (HasControlCharacters(text.Value))
        {
            throw Invalid(attribute, "holds control characters");
        }

        return attribute.Type switch
        {
            ScimAttributeType.DateTime when text.Value.Length > 0 && !ScimText.TryParseDateTime(text.Value, out _) =>
                throw Invalid(attribute, "must be a dateTime such as 2011-05-13T04:42:34Z"),
            ScimAttributeType.Binary when !Base64.IsValid(text.Value) => throw Invalid(attribute, "must be base64"),
            _ => text,
        };
    }

    private static bool HasControlCharacters(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\0', '\u001F') < 0 && !text.Contains('\u007F', StringComparison.Ordinal))
        {
            return false;
        }

        // An address label has line breaks; nothing has the others.
        return text.Any(c => c is < ' ' and not ('\t' or '\n' or '\r') or '\u007F');
    }

    public static ScimException Invalid(ScimAttribute attribute, string why) =>
        ScimError.InvalidValue($"The attribute \"{attribute.Path}\" {why}.").ToException();
}
