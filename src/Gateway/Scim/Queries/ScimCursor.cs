using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Scim;

namespace IdLcm.Gateway.Scim.Queries;

/// <summary>
/// Where a page by cursor begins (RFC 9865): after an id, or, where the order is not that of ids, after so many. A cursor
/// says nothing that a client may not know; it carries a digest, so that one of another query, gateway or making is
/// refused and not misread. It does not expire.
/// </summary>
/// <param name="AfterId">The last id of the page before, or null.</param>
/// <param name="Offset">How many came before, where there is no id.</param>
internal readonly record struct ScimCursor(string? AfterId, long Offset)
{
    private const int DigestBytes = 12;

    /// <summary>Reads a cursor of a query; an empty one asks for the first page.</summary>
    /// <exception cref="ScimException"><c>invalidCursor</c>.</exception>
    public static ScimCursor Read(ScimExchange exchange, string endpoint, ScimQuery query)
    {
        var text = query.Cursor!;
        if (text.Length == 0)
        {
            return default;
        }

        if (text.Length <= 256 && Base64Url.IsValid(text))
        {
            var bytes = Base64Url.DecodeFromChars(text);
            if (bytes.Length > DigestBytes && CryptographicOperations.FixedTimeEquals(bytes.AsSpan(0, DigestBytes), Digest(exchange, endpoint, query, bytes.AsSpan(DigestBytes))))
            {
                var place = bytes.AsSpan(DigestBytes);
                return place[0] == 'k' && IntegrationStore.IsWellFormed(Encoding.ASCII.GetString(place[1..])) ? new ScimCursor(Encoding.ASCII.GetString(place[1..]), 0)
                    : place[0] == 'o' && place.Length == 9 && BinaryPrimitives.ReadInt64BigEndian(place[1..]) is >= 0 and var offset ? new ScimCursor(null, offset)
                    : throw Invalid();
            }
        }

        throw Invalid();
    }

    /// <summary>The cursor as text.</summary>
    public string Write(ScimExchange exchange, string endpoint, ScimQuery query)
    {
        byte[] place;
        if (AfterId is not null)
        {
            place = [(byte)'k', .. Encoding.ASCII.GetBytes(AfterId)];
        }
        else
        {
            place = new byte[9];
            place[0] = (byte)'o';
            BinaryPrimitives.WriteInt64BigEndian(place.AsSpan(1), Offset);
        }

        return Base64Url.EncodeToString([.. Digest(exchange, endpoint, query, place), .. place]);
    }

    private static ReadOnlySpan<byte> Digest(ScimExchange exchange, string endpoint, ScimQuery query, ReadOnlySpan<byte> place)
    {
        var text = $"{exchange.Profile.Partition}\n{endpoint}\n{query.Filter}\n{query.SortBy}\n{query.IsDescending}\n{Convert.ToHexString(place)}";
        return SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, DigestBytes);
    }

    private static ScimException Invalid() =>
        ScimError.InvalidCursor("The cursor is not one that this gateway gave out for this query; begin again without one.").ToException();
}
