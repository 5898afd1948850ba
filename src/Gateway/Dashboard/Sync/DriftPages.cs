using IdLcm.Domain.Integrations;
using IdLcm.Domain.Sync;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the list of drift shows.</summary>
/// <param name="View">The integration.</param>
/// <param name="Items">The differences of this page.</param>
/// <param name="Kind">The kind filtered by.</param>
/// <param name="Next">The key to go on from; null at the end.</param>
/// <param name="Cursor">The key that this page begins after.</param>
/// <param name="Refusal">What was wrong about the form that led here.</param>
internal sealed record DriftListModel(IntegrationView View, IReadOnlyList<Drift> Items, string? Kind, string? Next, string? Cursor, Refusal? Refusal)
{
    public string Home => $"/integrations/{View.Integration.Id}/drift";

    public string Link(string? cursor, string file = "") => Words.Link(Home + file, ("kind", Kind), ("cursor", cursor));
}

/// <summary>Where the app differs from what identity providers wish, and a person's word to correct it.</summary>
internal static class DriftPages
{
    private const int PageSize = 50;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/drift", (string integrationId, HttpContext http, string? kind = null, string? cursor = null) => PageAsync(integrationId, http, kind, cursor, null))
            .Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/drift.csv", ExportAsync).Needs(Permission.ReadIntegrations);
        pages.MapPost("/integrations/{integrationId}/drift/correct", CorrectAsync).Needs(Permission.DecideChanges);
    }

    private static async Task<IResult> PageAsync(string integrationId, HttpContext http, string? kind, string? cursor, Refusal? refusal)
    {
        if (!PageRequest.TryRead($"{PageSize}", cursor, out var page, out _) || !Filters.TryEnum<DriftKind>(kind, "kind", out var kinds, out _))
        {
            return OperationPages.BadFilter();
        }

        var services = http.RequestServices;
        if (await services.GetRequiredService<IntegrationViews>().FindAsync(integrationId, http.RequestAborted) is not { } view
            || await services.GetRequiredService<IntegrationProfiles>().FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        var found = await services.GetRequiredService<DriftReport>().ReadAsync(profile, page.Cursor, http.RequestAborted)
            .Where(drift => kinds?.Contains(drift.Kind) != false).Take(PageSize + 1).ToListAsync(http.RequestAborted);
        var next = found.Count > PageSize ? found[PageSize - 1].AccountKey : null;
        return PageResult.Of<DriftListPage, DriftListModel>(
            new DriftListModel(view, [.. found.Take(PageSize)], kind, next, page.Cursor, refusal), refusal is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> ExportAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, DriftReport report, string? kind = null)
    {
        if (!Filters.TryEnum<DriftKind>(kind, "kind", out var kinds, out _))
        {
            return OperationPages.BadFilter();
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        await Csv.BeginAsync(http, $"drift-{integrationId}.csv", "Account", "Kind", "What would bring the app to agree", "Correctable", "App read (UTC)", "SCIM ID");
        await foreach (var item in report.ReadAsync(profile, null, http.RequestAborted).Where(drift => kinds?.Contains(drift.Kind) != false))
        {
            await Csv.LineAsync(http, item.Identifier, item.Kind.ToString(), item.Detail, item.Correctable ? "Yes" : "No", item.SeenAt is { } seen ? Exports.Time(seen) : null, item.UserId);
        }

        return Results.Empty;
    }

    private static Task<IResult> CorrectAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, DriftReport report) =>
        FormDecision.TakeAsync(
            integrationId, http, profiles,
            async (profile, form, by) => form.Text("reason") is { } reason
                ? new OpenedOperations(await report.CorrectAsync(profile, form.Text("account") is { } only ? [only] : null, form.Text("includeUnwanted") is not null, by, reason, http.RequestAborted))
                : (Result<OpenedOperations>)Refusal.Invalid("reason", "is required: why the app is changed."),
            opened => opened.Operations > 0
                ? IntegrationForms.Go($"/integrations/{integrationId}/operations?status=Queued,Running,Retrying", "correcting")
                : IntegrationForms.Go($"/integrations/{integrationId}/drift", "nothing-corrected"),
            refusal => PageAsync(integrationId, http, null, null, refusal));
}
