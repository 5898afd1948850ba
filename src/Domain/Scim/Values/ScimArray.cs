using System.Collections;
using System.Text.Json;

namespace IdLcm.Domain.Scim;

/// <summary>The values of a multi-valued attribute, in the order in which they were sent.</summary>
public sealed class ScimArray : ScimValue, IReadOnlyList<ScimValue>
{
    private readonly ScimValue[] items;

    /// <summary>An array of the given values; the caller gives up the array.</summary>
    /// <param name="items">The values.</param>
    public ScimArray(params ScimValue[] items) => this.items = items ?? throw new ArgumentNullException(nameof(items));

    /// <summary>No values.</summary>
    public static ScimArray Empty { get; } = new();

    /// <inheritdoc/>
    public int Count => items.Length;

    /// <inheritdoc/>
    public ScimValue this[int index] => items[index];

    /// <summary>The values without copying.</summary>
    public ReadOnlySpan<ScimValue> AsSpan() => items;

    /// <inheritdoc/>
    public override bool Equals(ScimValue? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is not ScimArray array || array.items.Length != items.Length)
        {
            return false;
        }

        for (var i = 0; i < items.Length; i++)
        {
            if (!items[i].Equals(array.items[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in items)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartArray();
        foreach (var item in items)
        {
            item.WriteTo(writer);
        }

        writer.WriteEndArray();
    }

    /// <inheritdoc/>
    public IEnumerator<ScimValue> GetEnumerator() => ((IEnumerable<ScimValue>)items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => items.GetEnumerator();
}
