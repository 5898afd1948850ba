using System.Text;
using System.Text.RegularExpressions;

namespace IdLcm.Posture.Tests;

/// <summary>Looks for secrets in what the gateway answers: its pages with their addresses, its management API, and SCIM.</summary>
internal static partial class PageSearch
{
    private const int MostPages = 40;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <returns>How many answers were searched.</returns>
    public static async Task<int> SearchAsync(Rig rig, params string[] planted)
    {
        var integration = $"integrations/{rig.IntegrationId}";
        string[] answers =
        [
            "posture", "posture/export", "rotation-policy", integration, $"{integration}/users?limit=100", $"{integration}/operations?limit=100", $"{integration}/activity?limit=200",
            $"{integration}/launch", $"{integration}/connected-accounts", $"{integration}/connected-accounts/export",
        ];
        var places = 0;
        foreach (var path in answers)
        {
            var (status, body) = await rig.ApiAsync(HttpMethod.Get, path);
            Assert.True(status == 200, $"{path}: {status} {body.ToJsonString()}");
            places += SecretSearch.Search($"/api/{path}", Encoding.UTF8.GetBytes(body.ToJsonString()), planted);
        }

        places += SecretSearch.Search("SCIM users", Encoding.UTF8.GetBytes((await rig.ScimAsync(HttpMethod.Get, "Users")).ToJsonString()), planted);
        return places + await PagesAsync(rig, planted);
    }

    /// <summary>Follows the links of the dashboard as an Owner.</summary>
    private static async Task<int> PagesAsync(Rig rig, string[] planted)
    {
        var link = (string)(await rig.ApiAsync(HttpMethod.Post, "sign-in-links")).Body["address"]!;
        using var form = new FormUrlEncodedContent([new("link", Uri.UnescapeDataString(link[(link.IndexOf("link=", StringComparison.Ordinal) + 5)..])), new("return", "/")]);
        using var signedIn = await rig.Http.PostAsync(new Uri(rig.Address, "/sign-in"), form, Stop);
        var cookie = signedIn.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        var open = new Queue<string>(["/posture", $"/posture/{rig.IntegrationId}", $"/integrations/{rig.IntegrationId}/users", $"/integrations/{rig.IntegrationId}/operations", "/"]);
        var seen = open.ToHashSet(StringComparer.Ordinal);
        var pages = 0;
        while (pages < MostPages && open.TryDequeue(out var path))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(rig.Address, path));
            request.Headers.Add("Cookie", cookie);
            using var response = await rig.Http.SendAsync(request, Stop);
            Assert.True((int)response.StatusCode is 200 or 302, $"{path}: {response.StatusCode}");
            var text = await response.Content.ReadAsStringAsync(Stop);
            pages += SecretSearch.Search(path, Encoding.UTF8.GetBytes(text), planted);
            foreach (var next in Links().Matches(text).Select(match => System.Net.WebUtility.HtmlDecode(match.Groups["path"].Value)).Where(seen.Add))
            {
                open.Enqueue(next);
            }
        }

        Assert.True(pages > 15, $"Only {string.Join(' ', seen)} were seen.");
        return pages;
    }

    // Evidence is searched where it lies.
    [GeneratedRegex("<a [^>]*href=\"(?<path>/(?!assets/|[^\"#]*/evidence/)[^\"#]*)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Links();
}
