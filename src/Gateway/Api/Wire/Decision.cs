using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Api;

/// <summary>What every endpoint does in which somebody says their word about something of an integration: the body is read, the integration found, the word carried out and told.</summary>
internal static class Decision
{
    /// <summary>Takes a word.</summary>
    /// <typeparam name="TBody">What the request says.</typeparam>
    /// <typeparam name="TDecided">What it was about, as it is then.</typeparam>
    /// <param name="integrationId">The integration; any text.</param>
    /// <param name="http">The request.</param>
    /// <param name="profiles">The integrations.</param>
    /// <param name="decide">Carries it out.</param>
    /// <param name="show">The answer.</param>
    public static async Task<IResult> TakeAsync<TBody, TDecided>(
        string integrationId, HttpContext http, IntegrationProfiles profiles, Func<IntegrationProfile, TBody, Provenance, Task<Result<TDecided>>> decide, Func<TDecided, IResult> show)
        where TBody : class
        where TDecided : class
    {
        var body = await RequestBody.ReadAsync<TBody>(http);
        return body.Value is { } said
            ? await TakeAsync(integrationId, http, profiles, (profile, by) => decide(profile, said, by), show)
            : body.Problem!;
    }

    /// <summary>Takes a word that needs no body.</summary>
    public static async Task<IResult> TakeAsync<TDecided>(
        string integrationId, HttpContext http, IntegrationProfiles profiles, Func<IntegrationProfile, Provenance, Task<Result<TDecided>>> decide, Func<TDecided, IResult> show)
        where TDecided : class
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var result = await decide(profile, ApiCaller.Of(http).Provenance(http));
        return result.Value is { } decided ? show(decided) : ApiProblems.Of(result.Refusal!);
    }

    /// <summary>202: it is done from here on.</summary>
    public static IResult Accepted<T>(T value)
        where T : class => ApiJson.With(StatusCodes.Status202Accepted, value);
}
