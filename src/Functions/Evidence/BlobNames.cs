namespace IdLcm.Functions.Evidence;

/// <summary>The names of stored blobs: <c>collection/hash</c>.</summary>
internal static class BlobNames
{
    /// <summary>The name of a blob.</summary>
    /// <param name="collection">The port's container.</param>
    /// <param name="hash">The content hash.</param>
    /// <returns>The name.</returns>
    /// <exception cref="ArgumentException">One of them is none.</exception>
    public static string Of(string collection, string hash)
    {
        if (hash.Length != 64 || hash.Any(static c => !char.IsAsciiHexDigitLower(c)))
        {
            throw new ArgumentException("A content hash has 64 lower-case hexadecimal digits.", nameof(hash));
        }

        return Prefix(collection) + hash;
    }

    /// <summary>What the names of a collection begin with.</summary>
    /// <param name="collection">The port's container.</param>
    /// <returns>The prefix.</returns>
    /// <exception cref="ArgumentException">It is no container.</exception>
    public static string Prefix(string collection)
    {
        if (collection.Length is 0 or > 63 || collection[0] == '-' || collection.Any(static c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-'))
        {
            throw new ArgumentException($"'{collection}' is no container name: 1 to 63 lower-case letters, digits and '-'.", nameof(collection));
        }

        return collection + "/";
    }
}
