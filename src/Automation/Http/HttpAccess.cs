using System.Text;
using IdLcm.Automation.Format;

namespace IdLcm.Automation.Http;

/// <summary>What the http steps of one session share: the channel, the credentials, and the last answer.</summary>
internal sealed class HttpAccess(HttpDefaults defaults, HttpChannel channel, Uri baseUrl, string acceptLanguage)
{
    public HttpChannel Channel => channel;

    public HttpDefaults Defaults => defaults;

    public Uri BaseUrl => baseUrl;

    /// <summary>The credentials, once they are read; what an http sign-in gave is in it too.</summary>
    public Scope? Credentials { get; set; }

    /// <summary>True during an http login: headers made of what it is about to save have no value yet.</summary>
    public bool SigningIn { get; set; }

    /// <summary>The last answer; null while a page is what steps look at.</summary>
    public HttpReply? Reply { get; set; }

    /// <summary>The call that the last answer belongs to.</summary>
    public HttpCall? LastCall { get; set; }

    /// <summary>Says who calls, to the app itself only: another origin gets no credential.</summary>
    /// <returns>The placeholder that has no value, or null.</returns>
    public string? Authenticate(HttpRequestMessage request)
    {
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        request.Headers.TryAddWithoutValidation("Accept-Language", acceptLanguage);
        request.Headers.TryAddWithoutValidation("User-Agent", "IdLCM");
        if (Credentials is not { } credentials || !SameOrigin(request.RequestUri!, baseUrl))
        {
            return null;
        }

        foreach (var (name, value) in defaults.Headers)
        {
            if (value.Resolve(credentials, out var missing) is not { } text)
            {
                if (SigningIn)
                {
                    continue;
                }

                return missing;
            }

            request.Headers.TryAddWithoutValidation(name, text);
        }

        if (defaults.Basic)
        {
            var (user, secret) = (Word("username"), Word("accessToken") ?? Word("password"));
            request.Headers.TryAddWithoutValidation("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{secret}")));
        }

        return null;

        string? Word(string name) => credentials.Get(new(name, []))?.ToString();
    }

    public static bool SameOrigin(Uri one, Uri other) =>
        one.Scheme == other.Scheme && one.Port == other.Port && one.Host.Equals(other.Host, StringComparison.OrdinalIgnoreCase);
}
