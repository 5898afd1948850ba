using IdLcm.Domain;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;

namespace IdLcm.Gateway.Scim.Access;

/// <summary>Who may speak to an integration beside the holders of its gateway tokens, and whether it is captured.</summary>
/// <param name="EntraTenants">The Entra ID tenants whose own tokens are taken, by tenant id.</param>
/// <param name="BasicUserNames">The user names with which a gateway token is taken as password of HTTP Basic.</param>
/// <param name="CaptureUntil">Until when requests and answers are captured; null for not at all.</param>
internal sealed record ScimAccessResource(IReadOnlyList<string>? EntraTenants, IReadOnlyList<string>? BasicUserNames, DateTimeOffset? CaptureUntil);

/// <summary>Reads and changes who may speak to an integration, whichever door the wish comes in by.</summary>
/// <param name="integrations">The integrations.</param>
/// <param name="clock">The clock.</param>
internal sealed class ScimAccessSettings(IntegrationStore integrations, TimeProvider clock)
{
    private const int MaxEntries = 20;
    private const int MaxUserName = 100;
    private const int MaxCaptureDays = 7;

    /// <summary>What is in force; a capture that is over is none.</summary>
    public ScimAccessResource Describe(Integration integration) =>
        new(integration.EntraTenants, integration.BasicUserNames, integration.CaptureUntil > clock.GetUtcNow() ? integration.CaptureUntil : null);

    /// <summary>Replaces the whole setting; what is left out is off.</summary>
    /// <param name="integrationId">The integration; any text.</param>
    /// <param name="asked">The setting.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>What is in force then, or the fields that are at fault.</returns>
    public async Task<Result<ScimAccessResource>> SaveAsync(string integrationId, ScimAccessResource asked, Provenance by, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var problems = Problems(asked, now);
        if (problems.Count > 0)
        {
            return Refusal.Invalid(problems);
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
                        Actor = by.Actor,
                        Event = ActivityKind.SettingsChanged,
                        Target = before.Name,
                        Detail = $"SCIM access: Entra tenants [{string.Join(", ", tenants)}], Basic user names [{string.Join(", ", names)}], "
                            + (asked.CaptureUntil is { } until ? $"requests are captured until {until:u}" : "requests are not captured"),
                    },
                ]),
            cancellationToken);
        return saved is null ? Refusal.NotFound("integration_not_found", $"There is no integration '{integrationId}'.") : Describe(saved);
    }

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
