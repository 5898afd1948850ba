using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Launch;
using IdLcm.Gateway.Hosting.SignIn;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Launch;

/// <summary>Puts launching together.</summary>
internal static class LaunchServices
{
    public static void AddLaunch(this IServiceCollection services)
    {
        services.AddSingleton<ConnectedAccountService>();
        services.AddSingleton<ManagedPasswordService>();
        services.AddSingleton<LaunchService>();
        services.AddSingleton<PersonSessions>();
        services.AddSingleton<PersonApps>();
        services.AddSingleton<LaunchSignIn>();
        services.AddSingleton<ISignInPurpose>(provider => provider.GetRequiredService<LaunchSignIn>());
    }
}
