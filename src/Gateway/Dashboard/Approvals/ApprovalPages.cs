using IdLcm.Domain.Approvals;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the Approvals tab shows: what waits for a word, then what was decided.</summary>
internal sealed record ApprovalListModel(
    IntegrationView View, IReadOnlyList<ApprovalRecord> Pending, IReadOnlyList<Operation> Held, IReadOnlyList<ApprovalRecord> Decided, string? Next, string? Cursor, Refusal? Refusal, ListRange Range, bool MoreWait, bool OldestFirst)
{
    public string Home => $"/integrations/{View.Integration.Id}/approvals";

    public string Link(bool oldestFirst, string? cursor = null) => Words.Link(Home, ("sort", oldestFirst ? "age" : null), ("cursor", cursor), ("first", Range.After(cursor)));
}

/// <summary>Destructive changes and held operations that wait for a person's word.</summary>
internal static class ApprovalPages
{
    private const int MaxWaiting = 100;
    private const int PageSize = 25;
    private const int MaxCounted = 1_000;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/approvals", ListAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/approvals.csv", ExportAsync).Needs(Permission.ReadIntegrations);
        pages.MapPost("/integrations/{integrationId}/approvals/{approvalId}", DecideAsync).Needs(Permission.DecideChanges);
        pages.MapPost("/integrations/{integrationId}/held/{operationId}", DecideHeldAsync).Needs(Permission.DecideChanges);
    }

    private static Task<IResult> ListAsync(string integrationId, HttpContext http, IntegrationViews views, string? sort = null, string? cursor = null, string? first = null) =>
        PageAsync(integrationId, http, views, sort, cursor, first, null);

    private static async Task<IResult> ExportAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, ApprovalService approvals)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        await Csv.BeginAsync(
            http, $"approvals-{integrationId}.csv", "What", "About", "Detail", "Asked (UTC)", "Asked by", "Reason", "Status", "Decided (UTC)", "Decided by", "Reason of the decision", "Operation ID", "ID");
        string? after = null;
        do
        {
            var (found, more) = await approvals.ListAsync(profile, _ => true, PageRequest.MaxLimit, after, http.RequestAborted);
            foreach (var approval in found)
            {
                await Csv.LineAsync(
                    http, approval.Kind.ToString(), approval.Target, approval.Detail, Exports.Time(approval.RequestedAt), approval.RequestedBy, approval.Reason, approval.Status.ToString(),
                    approval.DecidedAt is { } at ? Exports.Time(at) : null, approval.DecidedBy, approval.DecisionReason, approval.OperationId, approval.Id);
            }

            after = more ? found[^1].Id : null;
        }
        while (after is not null);
        return Results.Empty;
    }

    private static Task<IResult> DecideAsync(string integrationId, string approvalId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, ApprovalService approvals) =>
        FormDecision.TakeAsync(
            integrationId, http, profiles,
            async (profile, form, by) => form.Text("decision") is "approve" or "reject"
                ? await approvals.DecideAsync(profile, approvalId, form.Text("decision") == "approve", form.Text("reason"), by, ApiCaller.Of(http).Has(Permission.ErasePeople), http.RequestAborted)
                : Refusal.Invalid("decision", "is required: approve or reject."),
            decided => IntegrationForms.Go($"/integrations/{integrationId}/approvals", decided.Approval.Status == ApprovalStatus.Approved ? "approved" : "rejected"),
            refusal => PageAsync(integrationId, http, views, null, null, null, refusal));

    private static Task<IResult> DecideHeldAsync(string integrationId, string operationId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, ApprovalService approvals) =>
        FormDecision.TakeAsync(
            integrationId, http, profiles,
            async (profile, form, by) => form.Text("decision") is "release" or "reject"
                ? await approvals.DecideHeldAsync(profile, operationId, form.Text("decision") == "release", form.Text("reason"), by, http.RequestAborted)
                : Refusal.Invalid("decision", "is required: release or reject."),
            operation => IntegrationForms.Go($"/integrations/{integrationId}/approvals", operation.Ended ? "rejected" : "released"),
            refusal => PageAsync(integrationId, http, views, null, null, null, refusal));

    private static async Task<IResult> PageAsync(string integrationId, HttpContext http, IntegrationViews views, string? sort, string? cursor, string? first, Refusal? refusal)
    {
        if (!PageRequest.TryRead($"{PageSize}", cursor, out var page, out _))
        {
            return OperationPages.BadFilter();
        }

        var services = http.RequestServices;
        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view
            || await services.GetRequiredService<IntegrationProfiles>().FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        var approvals = services.GetRequiredService<ApprovalService>();
        var oldestFirst = sort == "age";
        var (waiting, uncountedWait) = await approvals.ListAsync(profile, approval => approval.Status == ApprovalStatus.Pending, oldestFirst ? MaxCounted : MaxWaiting, null, http.RequestAborted);
        List<ApprovalRecord> pending = [.. (oldestFirst ? waiting.Reverse() : waiting).Take(MaxWaiting)];
        var held = await approvals.HeldAsync(profile, http.RequestAborted).Take(oldestFirst ? MaxCounted : MaxWaiting + 1).ToListAsync(http.RequestAborted);
        if (oldestFirst)
        {
            held.Reverse();
        }

        var (decided, more) = await approvals.ListAsync(profile, approval => approval.Status != ApprovalStatus.Pending, PageSize, page.Cursor, http.RequestAborted);

        var (all, uncounted) = await approvals.ListAsync(profile, approval => approval.Status != ApprovalStatus.Pending, MaxCounted, null, http.RequestAborted);
        var range = ListRange.Of(page.Cursor, first, decided.Count, (all.Count, !uncounted));

        // An operation that waits for an approval is decided with it.
        var withApproval = pending.Select(approval => approval.OperationId).ToHashSet();
        return PageResult.Of<ApprovalListPage, ApprovalListModel>(
            new ApprovalListModel(view, pending, [.. held.Take(MaxWaiting).Where(operation => !withApproval.Contains(operation.Id))], decided, more ? decided[^1].Id : null, cursor, refusal, range, uncountedWait || waiting.Count > MaxWaiting || held.Count > MaxWaiting, oldestFirst),
            refusal is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }
}
