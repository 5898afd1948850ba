using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Posture;

/// <summary>What people were told of already. Row <c>posture-told</c> of the integration's partition.</summary>
/// <param name="Keys">One for each problem that is still there: its event, and what makes it another one.</param>
public sealed record PostureTold(IReadOnlyList<string> Keys)
{
    /// <summary>Its row.</summary>
    public const string Row = "posture-told";
}

/// <summary>
/// Notes in the activity what is wrong with a service account's sign-in, from where notifications take it: each problem
/// once, and again when it comes back after it was gone.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="profiles">The integrations with their connectors.</param>
/// <param name="report">How the accounts stand.</param>
/// <param name="clock">The clock.</param>
public sealed class PostureAlerts(IRecordStore store, IntegrationProfiles profiles, PostureReport report, TimeProvider clock)
{
    /// <summary>Whoever has just saved an account is not told what they are about to do anyway.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromDays(1);

    /// <summary>A rotation that has not found out after this long which password is in force needs a person's eye.</summary>
    public static readonly TimeSpan SettlePatience = TimeSpan.FromHours(1);

    /// <summary>So long before its end an exception is told of.</summary>
    public static readonly TimeSpan ExpiryNotice = TimeSpan.FromDays(7);

    /// <summary>Notes what came up since the last look.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>How many problems were noted.</returns>
    public async Task<int> RunDueAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        if (await profiles.FindAsync(integrationId, cancellationToken) is not { Integration: { Closing: null, ServiceAccount: { } account } } profile
            || await report.FindAsync(integrationId, cancellationToken) is not { } line)
        {
            return 0;
        }

        var now = clock.GetUtcNow();
        var credential = (await store.FindAsync<ServiceCredential>(profile.Partition, ServiceCredential.Row, cancellationToken))?.Value;
        var found = Problems(profile, account, line, credential, now).ToList();
        var told = await store.FindAsync<PostureTold>(profile.Partition, PostureTold.Row, cancellationToken);
        var known = told?.Value.Keys ?? [];
        var fresh = found.Where(problem => !known.Contains(problem.Key)).ToList();
        if (fresh.Count == 0 && known.Count == found.Count)
        {
            return 0;
        }

        var changes = new List<RecordChange> { TypedRecords.Write(PostureTold.Row, new PostureTold([.. found.Select(problem => problem.Key)]), told?.ETag) };
        changes.AddRange(fresh.Select(problem => ActivityLog.Append(ActivityEvent.Of(now, Provenance.System.Actor, problem.Event, account.UserName, problem.Detail))));
        return (await store.CommitAsync(profile.Partition, changes, cancellationToken)).Committed ? fresh.Count : 0;
    }

    private static IEnumerable<(ActivityKind Event, string Key, string Detail)> Problems(
        IntegrationProfile profile, ServiceAccount account, PostureLine line, ServiceCredential? credential, DateTimeOffset now)
    {
        if (line.Problems.Contains(PostureRule.PasswordAge))
        {
            yield return (ActivityKind.PasswordTooOld, "age", $"{line.PasswordAgeDays} days old; {line.PasswordMaxAgeDays} are allowed");
        }

        // Where the connector cannot turn it on, the report says so, and there is nothing to be told to do.
        if (line.Problems.Contains(PostureRule.Mfa) && profile.Manifest.Verbs.Contains(ConnectorVerb.EnableMfa) && now - account.UpdatedAt >= Grace)
        {
            yield return (ActivityKind.MfaMissing, "mfa", "the service account has no second factor");
        }

        if (credential?.Password is { Stage: ChangeStage.NeitherProved } or { Stage: ChangeStage.Unproved } && now - credential.Password.At >= SettlePatience)
        {
            yield return (ActivityKind.PasswordUnsettled, $"unsettled:{credential.Password.Version}", "no sign-in has proved which password the app takes");
        }

        foreach (var exception in line.Exceptions.Where(exception => exception.ExpiresAt - now <= ExpiryNotice))
        {
            yield return (ActivityKind.PostureExceptionExpiring, $"exception:{exception.Rule}:{exception.ExpiresAt:O}", $"{exception.Rule} until {exception.ExpiresAt:u}: {exception.Reason}");
        }
    }
}
