using System.Text;
using IdLcm.EndToEnd.Tests;

namespace IdLcm.Bench.Posture;

/// <summary>Looks for a secret in every file and inside every archive.</summary>
internal static class Secrets
{
    /// <returns>How many places were searched.</returns>
    public static int Search(IEnumerable<string> directories, string secret)
    {
        var forms = new[] { Encoding.UTF8.GetBytes(secret), Encoding.Unicode.GetBytes(secret), Encoding.UTF8.GetBytes(Uri.EscapeDataString(secret)), Encoding.UTF8.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret))) };
        var places = 0;
        foreach (var (name, content) in directories.SelectMany(directory => Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)).SelectMany(StoredFile.Contents))
        {
            if (forms.Any(form => content.AsSpan().IndexOf(form) >= 0))
            {
                throw new InvalidOperationException($"The password stands in {name}.");
            }

            places++;
        }

        return places;
    }
}
