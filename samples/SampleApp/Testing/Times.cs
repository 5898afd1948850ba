using System.Text.Json;
using System.Text.Json.Serialization;

namespace IdLcm.Samples.Testing;

/// <summary>How often a fault still strikes. In JSON: <c>false</c>, <c>true</c> (always) or a number of requests.</summary>
/// <param name="Left">How many requests it still strikes.</param>
[JsonConverter(typeof(TimesConverter))]
public readonly record struct Times(int Left)
{
    /// <summary>Off.</summary>
    public static Times Never => new(0);

    /// <summary>On until switched off.</summary>
    public static Times Always => new(int.MaxValue);

    /// <summary>Whether the next request is struck.</summary>
    public bool IsOn => Left > 0;

    /// <summary>On or off.</summary>
    public static implicit operator Times(bool on) => on ? Always : Never;

    /// <summary>On for a number of requests.</summary>
    public static implicit operator Times(int requests) => new(requests);

    /// <summary>Reads <c>false</c>, <c>true</c> or a number; anything else is off.</summary>
    public static Times Parse(string? text) =>
        bool.TryParse(text, out var on) ? on : int.TryParse(text, out var left) && left > 0 ? left : Never;

    /// <inheritdoc/>
    public override string ToString() => this == Always ? "true" : this == Never ? "false" : $"{Left}";

    internal Times Once => this == Always || Left <= 0 ? this : new(Left - 1);
}

internal sealed class TimesConverter : JsonConverter<Times>
{
    public override Times Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType switch
        {
            JsonTokenType.True => Times.Always,
            JsonTokenType.False => Times.Never,
            JsonTokenType.Number when reader.TryGetInt32(out var left) && left >= 0 => new Times(left),
            _ => throw new JsonException("Expected true, false or a number of requests."),
        };

    public override void Write(Utf8JsonWriter writer, Times value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.ToString());
}
