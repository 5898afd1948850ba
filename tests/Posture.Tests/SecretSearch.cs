using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;

namespace IdLcm.Posture.Tests;

/// <summary>Looks for secrets, in the forms in which text carries them, in every file and inside every archive.</summary>
internal static class SecretSearch
{
    /// <returns>How many places were searched.</returns>
    public static int Search(string directory, params string[] planted) =>
        Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).SelectMany(Contents).Sum(place => Search(place.Name, place.Content, planted));

    /// <returns>One.</returns>
    public static int Search(string name, byte[] content, params string[] planted)
    {
        foreach (var secret in planted)
        {
            Assert.True(secret.Length >= 6, "Too short to be looked for.");
            foreach (var form in (string[])[secret, Uri.EscapeDataString(secret), WebUtility.UrlEncode(secret), WebUtility.HtmlEncode(secret), JsonSerializer.Serialize(secret)[1..^1], Convert.ToBase64String(Encoding.UTF8.GetBytes(secret))])
            {
                Assert.True(content.AsSpan().IndexOf(Encoding.UTF8.GetBytes(form)) < 0, $"'{form}' stands in {name}.");
                Assert.True(content.AsSpan().IndexOf(Encoding.Unicode.GetBytes(form)) < 0, $"'{form}' stands in {name} as UTF-16.");
            }
        }

        return 1;
    }

    private static IEnumerable<(string Name, byte[] Content)> Contents(string file)
    {
        var content = File.ReadAllBytes(file);
        yield return (file, content);
        if (content is not [(byte)'P', (byte)'K', 3, 4, ..])
        {
            yield break;
        }

        using var archive = new ZipArchive(new MemoryStream(content));
        foreach (var entry in archive.Entries)
        {
            using var stream = entry.Open();
            using var memory = new MemoryStream();
            stream.CopyTo(memory);
            yield return ($"{file}/{entry.FullName}", memory.ToArray());
        }
    }
}
