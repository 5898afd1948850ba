using System.Text.Json.Serialization;

namespace IdLcm.Domain.Sync;

/// <summary>How much may be taken away at once without a person's word.</summary>
/// <param name="Percent">The share of the population, in per cent.</param>
/// <param name="Absolute">The most, whatever the share; null for no such limit.</param>
/// <param name="MinimumPopulation">Below this population the share says nothing and only the absolute limit counts.</param>
public sealed record RemovalLimit(int Percent, int? Absolute, int MinimumPopulation)
{
    /// <summary>Whether a number of removals goes too far.</summary>
    /// <param name="population">How many there are.</param>
    /// <param name="removed">How many would go.</param>
    /// <param name="what">What would happen to them, for example <c>accounts would be recorded as gone</c>.</param>
    /// <returns>Why it goes too far, or null when it does not.</returns>
    public string? Exceeded(int population, int removed, string what)
    {
        if (Absolute is { } most && removed > most)
        {
            return $"{removed} {what}; the safeguard allows {most}.";
        }

        return population >= MinimumPopulation && removed * 100L > (long)population * Percent
            ? $"{removed} of {population} {what}; the safeguard allows {Percent} %."
            : null;
    }
}

/// <summary>How many roles and entitlements accounts may be recorded to have lost. What JSON leaves out has its default.</summary>
/// <param name="Percent">The share of the known assignments, in per cent.</param>
/// <param name="Absolute">The most assignments, whatever the share; null for no such limit, which is written as such.</param>
/// <param name="MinimumPopulation">Below this many known assignments the share says nothing and only the absolute limit counts.</param>
public sealed record AssignmentLimit(int Percent = 20, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? Absolute = 200, int MinimumPopulation = 20);

/// <summary>How many accounts a sync may record as gone, and how many assignments as lost, without a person's word. What JSON leaves out has its default.</summary>
/// <param name="Percent">The share of the known accounts, in per cent.</param>
/// <param name="Absolute">The most accounts, whatever the share; null for no such limit.</param>
/// <param name="MinimumPopulation">Below this many known accounts the share says nothing and only the absolute limit counts.</param>
public sealed record SyncSafeguard(int Percent = 20, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? Absolute = 50, int MinimumPopulation = 10)
{
    /// <summary>The same for roles and entitlements that accounts would be recorded to have lost.</summary>
    public AssignmentLimit Assignments { get; init => field = value ?? new(); } = new();

    /// <summary>Why a plan goes too far.</summary>
    /// <param name="counts">What the plan would record.</param>
    /// <returns>The reasons; empty when it does not.</returns>
    public IReadOnlyList<string> Exceeded(SyncCounts counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        var users = new RemovalLimit(Percent, Absolute, MinimumPopulation);
        var assignments = new RemovalLimit(Assignments.Percent, Assignments.Absolute, Assignments.MinimumPopulation);
        string?[] reasons =
        [
            users.Exceeded(counts.Population, counts.Gone, "accounts would be recorded as gone"),
            assignments.Exceeded(counts.Assignments, counts.LostAssignments, "assignments would be recorded as lost"),
        ];
        return [.. reasons.OfType<string>()];
    }
}
