namespace IdLcm.Domain.Scim;

/// <summary>
/// An attribute as a filter or path writes it: <c>[urn:]name[.sub]</c> (RFC 7644 §3.10). What it names is decided
/// against a resource type.
/// </summary>
/// <param name="Schema">The URN before the last colon, or null.</param>
/// <param name="Name">The attribute.</param>
/// <param name="SubName">The sub-attribute, or null.</param>
public sealed record ScimAttributePath(string? Schema, string Name, string? SubName)
{
    /// <summary>The path as text.</summary>
    public override string ToString() =>
        string.Concat(Schema, Schema is null ? null : ":", Name, SubName is null ? null : "." + SubName);

    /// <summary>Whether the path names an attribute of the core schema, written with or without its URN.</summary>
    /// <param name="name">The attribute.</param>
    /// <param name="subName">The sub-attribute, or null.</param>
    /// <returns>True when it does.</returns>
    public bool Is(string name, string? subName = null) =>
        string.Equals(Name, name, StringComparison.OrdinalIgnoreCase)
        && string.Equals(SubName, subName, StringComparison.OrdinalIgnoreCase)
        && (Schema is null
            || string.Equals(Schema, ScimSchemas.UserUrn, StringComparison.OrdinalIgnoreCase)
            || string.Equals(Schema, ScimSchemas.GroupUrn, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the text is an attribute name (RFC 7643 §2.1, and <c>$ref</c>).</summary>
    internal static bool IsName(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !(char.IsAsciiLetter(text[0]) || text[0] == '$'))
        {
            return false;
        }

        foreach (var c in text[1..])
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '$'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads a path; false where the text is not one.</summary>
    internal static bool TryParse(ReadOnlySpan<char> text, out ScimAttributePath? path)
    {
        path = null;
        string? schema = null;
        var rest = text;
        var colon = text.LastIndexOf(':');
        if (colon >= 0)
        {
            if (colon == 0 || !IsUrn(text[..colon]))
            {
                return false;
            }

            schema = text[..colon].ToString();
            rest = text[(colon + 1)..];
        }

        var dot = rest.IndexOf('.');

        // The extension's URN without its last colon ends in "2.0User": the whole is the URN, not a path.
        if (schema is not null && dot > 0 && char.IsAsciiDigit(rest[0]))
        {
            var urnEnd = rest.IndexOfAnyExceptInRange('.', '9');
            var next = urnEnd < 0 ? -1 : rest[urnEnd..].IndexOf('.');
            var whole = next < 0 ? rest : rest[..(urnEnd + next)];
            var sub = next < 0 ? null : rest[(urnEnd + next + 1)..].ToString();
            path = new ScimAttributePath(schema, whole.ToString(), sub);
            return urnEnd > 0 && (sub is null || IsName(sub));
        }

        var name = dot < 0 ? rest : rest[..dot];
        var subName = dot < 0 ? default : rest[(dot + 1)..];
        if (!IsName(name) || dot >= 0 && !IsName(subName))
        {
            return false;
        }

        path = new ScimAttributePath(schema, name.ToString(), dot < 0 ? null : subName.ToString());
        return true;
    }

    private static bool IsUrn(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not (':' or '.' or '-' or '_' or '/' or '+' or '%' or '$' or '#'))
            {
                return false;
            }
        }

        return true;
    }
}
