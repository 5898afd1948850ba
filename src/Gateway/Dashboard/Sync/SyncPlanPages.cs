using System.Globalization;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Sync;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the Sync plans tab shows.</summary>
internal sealed record SyncPlanListModel(IntegrationView View, IReadOnlyList<SyncPlanRecord> Plans, string? Next, string? Cursor)
{
    public string Home => $"/integrations/{View.Integration.Id}/sync-plans";
}

/// <summary>What one plan's page shows.</summary>
/// <param name="View">The integration.</param>
/// <param name="Plan">The plan.</param>
/// <param name="Lines">Some of its lines; null when they are past their retention.</param>
/// <param name="First">The index of the first line shown.</param>
/// <param name="Problem">Why a decision was not taken.</param>
internal sealed record SyncPlanModel(IntegrationView View, SyncPlanRecord Plan, IReadOnlyList<SyncEntry>? Lines, int First, Refusal? Problem = null)
{
    public string Home => $"/integrations/{View.Integration.Id}/sync-plans/{Plan.Id}";

    public int After => First + (Lines?.Count ?? 0);
}

/// <summary>Sync plans: what a sync would record, and a person's word on one that a safeguard halted.</summary>
internal static class SyncPlanPages
{
    private const int PageSize = 50;
    private const int LinesPerPage = 200;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/sync-plans", ListAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/sync-plans/{planId}", ShowAsync).Needs(Permission.ReadIntegrations);
        pages.MapPost("/integrations/{integrationId}/sync-plans/{planId}/allow", AllowAsync).Needs(Permission.DecideChanges);
        pages.MapPost("/integrations/{integrationId}/sync-plans/{planId}/reject", RejectAsync).Needs(Permission.DecideChanges);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, SyncPlans plans, string? cursor = null)
    {
        if (!PageRequest.TryRead(null, cursor, out var page, out _))
        {
            return OperationPages.BadFilter();
        }

        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view || await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        var (found, more) = await plans.ListAsync(profile.Partition, PageSize, page.Cursor, http.RequestAborted);
        return PageResult.Of<SyncPlanListPage, SyncPlanListModel>(new SyncPlanListModel(view, found, more ? found[^1].Id : null, cursor));
    }

    private static Task<IResult> ShowAsync(
        string integrationId, string planId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, SyncPlans plans, string? first = null)
    {
        var index = 0;
        return first is null || (int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out index) && index >= 0)
            ? PageAsync(integrationId, planId, index, null, http, views, profiles, plans)
            : Task.FromResult(OperationPages.BadFilter());
    }

    private static Task<IResult> AllowAsync(
        string integrationId, string planId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, SyncPlans plans, SyncDecisions decisions) =>
        DecideAsync(integrationId, planId, allow: true, http, views, profiles, plans, decisions);

    private static Task<IResult> RejectAsync(
        string integrationId, string planId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, SyncPlans plans, SyncDecisions decisions) =>
        DecideAsync(integrationId, planId, allow: false, http, views, profiles, plans, decisions);

    private static Task<IResult> DecideAsync(
        string integrationId, string planId, bool allow, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, SyncPlans plans, SyncDecisions decisions) =>
        FormDecision.TakeAsync(
            integrationId, http, profiles,
            (profile, form, by) => decisions.DecideAsync(profile, planId, allow, form.Text("reason"), by, http.RequestAborted),
            _ => IntegrationForms.Go($"/integrations/{integrationId}/sync-plans/{planId}", allow ? "plan-allowed" : "plan-rejected"),
            refusal => PageAsync(integrationId, planId, 0, refusal, http, views, profiles, plans));

    private static async Task<IResult> PageAsync(
        string integrationId, string planId, int first, Refusal? problem, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, SyncPlans plans)
    {
        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view || await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        if (!IntegrationStore.IsWellFormed(planId) || await plans.FindAsync(profile.Partition, planId, http.RequestAborted) is not { } plan)
        {
            return DashboardGate.Problem(StatusCodes.Status404NotFound, "There is no such plan", "It may belong to another integration.");
        }

        var lines = await plans.LinesAsync(plan.Value, first, LinesPerPage, http.RequestAborted);
        return PageResult.Of<SyncPlanPage, SyncPlanModel>(
            new SyncPlanModel(view, plan.Value, lines, first, problem), problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }
}
