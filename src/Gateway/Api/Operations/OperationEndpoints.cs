using System.Globalization;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace IdLcm.Gateway.Api;

/// <summary>Operations: list, read, wait for, cancel and retry. Answered from durable records, while they run and after.</summary>
internal static class OperationEndpoints
{
    private const int MaxWait = 55;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/integrations/{integrationId}/operations", ListAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listOperations", "Operations", "List operations of an integration", "Newest first. status, kind and failureCode take several values between commas.")
            .Answers<Page<OperationResource>>();
        api.MapGet("/operations/{operationId}", GetAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("getOperation", "Operations", "Read an operation", "With its attempts, steps and evidence. wait=20 answers when it has ended, or after so many seconds.")
            .Answers<OperationDetails>();
        api.MapPost("/operations/{operationId}/cancel", CancelAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("cancelOperation", "Operations", "Cancel an operation", "One that waits ends at once; one that runs ends before its next step that changes something.")
            .Answers<OperationResource>(StatusCodes.Status202Accepted);
        api.MapPost("/operations/{operationId}/retry", RetryAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("retryOperation", "Operations", "Retry a failed operation", "The account gets a new operation with fresh attempts.")
            .Answers<OperationAccepted>(StatusCodes.Status202Accepted);
        api.MapPost("/integrations/{integrationId}/retry-failed", RetryFailedAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("retryFailedOperations", "Operations", "Retry failed operations", "All of them or those with one failure code, at a pace that the app bears.")
            .Takes<RetryFailedRequest>(optional: true)
            .Answers<RetryAccepted>(StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationStore integrations, OperationService operations,
        string? q = null, string? status = null, string? kind = null, string? userId = null, string? failureCode = null, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryRead(limit, cursor, out var page, out var problem)
            || !Filters.TryText(q, "q", out var text, out problem)
            || !Filters.TryEnum<OperationStatus>(status, "status", out var statuses, out problem)
            || !Filters.TryEnum<OperationKind>(kind, "kind", out var kinds, out problem)
            || !Filters.TryEnum<FailureCode>(failureCode, "failureCode", out var codes, out problem))
        {
            return problem!;
        }

        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var found = await operations.ListAsync(integrationId, Matches, page.Limit, page.Cursor, http.RequestAborted);
        return ApiJson.Ok(new Page<OperationResource>([.. found.Items.Select(operation => new OperationResource(operation))], found.Cursor));

        bool Matches(Operation operation) =>
            statuses?.Contains(operation.Status) != false
            && kinds?.Contains(operation.Kind) != false
            && (codes is null || (operation.Failure is { } failure && codes.Contains(failure.Code)))
            && (string.IsNullOrEmpty(userId) || operation.UserId == userId)
            && Filters.Contains(text, operation.Target, operation.Id, operation.Failure?.Detail, operation.RequestedBy.Actor);
    }

    private static async Task<IResult> GetAsync(
        string operationId, HttpContext http, OperationLocator locator, OperationService operations, IntegrationProfiles profiles, IHostApplicationLifetime lifetime,
        string? wait = null, string? integrationId = null)
    {
        var seconds = 0;
        if (!string.IsNullOrEmpty(wait) && (!int.TryParse(wait, NumberStyles.None, CultureInfo.InvariantCulture, out seconds) || seconds is < 1 or > MaxWait))
        {
            return ApiProblems.BadParameter("wait", $"'{wait}' must be a number of seconds from 1 to {MaxWait}.");
        }

        if (await locator.FindAsync(ApiCaller.Of(http), operationId, integrationId, http.RequestAborted) is not { } operation)
        {
            return ApiProblems.NoOperation(operationId);
        }

        if (seconds > 0 && !operation.Ended)
        {
            operation = await WaitAsync(operations, operation, TimeSpan.FromSeconds(seconds), http.RequestAborted, lifetime.ApplicationStopping);
        }

        var forecast = await profiles.FindAsync(operation.IntegrationId, http.RequestAborted) is { } profile
            ? await operations.ForecastAsync(profile, operation, http.RequestAborted)
            : null;
        return ApiJson.Ok(new OperationDetails(operation, await operations.AttemptsAsync(operation, http.RequestAborted), forecast));
    }

    /// <summary>A process that stops answers what it knows instead of making everybody wait for it.</summary>
    private static async Task<Operation> WaitAsync(
        OperationService operations, Operation operation, TimeSpan patience, CancellationToken aborted, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, stopping);
        try
        {
            return await operations.WaitAsync(operation, patience, either.Token);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            return await operations.FindAsync(operation.IntegrationId, operation.Id, aborted) ?? operation;
        }
    }

    private static async Task<IResult> CancelAsync(
        string operationId, HttpContext http, OperationLocator locator, OperationService operations, IntegrationProfiles profiles, string? integrationId = null)
    {
        var caller = ApiCaller.Of(http);
        if (await locator.FindAsync(caller, operationId, integrationId, http.RequestAborted) is not { } operation
            || await profiles.FindAsync(operation.IntegrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoOperation(operationId);
        }

        if (operation.Ended)
        {
            return HasEnded(operation);
        }

        var cancelled = await operations.CancelAsync(profile, operationId, caller.Provenance(http), http.RequestAborted) ?? operation;
        return cancelled.CancelRequested || cancelled.Status == OperationStatus.Cancelled
            ? ApiJson.With(StatusCodes.Status202Accepted, new OperationResource(cancelled))
            : HasEnded(cancelled);
    }

    private static async Task<IResult> RetryAsync(
        string operationId, HttpContext http, OperationLocator locator, OperationService operations, IntegrationProfiles profiles, string? integrationId = null)
    {
        var caller = ApiCaller.Of(http);
        if (await locator.FindAsync(caller, operationId, integrationId, http.RequestAborted) is not { } operation
            || await profiles.FindAsync(operation.IntegrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoOperation(operationId);
        }

        if (operation.Status is not (OperationStatus.Failed or OperationStatus.Cancelled))
        {
            return ApiProblems.Of(Refusal.Conflict("operation_not_failed", $"The operation is {operation.Status}: only one that failed or was cancelled can be retried."));
        }

        return await operations.ReopenAsync(profile, operation, caller.Provenance(http), http.RequestAborted) is { } reopened
            ? ApiJson.With(StatusCodes.Status202Accepted, new OperationAccepted(reopened))
            : ApiProblems.Of(Refusal.Conflict("nothing_to_retry", "The account has been brought to its goal since, or its user is gone: there is nothing to retry."));
    }

    private static async Task<IResult> RetryFailedAsync(string integrationId, HttpContext http, IntegrationStore integrations, OperationService operations)
    {
        var body = await RequestBody.ReadAsync(http, whenEmpty: new RetryFailedRequest());
        if (body.Value is null)
        {
            return body.Problem!;
        }

        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var (workflowId, count) = await operations.RetryFailedAsync(integrationId, body.Value.FailureCode, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return ApiJson.With(StatusCodes.Status202Accepted, new RetryAccepted(workflowId, count));
    }

    private static IResult HasEnded(Operation operation) =>
        ApiProblems.Of(Refusal.Conflict("operation_ended", $"The operation has ended already: {operation.Status}."));
}
