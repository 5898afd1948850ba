namespace IdLcm.Domain.Operations;

/// <summary>
/// The lane of one service account: what runs in the app now, with the fencing tokens, and how the last operations
/// ended. Row <c>lane</c> of the integration's partition; its queue are the rows
/// <c>q:{priority}:{time}:{arrival}:{operation}</c>, and <c>r:{due}:{priority}:{arrival}:{operation}</c> for those that wait for another attempt.
/// </summary>
public sealed record Lane
{
    /// <summary>The last fencing token given out; every admission and every attempt takes the next one.</summary>
    public long LastFence { get; init; }

    /// <summary>The operations that run now.</summary>
    public IReadOnlyList<LaneLease> Leases { get; init; } = [];

    /// <summary>True when the latest operation that ended had failed, false when it succeeded, null before the first.</summary>
    public bool? LatestFailed { get; init; }

    /// <summary>When the latest operation (validation aside) ended.</summary>
    public DateTimeOffset? LatestEndedAt { get; init; }

    /// <summary>When the last sync was attempted.</summary>
    public DateTimeOffset? LastSyncedAt { get; init; }

    /// <summary>How many operations in a row have failed for good.</summary>
    public int FailuresInRow { get; init; }

    /// <summary>The plan that a safeguard halted and nobody has decided about; null for none.</summary>
    public string? HaltedPlanId { get; init; }

    /// <summary>The operation that has to find out which secret the app takes, before anything else signs in; null for none.</summary>
    public string? UnsettledOperationId { get; init; }

    /// <summary>When somebody who left was last taken away.</summary>
    public DateTimeOffset? LastLeaverAt { get; init; }

    /// <summary>How the app as a whole does; null while nothing is wrong with it.</summary>
    public CircuitState? Circuit { get; init; }

    /// <summary>The lease of an operation.</summary>
    /// <param name="operationId">The operation.</param>
    /// <returns>The lease, or null when it does not run.</returns>
    public LaneLease? LeaseOf(string operationId) => Leases.FirstOrDefault(lease => lease.OperationId == operationId);
}

/// <summary>The right of one operation to act in the app.</summary>
/// <param name="OperationId">The operation.</param>
/// <param name="Attempt">The attempt that it was admitted for.</param>
/// <param name="Fence">The fencing token: whoever holds an older one may not click any more.</param>
/// <param name="AdmittedAt">When.</param>
/// <param name="Begun">True once the attempt's activity has begun; until then the start is repeated.</param>
/// <param name="Kind">What the operation does.</param>
public sealed record LaneLease(string OperationId, int Attempt, long Fence, DateTimeOffset AdmittedAt, bool Begun, OperationKind Kind);

/// <summary>Keys of the rows of an integration's partition.</summary>
public static class Rows
{
    /// <summary>The integration's configuration.</summary>
    public const string Integration = "integration";

    /// <summary>The lane.</summary>
    public const string Lane = "lane";

    /// <summary>Prefix of users.</summary>
    public const string Users = "u:";

    /// <summary>Prefix of deleted users: SCIM shows them no more, operations still need them.</summary>
    public const string DeletedUsers = "ud:";

    /// <summary>Prefix of groups.</summary>
    public const string Groups = "g:";

    /// <summary>Prefix of the memberships by group.</summary>
    public const string GroupMembers = "gm:";

    /// <summary>Prefix of the memberships by member.</summary>
    public const string MemberGroups = "mg:";

    /// <summary>What the groups of an integration have in common; there from the first group on.</summary>
    public const string GroupsState = "groups";

    /// <summary>Prefix of the entitlements that the app offers.</summary>
    public const string Entitlements = "n:";

    /// <summary>Prefix of app accounts.</summary>
    public const string Accounts = "a:";

    /// <summary>Prefix of operations.</summary>
    public const string Operations = "o:";

    /// <summary>Prefix of the attempts of operations.</summary>
    public const string Attempts = "t:";

    /// <summary>Prefix of the queue.</summary>
    public const string Queue = "q:";

    /// <summary>Prefix of what a sync has read of the app and not yet compared; gone when the sync's read has ended.</summary>
    public const string SyncReads = "sr:";

    /// <summary>The partition of an integration.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <returns>The key.</returns>
    public static string Partition(string integrationId) => "int-" + integrationId;

    /// <summary>A user.</summary>
    /// <param name="id">The SCIM id.</param>
    /// <returns>The key.</returns>
    public static string User(string id) => Users + id;

    /// <summary>A deleted user.</summary>
    /// <param name="id">The SCIM id.</param>
    /// <returns>The key.</returns>
    public static string DeletedUser(string id) => DeletedUsers + id;

    /// <summary>A group.</summary>
    /// <param name="id">The SCIM id.</param>
    /// <returns>The key.</returns>
    public static string Group(string id) => Groups + id;

    /// <summary>The stamp of a group: written with every change of its members.</summary>
    /// <param name="id">The group.</param>
    /// <returns>The key.</returns>
    public static string GroupStamp(string id) => "gv:" + id;

