using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the catalog shows.</summary>
/// <param name="Apps">The apps that match, with how many integrations use each.</param>
/// <param name="Query">The search.</param>
/// <param name="Sort">How they are sorted.</param>
internal sealed record CatalogModel(IReadOnlyList<(ConnectorManifest App, int Used)> Apps, string? Query, string Sort)
{
    public string Link(string sort, string file = "") => Words.Link("/catalog" + file, ("q", Query), ("sort", CatalogPages.Sorter.Parameter(sort)));
}

/// <summary>What the page of one app shows.</summary>
/// <param name="App">The app.</param>
/// <param name="Used">The integrations of it, with the steps whose locators drift in each.</param>
internal sealed record CatalogAppModel(ConnectorManifest App, IReadOnlyList<(Integration Integration, IReadOnlyList<DriftingStep> Drifting)> Used);

/// <summary>The app catalog: apps, versions, capabilities, and where each is used.</summary>
internal static class CatalogPages
{
    /// <summary>What the list can be sorted by.</summary>
    public static readonly ListSorter<(ConnectorManifest App, int Used)> Sorter = new("app", ("app", row => row.App.AppName), ("version", row => row.App.Version), ("used", row => row.Used));

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/catalog", ListAsync).Needs(Permission.ReadWorkspace);
        pages.MapGet("/catalog.csv", ExportAsync).Needs(Permission.ReadWorkspace);
        pages.MapGet("/catalog/{app}", ShowAsync).Needs(Permission.ReadWorkspace);
    }

    private static async Task<IResult> ListAsync(HttpContext http, IConnectorCatalog catalog, IntegrationStore integrations, string? q = null, string? sort = null)
    {
        if (!Filters.TryText(q, "q", out var text, out _))
        {
            return OperationPages.BadFilter();
        }

        var used = (await GivenAsync(http, integrations)).ToLookup(integration => integration.ConnectorId, StringComparer.Ordinal);
        return PageResult.Of<CatalogPage, CatalogModel>(new CatalogModel(Wanted(catalog, used, text, sort), text, Sorter.Read(sort)));
    }

    private static async Task<IResult> ExportAsync(HttpContext http, IConnectorCatalog catalog, IntegrationStore integrations, string? q = null, string? sort = null)
    {
        if (!Filters.TryText(q, "q", out var text, out _))
        {
            return OperationPages.BadFilter();
        }

        var used = (await GivenAsync(http, integrations)).ToLookup(integration => integration.ConnectorId, StringComparer.Ordinal);
        await Csv.BeginAsync(http, "catalog.csv", "App", "Connector", "Newest version", "Integration name", "SCIM Gateway ID", "Version in use");
        foreach (var (app, _) in Wanted(catalog, used, text, sort))
        {
            if (!used.Contains(app.Id))
            {
                await Csv.LineAsync(http, app.AppName, app.Id, app.Version, null, null, null);
            }

            foreach (var integration in used[app.Id])
            {
                await Csv.LineAsync(http, app.AppName, app.Id, app.Version, integration.Name, integration.Id, integration.ConnectorVersion);
            }
        }

        return Results.Empty;
    }

    private static IReadOnlyList<(ConnectorManifest App, int Used)> Wanted(IConnectorCatalog catalog, ILookup<string, Integration> used, string? text, string? sort) => Sorter.Sort(
        catalog.List().Where(app => Filters.Contains(text, app.AppName, app.Id, app.Description)).Select(app => (app, used[app.Id].Count())), Sorter.Read(sort));

    private static async Task<IResult> ShowAsync(string app, HttpContext http, IConnectorCatalog catalog, IntegrationStore integrations, HealthBoard board)
    {
        if (catalog.Find(app) is not { } manifest)
        {
            return CreatePages.MissingApp();
        }

        var used = new List<(Integration, IReadOnlyList<DriftingStep>)>();
        foreach (var integration in (await GivenAsync(http, integrations)).Where(i => i.ConnectorId == app))
        {
            used.Add((integration, (await board.OfAsync(integration.Id, http.RequestAborted)).Drifting));
        }

        return PageResult.Of<CatalogAppPage, CatalogAppModel>(new CatalogAppModel(manifest, used));
    }

    private static async Task<List<Integration>> GivenAsync(HttpContext http, IntegrationStore integrations)
    {
        var caller = ApiCaller.Of(http);
        return [.. (await integrations.ListAsync(http.RequestAborted)).Where(i => caller.MayUse(i.Id))];
    }
}
