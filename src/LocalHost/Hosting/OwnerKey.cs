using System.Text;
using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Hosting;

/// <summary>The first API key of a data directory.</summary>
internal static class OwnerKey
{
    /// <summary>Makes the Owner API key where the workspace has no valid one.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="file">Where it goes, mode 0600; null to hand it to the caller.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>The key to show once; null where there is nothing to show.</returns>
    public static async Task<string?> EnsureAsync(IServiceProvider services, string? file, CancellationToken cancellationToken)
    {
        var key = await ApiKeyBootstrap.EnsureOwnerKeyAsync(
            services.GetRequiredService<IntegrationStore>(), services.GetRequiredService<TimeProvider>(), cancellationToken);
        if (key is null || file is null)
        {
            return key;
        }

        PrivateFile.Replace(file, Encoding.ASCII.GetBytes(key + "\n"));
        return null;
    }
}
