using System.IO.Compression;

namespace IdLcm.EndToEnd.Tests;

/// <summary>What a product has left on disk, to be searched for secrets.</summary>
internal static class StoredFile
{
    /// <summary>A file, and where it is an archive (a trace), everything inside it.</summary>
    public static IEnumerable<(string Name, byte[] Content)> Contents(string file)
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
