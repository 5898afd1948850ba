using System.Globalization;
using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Launch;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Posture;
using IdLcm.Domain.Rotation;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Posture;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What people do about the service accounts' sign-ins, and about launches.</summary>
internal static class PostureForms
{
    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapPost("/posture/policy", SetWorkspacePolicyAsync).Needs(Permission.PauseWorkspace);
        pages.MapPost("/posture/{integrationId}/change", ChangeAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/posture/{integrationId}/policy", SetPolicyAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/posture/{integrationId}/policy/remove", RemovePolicyAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/posture/{integrationId}/exceptions", ExceptAsync).Needs(Permission.DecideChanges);
        pages.MapPost("/posture/{integrationId}/exceptions/end", EndExceptionAsync).Needs(Permission.DecideChanges);
        pages.MapPost("/posture/{integrationId}/launch", SetLaunchAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/posture/{integrationId}/accounts/{userId}/forget", ForgetAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/posture/{integrationId}/accounts/rotate", RotateAccountAsync).Needs(Permission.ManageIntegrations);
    }

    private static async Task<IResult> SetWorkspacePolicyAsync(HttpContext http, RotationPolicies policies)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var typed = PolicyValues.Of(form);
        var read = typed.Read();
        var refusal = read.Refusal ?? await policies.SetWorkspaceAsync(
            new WorkspaceRotation { Policy = read.Value == new RotationPolicy() ? null : read.Value, Include = typed.Include, Exclude = typed.Exclude },
            By(http), http.RequestAborted);
        return refusal is null ? IntegrationForms.Go(PosturePages.Home, "policy-saved") : await PosturePages.ListAsync(http, null, null, null, refusal, typed);
    }

    private static async Task<IResult> ChangeAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, CredentialChanges changes) =>
        await FormDecision.TakeAsync(
            integrationId, http, profiles,
            async (profile, form, by) => form.Text("change") switch
            {
                "rotate" => await changes.OpenAsync(profile, OperationKind.RotatePassword, by, http.RequestAborted),
                "enable-mfa" => await changes.OpenAsync(profile, OperationKind.EnableMfa, by, http.RequestAborted),
                "disable-mfa" => await changes.OpenAsync(profile, OperationKind.DisableMfa, by, http.RequestAborted),
                _ => Refusal.Invalid("change", "is required: rotate, enable-mfa or disable-mfa."),
            },
            operationId => IntegrationForms.Go($"/integrations/{integrationId}/operations/{operationId}", "changing-sign-in"),
            refusal => PosturePages.ShowAsync(integrationId, http, "change", refusal, null));

    private static async Task<IResult> SetPolicyAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, RotationPolicies policies)
    {
        var typed = PolicyValues.Of(await http.Request.ReadFormAsync(http.RequestAborted));
        return await FormDecision.TakeAsync<RotationPolicy>(
            integrationId, http, profiles,
            async (profile, _, by) => typed.Read() is { Value: { } policy } ? await policies.SetAsync(profile, policy, by, http.RequestAborted) is { } refusal ? refusal : policy : typed.Read().Refusal!,
            _ => IntegrationForms.Go($"{PosturePages.PathOf(integrationId)}#policy", "policy-saved"),
            refusal => PosturePages.ShowAsync(integrationId, http, "policy", refusal, typed));
    }

    private static async Task<IResult> RemovePolicyAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, RotationPolicies policies)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        await policies.SetAsync(profile, null, By(http), http.RequestAborted);
        return IntegrationForms.Go($"{PosturePages.PathOf(integrationId)}#policy", "policy-removed");
    }

    private static Task<IResult> ExceptAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, PostureExceptions exceptions) =>
        FormDecision.TakeAsync<string>(
            integrationId, http, profiles,
            async (profile, form, by) => !Enum.TryParse<PostureRule>(form.Text("rule"), out var rule) || !Enum.IsDefined(rule)
                ? Refusal.Invalid("rule", $"is required: {string.Join(" or ", Enum.GetNames<PostureRule>())}.")
                : await exceptions.SetAsync(profile, rule, form.Text("reason"), Day(form.Text("until")), by, http.RequestAborted) is { } refusal ? refusal : "",
            _ => IntegrationForms.Go($"{PosturePages.PathOf(integrationId)}#exceptions", "excepted"),
            refusal => PosturePages.ShowAsync(integrationId, http, "exceptions", refusal, null));

    private static Task<IResult> EndExceptionAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, PostureExceptions exceptions) =>
        FormDecision.TakeAsync<string>(
            integrationId, http, profiles,
            async (profile, form, by) => Enum.TryParse<PostureRule>(form.Text("rule"), out var rule) && await exceptions.EndAsync(profile, rule, by, http.RequestAborted)
                ? ""
                : Refusal.NotFound("no_exception", "The service account is not excepted from this rule."),
            _ => IntegrationForms.Go($"{PosturePages.PathOf(integrationId)}#exceptions", "exception-over"),
            refusal => PosturePages.ShowAsync(integrationId, http, "exceptions", refusal, null));

    private static Task<IResult> SetLaunchAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, LaunchService launches) =>
        FormDecision.TakeAsync<string>(
            integrationId, http, profiles,
            async (profile, form, by) => await launches.SetAsync(
                profile,
                new LaunchSettings { Enabled = form.Text("enabled") is not null, WithoutExtension = form.Text("withoutExtension") is not null, Capture = form.Text("capture") is not null },
                by,
                http.RequestAborted) is { } refusal ? refusal : "",
            _ => IntegrationForms.Go($"{PosturePages.PathOf(integrationId)}#launch", "saved"),
            refusal => PosturePages.ShowAsync(integrationId, http, "launch", refusal, null));

    private static Task<IResult> RotateAccountAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, ManagedPasswordService managed, UserService users) =>
        FormDecision.TakeAsync(
            integrationId, http, profiles,
            async (profile, form, by) => await users.FindByUserNameAsync(profile, form.Text("person") ?? "", http.RequestAborted) is { } user
                ? await managed.RotateAsync(profile, user.Id, by, http.RequestAborted)
                : Refusal.Invalid("person", $"'{form.Text("person")}' is the user name of nobody in this integration."),
            operationId => IntegrationForms.Go($"/integrations/{integrationId}/operations/{operationId}", "changing-account"),
            refusal => PosturePages.ShowAsync(integrationId, http, "accounts", refusal, null));

    private static async Task<IResult> ForgetAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, ConnectedAccountService accounts)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        return await accounts.ForgetAsync(profile, userId, By(http), "an administrator asked for it", http.RequestAborted)
            ? IntegrationForms.Go($"{PosturePages.PathOf(integrationId)}#accounts", "forgotten")
            : IntegrationForms.Refused(Refusal.NotFound("no_connected_account", "No credential of this person's account is kept."));
    }

    /// <summary>The end of a day, in UTC.</summary>
    private static DateTimeOffset? Day(string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? new DateTimeOffset(day.ToDateTime(TimeOnly.MaxValue), TimeSpan.Zero) : null;

    private static Provenance By(HttpContext http) => DashboardUser.Of(http).Provenance(http);
}