    /// <summary>The change set of a group, while it is rolled forward.</summary>
    /// <param name="id">The group.</param>
    /// <returns>The key.</returns>
    public static string GroupChangeSet(string id) => "gc:" + id;

    /// <summary>How far a change set has been rolled forward.</summary>
    /// <param name="id">The group.</param>
    /// <returns>The key.</returns>
    public static string GroupProgress(string id) => "gp:" + id;

    /// <summary>A membership, by group.</summary>
    /// <param name="groupId">The group.</param>
    /// <param name="memberId">The member; empty for the prefix of all.</param>
    /// <returns>The key.</returns>
    public static string GroupMember(string groupId, string memberId) => $"{GroupMembers}{groupId}:{memberId}";

    /// <summary>A membership, by member.</summary>
    /// <param name="memberId">The member.</param>
    /// <param name="groupId">The group; empty for the prefix of all.</param>
    /// <returns>The key.</returns>
    public static string MemberGroup(string memberId, string groupId) => $"{MemberGroups}{memberId}:{groupId}";

    /// <summary>An app account.</summary>
    /// <param name="key">Its key.</param>
    /// <returns>The key.</returns>
    public static string Account(string key) => Accounts + key;

    /// <summary>An operation.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The key.</returns>
    public static string Operation(string id) => Operations + id;

    /// <summary>An attempt of an operation.</summary>
    /// <param name="operationId">The operation.</param>
    /// <param name="number">The attempt.</param>
    /// <returns>The key.</returns>
    public static string Attempt(string operationId, int number) => $"{Attempts}{operationId}:{number:D4}";

    /// <summary>Prefix of the operations that wait for another attempt.</summary>
    public const string Retries = "r:";

    /// <summary>Prefix of the operations that wait for a person's word.</summary>
    public const string Held = "h:";

    /// <summary>Prefix of the accounts that are to be deleted some day.</summary>
    public const string Deletions = "d:";

    /// <summary>Prefix of the people whom identity providers took away lately.</summary>
    public const string Leavers = "lv:";

    /// <summary>A place among those that wait for a person's word.</summary>
    /// <param name="operationId">The operation.</param>
    /// <returns>The key.</returns>
    public static string HeldPlace(string operationId) => Held + operationId;

    /// <summary>An account that is to be deleted.</summary>
    /// <param name="dueAt">When.</param>
    /// <param name="accountKey">The account.</param>
    /// <returns>The key.</returns>
    public static string Deletion(DateTimeOffset dueAt, string accountKey) => $"{Deletions}{Time(dueAt)}:{accountKey}";

    /// <summary>A place in the queue. Those who wait since the same millisecond stand in order of arrival.</summary>
    /// <param name="priority">The priority.</param>
    /// <param name="at">Since when it waits.</param>
    /// <param name="operationId">The operation.</param>
    /// <returns>The key.</returns>
    public static string QueuePlace(int priority, DateTimeOffset at, string operationId) =>
        $"{Queue}{priority}:{Time(at)}:{Ids.Arrival(operationId)}:{operationId}";

    /// <summary>A place among those that wait for another attempt.</summary>
    /// <param name="dueAt">When the attempt is due.</param>
    /// <param name="priority">The priority.</param>
    /// <param name="operationId">The operation.</param>
    /// <returns>The key.</returns>
    public static string RetryPlace(DateTimeOffset dueAt, int priority, string operationId) =>
        $"{Retries}{Time(dueAt)}:{priority}:{Ids.Arrival(operationId)}:{operationId}";

    /// <summary>A moment as it stands in keys.</summary>
    /// <param name="at">The moment.</param>
    /// <returns>12 hexadecimal digits: milliseconds since 1970.</returns>
    public static string Time(DateTimeOffset at) => at.ToUnixTimeMilliseconds().ToString("x12");

    /// <summary>Who claimed a role that only one person may hold.</summary>
    /// <param name="role">The role's value.</param>
    /// <returns>The key.</returns>
    public static string RoleHolder(string role) => "x:r:" + Ids.KeyOf(role);

    /// <summary>The unique index of user names.</summary>
    /// <param name="userName">The user name; letter case and Unicode composition do not matter.</param>
    /// <returns>The key.</returns>
    public static string UserName(string userName) => "x:n:" + Ids.KeyOf(userName);

    /// <summary>An index entry that need not be unique.</summary>
    /// <param name="index">One letter: e for a user's externalId, m for e-mail addresses; d for a group's displayName, f for its externalId.</param>
    /// <param name="value">The value.</param>
    /// <param name="id">The resource that has it.</param>
    /// <returns>The key.</returns>
    public static string Index(char index, string value, string id) => IndexPrefix(index, value) + id;

    /// <summary>The prefix of the entries of one value in an index.</summary>
    /// <param name="index">The index.</param>
    /// <param name="value">The value.</param>
    /// <returns>The prefix.</returns>
    public static string IndexPrefix(char index, string value) => $"x:{index}:{Ids.KeyOf(value)}:";
}
