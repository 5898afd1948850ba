using System.Globalization;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Matching;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What people decide about accounts that no identity provider claims: whose they are, that they need none, or that they go.</summary>
internal static class UnmatchedForms
{
    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapPost("/integrations/{integrationId}/users/{userId}/match", MatchAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/users/{userId}/exempt", ExemptAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/users/{userId}/unexempt", UnexemptAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/users/{userId}/remove", RemoveAsync).Needs(Permission.ManageIntegrations);
    }

    private static Task<IResult> MatchAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, UserService users, Unmatched unmatched) =>
        FormDecision.TakeAsync(
            integrationId, http, profiles,
            async (profile, form, by) => form.Text("person") is not { } person
                ? Refusal.Invalid("person", "is required: the user name of whose account it is.")
                : await users.FindByUserNameAsync(profile, person, http.RequestAborted) is { } owner
                    ? await unmatched.MatchAsync(profile, userId, owner.Id, by, http.RequestAborted)
                    : await unmatched.AwaitAsync(profile, userId, person, by, http.RequestAborted),
            user => IntegrationForms.Go($"/integrations/{integrationId}/users/{user.Id}", user.Owned ? "matched" : "awaited"),
            refusal => UserPages.PageAsync(integrationId, userId, http, refusal));

    private static Task<IResult> ExemptAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, Unmatched unmatched) =>
        FormDecision.TakeAsync(
            integrationId, http, profiles,
            async (profile, form, by) => TryDay(form.Text("until"), out var until)
                ? await unmatched.ExemptAsync(profile, userId, exemption: true, form.Text("reason"), until, by, http.RequestAborted)
                : Refusal.Invalid("until", "is no date."),
            _ => IntegrationForms.Go($"/integrations/{integrationId}/users/{userId}", "exempted"),
            refusal => UserPages.PageAsync(integrationId, userId, http, refusal));

    private static Task<IResult> UnexemptAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, Unmatched unmatched) =>
        FormDecision.TakeAsync(
            integrationId, http, profiles,
            (profile, form, by) => unmatched.ExemptAsync(profile, userId, exemption: false, form.Text("reason"), null, by, http.RequestAborted),
            _ => IntegrationForms.Go($"/integrations/{integrationId}/users/{userId}", "exemption-ended"),
            refusal => UserPages.PageAsync(integrationId, userId, http, refusal));

    private static Task<IResult> RemoveAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, UnmatchedRemoval removal) =>
        FormDecision.TakeAsync(
            integrationId, http, profiles,
            (profile, form, by) => removal.AskAsync(profile, userId, form.Text("reason"), by, http.RequestAborted),
            _ => IntegrationForms.Go($"/integrations/{integrationId}/approvals", "removal-asked"),
            refusal => UserPages.PageAsync(integrationId, userId, http, refusal));

    /// <summary>A day of a date field; its last moment in UTC.</summary>
    private static bool TryDay(string? text, out DateTimeOffset? end)
    {
        end = null;
        if (text is null)
        {
            return true;
        }

        if (!DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            return false;
        }

        end = new DateTimeOffset(day.ToDateTime(new TimeOnly(23, 59, 59)), TimeSpan.Zero);
        return true;
    }
}
