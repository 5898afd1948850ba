using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Dashboard;

/// <summary>Makes the link by which the first person gets into the dashboard.</summary>
public static class DashboardSignIn
{
    /// <summary>The path of the page that a link opens; the secret is its <c>link</c> parameter.</summary>
    public const string Path = "/sign-in";

    /// <summary>Makes a link that signs the Owner in once, within an hour. Makes the Owner where there is none.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="baseAddress">The address by which people reach the gateway.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>The address to open, a secret, and until when it works.</returns>
    public static async Task<(string Address, DateTimeOffset ExpiresAt)> OwnerLinkAsync(
        IServiceProvider services, string baseAddress, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(baseAddress);
        var administrators = services.GetRequiredService<Administrators>();
        var owner = await administrators.EnsureOwnerAsync(cancellationToken);
        var (secret, expiresAt) = await administrators.NewLinkAsync(owner.Id, cancellationToken);
        return (Address(baseAddress, secret), expiresAt);
    }

    internal static string Address(string baseAddress, string secret) => $"{baseAddress.TrimEnd('/')}{Path}?link={Uri.EscapeDataString(secret)}";
}
