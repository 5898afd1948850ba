using System.Globalization;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Sync;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the Sync plans tab shows.</summary>
internal sealed record SyncPlanListModel(IntegrationView View, SortedPage<SyncPlanRecord> Plans)
{
    public string Home => $"/integrations/{View.Integration.Id}/sync-plans";

    public string Link(string sort, (string Name, string? Value)[]? place = null) => Words.Link(Home, [("sort", SyncPlanPages.Sorter.Parameter(sort)), .. place ?? []]);
}

/// <summary>What one plan's page shows.</summary>
/// <param name="View">The integration.</param>
/// <param name="Plan">The plan.</param>
/// <param name="Lines">Some of its lines; null when they are past their retention.</param>
/// <param name="Begin">Where this page begins among the lines.</param>
/// <param name="Next">Where the next page begins; null at the end.</param>
/// <param name="Kind">The kind filtered by.</param>
/// <param name="Query">The search among accounts.</param>
/// <param name="Range">Which of how many lines are shown, where no filter leaves any out.</param>
/// <param name="Problem">Why a decision was not taken.</param>
internal sealed record SyncPlanModel(
    IntegrationView View, SyncPlanRecord Plan, IReadOnlyList<SyncEntry>? Lines, int Begin, int? Next, string? Kind, string? Query, ListRange Range, Refusal? Problem = null)
{
    public string Home => $"/integrations/{View.Integration.Id}/sync-plans/{Plan.Id}";

    public bool IsFiltered => Query is not null || !string.IsNullOrEmpty(Kind);

    public string Link(int? begin, string file = "") => Words.Link(
        Home + file, ("q", Query), ("kind", Kind), ("cursor", begin is null ? null : $"{begin}"), ("first", IsFiltered ? null : Range.After(begin is null ? null : $"{begin}")));
}

/// <summary>Sync plans: what a sync would record, and a person's word on one that a safeguard halted.</summary>
internal static class SyncPlanPages
{
    private const int LinesPerPage = 200;

