using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What every form does in which somebody says their word about something of an integration.</summary>
internal static class FormDecision
{
    /// <summary>Takes a word.</summary>
    /// <typeparam name="T">What it was about, as it is then.</typeparam>
    /// <param name="integrationId">The integration; any text.</param>
    /// <param name="http">The request.</param>
    /// <param name="profiles">The integrations.</param>
    /// <param name="decide">Carries it out.</param>
    /// <param name="done">Where to go then.</param>
    /// <param name="again">Shows the page once more, with what was wrong about the form.</param>
    public static async Task<IResult> TakeAsync<T>(
        string integrationId,
        HttpContext http,
        IntegrationProfiles profiles,
        Func<IntegrationProfile, IFormCollection, Provenance, Task<Result<T>>> decide,
        Func<T, IResult> done,
        Func<Refusal, Task<IResult>> again)
        where T : class
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var result = await decide(profile, form, DashboardUser.Of(http).Provenance(http));
        return result switch
        {
            { Value: { } decided } => done(decided),
            { Refusal: { Kind: RefusalKind.Invalid } refusal } => await again(refusal),
            { Refusal: { } refusal } => IntegrationForms.Refused(refusal),
            _ => throw new InvalidOperationException("A decision has neither a value nor a refusal."),
        };
    }
}
