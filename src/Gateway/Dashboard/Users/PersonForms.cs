using IdLcm.Domain.Access;
using IdLcm.Domain.Approvals;
using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Leavers;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Claims;
using IdLcm.Gateway.Scim;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What people decide about somebody: claim links, single entitlements, a planned deletion, the person's own credential, the erasure of what is left.</summary>
internal static class PersonForms
{
    public static void Map(RouteGroupBuilder pages)
    {
        const string user = "/integrations/{integrationId}/users/{userId}";
        pages.MapPost(user + "/claim-mail", MailAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost(user + "/claim-link", LinkAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost(user + "/skip-claim", SkipAsync).Needs(Permission.DecideChanges);
        pages.MapPost(user + "/resend-invite", ResendAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost(user + "/entitlements", ChangeAccessAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost(user + "/undo-deletion", UndoDeletionAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost(user + "/connected-account", KeepCredentialAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost(user + "/connected-account/forget", ForgetCredentialAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost(user + "/erase", EraseAsync).Needs(Permission.ManageIntegrations);
    }

    private static Task<IResult> MailAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, ClaimMails mails, GatewayAddress address) =>
        TakeAsync(
            integrationId, userId, http, profiles, "claim-mailed",
            (profile, _, by) => mails.SendNowAsync(profile, userId, address.Base(http.Request), by, http.RequestAborted));

    private static async Task<IResult> LinkAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, ClaimLinks links, GatewayAddress address)
    {
        // The answer is a page itself: whoever has the link can have the account made, so it lies nowhere to be fetched later.
        ClaimLinkResource? made = null;
        var answer = await FormDecision.TakeAsync(
            integrationId, http, profiles,
            (profile, _, by) => links.MakeAsync(profile, userId, by, http.RequestAborted),
            link =>
            {
                made = new ClaimLinkResource(address.Base(http.Request) + link.Path, link.ExpiresAt);
                return Results.Empty;
            },
            refusal => UserPages.PageAsync(integrationId, userId, http, refusal));
        return made is null ? answer : await UserPages.PageAsync(integrationId, userId, http, null, made);
    }

    private static Task<IResult> SkipAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, ClaimLinks links) =>
        TakeAsync(
            integrationId, userId, http, profiles, "claim-skipped",
            (profile, form, by) => links.SkipAsync(profile, userId, form.Text("reason"), by, http.RequestAborted));

    private static Task<IResult> ResendAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, InviteResend invites) =>
        TakeAsync(integrationId, userId, http, profiles, "invite-resent", (profile, _, by) => invites.AskAsync(profile, userId, by, http.RequestAborted));

    private static Task<IResult> ChangeAccessAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, AccessDecisions decisions) =>
        TakeAsync(
            integrationId, userId, http, profiles, "access-changed",
            (profile, form, by) => decisions.ChangeAsync(profile, userId, form.Lines("grant"), form.Lines("revoke"), form.Text("reason"), by, http.RequestAborted));

    private static async Task<IResult> UndoDeletionAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, LeaverWatch watch) =>
        await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile ? IntegrationPages.Missing()
        : await watch.UndoDeletionAsync(profile, userId, DashboardUser.Of(http).Provenance(http), http.RequestAborted) ? IntegrationForms.Go($"/integrations/{integrationId}/users/{userId}", "deletion-undone")
        : IntegrationForms.Refused(Refusal.Conflict("no_deletion", "No deletion is planned for this user."));

    private static Task<IResult> KeepCredentialAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, ConnectedAccountService accounts) =>
        TakeAsync(
            integrationId, userId, http, profiles, "credential-kept",
            (profile, form, by) => accounts.SaveAsync(
                profile, userId, new ConnectedAccountInput { UserName = form.Text("account"), Password = form["secret"].ToString(), TotpSecret = form.Text("totp") }, by, http.RequestAborted));

    private static Task<IResult> ForgetCredentialAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, ConnectedAccountService accounts) =>
        TakeAsync<string>(
            integrationId, userId, http, profiles, "forgotten",
            async (profile, _, by) => await accounts.ForgetAsync(profile, userId, by, "an administrator asked for it", http.RequestAborted)
                ? userId
                : Refusal.NotFound("no_connected_account", "No credential of this person's account is kept."));

    private static Task<IResult> EraseAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, ApprovalService approvals) =>
        FormDecision.TakeAsync(
            integrationId, http, profiles,
            (profile, form, by) => approvals.AskErasureAsync(profile, userId, form.Text("reason"), by, http.RequestAborted),
            _ => IntegrationForms.Go($"/integrations/{integrationId}/approvals", "erasure-asked"),
            refusal => UserPages.PageAsync(integrationId, userId, http, refusal));

    private static Task<IResult> TakeAsync<T>(
        string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, string notice, Func<IntegrationProfile, IFormCollection, Domain.Operations.Provenance, Task<Result<T>>> decide)
        where T : class =>
        FormDecision.TakeAsync(
            integrationId, http, profiles, decide,
            _ => IntegrationForms.Go($"/integrations/{integrationId}/users/{userId}", notice),
            refusal => UserPages.PageAsync(integrationId, userId, http, refusal));
}
