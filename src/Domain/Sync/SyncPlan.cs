using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Sync;

/// <summary>What a sync would record of one account.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SyncEntryKind>))]
public enum SyncEntryKind
{
    /// <summary>The app shows it and nobody here knew.</summary>
    New,

    /// <summary>The app shows it otherwise than before.</summary>
    Changed,

    /// <summary>The app does not show it any more.</summary>
    Gone,

    /// <summary>An account that was proved deleted is listed again: a list may be stale, so it takes a second one to believe it.</summary>
    SeenAgain,

    /// <summary>An account that one list showed again is not in the next one.</summary>
    NotSeenAgain,
}

/// <summary>One attribute that differs.</summary>
/// <param name="Attribute">Its name in the user schema, or <c>status</c>, <c>roles</c>, <c>entitlements</c>.</param>
/// <param name="Before">What was known; null for nothing.</param>
/// <param name="After">What the app shows; null for nothing.</param>
public sealed record SyncDifference(string Attribute, string? Before, string? After);

/// <summary>One line of a plan.</summary>
public sealed record SyncEntry
{
    /// <summary>What would be recorded.</summary>
    public required SyncEntryKind Kind { get; init; }

    /// <summary>The account's key.</summary>
    public required string Key { get; init; }

    /// <summary>Its primary identifier.</summary>
    public required string Identifier { get; init; }

    /// <summary>The user that it stands for, where it is known.</summary>
    public string? UserId { get; init; }

    /// <summary>What the app shows; null when it shows nothing.</summary>
    public ObservedAccount? Seen { get; init; }

    /// <summary>What differs.</summary>
    public IReadOnlyList<SyncDifference> Differences { get; init => field = value ?? []; } = [];

    /// <summary>The roles and entitlements that it would be recorded to have lost.</summary>
    public IReadOnlyList<string> Lost { get; init => field = value ?? []; } = [];
}

/// <summary>A plan in numbers.</summary>
/// <param name="Read">How many accounts the app showed.</param>
/// <param name="Population">How many accounts were known and in the app.</param>
/// <param name="Assignments">How many roles and entitlements they were known to have.</param>
/// <param name="New">Accounts that nobody here knew.</param>
/// <param name="Changed">Accounts that differ.</param>
/// <param name="Gone">Accounts that the app does not show any more.</param>
/// <param name="LostAssignments">Roles and entitlements that accounts still there have no more, or cannot use.</param>
public sealed record SyncCounts(int Read, int Population, int Assignments, int New, int Changed, int Gone, int LostAssignments);

/// <summary>
/// Compares what is known with what a complete read of the app showed. Both come in the order of the accounts' keys and are
/// walked side by side, so that neither the records of a large app nor its list are held in memory.
/// </summary>
/// <param name="pendingListed">True when the app's list shows people who have not accepted their invitation yet; otherwise it proves nothing of them.</param>
internal sealed class SyncComparison(bool pendingListed)
{
    private int read;
    private int population;
    private int assignments;
    private int added;
    private int changed;
    private int gone;
    private int lost;

    /// <summary>The numbers of what was compared so far.</summary>
    public SyncCounts Counts => new(read, population, assignments, added, changed, gone, lost);

    /// <summary>Compares account by account.</summary>
    /// <param name="shown">What the app showed, by the keys of the accounts.</param>
    /// <param name="known">What is known, in the same order.</param>
    /// <param name="cancellationToken">Cancels between accounts.</param>
    /// <returns>What would be recorded, in the same order.</returns>
    public async IAsyncEnumerable<SyncEntry> CompareAsync(
        IAsyncEnumerable<(string Key, ObservedAccount Seen)> shown, IAsyncEnumerable<AppAccount> known, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var left = shown.GetAsyncEnumerator(cancellationToken);
        await using var right = known.GetAsyncEnumerator(cancellationToken);
        var hasShown = await left.MoveNextAsync();
        var hasKnown = await right.MoveNextAsync();
        while (hasShown || hasKnown)
        {
            var order = !hasKnown ? -1 : !hasShown ? 1 : string.CompareOrdinal(left.Current.Key, right.Current.Key);
            var account = order >= 0 ? right.Current : null;
            var seen = order <= 0 ? left.Current.Seen : null;
            var entry = seen is null ? Absent(account!) : Entry(order == 0 ? account!.Key : left.Current.Key, account, seen);
            Count(account, seen, entry);
            if (entry is not null)
            {
                yield return entry;
            }

            hasShown = order <= 0 ? await left.MoveNextAsync() : hasShown;
            hasKnown = order >= 0 ? await right.MoveNextAsync() : hasKnown;
        }
    }

