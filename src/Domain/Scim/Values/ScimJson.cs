using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace IdLcm.Domain.Scim;

/// <summary>
/// JSON to and from <see cref="ScimValue"/>, in strict RFC 8259 form: no comments, no trailing commas, no repeated
/// names (in any case), valid UTF-8, paired surrogates. Everything else is one <see cref="ScimException"/>.
/// </summary>
public static class ScimJson
{
    private static readonly FrozenDictionary<string, string> KnownNames = CollectNames();

    /// <summary>How SCIM answers are written: compact, and non-ASCII text as it is.</summary>
    public static JsonWriterOptions WriterOptions { get; } = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
        MaxDepth = 64,
    };

    /// <summary>Reads one JSON value.</summary>
    /// <param name="utf8">The text in UTF-8; a byte order mark is passed over.</param>
    /// <param name="limits">How large and how deep it may be; null for the default.</param>
    /// <exception cref="ScimException">413 where it is too large; <c>invalidSyntax</c> for all else.</exception>
    public static ScimValue Parse(ReadOnlySpan<byte> utf8, ScimLimits? limits = null)
    {
        limits ??= ScimLimits.Default;
        if (utf8.Length > limits.BodyBytes)
        {
            throw ScimError.PayloadTooLarge(limits.BodyBytes).ToException();
        }

        if (utf8.StartsWith("\uFEFF"u8))
        {
            utf8 = utf8[3..];
        }

        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = limits.Depth });
        try
        {
            if (!reader.Read())
            {
                throw ScimError.InvalidSyntax("The request body is empty.").ToException();
            }

            var value = new Builder(limits).Read(ref reader);

            // Anything after the value makes the reader throw.
            reader.Read();
            return value;
        }
        catch (JsonException e)
        {
            throw ScimError.InvalidSyntax(utf8.IsEmpty
                ? "The request body is empty."
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"The request body is not well-formed JSON, or nested deeper than {limits.Depth} (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}).")).ToException();
        }
        catch (InvalidOperationException)
        {
            throw ScimError.InvalidSyntax(string.Create(
                CultureInfo.InvariantCulture,
                $"The request body holds text that is not valid Unicode (near byte {reader.TokenStartIndex}).")).ToException();
        }
    }

    /// <summary>Reads one JSON object.</summary>
    /// <param name="utf8">The text in UTF-8.</param>
    /// <param name="limits">How large and how deep it may be; null for the default.</param>
    /// <exception cref="ScimException">As <see cref="Parse"/>, and <c>invalidSyntax</c> where it is not an object.</exception>
    public static ScimComplex ParseObject(ReadOnlySpan<byte> utf8, ScimLimits? limits = null) =>
        Parse(utf8, limits) as ScimComplex
        ?? throw ScimError.InvalidSyntax("The request body must be a JSON object.").ToException();

    /// <summary>Reads one JSON object from text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="limits">How large and how deep it may be; null for the default.</param>
    /// <exception cref="ScimException">As <see cref="ParseObject(ReadOnlySpan{byte}, ScimLimits?)"/>.</exception>
    public static ScimComplex ParseObject(string json, ScimLimits? limits = null) =>
        ParseObject(Encoding.UTF8.GetBytes(json ?? throw new ArgumentNullException(nameof(json))), limits);

    /// <summary>The value in UTF-8.</summary>
    /// <param name="value">The value.</param>
    public static byte[] ToUtf8(ScimValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            value.WriteTo(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    internal static string ToText(ScimValue value) => Encoding.UTF8.GetString(ToUtf8(value));

    private static FrozenDictionary<string, string> CollectNames()
    {
        var names = new HashSet<string>(StringComparer.Ordinal)
        {
            "Operations", "op", "path", "value", "method", "bulkId", "data", "failOnErrors", "version",
            "attributes", "excludedAttributes", "filter", "sortBy", "sortOrder", "startIndex", "count", "cursor",
        };
        foreach (var type in new[] { ScimSchemas.UserType, ScimSchemas.GroupType })
        {
            names.UnionWith(type.KnownNames());
        }

        return names.ToFrozenDictionary(name => name, name => name, StringComparer.Ordinal);
    }

    /// <summary>Builds the tree; the members of unfinished objects lie on one shared stack.</summary>
    private readonly struct Builder(ScimLimits limits)
    {
        private const int FewMembers = 12;

        private readonly List<ScimMember> members = new(32);
        private readonly List<ScimValue> items = new(16);

        public ScimValue Read(ref Utf8JsonReader reader) => reader.TokenType switch
        {
            JsonTokenType.StartObject => ReadObject(ref reader),
            JsonTokenType.StartArray => ReadArray(ref reader),
            JsonTokenType.String => new ScimString(reader.GetString()!),
            JsonTokenType.Number => ReadNumber(ref reader),
            JsonTokenType.True => ScimBoolean.True,
            JsonTokenType.False => ScimBoolean.False,
            _ => ScimNull.Instance,
        };

        private ScimNumber ReadNumber(ref Utf8JsonReader reader)
        {
            if (reader.ValueSpan.Length > limits.NumberLength)
            {
                throw ScimError.InvalidSyntax($"A number is longer than {limits.NumberLength} digits.").ToException();
            }

            return new ScimNumber(Encoding.ASCII.GetString(reader.ValueSpan));
        }

        private ScimArray ReadArray(ref Utf8JsonReader reader)
        {
            var start = items.Count;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                items.Add(Read(ref reader));
            }

            if (items.Count == start)
            {
                return ScimArray.Empty;
            }

            var array = new ScimValue[items.Count - start];
            items.CopyTo(start, array, 0, array.Length);
            items.RemoveRange(start, array.Length);
            return new ScimArray(array);
        }

        private ScimComplex ReadObject(ref Utf8JsonReader reader)
        {
            var start = members.Count;
            HashSet<string>? seen = null;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var name = ReadName(ref reader);
                RefuseDuplicate(name, start, ref seen);
                reader.Read();
                var value = Read(ref reader);
                members.Add(new ScimMember(name, value));
            }

            if (members.Count == start)
            {
                return ScimComplex.Empty;
            }

            var array = new ScimMember[members.Count - start];
            members.CopyTo(start, array, 0, array.Length);
            members.RemoveRange(start, array.Length);
            return new ScimComplex(array);
        }

        private void RefuseDuplicate(string name, int start, ref HashSet<string>? seen)
        {
            var duplicate = false;
            if (members.Count - start < FewMembers)
            {
                for (var i = start; i < members.Count && !duplicate; i++)
                {
                    duplicate = string.Equals(members[i].Name, name, StringComparison.OrdinalIgnoreCase);
                }
            }
            else
            {
                if (seen is null)
                {
                    seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
                    for (var i = start; i < members.Count; i++)
                    {
                        seen.Add(members[i].Name);
                    }
                }

                duplicate = !seen.Add(name);
            }

            if (duplicate)
            {
                throw ScimError.InvalidSyntax($"The attribute {ScimText.Quote(name)} occurs more than once in one object.").ToException();
            }
        }

        private static string ReadName(ref Utf8JsonReader reader)
        {
            const int Longest = 128;
            if (reader.ValueSpan.Length > Longest)
            {
                return reader.GetString()!;
            }

            Span<char> buffer = stackalloc char[Longest];
            ReadOnlySpan<char> name = buffer[..reader.CopyString(buffer)];
            return KnownNames.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var known)
                ? known
                : name.ToString();
        }
    }
}
