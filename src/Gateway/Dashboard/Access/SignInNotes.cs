using System.Net;
using IdLcm.Domain;
using IdLcm.Domain.Activity;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Dashboard;

/// <summary>Tells the workspace's activity who signed in and out and who was not let in.</summary>
internal sealed class SignInNotes(ActivityLog log, DeniedCalls denied, TimeProvider clock)
{
    public Task SignedInAsync(HttpContext http, Administrator administrator, string how) =>
        NoteAsync(http, ActivityKind.SignedIn, administrator, $"{how}, as {Words.Of(administrator.Role)}");

    public Task SignedOutAsync(HttpContext http, Administrator administrator) => NoteAsync(http, ActivityKind.SignedOut, administrator, null);

    /// <summary>Tells what became of an administrator, by whoever is signed in.</summary>
    public Task ChangedAsync(HttpContext http, Administrator whom, string what)
    {
        var now = clock.GetUtcNow();
        return log.NoteAsync(
            ActivityLog.Workspace,
            new ActivityEvent { Id = Ids.OldestFirst(now), Date = now, Actor = DashboardUser.Of(http).Administrator.Name, Event = ActivityKind.SettingsChanged, Target = whom.Name, Detail = $"administrator {what}" },
            http.RequestAborted);
    }

    /// <summary>Of one address at most once a minute, so that nobody floods the activity.</summary>
    public Task DeniedAsync(HttpContext http, string who, string why) =>
        denied.NoteAsync(who, AddressOf(http), http, why, ActivityKind.SignInDenied);

    private static string AddressOf(HttpContext http) => (http.Connection.RemoteIpAddress ?? IPAddress.None).ToString();

    private Task NoteAsync(HttpContext http, ActivityKind kind, Administrator administrator, string? detail)
    {
        var now = clock.GetUtcNow();
        return log.NoteAsync(
            ActivityLog.Workspace,
            ActivityEvent.Of(now, administrator.Name, kind, "dashboard", detail is null ? $"from {AddressOf(http)}" : $"{detail}, from {AddressOf(http)}"),
            http.RequestAborted);
    }
}
