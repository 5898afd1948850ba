using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Launch;
using IdLcm.Domain.Posture;
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

/// <summary>A person's own account whose credential is kept; never the credential.</summary>
/// <param name="UserId">The person's SCIM id.</param>
/// <param name="UserName">The user name in the app.</param>
/// <param name="TiedBy">How it was tied to the person.</param>
/// <param name="HasTotp">True when a TOTP secret is kept.</param>
/// <param name="SavedAt">When the credential was last saved.</param>
/// <param name="SavedBy">By whom.</param>
/// <param name="LaunchedAt">When it was last released to the person's browser; null for never.</param>
/// <param name="SecuringOperationId">The operation that secures it after its person left; null for none.</param>
/// <param name="Managed">How the password stands that the gateway made; null for one that was given.</param>
internal sealed record ConnectedAccountResource(
    string UserId, string UserName, TiedBy TiedBy, bool HasTotp, DateTimeOffset SavedAt, string SavedBy, DateTimeOffset? LaunchedAt, string? SecuringOperationId, ManagedPasswordResource? Managed)
{
    public static ConnectedAccountResource Of(ConnectedAccount account, ManagedPassword? managed, DateTimeOffset now) => new(
        account.UserId, account.UserName, account.TiedBy, account.HasTotp, account.SavedAt, account.SavedBy, account.LaunchedAt, account.SecuringOperationId,
        managed is null ? null : new ManagedPasswordResource(managed.ChangedAt, managed.AgeDays(now), managed.ProvedAt, managed.Pending?.Stage, managed.OperationId));
}

/// <summary>How a password stands that the gateway made and nobody else knows.</summary>
/// <param name="ChangedAt">Since when it is in force; null while none is proved.</param>
/// <param name="AgeDays">Its age in whole days.</param>
/// <param name="ProvedAt">When a sign-in last proved it.</param>
/// <param name="Pending">Where a change that is not promoted stands; null for none.</param>
/// <param name="OperationId">The last operation on it.</param>
internal sealed record ManagedPasswordResource(DateTimeOffset? ChangedAt, int? AgeDays, DateTimeOffset? ProvedAt, ChangeStage? Pending, string OperationId);

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
            .Answers<Page<ConnectedAccountResource>>();
        api.MapGet("/integrations/{integrationId}/connected-accounts/export", ExportAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("exportConnectedAccounts", "Launch", "Export connected accounts", "Whose credential is kept, how old a managed password is and when a sign-in last proved it. format=csv (RFC 4180, the default) or format=jsonl.")
            .AnswersText();
        api.MapPut("/integrations/{integrationId}/users/{userId}/connected-account", SaveAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("saveConnectedAccount", "Launch", "Keep the credential of a person's own account", "It goes to the secret store and leaves it by launches of that person alone.")
            .Takes<ConnectedAccountInput>()
            .Answers<ConnectedAccount>();
        api.MapDelete("/integrations/{integrationId}/users/{userId}/connected-account", ForgetAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("forgetConnectedAccount", "Launch", "Forget the credential of a person's own account", "Deletes it from the secret store.")
            .Answers(StatusCodes.Status204NoContent);
        api.MapPost("/integrations/{integrationId}/users/{userId}/connected-account/rotate-password", RotateAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("rotateAccountPassword", "Launch", "Give a person's account a password that only the gateway knows", "Takes the account into the gateway's care where it was not; from then on the integration's rotation policy covers it. The service account sets the password (resetPassword), a sign-in as the person proves it, and only then it is promoted.")
            .Answers<OperationAccepted>(StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> RotateAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, ManagedPasswordService managed)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var result = await managed.RotateAsync(profile, userId, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Value is { } operationId ? ApiJson.With(StatusCodes.Status202Accepted, new OperationAccepted(operationId)) : ApiProblems.Of(result.Refusal!);
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
        string integrationId, HttpContext http, IntegrationProfiles profiles, ConnectedAccountService accounts, ManagedPasswordService managed, TimeProvider clock, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryRead(limit, cursor, out var page, out var problem))
        {
            return problem!;
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var found = await ConnectedAccountTable.LinesAsync(profile, accounts, managed, clock, page.Cursor, http.RequestAborted).Take(page.Limit + 1).ToListAsync(http.RequestAborted);
        return ApiJson.Ok(new Page<ConnectedAccountResource>([.. found.Take(page.Limit)], found.Count > page.Limit ? found[page.Limit - 1].UserId : null));
    }

    private static async Task<IResult> ExportAsync(
        string integrationId, HttpContext http, IntegrationProfiles profiles, ConnectedAccountService accounts, ManagedPasswordService managed, TimeProvider clock, string? format = null)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var lines = ConnectedAccountTable.LinesAsync(profile, accounts, managed, clock, null, http.RequestAborted);
        return format switch
        {
            "jsonl" => Exports.JsonLines($"connected-accounts-{integrationId}.jsonl", lines),
            null or "csv" => ConnectedAccountTable.Csv(integrationId, lines),
            _ => ApiProblems.BadParameter("format", $"'{format}' must be jsonl or csv."),
        };
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
