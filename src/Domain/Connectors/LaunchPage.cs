namespace IdLcm.Domain.Connectors;

/// <summary>Where people sign in to an app, and the fields that the launch extension types into.</summary>
/// <param name="Url">The address of the sign-in page; <c>{name}</c> stands for a setting.</param>
/// <param name="UserName">CSS selector of the field for the user name; null where the page asks for the password alone.</param>
/// <param name="Password">CSS selector of the field for the password.</param>
/// <param name="Code">CSS selector of the field for the one-time code; null where there is none.</param>
public sealed record LaunchPage(string Url, string? UserName, string Password, string? Code)
{
    /// <summary>Further origins that the sign-in leads over, besides that of <see cref="Url"/>.</summary>
    public IReadOnlyList<string> Origins { get; init => field = value ?? []; } = [];

    /// <summary>The address with the settings of an integration.</summary>
    /// <param name="settings">The settings.</param>
    /// <returns>The address, or null when it is none that a credential may go to: https, or this machine.</returns>
    public Uri? AddressOf(IReadOnlyDictionary<string, string> settings) => Safe(Resolve(Url, settings));

    /// <summary>The origins on which a credential may be typed.</summary>
    /// <param name="settings">The settings.</param>
    /// <returns>The origins, as a browser writes them.</returns>
    public IReadOnlyList<string> OriginsOf(IReadOnlyDictionary<string, string> settings) =>
        [.. Origins.Prepend(Url).Select(text => Safe(Resolve(text, settings))).OfType<Uri>().Select(address => address.GetLeftPart(UriPartial.Authority)).Distinct(StringComparer.Ordinal)];

    private static string Resolve(string text, IReadOnlyDictionary<string, string> settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        foreach (var (name, value) in settings)
        {
            text = text.Replace($"{{{name}}}", value, StringComparison.Ordinal);
        }

        return text;
    }

    private static Uri? Safe(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.UserInfo.Length == 0
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.Host is "127.0.0.1" or "localhost"))
            ? address
            : null;
}
