using System.Text.Json.Serialization;

namespace IdLcm.Domain.Sync;

/// <summary>Where a plan stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SyncPlanStatus>))]
public enum SyncPlanStatus
{
    /// <summary>It is being applied, or about to be.</summary>
    Ready,

    /// <summary>A safeguard halted it: nothing was applied, and a person has to decide.</summary>
    Halted,

    /// <summary>A person allowed it this once; it is being applied, or about to be.</summary>
    Allowed,

    /// <summary>It was applied.</summary>
    Applied,

    /// <summary>A person rejected it: it is never applied.</summary>
    Rejected,

    /// <summary>A newer plan took its place before anybody decided.</summary>
    Superseded,
}

/// <summary>A person's word on a halted plan.</summary>
/// <param name="Allowed">True to allow it once, false to reject it.</param>
/// <param name="By">Whose word.</param>
/// <param name="At">When.</param>
/// <param name="Reason">Why.</param>
public sealed record SyncDecision(bool Allowed, string By, DateTimeOffset At, string Reason);

/// <summary>What was recorded of a plan.</summary>
/// <param name="New">Accounts that were new.</param>
/// <param name="Changed">Accounts that differed.</param>
/// <param name="Gone">Accounts that are gone.</param>
/// <param name="Left">Accounts that were left alone, because an operation touched them since they were read.</param>
public sealed record SyncApplied(int New, int Changed, int Gone, int Left)
{
    /// <summary>Nothing.</summary>
    public static SyncApplied None { get; } = new(0, 0, 0, 0);

    /// <summary>Both together.</summary>
    /// <param name="other">The other.</param>
    /// <returns>The sum.</returns>
    public SyncApplied Plus(SyncApplied other) => new(New + other.New, Changed + other.Changed, Gone + other.Gone, Left + other.Left);
}

/// <summary>
/// The plan of one sync: what it would change in the gateway's records. Row <c>sp:{id}</c>; its lines are in blobs of
/// <see cref="ChunkSize"/> each, container <c>plans</c>.
/// </summary>
public sealed record SyncPlanRecord
{
    /// <summary>How many lines a blob holds.</summary>
    public const int ChunkSize = 200;

    /// <summary>The collection of the blobs.</summary>
    public const string Container = "plans";

    /// <summary>Its id: that of the sync that made it.</summary>
    public required string Id { get; init; }

    /// <summary>Where it stands.</summary>
    public required SyncPlanStatus Status { get; init; }

    /// <summary>When the read of the app began.</summary>
    public required DateTimeOffset ReadAt { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Its numbers.</summary>
    public required SyncCounts Counts { get; init; }

    /// <summary>The hashes of its blobs, in order.</summary>
    public IReadOnlyList<string> Chunks { get; init => field = value ?? []; } = [];

    /// <summary>How many lines it has.</summary>
    public int Lines { get; init; }

    /// <summary>Why a safeguard halted it.</summary>
    public IReadOnlyList<string> HaltReasons { get; init => field = value ?? []; } = [];

    /// <summary>A person's word on it.</summary>
    public SyncDecision? Decision { get; init; }

    /// <summary>The sync that applied it, or is about to.</summary>
    public string? AppliedBy { get; init; }

    /// <summary>When it was applied.</summary>
    public DateTimeOffset? AppliedAt { get; init; }

    /// <summary>What was recorded of it.</summary>
    public SyncApplied? Applied { get; init; }

    /// <summary>How many lines a later read of the app no longer bore out.</summary>
    public int Dropped { get; init; }
}

/// <summary>Some lines of a plan, as a blob.</summary>
/// <param name="Entries">The lines.</param>
public sealed record SyncPlanChunk(IReadOnlyList<SyncEntry> Entries);
