using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the Human tasks tab shows.</summary>
internal sealed record TaskListModel(IntegrationView View, IReadOnlyList<HumanTask> Tasks, bool Closed, string? Next, string? Cursor, DateTimeOffset Now)
{
    public string Home => $"/integrations/{View.Integration.Id}/tasks";

    public string Link(string? cursor, string file = "") => Words.Link(Home + file, ("closed", Closed ? "true" : null), ("cursor", cursor));
}

/// <summary>What the page of one task shows.</summary>
internal sealed record TaskModel(IntegrationView View, HumanTask Task, DateTimeOffset Now, Refusal? Refusal);

/// <summary>Human tasks: what people do where automation cannot go on.</summary>
internal static class TaskPages
{
    private const int PageSize = 50;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/tasks", ListAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/tasks.csv", ExportAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/tasks/{taskId}", ShowAsync).Needs(Permission.ReadIntegrations);
        pages.MapPost("/integrations/{integrationId}/tasks/{taskId}", ChangeAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/tasks/{taskId}/close", CloseAsync).Needs(Permission.ManageIntegrations);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, HumanTaskService tasks, TimeProvider clock, bool closed = false, string? cursor = null)
    {
        if (!PageRequest.TryRead($"{PageSize}", cursor, out var page, out _))
        {
            return OperationPages.BadFilter();
        }

        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view || await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        var (found, more) = await tasks.ListAsync(profile.Partition, !closed, PageSize, page.Cursor, http.RequestAborted);
        return PageResult.Of<TaskListPage, TaskListModel>(new TaskListModel(view, found, closed, more ? found[^1].Id : null, cursor, clock.GetUtcNow()));
    }

    private static async Task<IResult> ExportAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, HumanTaskService tasks, bool closed = false)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        await Csv.BeginAsync(
            http, $"tasks-{integrationId}.csv", "Task", "Status", "About", "Failure code", "Assignee", "Opened (UTC)", "Due (UTC)", "Closed (UTC)", "Closed by", "Resolution", "Operation ID", "ID");
        string? after = null;
        do
        {
            var (found, more) = await tasks.ListAsync(profile.Partition, !closed, PageRequest.MaxLimit, after, http.RequestAborted);
            foreach (var task in found)
            {
                await Csv.LineAsync(
                    http, task.Title, task.Status.ToString(), task.Target, task.FailureCode?.ToString(), task.Assignee, Exports.Time(task.OpenedAt), Exports.Time(task.DueAt),
                    task.ClosedAt is { } at ? Exports.Time(at) : null, task.ClosedBy, task.Resolution, task.OperationId, task.Id);
            }

            after = more ? found[^1].Id : null;
        }
        while (after is not null);
        return Results.Empty;
    }

    private static Task<IResult> ShowAsync(string integrationId, string taskId, HttpContext http, IntegrationViews views) => PageAsync(integrationId, taskId, http, views, null);

    private static Task<IResult> ChangeAsync(string integrationId, string taskId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, HumanTaskService tasks) =>
        FormDecision.TakeAsync(
            integrationId, http, profiles,
            (profile, form, by) => tasks.ChangeAsync(profile, taskId, form.Text("assignee"), null, form.Text("comment"), by, http.RequestAborted),
            _ => IntegrationForms.Go($"/integrations/{integrationId}/tasks/{taskId}", "saved"),
            refusal => PageAsync(integrationId, taskId, http, views, refusal));

    private static Task<IResult> CloseAsync(string integrationId, string taskId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, HumanTaskService tasks) =>
        FormDecision.TakeAsync(
            integrationId, http, profiles,
            (profile, form, by) => tasks.CloseAsync(profile, taskId, form.Text("resolution"), by, http.RequestAborted),
            _ => IntegrationForms.Go($"/integrations/{integrationId}/tasks/{taskId}", "task-closed"),
            refusal => PageAsync(integrationId, taskId, http, views, refusal));

    private static async Task<IResult> PageAsync(string integrationId, string taskId, HttpContext http, IntegrationViews views, Refusal? refusal)
    {
        var services = http.RequestServices;
        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view
            || await services.GetRequiredService<IntegrationProfiles>().FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        return await services.GetRequiredService<HumanTaskService>().FindAsync(profile.Partition, taskId, http.RequestAborted) is { } task
            ? PageResult.Of<TaskPage, TaskModel>(
                new TaskModel(view, task, services.GetRequiredService<TimeProvider>().GetUtcNow(), refusal), refusal is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest)
            : DashboardGate.Problem(StatusCodes.Status404NotFound, "There is no such task", "It may belong to another integration.");
    }
}
