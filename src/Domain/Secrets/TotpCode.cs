using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace IdLcm.Domain.Secrets;

/// <summary>Time-based one-time passwords, RFC 6238 with the values that authenticator apps use: 30 s steps from the Unix epoch.</summary>
public static class TotpCode
{
    /// <summary>How long a code is valid.</summary>
    public const int StepSeconds = 30;

    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>The step that a moment is in.</summary>
    /// <param name="time">The moment.</param>
    /// <returns>Whole steps since the Unix epoch.</returns>
    public static long StepAt(DateTimeOffset time) => Math.DivRem(time.ToUnixTimeSeconds(), StepSeconds).Quotient;

    /// <summary>The code to hand out now: this step's, or the next one's where this step ends too soon to type it (RFC 6238 section 5.2: apps take a step early).</summary>
    /// <param name="secret">The key.</param>
    /// <param name="now">The time.</param>
    /// <param name="leastSeconds">With less time left than this, it is the next one's.</param>
    /// <returns>Six digits.</returns>
    public static string Usable(byte[] secret, DateTimeOffset now, int leastSeconds)
    {
        var step = StepAt(now);
        var left = ((step + 1) * StepSeconds) - now.ToUnixTimeSeconds();
        return At(secret, left < leastSeconds ? step + 1 : step);
    }

    /// <summary>The code of one step: HOTP (RFC 4226 section 5.3) with the step as its counter.</summary>
    /// <param name="secret">The key.</param>
    /// <param name="step">The step.</param>
    /// <param name="digits">How many digits.</param>
    /// <param name="hash">SHA1 (the default), SHA256 or SHA512.</param>
    /// <returns>The digits.</returns>
    public static string At(byte[] secret, long step, int digits = 6, HashAlgorithmName? hash = null)
    {
        ArgumentNullException.ThrowIfNull(secret);
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> mac = stackalloc byte[64];
        var length = (hash?.Name ?? "SHA1") switch
        {
            "SHA256" => HMACSHA256.HashData(secret, counter, mac),
            "SHA512" => HMACSHA512.HashData(secret, counter, mac),
#pragma warning disable CA5350 // RFC 6238's default; every authenticator app uses it.
            _ => HMACSHA1.HashData(secret, counter, mac),
#pragma warning restore CA5350
        };
        var offset = mac[length - 1] & 0xf;
        var number = BinaryPrimitives.ReadUInt32BigEndian(mac[offset..]) & 0x7fff_ffff;
        return (number % (uint)Math.Pow(10, digits)).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
    }

    /// <summary>Base32 (RFC 4648 section 6) as people copy it: any case, with spaces, dashes and padding or without.</summary>
    /// <param name="text">The key as text.</param>
    /// <returns>The bytes, or null where it is not Base32.</returns>
    public static byte[]? DecodeSecret(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var bytes = new List<byte>();
        int buffer = 0, bits = 0;
        foreach (var c in text)
        {
            if (c is ' ' or '-' or '=')
            {
                continue;
            }

            var value = Base32.IndexOf(char.ToUpperInvariant(c), StringComparison.Ordinal);
            if (value < 0)
            {
                return null;
            }

            buffer = ((buffer << 5) | value) & 0xfff;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                bytes.Add((byte)(buffer >> bits));
            }
        }

        return bytes.Count > 0 ? [.. bytes] : null;
    }
}
