using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace IdLcm.Bench.Dashboard;

/// <summary>A signed-in browser, as far as the server can tell.</summary>
internal sealed class Session : IDisposable
{
    private Session(int port, HttpClient http, string cookie)
    {
        Port = port;
        Http = http;
        Cookie = cookie;
    }

    public int Port { get; }

    /// <summary>Calls the management API as the Owner.</summary>
    public HttpClient Http { get; }

    public string Cookie { get; }

    public static async Task<Session> SignInAsync(int port, string ownerKeyFile)
    {
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(ownerKeyFile)).Trim());
        using var made = await http.PostAsync(new Uri("api/sign-in-links", UriKind.Relative), null);
        var address = (string)JsonNode.Parse(await made.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!["address"]!;
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["link"] = Uri.UnescapeDataString(address[(address.IndexOf("link=", StringComparison.Ordinal) + 5)..]) });
        using var signedIn = await http.PostAsync(new Uri("sign-in", UriKind.Relative), form);
        return new Session(port, http, signedIn.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
    }

    /// <summary>A page's request as it goes over the wire.</summary>
    public byte[] Get(string path) => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{Port}\r\nCookie: {Cookie}\r\nAccept-Encoding: gzip, br\r\n\r\n");

    public void Dispose() => Http.Dispose();
}
