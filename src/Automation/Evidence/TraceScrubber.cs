using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IdLcm.Automation.Running;

namespace IdLcm.Automation.Evidence;

/// <summary>
/// Rewrites a Playwright trace without secrets: cookies and authorization headers are emptied, request bodies and
/// known secrets masked. Frames cannot be masked: where a page held a secret, the trace goes without them, and its
/// masked snapshots of the page show each step. The trace stays readable by the viewer.
/// </summary>
internal static class TraceScrubber
{
    private const long MaxTextBytes = 32 * 1024 * 1024;
    private static readonly string[] SecretHeaders = ["cookie", "set-cookie", "authorization", "proxy-authorization", "x-csrf-token", "x-api-key"];
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes a trace without secrets.</summary>
    /// <param name="path">The trace as Playwright wrote it.</param>
    /// <param name="target">Where the clean one goes.</param>
    /// <param name="mask">Every secret.</param>
    /// <param name="shown">The secrets that a page might show: not the cookies, which repeat themselves in hidden fields.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task ScrubAsync(string path, string target, SecretMask mask, SecretMask shown, CancellationToken cancellationToken)
    {
        using var source = ZipFile.OpenRead(path);
        var frames = !await ShowsAsync(source, shown, cancellationToken);
        await using var output = new FileStream(target, FileMode.Create);
        using var result = new ZipArchive(output, ZipArchiveMode.Create);
        foreach (var entry in source.Entries)
        {
            var isImage = IsImage(entry);
            if (isImage ? !frames : entry.Length > MaxTextBytes)
            {
                continue;
            }

            await using var from = await entry.OpenAsync(cancellationToken);
            await using var to = await result.CreateEntry(entry.FullName, CompressionLevel.Fastest).OpenAsync(cancellationToken);
            if (isImage)
            {
                await from.CopyToAsync(to, cancellationToken);
                continue;
            }

            using var buffer = new MemoryStream();
            await from.CopyToAsync(buffer, cancellationToken);
            await to.WriteAsync(Clean(entry.Name, buffer.ToArray(), mask, frames), cancellationToken);
        }
    }

    /// <summary>Whether a secret stood in a page: in a snapshot of it, or in something that the app sent for it.</summary>
    private static async Task<bool> ShowsAsync(ZipArchive source, SecretMask shown, CancellationToken cancellationToken)
    {
        foreach (var entry in source.Entries.Where(entry => !entry.Name.EndsWith(".network", StringComparison.Ordinal) && !IsImage(entry)))
        {
            if (entry.Length > MaxTextBytes)
            {
                // Too large to be looked through, and left out: what it holds may be on the frames.
                return true;
            }

            await using var from = await entry.OpenAsync(cancellationToken);
            using var buffer = new MemoryStream();
            await from.CopyToAsync(buffer, cancellationToken);
            if (Text(buffer.ToArray()) is { } text
                && (entry.Name.EndsWith(".trace", StringComparison.Ordinal)
                    ? text.Split('\n').Any(line => line.Contains("\"frame-snapshot\"", StringComparison.Ordinal) && shown.IsIn(line))
                    : shown.IsIn(text)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsImage(ZipArchiveEntry entry) =>
        entry.Name.EndsWith(".jpeg", StringComparison.Ordinal) || entry.Name.EndsWith(".png", StringComparison.Ordinal);

    private static string? Text(byte[] content)
    {
        try
        {
            return Strict.GetString(content);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static byte[] Clean(string name, byte[] content, SecretMask mask, bool frames)
    {
        if (Text(content) is not { } text)
        {
            return content;
        }

        if (name.EndsWith(".network", StringComparison.Ordinal))
        {
            text = string.Join('\n', text.Split('\n').Select(WithoutHeaders));
        }
        else if (!frames && name.EndsWith(".trace", StringComparison.Ordinal))
        {
            text = string.Join('\n', text.Split('\n').Where(line => !line.Contains("\"type\":\"screencast-frame\"", StringComparison.Ordinal)));
        }

        return Encoding.UTF8.GetBytes(mask.Apply(text));
    }

    private static string WithoutHeaders(string line)
    {
        if (line.Length == 0)
        {
            return line;
        }

        try
        {
            var node = JsonNode.Parse(line);
            Empty(node, inCookies: false);
            return node!.ToJsonString();
        }
        catch (JsonException)
        {
            return "";
        }
    }

    private static void Empty(JsonNode? node, bool inCookies)
    {
        switch (node)
        {
            case JsonArray array:
                foreach (var item in array)
                {
                    Empty(item, inCookies);
                }

                break;
            case JsonObject members:
                var secret = inCookies || ((members["name"] as JsonValue)?.ToString() is { } name && SecretHeaders.Contains(name, StringComparer.OrdinalIgnoreCase));
                if (secret && members.ContainsKey("value"))
                {
                    members["value"] = SecretMask.Mask;
                }

                foreach (var (key, value) in members.ToList())
                {
                    Empty(value, key == "cookies");
                }

                break;
        }
    }
}
