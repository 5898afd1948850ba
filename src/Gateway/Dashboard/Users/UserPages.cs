using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the Users tab shows.</summary>
internal sealed record UserListModel(IntegrationView View, Page<UserResource> Users, string? Query, string? State, string? Cursor)
{
    public string Home => $"/integrations/{View.Integration.Id}/users";

    public string Link(string? cursor) => Words.Link(Home, ("q", Query), ("state", State), ("cursor", cursor));
}

/// <summary>What one user's page shows.</summary>
internal sealed record UserModel(IntegrationView View, UserDetails User, UserSchema Schema);

/// <summary>The people of one integration.</summary>
internal static class UserPages
{
    private const int PageSize = 50;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/users", ListAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/users.csv", ExportAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/users/{userId}", ShowAsync).Needs(Permission.ReadIntegrations);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, UserListing users, string? q = null, string? state = null, string? cursor = null)
    {
        if (!PageRequest.TryRead($"{PageSize}", cursor, out var page, out _)
            || !Filters.TryText(q, "q", out var text, out _)
            || !Filters.TryEnum<ProvisioningState>(state, "state", out var states, out _))
        {
            return OperationPages.BadFilter();
        }

        return await views.FindAsync(integrationId, http.RequestAborted) is { } view && await profiles.FindAsync(integrationId, http.RequestAborted) is { } profile
            ? PageResult.Of<UserListPage, UserListModel>(new UserListModel(view, await users.ListAsync(profile, text, states, page, http.RequestAborted), text, state, cursor))
            : IntegrationPages.Missing();
    }

    private static async Task<IResult> ShowAsync(string integrationId, string userId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, UserListing users)
    {
        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view || await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        return await users.FindAsync(profile, userId, http.RequestAborted) is { } user
            ? PageResult.Of<UserPage, UserModel>(new UserModel(view, user, profile.Schema))
            : DashboardGate.Problem(StatusCodes.Status404NotFound, "There is no such user", "The integration does not know this person.");
    }

    private static async Task<IResult> ExportAsync(
        string integrationId, HttpContext http, IntegrationProfiles profiles, UserListing users, string? q = null, string? state = null)
    {
        if (!Filters.TryText(q, "q", out var text, out _) || !Filters.TryEnum<ProvisioningState>(state, "state", out var states, out _))
        {
            return OperationPages.BadFilter();
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        await Csv.BeginAsync(
            http, $"users-{integrationId}.csv", "User", "Display name", "Username in app", "App access", "Active in app", "Upstream user ID", "Provisioning state", "Last updated (UTC)", "Failure code", "SCIM ID");
        string? cursor = null;
        do
        {
            var page = await users.ListAsync(profile, text, states, new PageRequest(PageRequest.MaxLimit, cursor), http.RequestAborted);
            foreach (var user in page.Items)
            {
                await Csv.LineAsync(
                    http, user.UserName, user.DisplayName, user.UsernameInApp, string.Join("; ", user.Roles), user.ActiveInApp ? "Yes" : "No", user.UpstreamUserId,
                    user.ProvisioningState is { } where ? Words.Of(where) : "", user.LastUpdated.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"), user.Failure?.Code.ToString(), user.Id);
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return Results.Empty;
    }
}
