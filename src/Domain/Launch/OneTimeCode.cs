using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace IdLcm.Domain.Launch;

/// <summary>The one-time code of a person's own account: RFC 6238 with SHA-1, six digits and steps of 30 seconds.</summary>
internal static class OneTimeCode
{
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int StepSeconds = 30;

    /// <summary>A code with less time left than this is not handed out: the next one is, which apps take a step early (RFC 6238 section 5.2).</summary>
    private const int LeastSeconds = 8;

    public static string At(string secret, DateTimeOffset now)
    {
        var seconds = now.ToUnixTimeSeconds();
        var step = (seconds / StepSeconds) + (StepSeconds - (seconds % StepSeconds) < LeastSeconds ? 1 : 0);
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
#pragma warning disable CA5350 // RFC 6238's default; every authenticator app uses it.
        var mac = HMACSHA1.HashData(Decode(secret), counter);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadUInt32BigEndian(mac.AsSpan(mac[^1] & 0xf)) & 0x7fff_ffff;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    private static byte[] Decode(string text)
    {
        var bytes = new List<byte>(text.Length);
        int buffer = 0, bits = 0;
        foreach (var c in text)
        {
            buffer = ((buffer << 5) | Base32.IndexOf(c, StringComparison.Ordinal)) & 0xfff;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                bytes.Add((byte)(buffer >> bits));
            }
        }

        return [.. bytes];
    }
}
