using System.Security.Cryptography;
using System.Text;

namespace IdLcm.Domain;

/// <summary>Makes identifiers whose order is the order of creation, forwards or backwards.</summary>
public static class Ids
{
    private const string Base32 = "abcdefghijklmnopqrstuvwxyz234567";
    private const int MaxCount = 0xFF_FFFF;

    private static int made;

    /// <summary>A SCIM id: a UUID version 7 (RFC 9562), so that ids sort by time of creation.</summary>
    /// <param name="now">The time.</param>
    /// <returns>The id.</returns>
    public static string NewUserId(DateTimeOffset now) => Guid.CreateVersion7(now).ToString();

    /// <summary>An id that sorts before every id that this process made earlier, within a millisecond too: a list in key order is newest first.</summary>
    /// <param name="now">The time.</param>
    /// <returns>32 lower-case hexadecimal digits; the first 12 are the milliseconds since 1970 taken from 2⁴⁸ - 1.</returns>
    public static string NewestFirst(DateTimeOffset now)
    {
        var (milliseconds, fraction) = Split(now);
        return $"{0xFFFF_FFFF_FFFF - milliseconds:x12}{0xFFFF - fraction:x4}{MaxCount - NextCount():x6}{RandomNumberGenerator.GetHexString(10, lowercase: true)}";
    }

    /// <summary>What sorts in order of creation, of an id that sorts the other way round.</summary>
    /// <param name="newestFirst">An id made by <see cref="NewestFirst"/>.</param>
    /// <returns>22 lower-case hexadecimal digits: the complement of all but the random part.</returns>
    public static string Arrival(string newestFirst) => string.Create(Math.Min(newestFirst.Length, 22), newestFirst, static (digits, id) =>
    {
        for (var i = 0; i < digits.Length; i++)
        {
            digits[i] = "fedcba9876543210"[Convert.ToInt32(id[i].ToString(), 16)];
        }
    });

    /// <summary>An id that sorts after every id that this process made earlier, within a millisecond too.</summary>
    /// <param name="now">The time.</param>
    /// <returns>32 lower-case hexadecimal digits; the first 12 are the milliseconds since 1970.</returns>
    public static string OldestFirst(DateTimeOffset now)
    {
        var (milliseconds, fraction) = Split(now);
        return $"{milliseconds:x12}{fraction:x4}{NextCount():x6}{RandomNumberGenerator.GetHexString(10, lowercase: true)}";
    }

    /// <summary>A short random id that people can read out.</summary>
    /// <param name="length">How many characters, of 5 random bits each.</param>
    /// <returns>Lower-case letters and digits.</returns>
    public static string NewShort(int length = 16) => RandomNumberGenerator.GetString(Base32, length);

    /// <summary>A key for a value that people chose: no character of it reaches a key.</summary>
    /// <param name="value">The value; letter case and Unicode composition do not matter.</param>
    /// <returns>128 bits of its SHA-256 hash as lower-case hexadecimal digits.</returns>
    public static string KeyOf(string value)
    {
        var folded = Fold(value);
        Span<byte> hash = stackalloc byte[32];
        var length = Encoding.UTF8.GetMaxByteCount(folded.Length);
        if (length <= 512)
        {
            Span<byte> utf8 = stackalloc byte[length];
            SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(folded, utf8)], hash);
        }
        else
        {
            SHA256.HashData(Encoding.UTF8.GetBytes(folded), hash);
        }

        return Convert.ToHexStringLower(hash[..16]);
    }

    /// <summary>A value as it is compared where letter case and Unicode composition do not matter.</summary>
    /// <param name="value">The value.</param>
    /// <returns>The folded value.</returns>
    public static string Fold(string value) => UnicodeComposition.Compose(value).ToLowerInvariant();

    private static (long Milliseconds, int Fraction) Split(DateTimeOffset now) =>
        (now.ToUnixTimeMilliseconds(), (int)(now.UtcTicks % TimeSpan.TicksPerMillisecond));

    // Tells apart what the clock does not: several ids in one reading of it.
    private static int NextCount() => Interlocked.Increment(ref made) & MaxCount;
}
