using IdLcm.Domain;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Scim.Access;

/// <summary>Who may speak to an integration beside the holders of its gateway tokens, and whether it is captured.</summary>
/// <param name="EntraTenants">The Entra ID tenants whose own tokens are taken, by tenant id.</param>
/// <param name="BasicUserNames">The user names with which a gateway token is taken as password of HTTP Basic.</param>
/// <param name="CaptureUntil">Until when requests and answers are captured; null for not at all.</param>
internal sealed record ScimAccessResource(IReadOnlyList<string>? EntraTenants, IReadOnlyList<string>? BasicUserNames, DateTimeOffset? CaptureUntil);

/// <summary>The management API of an integration's access and captures.</summary>
internal static class ScimAccessEndpoints
{
    private const int MaxEntries = 20;
    private const int MaxUserName = 100;
    private const int MaxCaptureDays = 7;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/integrations/{integrationId}/scim-access", GetAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("getScimAccess", "SCIM access", "Read who may call", "Which credentials the SCIM gateway takes beside its tokens, and until when it captures requests.")
            .Answers<ScimAccessResource>();
        api.MapPut("/integrations/{integrationId}/scim-access", SaveAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("saveScimAccess", "SCIM access", "Set who may call", "Replaces the whole setting; what is left out is off. captureUntil is at most 7 days ahead.")
            .Takes<ScimAccessResource>()
            .Answers<ScimAccessResource>();
        api.MapGet("/integrations/{integrationId}/captures", CapturesAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("listCaptures", "SCIM access", "Read captured requests", "The last 200 SCIM requests and answers while capturing was on, redacted, the newest first.")
            .Answers<CaptureList>();
        api.MapDelete("/integrations/{integrationId}/captures", ClearAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("clearCaptures", "SCIM access", "Forget captured requests", "All of the integration.")
            .Answers(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> GetAsync(string integrationId, HttpContext http, IntegrationStore integrations, TimeProvider clock) =>
        await integrations.FindAsync(integrationId, http.RequestAborted) is { } found
            ? ApiJson.Ok(Describe(found.Value, clock.GetUtcNow()))
            : ApiProblems.NoIntegration(integrationId);

    private static async Task<IResult> SaveAsync(string integrationId, HttpContext http, IntegrationStore integrations, TimeProvider clock)
    {
        var body = await RequestBody.ReadAsync<ScimAccessResource>(http);
        if (body.Value is not { } asked)
        {
            return body.Problem!;
        }

        var now = clock.GetUtcNow();
        var problems = Problems(asked, now);
        if (problems.Count > 0)
        {
            return ApiProblems.Of(Refusal.Invalid(problems));
        }

        List<string> tenants = [.. (asked.EntraTenants ?? []).Select(tenant => Guid.Parse(tenant).ToString()).Distinct(StringComparer.Ordinal)];
        List<string> names = [.. (asked.BasicUserNames ?? []).Distinct(StringComparer.Ordinal)];
        var saved = await integrations.ChangeAsync(
            integrationId,
            before => (
                before with { EntraTenants = tenants, BasicUserNames = names, CaptureUntil = asked.CaptureUntil, ModifiedAt = now },
                [
                    new ActivityEvent
                    {
                        Id = Ids.OldestFirst(now),
                        Date = now,
                        Actor = ApiCaller.Of(http).Provenance(http).Actor,
                        Event = ActivityKind.SettingsChanged,
                        Target = before.Name,
                        Detail = $"SCIM access: Entra tenants [{string.Join(", ", tenants)}], Basic user names [{string.Join(", ", names)}], "
                            + (asked.CaptureUntil is { } until ? $"requests are captured until {until:u}" : "requests are not captured"),
                    },
                ]),
            http.RequestAborted);
        return saved is null ? ApiProblems.NoIntegration(integrationId) : ApiJson.Ok(Describe(saved, now));
    }

    private static async Task<IResult> CapturesAsync(string integrationId, HttpContext http, IntegrationStore integrations, ScimCaptures captures, TimeProvider clock) =>
        await integrations.FindAsync(integrationId, http.RequestAborted) is { } found
            ? ApiJson.Ok(new CaptureList(Describe(found.Value, clock.GetUtcNow()).CaptureUntil, await captures.ListAsync(integrationId, http.RequestAborted)))
            : ApiProblems.NoIntegration(integrationId);

    private static async Task<IResult> ClearAsync(string integrationId, HttpContext http, IntegrationStore integrations, ScimCaptures captures)
    {
        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        await captures.ClearAsync(integrationId, http.RequestAborted);
        return Results.NoContent();
    }

    private static ScimAccessResource Describe(Integration integration, DateTimeOffset now) =>
        new(integration.EntraTenants, integration.BasicUserNames, integration.CaptureUntil > now ? integration.CaptureUntil : null);

    private static List<FieldProblem> Problems(ScimAccessResource asked, DateTimeOffset now)
    {
        var problems = new List<FieldProblem>();
        if (asked.EntraTenants is { } tenants && (tenants.Count > MaxEntries || tenants.Any(tenant => !Guid.TryParse(tenant, out var id) || id == Guid.Empty)))
        {
            problems.Add(new FieldProblem("entraTenants", $"must be at most {MaxEntries} tenant ids such as 8d1f5a2e-0000-4000-8000-000000000000."));
        }

        // A colon ends the user name in HTTP Basic (RFC 7617 section 2).
        if (asked.BasicUserNames is { } names
            && (names.Count > MaxEntries || names.Any(name => string.IsNullOrWhiteSpace(name) || name.Length > MaxUserName || name.Contains(':', StringComparison.Ordinal) || name.Any(char.IsControl))))
        {
            problems.Add(new FieldProblem("basicUserNames", $"must be at most {MaxEntries} names of 1 to {MaxUserName} characters without a colon."));
        }

        if (asked.CaptureUntil is { } until && (until <= now || until > now.AddDays(MaxCaptureDays)))
        {
            problems.Add(new FieldProblem("captureUntil", $"must be in the next {MaxCaptureDays} days."));
        }

        return problems;
    }
}
