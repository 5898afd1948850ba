using System.Text.Json.Serialization;
using IdLcm.Domain.Connectors;

namespace IdLcm.Domain.Operations;

/// <summary>What an operation does.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OperationKind>))]
public enum OperationKind
{
    /// <summary>Makes the account.</summary>
    Provision,

    /// <summary>Changes the account; deactivation and reactivation too.</summary>
    Update,

    /// <summary>Takes the account away.</summary>
    Deprovision,

    /// <summary>Checks the integration in the app.</summary>
    Validate,

    /// <summary>Brings the gateway's records up to what the app shows.</summary>
    Sync,

    /// <summary>Changes the service account's password in the app.</summary>
    RotatePassword,

    /// <summary>Turns one-time codes on for the service account.</summary>
    EnableMfa,

    /// <summary>Turns one-time codes off for the service account.</summary>
    DisableMfa,

    /// <summary>Gives the own account of somebody who left another password, and ends its sessions.</summary>
    SecureAccount,
}

/// <summary>What kinds of operation have in common.</summary>
public static class OperationKinds
{
    /// <summary>True for what changes the service account's own sign-in: nothing else may run as the account meanwhile.</summary>
    /// <param name="kind">The kind.</param>
    /// <returns>True when it does.</returns>
    public static bool ChangesCredential(this OperationKind kind) => kind is OperationKind.RotatePassword or OperationKind.EnableMfa or OperationKind.DisableMfa;
}

/// <summary>Where an operation stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OperationStatus>))]
public enum OperationStatus
{
    /// <summary>Waits for its turn.</summary>
    Queued,

    /// <summary>Runs in the app.</summary>
    Running,

    /// <summary>Failed and waits for its next attempt.</summary>
    Retrying,

    /// <summary>Done and verified.</summary>
    Succeeded,

    /// <summary>Out of retries, or not worth any.</summary>
    Failed,

    /// <summary>A person cancelled it, or a later wish made it needless.</summary>
    Cancelled,

    /// <summary>A safeguard halted it: nothing was applied, and a person has to decide.</summary>
    Halted,
}

/// <summary>One lifecycle action on one target: runs as one durable workflow whose instance id is <see cref="Id"/>. Row <c>o:{id}</c>.</summary>
public sealed record Operation
{
    /// <summary>Its id; ids in key order are newest first.</summary>
    public required string Id { get; init; }

    /// <summary>The integration that it belongs to.</summary>
    public required string IntegrationId { get; init; }

    /// <summary>What it does.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>Where it stands.</summary>
    public required OperationStatus Status { get; init; }

    /// <summary>The place in the queue: lower goes first. See <see cref="OperationPriority"/>.</summary>
    public required int Priority { get; init; }

    /// <summary>The app account, or null when the target is the integration.</summary>
    public string? AccountKey { get; init; }

    /// <summary>The SCIM user at the time of its creation, or null.</summary>
    public string? UserId { get; init; }

    /// <summary>Whom or what it is about, as people say it: the user name or the integration's name.</summary>
    public required string Target { get; init; }

    /// <summary>Who asked for it.</summary>
    public required Provenance RequestedBy { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was first admitted.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Not before this moment is it (again) admitted.</summary>
    public DateTimeOffset DueAt { get; init; }

    /// <summary>The attempt that runs or ran last; 0 before the first.</summary>
    public int Attempt { get; init; }

    /// <summary>Why it failed, for now or for good.</summary>
    public Failure? Failure { get; init; }

    /// <summary>The generation of the wish that it satisfied.</summary>
    public long? AppliedGeneration { get; init; }

    /// <summary>What it did to the app, in words: <c>created with role Editor</c>.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>The key of its row in the lane's queue while it waits there.</summary>
    public string? QueueRow { get; init; }

    /// <summary>The operation that goes on where this one was overtaken by a newer wish.</summary>
    public string? SuccessorId { get; init; }

    /// <summary>For a sync that a person allowed: the plan that it applies.</summary>
    public string? PlanId { get; init; }

    /// <summary>How many of its attempts do not count, because the app as a whole was known to be down.</summary>
    public int FreeAttempts { get; init; }

    /// <summary>Whose word it waits for; null when it waits for nobody's.</summary>
    public OperationHold? Hold { get; init; }

    /// <summary>Why it was cancelled, in words.</summary>
    public string? CancelReason { get; init; }

    /// <summary>A person asked for it to stop: it stops before the next step that changes something.</summary>
    public bool CancelRequested { get; init; }

    /// <summary>True when it has ended.</summary>
    [JsonIgnore]
    public bool Ended => Status is not (OperationStatus.Queued or OperationStatus.Running or OperationStatus.Retrying);
}

/// <summary>What an operation waits for beside its turn.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HoldKind>))]
public enum HoldKind
{
    /// <summary>A person has to approve it.</summary>
    Approval,