    private void Count(AppAccount? account, ObservedAccount? seen, SyncEntry? entry)
    {
        read += seen is null ? 0 : 1;
        if (account is { State: ProvisioningState.Onboarded, OpenOperationId: null })
        {
            population++;
            assignments += account.Observed is { Active: true } before ? Assignments(before).Count() : 0;
        }

        added += entry is { Kind: SyncEntryKind.New } ? 1 : 0;
        changed += entry is { Kind: SyncEntryKind.Changed } ? 1 : 0;
        gone += entry is { Kind: SyncEntryKind.Gone } ? 1 : 0;
        lost += entry?.Lost.Count ?? 0;
    }

    private SyncEntry? Absent(AppAccount account)
    {
        var entry = new SyncEntry { Kind = SyncEntryKind.Gone, Key = account.Key, Identifier = account.Identifier, UserId = account.UserId };
        return account switch
        {
            { State: ProvisioningState.Onboarded, Observed.Status: "pending" } when !pendingListed => null,
            { State: ProvisioningState.Onboarded, OpenOperationId: null } => entry,
            { State: ProvisioningState.Deleted, SeenAgainAt: not null } => entry with { Kind = SyncEntryKind.NotSeenAgain },
            _ => null,
        };
    }

    /// <summary>The values of the roles and entitlements that an account shows.</summary>
    public static IEnumerable<string> Assignments(ObservedAccount seen) =>
        seen.Roles.Concat(AttributeValues.Strings(seen.Attributes["entitlements"])).Distinct(StringComparer.OrdinalIgnoreCase);

    private static SyncEntry? Entry(string key, AppAccount? before, ObservedAccount seen)
    {
        var entry = new SyncEntry { Kind = SyncEntryKind.New, Key = key, Identifier = seen.Identifier, UserId = before?.UserId, Seen = seen };
        switch (before?.State)
        {
            case ProvisioningState.Deleted when before is { DiedAt: not null, SeenAgainAt: null }:
                return entry with { Kind = SyncEntryKind.SeenAgain };
            case null or ProvisioningState.Deleted:
                return entry;
            case var state when before.OpenOperationId is null:
                var differences = Differences(before.Observed, seen);
                return state != ProvisioningState.ProvisioningFailed && before.Observed is not null && differences.Count == 0
                    ? null
                    : entry with { Kind = SyncEntryKind.Changed, Differences = differences, Lost = Lost(before.Observed, seen) };
            default:
                return null;
        }
    }

    private static List<string> Lost(ObservedAccount? before, ObservedAccount now)
    {
        if (before is not { Active: true })
        {
            return [];
        }

        // Who is suspended keeps roles on paper and has none of their use.
        var held = Assignments(before);
        return now.Active ? [.. held.Except(Assignments(Merge(before, now)), StringComparer.OrdinalIgnoreCase)] : [.. held];
    }

    /// <summary>A list shows fewer attributes than a single account's page: what it leaves out stays as it was known.</summary>
    public static ObservedAccount Merge(ObservedAccount? before, ObservedAccount now)
    {
        var merged = (JsonObject?)before?.Attributes.DeepClone() ?? [];
        foreach (var (name, value) in now.Attributes)
        {
            merged[name] = value?.DeepClone();
        }

        return now with { Attributes = merged };
    }

    /// <summary>Whether two reads of an account show the same.</summary>
    public static bool Same(ObservedAccount one, ObservedAccount other) => Differences(one, other).Count == 0 && Differences(other, one).Count == 0;

    private static List<SyncDifference> Differences(ObservedAccount? before, ObservedAccount now)
    {
        var differences = new List<SyncDifference>();
        if (before?.Status != now.Status)
        {
            differences.Add(new SyncDifference("status", before?.Status, now.Status));
        }

        foreach (var (name, value) in now.Attributes)
        {
            if (name != "status" && !JsonNode.DeepEquals(value, before?.Attributes[name]))
            {
                differences.Add(new SyncDifference(name, Text(before?.Attributes[name]), Text(value)));
            }
        }

        return differences;
    }

    private static string? Text(JsonNode? value) => value is JsonArray ? string.Join(", ", AttributeValues.Strings(value)) : AttributeValues.Text(value);
}
