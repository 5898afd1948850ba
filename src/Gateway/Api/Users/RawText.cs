using System.Buffers;
using System.Text;

namespace IdLcm.Gateway.Api;

/// <summary>
/// Looks for a text in the bytes of a stored record, so that a search decodes only what it may find. It finds at least
/// all that a search in the decoded values finds: it is only made of characters that JSON never escapes.
/// </summary>
internal sealed class RawText
{
    private static readonly SearchValues<char> Plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@.-_ ");

    private readonly SearchValues<string> wanted;

    private RawText(string text) => wanted = SearchValues.Create([text], StringComparison.OrdinalIgnoreCase);

    /// <summary>A search for a text; null where every record has to be decoded.</summary>
    public static RawText? For(string? text) => text is { Length: > 0 } && !text.AsSpan().ContainsAnyExcept(Plain) ? new RawText(text) : null;

    /// <summary>Whether bytes of UTF-8 hold the text, whatever its letter case.</summary>
    public bool IsIn(ReadOnlySpan<byte> utf8)
    {
        var buffer = ArrayPool<char>.Shared.Rent(utf8.Length);
        try
        {
            return buffer.AsSpan(0, Encoding.UTF8.GetChars(utf8, buffer)).ContainsAny(wanted);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
    }
}
