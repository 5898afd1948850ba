using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the Human tasks tab shows.</summary>
internal sealed record TaskListModel(IntegrationView View, SortedPage<HumanTask> Tasks, bool Closed, DateTimeOffset Now)
{
    public string Home => $"/integrations/{View.Integration.Id}/tasks";

    public string Link(string sort, (string Name, string? Value)[]? place = null) => Words.Link(
        Home, [("closed", Closed ? "true" : null), ("sort", TaskPages.SorterOf(Closed).Parameter(sort)), .. place ?? []]);
}

/// <summary>What the page of one task shows.</summary>
internal sealed record TaskModel(IntegrationView View, HumanTask Task, DateTimeOffset Now, Refusal? Refusal);

/// <summary>Human tasks: what people do where automation cannot go on.</summary>
internal static class TaskPages
{
    private static readonly ListSorter<HumanTask> Open = new("due", ("due", task => task.DueAt), ("task", task => task.Title), ("assignee", task => task.Assignee), ("opened", task => task.OpenedAt));
    private static readonly ListSorter<HumanTask> Closed = new("-closed", ("closed", task => task.ClosedAt), ("task", task => task.Title), ("assignee", task => task.Assignee), ("opened", task => task.OpenedAt));

    /// <summary>What the open tasks can be sorted by, or the closed ones.</summary>
    public static ListSorter<HumanTask> SorterOf(bool closed) => closed ? Closed : Open;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/tasks", ListAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/tasks.csv", ExportAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/tasks/{taskId}", ShowAsync).Needs(Permission.ReadIntegrations);
        pages.MapPost("/integrations/{integrationId}/tasks/{taskId}", ChangeAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/tasks/{taskId}/close", CloseAsync).Needs(Permission.ManageIntegrations);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, HumanTaskService tasks, TimeProvider clock, bool closed = false)
    {
        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view || await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        return await SortedPage<HumanTask>.ReadAsync(
            SorterOf(closed), (count, after) => tasks.ListAsync(profile.Partition, !closed, count, after, http.RequestAborted), task => task.Id, http.Request.Query) is { } found
            ? PageResult.Of<TaskListPage, TaskListModel>(new TaskListModel(view, found, closed, clock.GetUtcNow()))
            : OperationPages.BadFilter();
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
            async (profile, form, by) => Filters.TryTime(form.Text("dueAt"), "dueAt", out var due, out _)
                ? await tasks.ChangeAsync(profile, taskId, form.Text("assignee"), due, form.Text("comment"), by, http.RequestAborted)
                : Refusal.Invalid("dueAt", "must be a date and time in UTC, for example 2026-03-01 09:00."),
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
