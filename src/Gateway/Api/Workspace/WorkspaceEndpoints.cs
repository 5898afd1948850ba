using IdLcm.Domain;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Secrets;
using IdLcm.Gateway.Notifications;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>The workspace's switches.</summary>
internal sealed record WorkspaceResource(Pause? Paused);

/// <summary>The password by which the gateway signs in to the mail server.</summary>
internal sealed record MailPasswordRequest
{
    public string? Password { get; init; }
}

/// <summary>Whoever calls.</summary>
internal sealed record CallerResource(
    string KeyId, string Label, WorkspaceRole Role, IReadOnlyList<string>? IntegrationIds, DateTimeOffset? ExpiresAt, IReadOnlyList<string> Permissions);

/// <summary>The workspace as a whole, and the caller.</summary>
internal static class WorkspaceEndpoints
{
    private const int MaxPassword = 1000;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/me", Me)
            .Requires(Permission.ReadWorkspace)
            .Documents("getCaller", "Workspace", "Read who calls", "The key, its role and its permissions.")
            .Answers<CallerResource>();
        api.MapGet("/workspace", GetAsync)
            .Requires(Permission.ReadWorkspace)
            .Documents("getWorkspace", "Workspace", "Read the workspace", "Whether all writes are paused, by whom and why.")
            .Answers<WorkspaceResource>();
        api.MapPost("/workspace/pause", PauseAsync)
            .Requires(Permission.PauseWorkspace)
            .Documents("pauseWorkspace", "Workspace", "Pause the workspace", "Stops all writes of every integration; queued work is kept.")
            .Takes<PauseRequest>()
            .Answers<WorkspaceResource>();
        api.MapPost("/workspace/resume", ResumeAsync)
            .Requires(Permission.PauseWorkspace)
            .Documents("resumeWorkspace", "Workspace", "Resume the workspace", "Lets the writes of every integration go on that is not paused itself.")
            .Answers<WorkspaceResource>();
        api.MapPut("/workspace/mail-password", KeepMailPasswordAsync)
            .Requires(Permission.AllowHosts)
            .Documents("keepMailPassword", "Workspace", "Keep the mail server's password", "For the user name of the section Smtp. It goes into the secret store and is never shown.")
            .Takes<MailPasswordRequest>()
            .Answers(StatusCodes.Status204NoContent);
    }

    private static IResult Me(HttpContext http)
    {
        var caller = ApiCaller.Of(http);
        return ApiJson.Ok(new CallerResource(
            caller.Key.Id, caller.Key.Label, caller.Role, caller.Confinement, caller.Key.ExpiresAt, [.. Permissions.Of(caller.Role).Order().Select(p => p.ToString())]));
    }

    private static async Task<IResult> GetAsync(HttpContext http, IntegrationStore integrations) =>
        ApiJson.Ok(new WorkspaceResource((await integrations.WorkspaceAsync(http.RequestAborted)).Paused));

    private static async Task<IResult> PauseAsync(HttpContext http, IntegrationService service)
    {
        var body = await RequestBody.ReadAsync<PauseRequest>(http);
        if (body.Value is null)
        {
            return body.Problem!;
        }

        var result = await service.PauseWorkspaceAsync(body.Value.Reason, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Value is { } workspace ? ApiJson.Ok(new WorkspaceResource(workspace.Paused)) : ApiProblems.Of(result.Refusal!);
    }

    private static async Task<IResult> ResumeAsync(HttpContext http, IntegrationService service) =>
        ApiJson.Ok(new WorkspaceResource((await service.ResumeWorkspaceAsync(ApiCaller.Of(http).Provenance(http), http.RequestAborted)).Paused));

    private static async Task<IResult> KeepMailPasswordAsync(HttpContext http, ISecretStore secrets, SmtpOptions smtp, ActivityLog log, TimeProvider clock)
    {
        var body = await RequestBody.ReadAsync<MailPasswordRequest>(http);
        if (body.Value is null)
        {
            return body.Problem!;
        }

        if (body.Value.Password is not { Length: > 0 and <= MaxPassword } password)
        {
            return ApiProblems.Of(Refusal.Invalid("password", $"is required: at most {MaxPassword} characters."));
        }

        await secrets.PromoteAsync(smtp.PasswordSecret, await secrets.SetAsync(smtp.PasswordSecret, password, http.RequestAborted), http.RequestAborted);
        var now = clock.GetUtcNow();
        await log.NoteAsync(
            ActivityLog.Workspace,
            ActivityEvent.Of(now, ApiCaller.Of(http).Provenance(http).Actor, ActivityKind.SettingsChanged, "mail server", "its password was saved"),
            http.RequestAborted);
        return Results.NoContent();
    }
}
