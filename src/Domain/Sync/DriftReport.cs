using System.Text.Json.Serialization;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Groups;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using IdLcm.Domain.Workflows;

namespace IdLcm.Domain.Sync;

/// <summary>How what the app shows differs from what identity providers wish.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DriftKind>))]
public enum DriftKind
{
    /// <summary>A person is to have an account, and the app shows none.</summary>
    [JsonStringEnumMemberName("missing")]
    Missing,

    /// <summary>The account differs from the wish.</summary>
    [JsonStringEnumMemberName("differs")]
    Differs,

    /// <summary>A person is to have no access, and the app shows that they have.</summary>
    [JsonStringEnumMemberName("unwanted")]
    Unwanted,

    /// <summary>The app shows an account that no identity provider claims.</summary>
    [JsonStringEnumMemberName("unmatched")]
    Unmatched,
}

/// <summary>One difference.</summary>
/// <param name="Kind">Of what kind.</param>
/// <param name="AccountKey">The account.</param>
/// <param name="Identifier">Its primary identifier.</param>
/// <param name="UserId">The user.</param>
/// <param name="Detail">What would bring the app to agree, or why it cannot be.</param>
/// <param name="Correctable">True when an ordinary operation corrects it.</param>
/// <param name="SeenAt">When the app was read.</param>
public sealed record Drift(DriftKind Kind, string AccountKey, string Identifier, string UserId, string Detail, bool Correctable, DateTimeOffset? SeenAt);

