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
/// <param name="Query">The search among accounts.</param>
/// <param name="Range">Which of how many are shown.</param>
internal sealed record DriftListModel(IntegrationView View, IReadOnlyList<Drift> Items, string? Kind, string? Next, string? Cursor, Refusal? Refusal, string? Query, ListRange Range)
{
    public string Home => $"/integrations/{View.Integration.Id}/drift";

    public string Link(string? cursor, string file = "") => Words.Link(Home + file, ("q", Query), ("kind", Kind), ("cursor", cursor), ("first", Range.After(cursor)));
}

/// <summary>Where the app differs from what identity providers wish, and a person's word to correct it.</summary>
internal static class DriftPages
{
    private const int PageSize = 50;

    /// <summary>Each account is compared with its wish, which takes several reads: a page ends after so many, with a cursor.</summary>
    private const int MaxExamined = 1_000;
    private const int MaxCounted = 500;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/drift", (string integrationId, HttpContext http, string? q = null, string? kind = null, string? cursor = null, string? first = null) => PageAsync(integrationId, http, q, kind, cursor, first, null))
            .Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/drift.csv", ExportAsync).Needs(Permission.ReadIntegrations);
        pages.MapPost("/integrations/{integrationId}/drift/correct", CorrectAsync).Needs(Permission.DecideChanges);
    }

    private static async Task<IResult> PageAsync(string integrationId, HttpContext http, string? q, string? kind, string? cursor, string? first, Refusal? refusal)
    {
        if (!PageRequest.TryRead($"{PageSize}", cursor, out var page, out _) || FilterOf(q, kind) is not { } wanted)
        {
            return OperationPages.BadFilter();
        }

        var services = http.RequestServices;
        if (await services.GetRequiredService<IntegrationViews>().FindAsync(integrationId, http.RequestAborted) is not { } view
            || await services.GetRequiredService<IntegrationProfiles>().FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        var report = services.GetRequiredService<DriftReport>();
        var (found, next) = await report.PageAsync(profile, wanted, PageSize, page.Cursor, MaxExamined, http.RequestAborted);
        var (all, more) = await report.PageAsync(profile, wanted, MaxCounted, null, MaxCounted, http.RequestAborted);
        var range = ListRange.Of(page.Cursor, first, found.Count, (all.Count, more is null));
        return PageResult.Of<DriftListPage, DriftListModel>(
            new DriftListModel(view, found, kind, next, page.Cursor, refusal, string.IsNullOrWhiteSpace(q) ? null : q.Trim(), range), refusal is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    /// <summary>What the filters of an address let through; null where they are none.</summary>
    private static Func<Drift, bool>? FilterOf(string? q, string? kind) =>
        Filters.TryText(q, "q", out var text, out _) && Filters.TryEnum<DriftKind>(kind, "kind", out var kinds, out _)
            ? drift => kinds?.Contains(drift.Kind) != false && Filters.Contains(text, drift.Identifier, drift.Detail)
            : null;

    private static async Task<IResult> ExportAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, DriftReport report, string? q = null, string? kind = null)
    {
        if (FilterOf(q, kind) is not { } wanted)
        {
            return OperationPages.BadFilter();
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        await Csv.BeginAsync(http, $"drift-{integrationId}.csv", "Account", "Kind", "What would bring the app to agree", "Correctable", "App read (UTC)", "SCIM ID");
        await foreach (var item in report.ReadAsync(profile, http.RequestAborted).Where(wanted))
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
            refusal => PageAsync(integrationId, http, null, null, null, null, refusal));
}
