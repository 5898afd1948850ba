using IdLcm.Domain.Connectors;
using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the Operations tab shows.</summary>
/// <param name="View">The integration.</param>
/// <param name="Items">The operations of this page, newest first.</param>
/// <param name="Next">The id to go on from; null at the end.</param>
/// <param name="Query">The search.</param>
/// <param name="Status">The statuses filtered by.</param>
/// <param name="Kind">The kinds filtered by.</param>
/// <param name="Code">The failure codes filtered by.</param>
/// <param name="Cursor">The id that this page begins after.</param>
/// <param name="Range">Which of how many are shown.</param>
internal sealed record OperationListModel(
    IntegrationView View, IReadOnlyList<Operation> Items, string? Next, string? Query, string? Status, string? Kind, string? Code, string? Cursor, ListRange Range)
{
    public string Home => $"/integrations/{View.Integration.Id}/operations";

    public string Link(string? cursor) => Words.Link(
        Home, ("q", Query), ("status", Status), ("kind", Kind), ("failureCode", Code), ("cursor", cursor), ("first", Range.After(cursor)));
}

/// <summary>What one operation's page shows.</summary>
/// <param name="View">The integration.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Attempts">Its attempts.</param>
/// <param name="Forecast">What it would do; null where that is not known.</param>
/// <param name="TaskId">The open human task that it waits as; null for none.</param>
internal sealed record OperationModel(IntegrationView View, Operation Operation, IReadOnlyList<OperationAttempt> Attempts, IReadOnlyList<string>? Forecast, string? TaskId);

/// <summary>Operations: each run with its steps, attempts, failure and evidence.</summary>
internal static class OperationPages
{
    private const int PageSize = 50;

    /// <summary>A page that finds little ends after so many operations, with a cursor, rather than keep its reader waiting.</summary>
    private const int MaxExamined = 5_000;
    private const int MaxCounted = 1_000;

