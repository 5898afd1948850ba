using System.Net;
using System.Text.RegularExpressions;
using IdLcm.Dev.Up;

namespace IdLcm.Dev.Demo;

/// <summary>A person at the sample app's own pages: signs in and reads the members table.</summary>
/// <param name="address">The sample app.</param>
internal sealed partial class SampleAppVisitor(string address) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, CookieContainer = new CookieContainer() }) { BaseAddress = new Uri(address) };
    private bool _signedIn;

    /// <summary>Looks a member up, as the page shows it.</summary>
    /// <param name="email">The e-mail.</param>
    /// <param name="cancellationToken">Cancels the visit.</param>
    /// <returns>Name, role and status; null when the page does not list it.</returns>
    public async Task<(string Name, string Role, string Status)?> FindAsync(string email, CancellationToken cancellationToken)
    {
        if (!_signedIn)
        {
            await SignInAsync(cancellationToken);
        }

        var page = await _http.GetStringAsync($"/members?q={Uri.EscapeDataString(email)}", cancellationToken);
        foreach (Match row in Rows().Matches(page))
        {
            var cells = Cells().Matches(row.Value).Select(cell => WebUtility.HtmlDecode(Tags().Replace(cell.Groups["text"].Value, "")).Trim()).ToList();
            if (cells.Count > 3 && cells[1].Equals(email, StringComparison.OrdinalIgnoreCase))
            {
                return (cells[0], cells[2], cells[3]);
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task SignInAsync(CancellationToken cancellationToken)
    {
        var form = await _http.GetStringAsync("/login", cancellationToken);
        var fields = Inputs().Matches(form).Select(input => input.Value)
            .Where(input => Attribute(input, "name").Length > 0)
            .ToDictionary(input => Attribute(input, "name"), input => Attribute(input, "value"), StringComparer.Ordinal);
        fields["email"] = SampleIntegration.AdminUser;
        fields["password"] = SampleIntegration.AdminPassword;
        using var content = new FormUrlEncodedContent(fields);
        using var response = await _http.PostAsync("/login", content, cancellationToken);
        response.EnsureSuccessStatusCode();
        _signedIn = true;
    }

    private static string Attribute(string tag, string name) =>
        WebUtility.HtmlDecode(Regex.Match(tag, $" {name}=\"([^\"]*)\"", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups[1].Value);

    [GeneratedRegex("<tr>.*?</tr>", RegexOptions.Singleline, 5000)]
    private static partial Regex Rows();

    [GeneratedRegex("<td[^>]*>(?<text>.*?)</td>", RegexOptions.Singleline, 5000)]
    private static partial Regex Cells();

    [GeneratedRegex("<[^>]*>", RegexOptions.None, 5000)]
    private static partial Regex Tags();

    [GeneratedRegex("<input[^>]*>", RegexOptions.None, 5000)]
    private static partial Regex Inputs();
}
