using IdLcm.Gateway.Api;
using IdLcm.Gateway.Dashboard;
using IdLcm.LocalHost.Hosting;
using IdLcm.LocalHost.Storage;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Dashboard.Tests;

/// <summary>Every page and every form of the dashboard, as the product itself maps them.</summary>
internal static class Actions
{
    /// <summary>Lists them with the permission that each declares.</summary>
    public static async Task<IReadOnlyList<(string Method, string Pattern, Permission Permission)>> ListAsync()
    {
        var directory = Directory.CreateTempSubdirectory("idlcm-actions-").FullName;
        try
        {
            using var database = SqliteDatabase.Open(directory);
            await using var product = LocalEdition.Build(new LocalEditionOptions { DataDirectory = directory }, database);
            return
            [
                .. ((IEndpointRouteBuilder)product).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
                    .Select(endpoint => (Endpoint: endpoint, Access: endpoint.Metadata.GetMetadata<DashboardAccess>()))
                    .Where(found => found.Access is not null)

                    // The page for addresses that lead nowhere takes every method.
                    .SelectMany(found => (found.Endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []).Select(method => (method, found.Endpoint.RoutePattern.RawText!, found.Access!.Permission))),
            ];
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>The address of a page or form; of anything but the integration there is none of that name.</summary>
    public static string PathOf(string pattern, string integrationId) => string.Join('/', pattern.Split('/').Select(part =>
        part.Contains("{integrationId}", StringComparison.Ordinal) ? part.Replace("{integrationId}", integrationId, StringComparison.Ordinal)
        : part.StartsWith('{') ? "none"
        : part));
}
