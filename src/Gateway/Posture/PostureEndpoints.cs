using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Posture;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Posture;

/// <summary>An exception from a rule of the posture.</summary>
internal sealed record PostureExceptionRequest
{
    public string? Reason { get; init; }

    /// <summary>Until when: within a year.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>Changes of the service account's own sign-in, and how all of them stand.</summary>
internal static class PostureEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/posture", ListAsync)
            .Requires(Permission.ReadWorkspace)
            .Documents("listPosture", "Posture", "Read the posture", "How the service account of every integration that the key may use stands: age of the password and its last proof, second factor, and which rules it does not meet.")
            .Answers<Page<PostureLine>>();
        api.MapGet("/posture/export", ExportAsync)
            .Requires(Permission.ReadWorkspace)
            .Documents("exportPosture", "Posture", "Export the posture", "format=csv (RFC 4180, the default) or format=jsonl.")
            .AnswersText();
        api.MapPost("/integrations/{integrationId}/service-account/rotate-password", RotateAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("rotatePassword", "Posture", "Rotate the service account's password", "The new password is kept, set in the app, proved by a sign-in and only then used. One that is open already is shared.")
            .Answers<OperationAccepted>(StatusCodes.Status202Accepted);
        api.MapPost("/integrations/{integrationId}/service-account/enable-mfa", EnableAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("enableMfa", "Posture", "Turn one-time codes on", "Enrols the service account in TOTP, keeps secret and backup codes, and proves it by a sign-in.")
            .Answers<OperationAccepted>(StatusCodes.Status202Accepted);
        api.MapPost("/integrations/{integrationId}/service-account/disable-mfa", DisableAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("disableMfa", "Posture", "Turn one-time codes off", "Turns them off in the app, proves it by a sign-in, and deletes the secret.")
            .Answers<OperationAccepted>(StatusCodes.Status202Accepted);
        api.MapPut("/integrations/{integrationId}/posture-exceptions/{rule}", ExceptAsync)
            .Requires(Permission.DecideChanges)
            .Documents("setPostureException", "Posture", "Except the service account from a rule", "rule is Mfa or PasswordAge. With a reason and until a moment within a year.")
            .Takes<PostureExceptionRequest>()
            .Answers(StatusCodes.Status204NoContent);
        api.MapDelete("/integrations/{integrationId}/posture-exceptions/{rule}", EndExceptionAsync)
            .Requires(Permission.DecideChanges)
            .Documents("endPostureException", "Posture", "End an exception", "The rule counts again.")
            .Answers(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> ListAsync(HttpContext http, IntegrationStore integrations, PostureReport report, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryRead(limit, cursor, out var page, out var problem))
        {
            return problem!;
        }

        var lines = await PostureTable.LinesAsync(integrations, report, ApiCaller.Of(http), http.RequestAborted).Where(line => page.Cursor is null || string.CompareOrdinal(line.IntegrationId, page.Cursor) > 0)
            .Take(page.Limit + 1).ToListAsync(http.RequestAborted);
        return ApiJson.Ok(new Page<PostureLine>([.. lines.Take(page.Limit)], lines.Count > page.Limit ? lines[page.Limit - 1].IntegrationId : null));
    }

    private static IResult ExportAsync(HttpContext http, IntegrationStore integrations, PostureReport report, string? format = null)
    {
        var lines = PostureTable.LinesAsync(integrations, report, ApiCaller.Of(http), http.RequestAborted);
        return format switch
        {
            "jsonl" => Exports.JsonLines("posture.jsonl", lines),
            null or "csv" => PostureTable.Csv(lines),
            _ => ApiProblems.BadParameter("format", $"'{format}' must be jsonl or csv."),
        };
    }

    private static Task<IResult> RotateAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, CredentialChanges changes) =>
        ChangeAsync(integrationId, OperationKind.RotatePassword, http, profiles, changes);

    private static Task<IResult> EnableAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, CredentialChanges changes) =>
        ChangeAsync(integrationId, OperationKind.EnableMfa, http, profiles, changes);

    private static Task<IResult> DisableAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, CredentialChanges changes) =>
        ChangeAsync(integrationId, OperationKind.DisableMfa, http, profiles, changes);

    private static async Task<IResult> ChangeAsync(string integrationId, OperationKind kind, HttpContext http, IntegrationProfiles profiles, CredentialChanges changes)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var result = await changes.OpenAsync(profile, kind, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Value is { } operationId ? ApiJson.With(StatusCodes.Status202Accepted, new OperationAccepted(operationId)) : ApiProblems.Of(result.Refusal!);
    }

    private static async Task<IResult> ExceptAsync(string integrationId, string rule, HttpContext http, IntegrationProfiles profiles, PostureExceptions exceptions)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        if (!TryRule(rule, out var which))
        {
            return BadRule(rule);
        }

        var body = await RequestBody.ReadAsync<PostureExceptionRequest>(http);
        if (body.Value is null)
        {
            return body.Problem!;
        }

        return await exceptions.SetAsync(profile, which, body.Value.Reason, body.Value.ExpiresAt, ApiCaller.Of(http).Provenance(http), http.RequestAborted) is { } refusal
            ? ApiProblems.Of(refusal)
            : Results.NoContent();
    }

    private static async Task<IResult> EndExceptionAsync(string integrationId, string rule, HttpContext http, IntegrationProfiles profiles, PostureExceptions exceptions)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        if (!TryRule(rule, out var which))
        {
            return BadRule(rule);
        }

        return await exceptions.EndAsync(profile, which, ApiCaller.Of(http).Provenance(http), http.RequestAborted)
            ? Results.NoContent()
            : ApiProblems.Of(StatusCodes.Status404NotFound, "no_exception", "The service account is not excepted from this rule.");
    }

    private static bool TryRule(string text, out PostureRule rule) => Enum.TryParse(text, out rule) && Enum.GetNames<PostureRule>().Contains(text);

    private static IResult BadRule(string rule) => ApiProblems.BadParameter("rule", $"'{rule}' must be one of {string.Join(", ", Enum.GetNames<PostureRule>())}.");
}
