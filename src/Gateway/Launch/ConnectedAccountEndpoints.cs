using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Launch;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Scim;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Launch;

/// <summary>Whether people may be launched into an app, and the address for the identity provider's portal.</summary>
/// <param name="Enabled">True when they may.</param>
/// <param name="WithoutExtension">True when a person without the extension may see the credential.</param>
/// <param name="Capture">True when the extension may offer people to keep what they type.</param>
/// <param name="Offered">True when the connector names a sign-in page.</param>
/// <param name="BookmarkUrl">The address for a Bookmark app.</param>
internal sealed record LaunchResource(bool Enabled, bool WithoutExtension, bool Capture, bool Offered, string BookmarkUrl);

/// <summary>Connected accounts and launch settings, for administrators.</summary>
internal static class ConnectedAccountEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/integrations/{integrationId}/launch", GetLaunchAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("getLaunch", "Launch", "Read the launch settings", "With the Bookmark URL for the identity provider's portal.")
            .Answers<LaunchResource>();
        api.MapPut("/integrations/{integrationId}/launch", SetLaunchAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("setLaunch", "Launch", "Set the launch settings", "Off at first. withoutExtension lets people without the extension see their credential, once for each launch; capture lets the extension offer people to keep the credential that they type.")
            .Takes<LaunchSettings>()
            .Answers<LaunchResource>();
        api.MapGet("/integrations/{integrationId}/connected-accounts", ListAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listConnectedAccounts", "Launch", "List connected accounts", "People's own accounts whose credentials are kept; never the credentials.")
            .Answers<Page<ConnectedAccount>>();
        api.MapPut("/integrations/{integrationId}/users/{userId}/connected-account", SaveAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("saveConnectedAccount", "Launch", "Keep the credential of a person's own account", "It goes to the secret store and leaves it by launches of that person alone.")
            .Takes<ConnectedAccountInput>()
            .Answers<ConnectedAccount>();
        api.MapDelete("/integrations/{integrationId}/users/{userId}/connected-account", ForgetAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("forgetConnectedAccount", "Launch", "Forget the credential of a person's own account", "Deletes it from the secret store.")
            .Answers(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> GetLaunchAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, LaunchService launches, GatewayAddress address) =>
        await profiles.FindAsync(integrationId, http.RequestAborted) is { } profile ? await ShowAsync(profile, http, launches, address) : ApiProblems.NoIntegration(integrationId);

    private static async Task<IResult> SetLaunchAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, LaunchService launches, GatewayAddress address)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var body = await RequestBody.ReadAsync<LaunchSettings>(http);
        if (body.Value is null)
        {
            return body.Problem!;
        }

        return await launches.SetAsync(profile, body.Value, ApiCaller.Of(http).Provenance(http), http.RequestAborted) is { } refusal
            ? ApiProblems.Of(refusal)
            : await ShowAsync(profile, http, launches, address);
    }

    private static async Task<IResult> ShowAsync(IntegrationProfile profile, HttpContext http, LaunchService launches, GatewayAddress address)
    {
        var settings = await launches.SettingsAsync(profile, http.RequestAborted);
        return ApiJson.Ok(new LaunchResource(
            settings.Enabled, settings.WithoutExtension, settings.Capture, profile.Manifest.Launch?.AddressOf(profile.Integration.Settings) is not null, $"{address.Base(http.Request)}/launch/{profile.Integration.Id}"));
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationProfiles profiles, ConnectedAccountService accounts, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryRead(limit, cursor, out var page, out var problem))
        {
            return problem!;
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var found = await accounts.ListAsync(profile, http.RequestAborted)
            .Where(account => page.Cursor is null || string.CompareOrdinal(account.UserId, page.Cursor) > 0)
            .Take(page.Limit + 1).ToListAsync(http.RequestAborted);
        return ApiJson.Ok(new Page<ConnectedAccount>([.. found.Take(page.Limit)], found.Count > page.Limit ? found[page.Limit - 1].UserId : null));
    }

    private static async Task<IResult> SaveAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, ConnectedAccountService accounts)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var body = await RequestBody.ReadAsync<ConnectedAccountInput>(http);
        if (body.Value is null)
        {
            return body.Problem!;
        }

        var result = await accounts.SaveAsync(profile, userId, body.Value, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Value is { } account ? ApiJson.Ok(account) : ApiProblems.Of(result.Refusal!);
    }

    private static async Task<IResult> ForgetAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, ConnectedAccountService accounts)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        return await accounts.ForgetAsync(profile, userId, ApiCaller.Of(http).Provenance(http), "an administrator asked for it", http.RequestAborted)
            ? Results.NoContent()
            : ApiProblems.Of(StatusCodes.Status404NotFound, "no_connected_account", "No credential of this person's account is kept.");
    }
}
