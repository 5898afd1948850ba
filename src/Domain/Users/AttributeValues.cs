using System.Text.Json;
using System.Text.Json.Nodes;

namespace IdLcm.Domain.Users;

/// <summary>Reads attribute values out of JSON that comes from identity providers and from apps.</summary>
public static class AttributeValues
{
    /// <summary>The text of a scalar; null for null, objects and arrays.</summary>
    /// <param name="node">The value.</param>
    /// <returns>The text.</returns>
    public static string? Text(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.String => node.GetValue<string>(),
        JsonValueKind.Number => node.ToJsonString(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => null,
    };

    /// <summary>Whether an app shows what is wished: white space around it and Unicode composition do not matter, as apps store both as they like.</summary>
    /// <param name="wished">One value; null is the empty text.</param>
    /// <param name="shown">The other.</param>
    /// <param name="ignoreCase">True where letter case does not matter either.</param>
    /// <returns>True for the same text.</returns>
    public static bool AreSame(JsonNode? wished, JsonNode? shown, bool ignoreCase)
    {
        static string Plain(JsonNode? node) => UnicodeComposition.Compose(Text(node)?.Trim() ?? "");
        return string.Equals(Plain(wished), Plain(shown), ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
    }

    /// <summary>The texts of an array of scalars or of SCIM complex values, or of one scalar; empty ones left out.</summary>
    /// <param name="node">The value.</param>
    /// <returns>The texts.</returns>
    public static IReadOnlyList<string> Strings(JsonNode? node)
    {
        switch (node)
        {
            case null:
                return [];
            case JsonArray array:
                var list = new List<string>(array.Count);
                foreach (var item in array)
                {
                    list.AddRange(Strings(item));
                }

                return list;
            case JsonObject complex:
                return Strings(complex["value"]);
            default:
                return Text(node) is { Length: > 0 } text ? [text] : [];
        }
    }
}
