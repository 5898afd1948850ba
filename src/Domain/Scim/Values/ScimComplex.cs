using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace IdLcm.Domain.Scim;

/// <summary>One attribute and its value.</summary>
/// <param name="Name">The name; in a resource, spelled as its schema spells it.</param>
/// <param name="Value">The value.</param>
public readonly record struct ScimMember(string Name, ScimValue Value);

/// <summary>
/// A set of attributes: a complex value, an extension or a whole resource. Names are compared without case
/// (RFC 7643 §2.1); order is kept but does not count for equality.
/// </summary>
public sealed class ScimComplex : ScimValue, IReadOnlyList<ScimMember>
{
    private readonly ScimMember[] members;

    /// <summary>A complex value of the given members; the caller gives up the array. Names must differ.</summary>
    /// <param name="members">The members.</param>
    public ScimComplex(params ScimMember[] members) => this.members = members ?? throw new ArgumentNullException(nameof(members));

    /// <summary>No attributes.</summary>
    public static ScimComplex Empty { get; } = new();

    /// <inheritdoc/>
    public int Count => members.Length;

    /// <inheritdoc/>
    public ScimMember this[int index] => members[index];

    /// <summary>The value of an attribute, or null where it has none.</summary>
    /// <param name="name">The name, in any case.</param>
    public ScimValue? this[string name]
    {
        get
        {
            var i = IndexOf(name);
            return i < 0 ? null : members[i].Value;
        }
    }

    /// <summary>The members without copying.</summary>
    public ReadOnlySpan<ScimMember> AsSpan() => members;

    /// <summary>Finds the value of an attribute.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <param name="value">The value.</param>
    public bool TryGet(string name, [NotNullWhen(true)] out ScimValue? value)
    {
        value = this[name];
        return value is not null;
    }

    /// <summary>The text of a string attribute, or null.</summary>
    /// <param name="name">The name, in any case.</param>
    public string? GetString(string name) => (this[name] as ScimString)?.Value;

    /// <summary>The truth of a boolean attribute, or null.</summary>
    /// <param name="name">The name, in any case.</param>
    public bool? GetBoolean(string name) => (this[name] as ScimBoolean)?.Value;

    /// <summary>A copy in which the attribute has the value; the same instance where it has it already.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    public ScimComplex With(string name, ScimValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var i = IndexOf(name);
        if (i < 0)
        {
            var longer = new ScimMember[members.Length + 1];
            members.CopyTo(longer, 0);
            longer[^1] = new ScimMember(name, value);
            return new ScimComplex(longer);
        }

        if (ReferenceEquals(members[i].Value, value) || members[i].Value.Equals(value))
        {
            return this;
        }

        var copy = (ScimMember[])members.Clone();
        copy[i] = new ScimMember(name, value);
        return new ScimComplex(copy);
    }

    /// <summary>A copy without the attribute; the same instance where it has none.</summary>
    /// <param name="name">The name, in any case.</param>
    public ScimComplex Without(string name)
    {
        var i = IndexOf(name);
        if (i < 0)
        {
            return this;
        }

        if (members.Length == 1)
        {
            return Empty;
        }

        var shorter = new ScimMember[members.Length - 1];
        Array.Copy(members, shorter, i);
        Array.Copy(members, i + 1, shorter, i, shorter.Length - i);
        return new ScimComplex(shorter);
    }

    /// <summary><see cref="With"/>, or <see cref="Without"/> for null.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value, or null.</param>
    public ScimComplex Set(string name, ScimValue? value) => value is null ? Without(name) : With(name, value);

    /// <inheritdoc/>
    public override bool Equals(ScimValue? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is not ScimComplex complex || complex.members.Length != members.Length)
        {
            return false;
        }

        foreach (var member in members)
        {
            if (complex[member.Name] is not { } value || !member.Value.Equals(value))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = members.Length;
        foreach (var member in members)
        {
            // Order does not count, so neither may it here.
            hash += StringComparer.OrdinalIgnoreCase.GetHashCode(member.Name) ^ member.Value.GetHashCode();
        }

        return hash;
    }

    /// <inheritdoc/>
    public override void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        foreach (var member in members)
        {
            writer.WritePropertyName(member.Name);
            member.Value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    /// <inheritdoc/>
    public IEnumerator<ScimMember> GetEnumerator() => ((IEnumerable<ScimMember>)members).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => members.GetEnumerator();

    private int IndexOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        for (var i = 0; i < members.Length; i++)
        {
            // Names of a resource are the schema's own strings, so the reference decides almost always.
            if (ReferenceEquals(members[i].Name, name))
            {
                return i;
            }
        }

        for (var i = 0; i < members.Length; i++)
        {
            if (string.Equals(members[i].Name, name, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }
}
