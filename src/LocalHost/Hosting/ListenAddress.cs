using System.Net;

namespace IdLcm.LocalHost.Hosting;

/// <summary>Decides which addresses may be listened on.</summary>
internal static class ListenAddress
{
    /// <summary>Tells why an address must not be listened on.</summary>
    /// <param name="url">The address, as Kestrel takes it.</param>
    /// <param name="allowInsecureHttp">The administrator allowed plain HTTP beyond this machine.</param>
    /// <returns>The reason in one sentence, or null when it may.</returns>
    public static string? Refusal(string url, bool allowInsecureHttp)
    {
        // '*' and '+' mean every interface to Kestrel and nothing to a URI parser.
        var readable = url.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal);
        if (!Uri.TryCreate(readable, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            return $"'{url}' is not an address to listen on: write it as http://127.0.0.1:8480 or https://0.0.0.0:8443.";
        }

        return uri.Scheme == "https" || allowInsecureHttp || IsLoopback(uri)
            ? null
            : $"'{url}' would let other machines send gateway tokens over plain HTTP: listen on https://, keep to loopback behind a TLS proxy, "
                + "or say --allow-insecure-http.";
    }

    /// <summary>The address that a browser on this machine opens.</summary>
    /// <param name="urls">Where the server listens.</param>
    /// <returns>The first address, with this machine in the place of every interface.</returns>
    public static string ForBrowser(IEnumerable<string> urls) => urls.First()
        .Replace("://0.0.0.0", "://127.0.0.1", StringComparison.Ordinal)
        .Replace("://[::]", "://127.0.0.1", StringComparison.Ordinal)
        .Replace("://*", "://127.0.0.1", StringComparison.Ordinal)
        .Replace("://+", "://127.0.0.1", StringComparison.Ordinal);

    private static bool IsLoopback(Uri uri) =>
        uri.Host == "localhost" || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
