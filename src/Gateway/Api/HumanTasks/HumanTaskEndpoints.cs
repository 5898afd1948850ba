using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Integrations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>What is to change of a task; what is left out stays.</summary>
internal sealed record TaskPatch
{
    public string? Assignee { get; init; }

    public DateTimeOffset? DueAt { get; init; }

    /// <summary>A note to add.</summary>
    public string? Comment { get; init; }
}

/// <summary>How a task ended.</summary>
internal sealed record TaskClosing
{
    public string? Resolution { get; init; }
}

/// <summary>Human tasks.</summary>
internal static class HumanTaskEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/integrations/{integrationId}/tasks", ListAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listTasks", "Human tasks", "List human tasks", "Newest first; the open ones, or with closed=true the closed ones. The attempts of a task's operation hold the evidence.")
            .Answers<Page<HumanTask>>();
        api.MapGet("/integrations/{integrationId}/tasks/{taskId}", GetAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("getTask", "Human tasks", "Read a human task", "With its instructions and notes.")
            .Answers<HumanTask>();
        api.MapPatch("/integrations/{integrationId}/tasks/{taskId}", ChangeAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("changeTask", "Human tasks", "Assign or comment on a human task", "Gives it to somebody, moves its due date, adds a note.")
            .Takes<TaskPatch>()
            .Answers<HumanTask>();
        api.MapPost("/integrations/{integrationId}/tasks/{taskId}/close", CloseAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("closeTask", "Human tasks", "Close a human task", "The app is read again and has to show the result: see verifyingOperationId.")
            .Takes<TaskClosing>()
            .Answers<HumanTask>();
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationProfiles profiles, HumanTaskService tasks, string? closed = null, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryRead(limit, cursor, out var page, out var problem) || !Filters.TryFlag(closed, "closed", out var ended, out problem))
        {
            return problem!;
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var (items, more) = await tasks.ListAsync(profile.Partition, ended != true, page.Limit, page.Cursor, http.RequestAborted);
        return ApiJson.Ok(new Page<HumanTask>(items, more ? items[^1].Id : null));
    }

    private static async Task<IResult> GetAsync(string integrationId, string taskId, HttpContext http, IntegrationProfiles profiles, HumanTaskService tasks)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        return await tasks.FindAsync(profile.Partition, taskId, http.RequestAborted) is { } task
            ? ApiJson.Ok(task)
            : ApiProblems.Of(Refusal.NotFound("task_not_found", $"The integration has no human task '{taskId}'."));
    }

    private static Task<IResult> ChangeAsync(string integrationId, string taskId, HttpContext http, IntegrationProfiles profiles, HumanTaskService tasks) =>
        Decision.TakeAsync<TaskPatch, HumanTask>(
            integrationId, http, profiles, (profile, patch, by) => tasks.ChangeAsync(profile, taskId, patch.Assignee, patch.DueAt, patch.Comment, by, http.RequestAborted), ApiJson.Ok);

    private static Task<IResult> CloseAsync(string integrationId, string taskId, HttpContext http, IntegrationProfiles profiles, HumanTaskService tasks) =>
        Decision.TakeAsync<TaskClosing, HumanTask>(
            integrationId, http, profiles, (profile, closing, by) => tasks.CloseAsync(profile, taskId, closing.Resolution, by, http.RequestAborted), ApiJson.Ok);
}
