using System.Collections.Concurrent;

namespace IdLcm.Domain.Scim;

/// <summary>
/// The path of a PATCH operation (RFC 7644 §3.5.2): <c>attr</c>, <c>attr.sub</c>, <c>attr[filter]</c>,
/// <c>attr[filter].sub</c>, each also with a URN before it, or the URN of an extension alone.
/// </summary>
/// <param name="Attribute">The attribute, with its sub-attribute where no filter stands between.</param>
/// <param name="Filter">Which elements of it, or null for all.</param>
/// <param name="SubName">The sub-attribute after the filter, or null.</param>
public sealed record ScimPath(ScimAttributePath Attribute, ScimFilter? Filter, string? SubName)
{
    private const int MaxRemembered = 1000;

    private static readonly ConcurrentDictionary<string, ScimPath> Remembered = new(StringComparer.Ordinal);

    /// <summary>Reads a path.</summary>
    /// <param name="text">The path.</param>
    /// <param name="limits">How long and deep it may be; null for the default.</param>
    /// <exception cref="ScimException"><c>invalidPath</c>, with the position, counted from 1.</exception>
    public static ScimPath Parse(string text, ScimLimits? limits = null) =>
        ScimFilterParser.ParsePath(text, limits ?? ScimLimits.Default);

    /// <summary>Reads a path that a schema or this code names: there are few of them, and they are asked for with every request.</summary>
    /// <param name="text">The path.</param>
    /// <exception cref="ScimException"><c>invalidPath</c>.</exception>
    internal static ScimPath Known(string text)
    {
        if (!Remembered.TryGetValue(text, out var path))
        {
            path = Parse(text);
            if (Remembered.Count < MaxRemembered)
            {
                Remembered[text] = path;
            }
        }

        return path;
    }

    /// <summary>The path as text.</summary>
    public override string ToString() => Filter is null
        ? Attribute.ToString()
        : $"{Attribute}[{Filter}]{(SubName is null ? null : "." + SubName)}";
}
