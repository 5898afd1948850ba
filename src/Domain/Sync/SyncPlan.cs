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
/// Compares what is known with what a complete read of the app showed. Known accounts are handed over one after the other and
/// not kept, so that the records of a large app need not be held beside its list.
/// </summary>
internal sealed class SyncComparison
{
    private readonly IReadOnlyList<ObservedAccount> shown;
    private readonly Dictionary<string, int> places;
    private readonly SyncEntry?[] lines;
    private readonly List<SyncEntry> absent = [];
    private int population;
    private int assignments;

    /// <summary>Begins a comparison.</summary>
    /// <param name="shown">What the app showed.</param>
    public SyncComparison(IReadOnlyList<ObservedAccount> shown)
    {
        this.shown = shown;
        places = new Dictionary<string, int>(shown.Count, StringComparer.Ordinal);
        lines = new SyncEntry?[shown.Count];
        for (var i = 0; i < shown.Count; i++)
        {
            var key = Ids.KeyOf(shown[i].Identifier);
            if (places.TryAdd(key, i))
            {
                // New, unless an account turns up that is known.
                lines[i] = Entry(key, null, shown[i]);
            }
        }
    }

    /// <summary>Compares a known account.</summary>
    /// <param name="account">The account.</param>
    public void Add(AppAccount account)
    {
        var isShown = places.TryGetValue(account.Key, out var place);
        if (isShown)
        {
            lines[place] = Entry(account.Key, account, shown[place]);
        }

        if (account.State == ProvisioningState.Onboarded && account.OpenOperationId is null)
        {
            population++;
            assignments += account.Observed is { Active: true } before ? Assignments(before).Count() : 0;
            if (!isShown)
            {
                absent.Add(new SyncEntry { Kind = SyncEntryKind.Gone, Key = account.Key, Identifier = account.Identifier, UserId = account.UserId });
            }
        }
        else if (account is { State: ProvisioningState.Deleted, SeenAgainAt: not null } && !isShown)
        {
            absent.Add(new SyncEntry { Kind = SyncEntryKind.NotSeenAgain, Key = account.Key, Identifier = account.Identifier, UserId = account.UserId });
        }
    }

    /// <summary>Ends the comparison.</summary>
    /// <param name="counts">The numbers.</param>
    /// <returns>What would be recorded.</returns>
    public List<SyncEntry> End(out SyncCounts counts)
    {
        List<SyncEntry> entries = [.. lines.OfType<SyncEntry>(), .. absent];
        counts = new SyncCounts(
            shown.Count,
            population,
            assignments,
            entries.Count(e => e.Kind == SyncEntryKind.New),
            entries.Count(e => e.Kind == SyncEntryKind.Changed),
            entries.Count(e => e.Kind == SyncEntryKind.Gone),
            entries.Sum(e => e.Lost.Count));
        return entries;
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
