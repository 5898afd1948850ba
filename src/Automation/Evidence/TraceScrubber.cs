using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IdLcm.Automation.Running;

namespace IdLcm.Automation.Evidence;

/// <summary>
/// Rewrites a Playwright trace without secrets: cookies and authorization headers are emptied, request bodies and
/// known secrets masked. The trace stays readable by the viewer.
/// </summary>
internal static class TraceScrubber
{
    private const long MaxTextBytes = 32 * 1024 * 1024;
    private static readonly string[] SecretHeaders = ["cookie", "set-cookie", "authorization", "proxy-authorization", "x-csrf-token", "x-api-key"];
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static async Task ScrubAsync(string path, string target, SecretMask mask, CancellationToken cancellationToken)
    {
        using var source = ZipFile.OpenRead(path);
        await using var output = new FileStream(target, FileMode.Create);
        using var result = new ZipArchive(output, ZipArchiveMode.Create);
        foreach (var entry in source.Entries)
        {
            var isImage = entry.Name.EndsWith(".jpeg", StringComparison.Ordinal) || entry.Name.EndsWith(".png", StringComparison.Ordinal);
            if (entry.Length > MaxTextBytes && !isImage)
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
            await to.WriteAsync(Clean(entry.Name, buffer.ToArray(), mask), cancellationToken);
        }
    }

    private static byte[] Clean(string name, byte[] content, SecretMask mask)
    {
        string text;
        try
        {
            text = Strict.GetString(content);
        }
        catch (DecoderFallbackException)
        {
            return content;
        }

        if (name.EndsWith(".network", StringComparison.Ordinal))
        {
            text = string.Join('\n', text.Split('\n').Select(WithoutHeaders));
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
