using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Api;

/// <summary>A request's body, or why it cannot be read.</summary>
/// <typeparam name="T">What it is to be.</typeparam>
/// <param name="Value">The body.</param>
/// <param name="Problem">The answer when there is none.</param>
internal readonly record struct RequestBody<T>(T? Value, IResult? Problem);

/// <summary>Reads bodies: JSON objects of known fields, each at most once.</summary>
internal static class RequestBody
{
    /// <summary>The largest body, in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    private const string NotAnObject = "The body must be a JSON object.";

    public static Task<RequestBody<T>> ReadAsync<T>(HttpContext http)
        where T : class =>
        ReadAsync<T>(http, whenEmpty: null);

    /// <summary>Reads the body of a request that may have none.</summary>
    public static async Task<RequestBody<T>> ReadAsync<T>(HttpContext http, T? whenEmpty)
        where T : class
    {
        if (http.Request.ContentLength > MaxBytes)
        {
            return new(null, TooLarge());
        }

        using var buffer = new MemoryStream();
        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(http.RequestAborted);
            foreach (var segment in read.Buffer)
            {
                buffer.Write(segment.Span);
            }

            reader.AdvanceTo(read.Buffer.End);
            if (buffer.Length > MaxBytes)
            {
                return new(null, TooLarge());
            }

            if (read.IsCompleted)
            {
                break;
            }
        }

        if (buffer.Length == 0 && whenEmpty is not null)
        {
            return new(whenEmpty, null);
        }

        if (!http.Request.HasJsonContentType())
        {
            return new(null, ApiProblems.Of(StatusCodes.Status415UnsupportedMediaType, "not_json", "The body must be application/json."));
        }

        try
        {
            return JsonSerializer.Deserialize(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), ApiJson.Info<T>()) is { } value
                ? new(value, null)
                : new(null, Malformed(NotAnObject));
        }
        catch (JsonException error)
        {
            return new(null, Explain(error, ApiJson.Info<T>()));
        }
    }

    private static IResult Explain(JsonException error, JsonTypeInfo asked)
    {
        // The serializer's own sentence names .NET types, which are no concern of the caller.
        var field = error.Path is { Length: > 2 } path ? path[(path[1] == '.' ? 2 : 1)..] : null;
        if (error.Message.Contains("could not be mapped", StringComparison.Ordinal))
        {
            return Invalid("unknown_field", field, Known(asked, field) is { } known ? $"is not known here: {known}." : "is not known here.");
        }

        if (error.Message.Contains("uplicate", StringComparison.Ordinal))
        {
            return Invalid("duplicate_field", field, "stands more than once.");
        }

        if (error.Message.Contains("could not be converted", StringComparison.Ordinal))
        {
            return field is null ? Malformed(NotAnObject) : Invalid("invalid_request", field, Wanted(asked, field) is { } wanted ? $"must be {wanted}." : "has a value of a kind or form that it cannot have.");
        }

        var place = error.LineNumber is { } line ? $" at line {line + 1}, position {error.BytePositionInLine + 1}" : "";
        return Malformed($"The body is no well-formed JSON{place}.");
    }

    /// <summary>The names that an object knows beside the one that it does not; null where the path leads to no such object.</summary>
    private static string? Known(JsonTypeInfo asked, string? field)
    {
        var names = field?.Split('.') ?? [];
        return names.Length > 0 && TypeAt(asked, names.SkipLast(1)) is { Kind: JsonTypeInfoKind.Object, Properties: { Count: > 0 } known }
            ? "known are " + string.Join(", ", known.Select(property => property.Name))
            : null;
    }

    /// <summary>What the value at a path may be, in the caller's words; null where the path leads to nothing known.</summary>
    private static string? Wanted(JsonTypeInfo asked, string field)
    {
        if (TypeAt(asked, field.Split('.')) is not { } info)
        {
            return null;
        }

        var type = Nullable.GetUnderlyingType(info.Type) ?? info.Type;
        return type.IsEnum ? "one of " + string.Join(", ", Enum.GetValues(type).Cast<object>().Select(value => JsonSerializer.Serialize(value, asked.Options.GetTypeInfo(type)).Trim('"')))
            : type == typeof(int) ? $"a whole number of at most {int.MaxValue}"
            : type == typeof(bool) ? "true or false"
            : type == typeof(string) ? "text"
            : type == typeof(DateTimeOffset) ? "a date and time in ISO 8601, for example 2026-03-01T09:00:00Z"
            : info.Kind switch
            {
                JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary => "an object",
                JsonTypeInfoKind.Enumerable => "a list",
                _ => null,
            };
    }

    private static JsonTypeInfo? TypeAt(JsonTypeInfo asked, IEnumerable<string> names)
    {
        var at = asked;
        foreach (var name in names)
        {
            if (at.Kind != JsonTypeInfoKind.Object || at.Properties.FirstOrDefault(property => property.Name == name) is not { } property)
            {
                return null;
            }

            at = asked.Options.GetTypeInfo(property.PropertyType);
        }

        return at;
    }

    private static IResult TooLarge() =>
        ApiProblems.Of(StatusCodes.Status413PayloadTooLarge, "too_large", $"The body may have at most {MaxBytes} bytes.");

    private static IResult Invalid(string code, string? field, string problem) =>
        ApiProblems.Of(StatusCodes.Status400BadRequest, code, $"{field ?? "A field"} {problem}", [new(field ?? "", problem)]);

    private static IResult Malformed(string detail) => ApiProblems.Of(StatusCodes.Status400BadRequest, "invalid_json", detail);
}
