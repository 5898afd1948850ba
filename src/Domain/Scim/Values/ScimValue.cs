using System.Globalization;
using System.Text.Json;

namespace IdLcm.Domain.Scim;

/// <summary>
/// One value of an attribute tree. Values are immutable, so a PATCH shares with the original all that it leaves alone.
/// Equality is deep; strings compare ordinally and numbers by what they amount to.
/// </summary>
public abstract class ScimValue : IEquatable<ScimValue>
{
    private protected ScimValue()
    {
    }

    /// <summary>A string value.</summary>
    /// <param name="value">The text.</param>
    public static implicit operator ScimValue(string value) => new ScimString(value);

    /// <summary>A boolean value.</summary>
    /// <param name="value">True or false.</param>
    public static implicit operator ScimValue(bool value) => ScimBoolean.Of(value);

    /// <summary>A string value.</summary>
    /// <param name="value">The text.</param>
    public static ScimValue FromString(string value) => new ScimString(value);

    /// <summary>A boolean value.</summary>
    /// <param name="value">True or false.</param>
    public static ScimValue FromBoolean(bool value) => ScimBoolean.Of(value);

    /// <inheritdoc/>
    public abstract bool Equals(ScimValue? other);

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as ScimValue);

    /// <inheritdoc/>
    public abstract override int GetHashCode();

    /// <summary>Writes the value as JSON, names and text as they are held.</summary>
    /// <param name="writer">Where to.</param>
    public abstract void WriteTo(Utf8JsonWriter writer);

    /// <summary>The value as JSON text, for diagnostics and tests.</summary>
    public override string ToString() => ScimJson.ToText(this);
}

/// <summary>A string, a dateTime, a reference or a binary value, exactly as it was sent.</summary>
public sealed class ScimString : ScimValue
{
    /// <summary>A string value.</summary>
    /// <param name="value">The text.</param>
    public ScimString(string value) => Value = value ?? throw new ArgumentNullException(nameof(value));

    /// <summary>The text.</summary>
    public string Value { get; }

    /// <inheritdoc/>
    public override bool Equals(ScimValue? other) => other is ScimString s && s.Value == Value;

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Value);

    /// <inheritdoc/>
    public override void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(Value);
    }
}

/// <summary>True or false.</summary>
public sealed class ScimBoolean : ScimValue
{
    private ScimBoolean(bool value) => Value = value;

    /// <summary>True.</summary>
    public static ScimBoolean True { get; } = new(true);

    /// <summary>False.</summary>
    public static ScimBoolean False { get; } = new(false);

    /// <summary>The truth.</summary>
    public bool Value { get; }

    /// <summary>The one instance for <paramref name="value"/>.</summary>
    /// <param name="value">True or false.</param>
    public static ScimBoolean Of(bool value) => value ? True : False;

    /// <inheritdoc/>
    public override bool Equals(ScimValue? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value ? 1 : 2;

    /// <inheritdoc/>
    public override void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteBooleanValue(Value);
    }
}

/// <summary>An integer or decimal, kept as the client wrote it.</summary>
public sealed class ScimNumber : ScimValue
{
    internal ScimNumber(string text) => Text = text;

    /// <summary>A number from an integer.</summary>
    /// <param name="value">The integer.</param>
    public ScimNumber(long value) => Text = value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The number as JSON text.</summary>
    public string Text { get; }

    /// <summary>The number as a decimal, if it is within a decimal's range.</summary>
    /// <param name="value">The number.</param>
    public bool TryGetDecimal(out decimal value) =>
        decimal.TryParse(Text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    /// <summary>The number as an integer, if it is one and fits 64 bits.</summary>
    /// <param name="value">The integer.</param>
    public bool TryGetInt64(out long value)
    {
        if (long.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
        {
            return true;
        }

        // 1e3 and 5.0 are integers too.
        if (TryGetDecimal(out var d) && d == decimal.Truncate(d) && d is >= long.MinValue and <= long.MaxValue)
        {
            value = (long)d;
            return true;
        }

        return false;
    }

    internal int OrderAgainst(ScimNumber other)
    {
        if (TryGetDecimal(out var a) && other.TryGetDecimal(out var b))
        {
            return a.CompareTo(b);
        }

        return AsDouble().CompareTo(other.AsDouble());
    }

    internal double AsDouble() => double.Parse(Text, NumberStyles.Float, CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override bool Equals(ScimValue? other) => other is ScimNumber n && (n.Text == Text || OrderAgainst(n) == 0);

    /// <inheritdoc/>
    public override int GetHashCode() => AsDouble().GetHashCode();

    /// <inheritdoc/>
    public override void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteRawValue(Text, skipInputValidation: true);
    }
}

/// <summary>
/// JSON <c>null</c> in a client's message. It stands for "unassigned" (RFC 7643 §2.5) and is never part of a resource.
/// </summary>
public sealed class ScimNull : ScimValue
{
    private ScimNull()
    {
    }

    /// <summary>The one instance.</summary>
    public static ScimNull Instance { get; } = new();

    /// <inheritdoc/>
    public override bool Equals(ScimValue? other) => other is ScimNull;

    /// <inheritdoc/>
    public override int GetHashCode() => 0;

    /// <inheritdoc/>
    public override void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteNullValue();
    }
}