    /// <summary>An identity provider took away more people than is plausible: a person has to release or reject it.</summary>
    Inbound,

    /// <summary>The person whom it is about has to claim the account.</summary>
    Claim,
}

/// <summary>An operation is kept, and does not run until a person says so.</summary>
/// <param name="Kind">What it waits for.</param>
/// <param name="Since">Since when.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="ApprovalId">For <see cref="HoldKind.Approval"/>, the approval.</param>
public sealed record OperationHold(HoldKind Kind, DateTimeOffset Since, string Reason, string? ApprovalId = null);

/// <summary>The order of the queue.</summary>
public static class OperationPriority
{
    /// <summary>Emergency revocations.</summary>
    public const int Emergency = 0;

    /// <summary>Leavers.</summary>
    public const int Leaver = 1;

    /// <summary>Validation: a person waits for it.</summary>
    public const int Validation = 2;

    /// <summary>Joiners and movers.</summary>
    public const int Normal = 3;

    /// <summary>Whatever may wait.</summary>
    public const int Background = 4;

    /// <summary>Changes of the service account's own sign-in, which wait until nothing else runs.</summary>
    public const int Credential = 5;

    /// <summary>The lowest place.</summary>
    public const int Last = Credential;
}

/// <summary>Who asked for a change, and through what.</summary>
/// <param name="Actor">The name for people: the token's label, the administrator's name, or <c>system</c>.</param>
/// <param name="Source">scim, api, dashboard or system.</param>
/// <param name="UserAgent">What the client called itself, at most 200 characters.</param>
/// <param name="TokenId">The gateway token's or API key's id.</param>
/// <param name="CorrelationId">The trace id of the request.</param>
public sealed record Provenance(string Actor, string Source, string? UserAgent = null, string? TokenId = null, string? CorrelationId = null)
{
    /// <summary>The gateway itself.</summary>
    public static Provenance System { get; } = new("system", "system");
}

/// <summary>One run of an operation. Row <c>t:{operationId}:{attempt}</c>.</summary>
public sealed record OperationAttempt
{
    /// <summary>Its number, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended; null while it runs or when the process died in it.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>What was done in the app.</summary>
    public IReadOnlyList<StepRecord> Steps { get; init; } = [];

    /// <summary>What was kept.</summary>
    public IReadOnlyList<EvidenceItem> Evidence { get; init; } = [];

    /// <summary>Why it failed.</summary>
    public Failure? Failure { get; init; }

    /// <summary>The steps that cannot be taken back, recorded before each was done.</summary>
    public IReadOnlyList<CommitIntent> Intents { get; init; } = [];
}

/// <summary>The durable note that a step which cannot be taken back is about to be done.</summary>
/// <param name="Verb">The verb.</param>
/// <param name="Step">The step, in words.</param>
/// <param name="Generation">The generation of the wish that it serves.</param>
/// <param name="At">When.</param>
/// <param name="Settled">What a read showed afterwards: done or absent; null while unknown.</param>
public sealed record CommitIntent(ConnectorVerb Verb, string Step, long Generation, DateTimeOffset At, string? Settled = null);
