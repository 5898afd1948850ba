using System.Security.Cryptography;
using System.Text;

namespace IdLcm.Domain.Scim;

/// <summary>The server's own facts about a resource (RFC 7643 §3.1).</summary>
/// <param name="Created">When it was added.</param>
/// <param name="LastModified">When it last changed.</param>
/// <param name="Version">An opaque word that changes with the content; without quotes and <c>W/</c>.</param>
public sealed record ScimMeta(DateTimeOffset Created, DateTimeOffset LastModified, string Version)
{
    /// <summary>The version as an entity tag (RFC 7644 §3.14): always weak.</summary>
    public string ETag => string.Concat("W/\"", Version, "\"");

    /// <summary>The facts of a resource that shows more than what clients write of it, such as a user with groups.</summary>
    /// <param name="shown">All of what is shown beside, as text that changes with it.</param>
    public ScimMeta With(string shown) =>
        this with { Version = string.Concat(Version, ".", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(shown)).AsSpan(0, 4))) };

    /// <summary>Whether an <c>If-Match</c> header names what clients have written last; what is shown beside it may have changed.</summary>
    /// <param name="header">The header's value: <c>*</c>, or entity tags, weak or strong, between commas.</param>
    public bool IsAcceptedBy(string header) => IsNamedBy(header, static tag => tag.IndexOf('.') is var end and >= 0 ? tag[..end] : tag);

    /// <summary>Whether one of the tags of an <c>If-Match</c> or <c>If-None-Match</c> header names this version.</summary>
    /// <param name="header">The header's value: <c>*</c>, or entity tags, weak or strong, between commas.</param>
    public bool IsNamedBy(string header) => IsNamedBy(header, static tag => tag);

    private bool IsNamedBy(string header, Func<ReadOnlySpan<char>, ReadOnlySpan<char>> part)
    {
        ArgumentNullException.ThrowIfNull(header);
        foreach (var range in header.AsSpan().Split(','))
        {
            var tag = header.AsSpan()[range].Trim();
            if (tag is "*")
            {
                return true;
            }

            tag = tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;
            if (part(tag.Trim('"')).SequenceEqual(part(Version)))
            {
                return true;
            }
        }

        return false;
    }
}
