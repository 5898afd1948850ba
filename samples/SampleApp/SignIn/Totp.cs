using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace IdLcm.Samples.SignIn;

/// <summary>Time-based one-time passwords (RFC 6238): SHA-1, six digits, 30 seconds.</summary>
internal static class Totp
{
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int StepSeconds = 30;

    /// <summary>The time step that the code belongs to, one step early or late allowed (RFC 6238 section 5.2); null when to none.</summary>
    public static long? StepOf(string code, byte[] secret, DateTimeOffset now)
    {
        var step = now.ToUnixTimeSeconds() / StepSeconds;
        foreach (var candidate in (ReadOnlySpan<long>)[step, step - 1, step + 1])
        {
            if (Code(secret, candidate) == code)
                return candidate;
        }

        return null;
    }

#pragma warning disable CA5350 // RFC 6238's default, and what authenticators implement, is HMAC-SHA-1.
    public static string Code(byte[] secret, long step)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        var hash = HMACSHA1.HashData(secret, counter);
        var number = BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(hash[^1] & 0xf)) & int.MaxValue;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }
#pragma warning restore CA5350

    public static string NewSecret() => RandomNumberGenerator.GetString(Base32, 32);

    /// <exception cref="FormatException">Not Base32 (RFC 4648 section 6).</exception>
    public static byte[] DecodeSecret(string text)
    {
        var bytes = new List<byte>();
        int buffer = 0, bits = 0;
        foreach (var c in text.Replace(" ", "", StringComparison.Ordinal).TrimEnd('=').ToUpperInvariant())
        {
            var value = Base32.IndexOf(c, StringComparison.Ordinal);
            if (value < 0)
                throw new FormatException($"'{c}' is not a Base32 character.");
            buffer = ((buffer << 5) | value) & 0xfff;
            bits += 5;
            if (bits >= 8)
                bytes.Add((byte)(buffer >> (bits -= 8)));
        }

        return [.. bytes];
    }
}
