using IdLcm.Domain.Erasure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdLcm.Gateway.Scim.Access;

/// <summary>Puts the access checks together.</summary>
internal static class AccessServices
{
    /// <summary>Adds what decides who may speak to an integration.</summary>
    /// <param name="services">The services.</param>
    public static void AddScimAccess(this IServiceCollection services)
    {
        services.TryAddSingleton<EntraAuthority>();
        services.AddSingleton<AccessGuard>();
        services.AddSingleton<EntraKeys>();
        services.AddSingleton<FailureLimit>();
        services.AddSingleton<ScimAccess>();
        services.AddSingleton<ScimAccessSettings>();
        services.AddSingleton<ScimCaptures>();
        services.AddSingleton<IPersonTraces>(s => s.GetRequiredService<ScimCaptures>());
    }
}
