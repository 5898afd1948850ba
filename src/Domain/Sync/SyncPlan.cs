using IdLcm.Domain.Users;

namespace IdLcm.Domain.Sync;

/// <summary>How many accounts a sync may record as gone without a person's word.</summary>
public sealed record SyncSafeguard
{
    /// <summary>The share of the known accounts, in per cent.</summary>
    public int Percent { get; init; } = 20;

    /// <summary>The most accounts, whatever the share; null for no such limit.</summary>
    public int? Absolute { get; init; } = 50;

    /// <summary>Below this many known accounts the share says nothing and only the absolute limit counts.</summary>
    public int MinimumPopulation { get; init; } = 10;

    /// <summary>Whether a plan goes too far.</summary>
    /// <param name="population">How many accounts are known.</param>
    /// <param name="gone">How many would be recorded as gone.</param>
    /// <returns>Why it goes too far, or null when it does not.</returns>
    public string? Exceeded(int population, int gone)
    {
        if (Absolute is { } most && gone > most)
        {
            return $"{gone} accounts would be recorded as gone; the safeguard allows {most}.";
        }

        return population >= MinimumPopulation && gone * 100L > (long)population * Percent
            ? $"{gone} of {population} accounts would be recorded as gone; the safeguard allows {Percent} %."
            : null;
    }
}

/// <summary>What a sync would change in the gateway's records.</summary>
/// <param name="Seen">Accounts that the app shows and that are new or differ.</param>
/// <param name="Gone">Keys of accounts that are known and that the app does not show any more.</param>
/// <param name="Population">How many accounts were known and in the app.</param>
/// <param name="Added">How many of <paramref name="Seen"/> are new.</param>
public sealed record SyncPlan(IReadOnlyList<ObservedAccount> Seen, IReadOnlyList<string> Gone, int Population, int Added)
{
    /// <summary>Compares.</summary>
    /// <param name="known">The known accounts by key.</param>
    /// <param name="shown">What a complete read of the app showed.</param>
    /// <returns>The plan.</returns>
    public static SyncPlan Of(IReadOnlyDictionary<string, AppAccount> known, IEnumerable<ObservedAccount> shown)
    {
        var seen = new List<ObservedAccount>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var added = 0;
        foreach (var account in shown)
        {
            var key = Ids.KeyOf(account.Identifier);
            keys.Add(key);
            var before = known.GetValueOrDefault(key);
            if (before?.State is null or ProvisioningState.Deleted)
            {
                added++;
                seen.Add(account);
            }
            else if (before.OpenOperationId is null && (before.State == ProvisioningState.ProvisioningFailed || Differs(before.Observed, account)))
            {
                seen.Add(account);
            }
        }

        var inApp = known.Values.Where(a => a.State == ProvisioningState.Onboarded && a.OpenOperationId is null).ToList();
        return new SyncPlan(seen, [.. inApp.Where(a => !keys.Contains(a.Key)).Select(a => a.Key)], inApp.Count, added);
    }

    /// <summary>A list shows fewer attributes than a single account's page: only what it shows is compared.</summary>
    private static bool Differs(ObservedAccount? before, ObservedAccount now) =>
        before is null || before.Status != now.Status
        || now.Attributes.Any(a => !System.Text.Json.Nodes.JsonNode.DeepEquals(a.Value, before.Attributes[a.Key]));
}
