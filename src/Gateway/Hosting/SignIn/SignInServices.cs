using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdLcm.Gateway.Hosting.SignIn;

/// <summary>Puts signing in together.</summary>
internal static class SignInServices
{
    /// <summary>Adds the OpenID provider of the settings, for every <see cref="ISignInPurpose"/>.</summary>
    public static void AddSignIn(this IServiceCollection services)
    {
        services.TryAddSingleton<SignInOptions>();
        services.AddSingleton<OpenIdProvider>();
        services.AddSingleton<OpenIdSignIn>();
    }
}