    /// <summary>Among so many open tasks, the newest, that of a failed operation is looked for.</summary>
    private const int MaxTasks = 200;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/operations", ListAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/operations.csv", ExportAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/operations/{operationId}", ShowAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/operations/{operationId}/evidence/{hash}", EvidenceEndpoint.GetAsync).Needs(Permission.ReadIntegrations);
        pages.MapPost("/integrations/{integrationId}/operations/{operationId}/retry", RetryAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/operations/{operationId}/cancel", CancelAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/retry-failed", RetryFailedAsync).Needs(Permission.ManageIntegrations);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationViews views, OperationService operations,
        string? q = null, string? status = null, string? kind = null, string? failureCode = null, string? cursor = null, string? first = null)
    {
        if (!PageRequest.TryRead(null, cursor, out _, out _) || FilterOf(q, status, kind, failureCode) is not { } matches)
        {
            return BadFilter();
        }

        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view)
        {
            return IntegrationPages.Missing();
        }

        var found = await operations.ListAsync(integrationId, matches, PageSize, string.IsNullOrEmpty(cursor) ? null : cursor, MaxExamined, http.RequestAborted);
        var all = await operations.ListAsync(integrationId, matches, MaxCounted, null, MaxCounted, http.RequestAborted);
        var range = ListRange.Of(cursor, first, found.Items.Count, (all.Items.Count, all.Cursor is null));
        return PageResult.Of<OperationListPage, OperationListModel>(
            new OperationListModel(view, found.Items, found.Cursor, string.IsNullOrWhiteSpace(q) ? null : q.Trim(), status, kind, failureCode, cursor, range));
    }

    private static async Task<IResult> ExportAsync(
        string integrationId, HttpContext http, IntegrationStore integrations, OperationService operations,
        string? q = null, string? status = null, string? kind = null, string? failureCode = null)
    {
        if (FilterOf(q, status, kind, failureCode) is not { } matches)
        {
            return BadFilter();
        }

        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return IntegrationPages.Missing();
        }

        await Csv.BeginAsync(http, $"operations-{integrationId}.csv", "Operation", "Target", "Status", "Requested (UTC)", "Started (UTC)", "Ended (UTC)", "Attempts", "Asked by", "Failure code", "Detail", "Operation ID");
        string? cursor = null;
        do
        {
            var found = await operations.ListAsync(integrationId, matches, PageRequest.MaxLimit, cursor, http.RequestAborted);
            foreach (var item in found.Items)
            {
                await Csv.LineAsync(
                    http, item.Kind.ToString(), item.Target, item.Status.ToString(), Exports.Time(item.CreatedAt), item.StartedAt is { } started ? Exports.Time(started) : null,
                    item.EndedAt is { } ended ? Exports.Time(ended) : null, item.Attempt.ToString(System.Globalization.CultureInfo.InvariantCulture), item.RequestedBy.Actor,
                    item.Failure?.Code.ToString(), item.Failure?.Detail, item.Id);
            }

            cursor = found.Cursor;
        }
        while (cursor is not null);
        return Results.Empty;
    }

    /// <summary>What the filters of an address let through; null where they are none.</summary>
    private static Func<Operation, bool>? FilterOf(string? q, string? status, string? kind, string? failureCode) =>
        Filters.TryText(q, "q", out var text, out _)
        && Filters.TryEnum<OperationStatus>(status, "status", out var statuses, out _)
        && Filters.TryEnum<OperationKind>(kind, "kind", out var kinds, out _)
        && Filters.TryEnum<FailureCode>(failureCode, "failureCode", out var codes, out _)
            ? operation =>
                statuses?.Contains(operation.Status) != false
                && kinds?.Contains(operation.Kind) != false
                && (codes is null || (operation.Failure is { } failure && codes.Contains(failure.Code)))
                && Filters.Contains(text, operation.Target, operation.Id, operation.Failure?.Detail, operation.RequestedBy.Actor)
            : null;

    /// <summary>An address whose filters nobody can have chosen on our pages.</summary>
    public static IResult BadFilter() =>
        DashboardGate.Problem(StatusCodes.Status400BadRequest, "This address cannot be read", "One of its filters is not one that this list has. Open the list again and choose them there.");

    private static async Task<IResult> ShowAsync(
        string integrationId, string operationId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, OperationService operations, HumanTaskService tasks)
    {
        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view)
        {
            return IntegrationPages.Missing();
        }

        if (await operations.FindAsync(integrationId, operationId, http.RequestAborted) is not { } operation)
        {
            return MissingOperation();
        }

        var forecast = await profiles.FindAsync(integrationId, http.RequestAborted) is { } profile ? await operations.ForecastAsync(profile, operation, http.RequestAborted) : null;
        var open = operation.Status == OperationStatus.Failed ? (await tasks.ListAsync(Rows.Partition(integrationId), open: true, MaxTasks, null, http.RequestAborted)).Items : [];
        return PageResult.Of<OperationDetailPage, OperationModel>(
            new OperationModel(view, operation, await operations.AttemptsAsync(operation, http.RequestAborted), forecast, open.FirstOrDefault(task => task.OperationId == operation.Id)?.Id));
    }

    private static async Task<IResult> RetryAsync(string integrationId, string operationId, HttpContext http, OperationService operations, IntegrationProfiles profiles)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile
            || await operations.FindAsync(integrationId, operationId, http.RequestAborted) is not { } operation)
        {
            return MissingOperation();
        }

        var by = DashboardUser.Of(http).Provenance(http);
        if (operation.Kind is OperationKind.Validate or OperationKind.Sync)
        {
            var again = operation.Kind == OperationKind.Validate
                ? await operations.ValidateAsync(profile, by, http.RequestAborted)
                : await operations.SyncAsync(profile, by, http.RequestAborted);
            return IntegrationForms.Go($"/integrations/{integrationId}/operations/{again}", "retrying");
        }

        return operation.Status is OperationStatus.Failed or OperationStatus.Cancelled && await operations.ReopenAsync(profile, operation, by, http.RequestAborted) is { } reopened
            ? IntegrationForms.Go($"/integrations/{integrationId}/operations/{reopened}", "retrying")
            : DashboardGate.Problem(StatusCodes.Status409Conflict, "There is nothing to retry", "The account has been brought to its goal since, or its user is gone.");
    }

    private static async Task<IResult> CancelAsync(string integrationId, string operationId, HttpContext http, OperationService operations, IntegrationProfiles profiles)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile
            || await operations.CancelAsync(profile, operationId, DashboardUser.Of(http).Provenance(http), http.RequestAborted) is not { } cancelled)
        {
            return MissingOperation();
        }

        return cancelled.CancelRequested || cancelled.Status == OperationStatus.Cancelled
            ? IntegrationForms.Go($"/integrations/{integrationId}/operations/{operationId}", "cancelled")
            : DashboardGate.Problem(StatusCodes.Status409Conflict, "It has ended already", $"The operation is {cancelled.Status}; nothing was cancelled.");
    }

    private static async Task<IResult> RetryFailedAsync(string integrationId, HttpContext http, OperationService operations, IntegrationStore integrations)
    {
        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return IntegrationPages.Missing();
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        FailureCode? code = form.Text("failureCode") is { } name && EnumNames<FailureCode>.TryParse(name, out var parsed) ? parsed : null;
        await operations.RetryFailedAsync(integrationId, code, DashboardUser.Of(http).Provenance(http), http.RequestAborted);
        return IntegrationForms.Go($"/integrations/{integrationId}/operations", "retrying-all");
    }

    public static IResult MissingOperation() =>
        DashboardGate.Problem(StatusCodes.Status404NotFound, "There is no such operation", "It may be past its retention, or the address is wrong.");
}