    /// <summary>What the list can be sorted by.</summary>
    public static readonly ListSorter<SyncPlanRecord> Sorter = new(
        "-read",
        ("read", plan => plan.ReadAt), ("status", plan => plan.Status.ToString()), ("accounts", plan => plan.Counts.Read), ("new", plan => plan.Counts.New), ("changed", plan => plan.Counts.Changed),
        ("gone", plan => plan.Counts.Gone), ("decided", plan => plan.Decision?.By));

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/sync-plans", ListAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/sync-plans.csv", ExportAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/sync-plans/{planId}", ShowAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/sync-plans/{planId}/lines.csv", ExportLinesAsync).Needs(Permission.ReadIntegrations);
        pages.MapPost("/integrations/{integrationId}/sync-plans/{planId}/allow", AllowAsync).Needs(Permission.DecideChanges);
        pages.MapPost("/integrations/{integrationId}/sync-plans/{planId}/reject", RejectAsync).Needs(Permission.DecideChanges);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, SyncPlans plans)
    {
        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view || await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        return await SortedPage<SyncPlanRecord>.ReadAsync(Sorter, (count, after) => plans.ListAsync(profile.Partition, count, after, http.RequestAborted), plan => plan.Id, http.Request.Query) is { } found
            ? PageResult.Of<SyncPlanListPage, SyncPlanListModel>(new SyncPlanListModel(view, found))
            : OperationPages.BadFilter();
    }

    private static async Task<IResult> ExportAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, SyncPlans plans)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        await Csv.BeginAsync(
            http, $"sync-plans-{integrationId}.csv", "Read (UTC)", "Status", "Accounts read", "Known before", "New", "Changed", "Gone", "Assignments lost", "Why halted", "Decided by", "Reason", "Decided (UTC)", "Applied (UTC)", "ID");
        string? after = null;
        do
        {
            var (found, more) = await plans.ListAsync(profile.Partition, PageRequest.MaxLimit, after, http.RequestAborted);
            foreach (var plan in found)
            {
                var counts = plan.Counts;
                await Csv.LineAsync(
                    http, Exports.Time(plan.ReadAt), plan.Status.ToString(), Number(counts.Read), Number(counts.Population), Number(counts.New), Number(counts.Changed), Number(counts.Gone), Number(counts.LostAssignments),
                    string.Join(' ', plan.HaltReasons), plan.Decision?.By, plan.Decision?.Reason, plan.Decision is { } decision ? Exports.Time(decision.At) : null, plan.AppliedAt is { } at ? Exports.Time(at) : null, plan.Id);
            }

            after = more ? found[^1].Id : null;
        }
        while (after is not null);
        return Results.Empty;
    }

    private static async Task<IResult> ExportLinesAsync(string integrationId, string planId, HttpContext http, IntegrationProfiles profiles, SyncPlans plans, string? q = null, string? kind = null)
    {
        if (FilterOf(q, kind) is not { } wanted)
        {
            return OperationPages.BadFilter();
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile || await FindAsync(profile, planId, plans, http.RequestAborted) is not { } plan)
        {
            return NoPlan();
        }

        var (lines, next) = await plans.FindLinesAsync(plan, wanted, 0, LinesPerPage, http.RequestAborted);
        if (lines is null)
        {
            return DashboardGate.Problem(StatusCodes.Status404NotFound, "The lines of this plan are gone", "They are past their retention.");
        }

        await Csv.BeginAsync(http, $"sync-plan-{planId}.csv", "Account", "What", "Attribute", "Before", "After", "Lost", "SCIM ID");
        while (lines is not null)
        {
            foreach (var line in lines)
            {
                var lost = string.Join("; ", line.Lost);
                foreach (var difference in line.Differences.DefaultIfEmpty(new SyncDifference("", null, null)))
                {
                    await Csv.LineAsync(http, line.Identifier, What(line.Kind), difference.Attribute, difference.Before, difference.After, lost, line.UserId);
                }
            }

            (lines, next) = next is { } from ? await plans.FindLinesAsync(plan, wanted, from, LinesPerPage, http.RequestAborted) : (null, null);
        }

        return Results.Empty;
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>What a line would record, in words.</summary>
    public static string What(SyncEntryKind kind) => kind switch
    {
        SyncEntryKind.SeenAgain => "Listed again after it was proved deleted",
        SyncEntryKind.NotSeenAgain => "Not listed again",
        _ => kind.ToString(),
    };

    /// <summary>What the filters of an address let through; null where they are none.</summary>
    private static Func<SyncEntry, bool>? FilterOf(string? q, string? kind) =>
        Filters.TryText(q, "q", out var text, out _) && Filters.TryEnum<SyncEntryKind>(kind, "kind", out var kinds, out _)
            ? line => kinds?.Contains(line.Kind) != false && Filters.Contains(text, line.Identifier, line.UserId)
            : null;

    private static async Task<SyncPlanRecord?> FindAsync(IntegrationProfile profile, string planId, SyncPlans plans, CancellationToken cancellationToken) =>
        IntegrationStore.IsWellFormed(planId) ? (await plans.FindAsync(profile.Partition, planId, cancellationToken))?.Value : null;

    private static IResult NoPlan() => DashboardGate.Problem(StatusCodes.Status404NotFound, "There is no such plan", "It may belong to another integration.");

    private static Task<IResult> ShowAsync(
        string integrationId, string planId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, SyncPlans plans, string? q = null, string? kind = null, string? cursor = null, string? first = null)
    {
        var begin = 0;
        return string.IsNullOrEmpty(cursor) || int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out begin)
            ? PageAsync(integrationId, planId, q, kind, begin, first, null, http, views, profiles, plans)
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
            refusal => PageAsync(integrationId, planId, null, null, 0, null, refusal, http, views, profiles, plans));

    private static async Task<IResult> PageAsync(
        string integrationId, string planId, string? q, string? kind, int begin, string? first, Refusal? problem, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, SyncPlans plans)
    {
        if (FilterOf(q, kind) is not { } wanted)
        {
            return OperationPages.BadFilter();
        }

        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view || await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        if (await FindAsync(profile, planId, plans, http.RequestAborted) is not { } plan)
        {
            return NoPlan();
        }

        var (lines, next) = await plans.FindLinesAsync(plan, wanted, begin, LinesPerPage, http.RequestAborted);
        var range = new ListRange(begin == 0 ? 1 : ListRange.FirstOf($"{begin}", first), lines?.Count ?? 0, plan.Lines, IsAll: true);
        return PageResult.Of<SyncPlanPage, SyncPlanModel>(
            new SyncPlanModel(view, plan, lines, begin, next, kind, string.IsNullOrWhiteSpace(q) ? null : q.Trim(), range, problem), problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }
}
