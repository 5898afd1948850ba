using System.Net;
using System.Text;
using System.Text.Json;
using IdLcm.EndToEnd.Tests;

namespace IdLcm.Posture.Tests;

/// <summary>Looks for secrets, in the forms in which text carries them, in every file and inside every archive.</summary>
internal static class SecretSearch
{
    /// <returns>How many places were searched.</returns>
    public static int Search(string directory, params string[] planted) =>
        Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).SelectMany(StoredFile.Contents).Sum(place => Search(place.Name, place.Content, planted));

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
}
