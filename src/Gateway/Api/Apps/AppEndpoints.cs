using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>A connector of the app catalog.</summary>
internal sealed record AppResource(
    string Id,
    string Version,
    string Name,
    string Description,
    IReadOnlyList<ConnectorSetting> Settings,
    AppAuth Auth,
    int Concurrency,
    ConnectorCapabilities Capabilities,
    UserSchema UserSchema,
    IReadOnlyList<ConnectorVerb> Verbs)
{
    public static AppResource Of(ConnectorManifest manifest) => new(
        manifest.Id,
        manifest.Version,
        manifest.AppName,
        manifest.Description,
        manifest.Settings,
        new AppAuth(manifest.Auth.Methods, manifest.Auth.Mfa, manifest.Auth.ReuseSession, manifest.Auth.SessionMaxAge.TotalMinutes),
        manifest.Concurrency,
        manifest.Capabilities,
        manifest.UserSchema,
        [.. manifest.Verbs.Order()]);
}

/// <summary>How a service account signs in.</summary>
internal sealed record AppAuth(IReadOnlyList<string> Methods, IReadOnlyList<string> Mfa, bool ReuseSession, double SessionMaxAgeMinutes);

/// <summary>The app catalog.</summary>
internal static class AppEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/apps", List)
            .Requires(Permission.ReadWorkspace)
            .Documents("listApps", "Apps", "List the app catalog", "The newest version of every connector, by app name.")
            .Answers<Page<AppResource>>();
        api.MapGet("/apps/{connectorId}", Get)
            .Requires(Permission.ReadWorkspace)
            .Documents("getApp", "Apps", "Read one connector", "Its settings, login methods, capabilities, user schema and verbs.")
            .Answers<AppResource>();
    }

    private static IResult List(IConnectorCatalog catalog, string? q = null, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryReadLimit(limit, out var count, out var problem) || !Filters.TryText(q, "q", out var text, out problem))
        {
            return problem!;
        }

        var all = catalog.List().Where(m => Filters.Contains(text, m.AppName, m.Id, m.Description)).ToList();
        var start = 0;
        if (!string.IsNullOrEmpty(cursor))
        {
            start = all.FindIndex(m => m.Id == cursor) + 1;
            if (start == 0)
            {
                return PageRequest.BadCursor();
            }
        }

        var items = all.Skip(start).Take(count).Select(AppResource.Of).ToList();
        return ApiJson.Ok(new Page<AppResource>(items, start + items.Count < all.Count ? items[^1].Id : null));
    }

    private static IResult Get(string connectorId, IConnectorCatalog catalog, string? version = null) =>
        catalog.Find(connectorId, string.IsNullOrEmpty(version) ? null : version) is { } manifest
            ? ApiJson.Ok(AppResource.Of(manifest))
            : ApiProblems.Of(Refusal.NotFound("app_not_found", $"The app catalog has no connector '{connectorId}'{(version is null ? "" : $" in version {version}")}."));
}
