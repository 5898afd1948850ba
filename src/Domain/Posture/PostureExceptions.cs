using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Posture;

/// <summary>Excepts service accounts from rules of the posture, for a reason and for a time.</summary>
/// <param name="store">The record store.</param>
/// <param name="clock">The clock.</param>
public sealed class PostureExceptions(IRecordStore store, TimeProvider clock)
{
    private const int MaxReason = 500;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    /// <summary>Excepts an account.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="reason">Why, 1 to 500 characters.</param>
    /// <param name="expiresAt">Until when: within a year.</param>
    /// <param name="by">Who decides it.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>Why it was refused, or null.</returns>
    public async Task<Refusal?> SetAsync(
        IntegrationProfile profile, PostureRule rule, string? reason, DateTimeOffset? expiresAt, Provenance by, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(by);
        var now = clock.GetUtcNow();
        var problems = new List<FieldProblem>();
        if (reason?.Trim() is not { Length: > 0 and <= MaxReason } why)
        {
            problems.Add(new FieldProblem("reason", $"is required: 1 to {MaxReason} characters."));
            why = "";
        }

        if (expiresAt is not { } until || until <= now || until > now + Longest)
        {
            problems.Add(new FieldProblem("expiresAt", "is required: a moment to come, within a year."));
            until = now;
        }

        if (problems.Count > 0)
        {
            return Refusal.Invalid(problems);
        }

        var exception = new PostureException(rule, why, until, by.Actor, now);
        await store.CommitAsync(
            profile.Partition,
            [
                RecordChange.Upsert(PostureException.Row(rule), DomainJson.Encode(exception)),
                ActivityLog.Append(Told(profile, ActivityKind.PostureExceptionSet, by, now, $"{rule} until {until:u}: {why}")),
            ],
            cancellationToken);
        return null;
    }

    /// <summary>Ends an exception.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="by">Who decides it.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>False where there was none.</returns>
    public async Task<bool> EndAsync(IntegrationProfile profile, PostureRule rule, Provenance by, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(by);
        if (await store.GetAsync(profile.Partition, PostureException.Row(rule), cancellationToken) is null)
        {
            return false;
        }

        await store.CommitAsync(
            profile.Partition,
            [RecordChange.DeleteIfExists(PostureException.Row(rule)), ActivityLog.Append(Told(profile, ActivityKind.PostureExceptionEnded, by, clock.GetUtcNow(), $"{rule}"))],
            cancellationToken);
        return true;
    }

    private static ActivityEvent Told(IntegrationProfile profile, ActivityKind kind, Provenance by, DateTimeOffset now, string detail) =>
        ActivityEvent.Of(now, by.Actor, kind, profile.Integration.ServiceAccount?.UserName ?? profile.Integration.Name, detail);
}