/// <summary>Compares the wish of every person with what the app showed last, in both directions, and corrects the app where a person wants it.</summary>
/// <param name="store">The record store.</param>
/// <param name="signal">Told when a lane has work.</param>
/// <param name="clock">The clock.</param>
public sealed class DriftReport(IRecordStore store, LaneSignal signal, TimeProvider clock)
{
    /// <summary>Reads differences in the order of the accounts' keys. Accounts with an open operation are left to it.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The differences.</returns>
    public async IAsyncEnumerable<Drift> ReadAsync(
        IntegrationProfile profile, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var account in AccountsAsync(profile, null, cancellationToken))
        {
            if (await FindAsync(profile, account, cancellationToken) is { } drift)
            {
                yield return drift;
            }
        }
    }

    /// <summary>Reads a page of them, and looks at so many accounts at the most.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="wanted">Which differences.</param>
    /// <param name="limit">The most to return.</param>
    /// <param name="afterKey">The key that the page before returned, or null.</param>
    /// <param name="maxExamined">The most accounts to look at: the page ends then, with a key, however few differ.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The differences, and the key of the account to go on after; null at the end.</returns>
    public async Task<(IReadOnlyList<Drift> Items, string? NextKey)> PageAsync(
        IntegrationProfile profile, Func<Drift, bool> wanted, int limit, string? afterKey, int maxExamined, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        var found = new List<Drift>();
        var examined = 0;
        var last = afterKey;
        await foreach (var account in AccountsAsync(profile, afterKey, cancellationToken))
        {
            if (examined++ == maxExamined)
            {
                return (found, last);
            }

            if (await FindAsync(profile, account, cancellationToken) is { } drift && wanted(drift))
            {
                if (found.Count == limit)
                {
                    return (found, last);
                }

                found.Add(drift);
            }

            last = account.Key;
        }

        return (found, null);
    }

    private async IAsyncEnumerable<AppAccount> AccountsAsync(
        IntegrationProfile profile, string? afterKey, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var range = afterKey is null ? RowRange.Prefix(Rows.Accounts) : RowRange.PrefixAfter(Rows.Accounts, Rows.Account(afterKey));
        await foreach (var record in store.ScanAsync(profile.Partition, range, cancellationToken))
        {
            yield return DomainJson.Decode<AppAccount>(record.Value);
        }
    }

    /// <summary>Has ordinary operations bring the app to agree.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="accountKeys">Only these accounts; null for all.</param>
    /// <param name="includeUnwanted">True to take access away too.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Cancels between accounts.</param>
    /// <returns>How many operations were opened.</returns>
    public async Task<int> CorrectAsync(
        IntegrationProfile profile, IReadOnlyCollection<string>? accountKeys, bool includeUnwanted, Provenance by, string reason, CancellationToken cancellationToken = default)
    {
        var opened = 0;
        await foreach (var drift in ReadAsync(profile, cancellationToken))
        {
            if (drift.Correctable && accountKeys?.Contains(drift.AccountKey) != false && (includeUnwanted || drift.Kind is DriftKind.Missing or DriftKind.Differs))
            {
                opened += await CorrectAsync(profile, drift, by, reason, cancellationToken) ? 1 : 0;
            }
        }

        if (opened > 0)
        {
            signal.Raise(profile.Integration.Id);
        }

        return opened;
    }

    private Task<bool> CorrectAsync(IntegrationProfile profile, Drift drift, Provenance by, string reason, CancellationToken cancellationToken) =>
        Optimistic.RunAsync(
            async () =>
            {
                if (await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(drift.AccountKey), cancellationToken) is not { Value.OpenOperationId: null } account
                    || await store.FindUserAsync(profile.Partition, account.Value.UserId, cancellationToken) is not { } user)
                {
                    return (true, false);
                }

                var now = clock.GetUtcNow();
                var intake = new Intake(store, profile, by, now);
                intake.Changes.Add(RecordChange.Check(UserRecords.RowOf(user.Value), user.ETag));
                await intake.ServeAsync(account.Value, account.ETag, touched: true, user.Value, cancellationToken);
                intake.Changes.Add(ActivityLog.Append(ActivityEvent.Of(now, by.Actor, ActivityKind.DriftCorrection, drift.Identifier, $"{drift.Detail}: {reason}", drift.UserId, intake.OperationId)));
                return ((await store.CommitAsync(profile.Partition, intake.Changes, cancellationToken)).Committed, true);
            },
            cancellationToken);

    private async Task<Drift?> FindAsync(IntegrationProfile profile, AppAccount account, CancellationToken cancellationToken)
    {
        if (account is not { ReservedFor: null, OpenOperationId: null })
        {
            return null;
        }

        if ((await store.FindUserAsync(profile.Partition, account.UserId, cancellationToken))?.Value is not { } user)
        {
            return null;
        }

        var seen = account.Observed;
        if (!user.Owned)
        {
            return seen is null || user.DeletedAt is not null ? null
                : new Drift(DriftKind.Unmatched, account.Key, account.Identifier, user.Id, "no identity provider claims it", Correctable: false, seen.SeenAt);
        }

        var goal = AccountGoals.Of(profile, user, account, clock.GetUtcNow());
        var granted = await GroupAccess.ThroughGroupsAsync(new GroupReader(store), profile, user.Id, cancellationToken);
        var step = AccountPlan.Next(profile, goal, DesiredAccount.Of(profile, user, granted), seen, account.Applied);
        if (step == AccountStep.Done)
        {
            return null;
        }

        var kind = goal != AccountGoal.Active ? DriftKind.Unwanted : seen is null ? DriftKind.Missing : DriftKind.Differs;
        return new Drift(kind, account.Key, account.Identifier, user.Id, step.Change is { } change ? $"to be {change}" : step.Failure!.Detail, step.Call is not null, seen?.SeenAt);
    }
}

/// <summary>After a sync, corrects the app where the integration is set so. What takes access away stays a person's decision.</summary>
/// <param name="profiles">The integrations with their connectors.</param>
/// <param name="drift">Finds and corrects differences.</param>
public sealed class CorrectDriftActivity(IntegrationProfiles profiles, DriftReport drift) : Activity<OperationRun, int>
{
    /// <summary>The registered name.</summary>
    public const string ActivityName = "correct-drift";

    /// <inheritdoc/>
    public override string Name => ActivityName;

    /// <inheritdoc/>
    public override async Task<int> RunAsync(OperationRun input, CancellationToken cancellationToken) =>
        await profiles.FindAsync(input.IntegrationId, cancellationToken) is { Integration.Sync.Drift: DriftAction.Correct } profile
            ? await drift.CorrectAsync(profile, null, includeUnwanted: false, new Provenance("drift correction", "system"), "the integration corrects drift", cancellationToken)
            : 0;
}
