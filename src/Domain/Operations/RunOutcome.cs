using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Operations;

/// <summary>How one attempt of an operation ended, before it is settled in the records.</summary>
public sealed record RunOutcome
{
    /// <summary>Why it failed, or null.</summary>
    public Failure? Failure { get; init; }

    /// <summary>True when trying again by itself would be wrong whatever the code says.</summary>
    public bool Final { get; init; }

    /// <summary>True when a newer wish asks for something else, so that nothing was done, or nothing more.</summary>
    public bool Overtaken { get; init; }

    /// <summary>True when the run was called off (pause, stop of the process, loss of its lease): it goes back to the queue as it was.</summary>
    public bool CalledOff { get; init; }

    /// <summary>True when a person cancelled it.</summary>
    public bool Cancelled { get; init; }

    /// <summary>The user whose wish was served.</summary>
    public string? UserId { get; init; }

    /// <summary>The generation of the wish that was served.</summary>
    public long Generation { get; init; }

    /// <summary>What was proved: the account as the app shows it, or null for gone.</summary>
    public ObservedAccount? Observed { get; init; }

    /// <summary>True when <see cref="Observed"/> says something; false when the app was not read.</summary>
    public bool WasRead { get; init; }

    /// <summary>The values that were written and verified.</summary>
    public JsonObject? Applied { get; init; }

    /// <summary>What was changed in the app, in words.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>True when nobody knows which secret the app takes now: nothing else may sign in as the account until the next attempt found out.</summary>
    public bool Unsettled { get; init; }

    /// <summary>Why a safeguard halted it, or null. Nothing was applied then.</summary>
    public string? Halted { get; init; }

    /// <summary>The plan that a sync made or is to apply.</summary>
    public string? PlanId { get; init; }

    /// <summary>What was recorded of <see cref="PlanId"/>; null while it is not applied.</summary>
    public Sync.SyncApplied? PlanApplied { get; init; }

    /// <summary>True when an account that was to be changed proved to be gone, though it was there and nobody here took it away.</summary>
    public bool Missing { get; init; }

    /// <summary>What a person has to approve before it goes on; null for nothing.</summary>
    public string? NeedsApproval { get; init; }

    /// <summary>True when the app as a whole is held to be down, so that the attempt does not count.</summary>
    public bool Down { get; init; }

    /// <summary>What a validation found.</summary>
    public IReadOnlyList<ValidationFinding>? Findings { get; init; }
}
