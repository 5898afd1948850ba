using System.Text.Json.Serialization;

namespace IdLcm.Samples.Data;

/// <summary>What a member may do in the workspace; one per member.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Role>))]
public enum Role
{
    /// <summary>May look.</summary>
    Viewer,

    /// <summary>May change projects.</summary>
    Editor,

    /// <summary>May see and pay invoices.</summary>
    Billing,

    /// <summary>Owns the workspace; at most one member at a time.</summary>
    Owner,

    /// <summary>The account that runs the workspace; cannot be given or taken in the app.</summary>
    Administrator,
}

/// <summary>Where a membership stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MemberStatus>))]
public enum MemberStatus
{
    /// <summary>Uses the workspace; takes a seat.</summary>
    Active,

    /// <summary>Invited, not yet accepted; takes a seat.</summary>
    Pending,

    /// <summary>Shut out; takes no seat.</summary>
    Suspended,
}

/// <summary>What a member may do in one project.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Permission>))]
public enum Permission
{
    /// <summary>May read.</summary>
    Read,

    /// <summary>May read and write.</summary>
    Write,

    /// <summary>May also give access to others.</summary>
    Manage,
}

/// <summary>One member's permission in one project.</summary>
/// <param name="Project">Project id, such as <c>apollo</c>.</param>
/// <param name="Permission">What is permitted there.</param>
public sealed record Grant(string Project, Permission Permission);

/// <summary>One account of the workspace.</summary>
public sealed record Member
{
    /// <summary>Number in the address of the member's page; never used twice.</summary>
    public required int Id { get; init; }

    /// <summary>Given name.</summary>
    public required string FirstName { get; init; }

    /// <summary>Family name.</summary>
    public required string LastName { get; init; }

    /// <summary>E-mail, unique without regard to case.</summary>
    public required string Email { get; init; }

    /// <summary>Job title, or empty.</summary>
    public string JobTitle { get; init; } = "";

    /// <summary>Department, or empty.</summary>
    public string Department { get; init; } = "";

    /// <summary>The one role.</summary>
    public required Role Role { get; init; }

    /// <summary>Where the membership stands.</summary>
    public required MemberStatus Status { get; init; }

    /// <summary>When the invitation was accepted; null while it has not been.</summary>
    public DateTimeOffset? JoinedAt { get; init; }

    /// <summary>Last sign of life; null for none.</summary>
    public DateTimeOffset? LastActiveAt { get; init; }

    /// <summary>Secret of the link in the invitation.</summary>
    public string InvitationToken { get; init; } = "";

    /// <summary>The password that the member signs in with; empty while there is none.</summary>
    public string Password { get; init; } = "";

    /// <summary>Project permissions, in the order of the project ids.</summary>
    public IReadOnlyList<Grant> Grants { get; init; } = [];

    /// <summary>First and last name.</summary>
    [JsonIgnore]
    public string Name => $"{FirstName} {LastName}".Trim();

    internal bool TakesSeat => Status != MemberStatus.Suspended;
}

/// <summary>One line of the audit page.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Actor">Who did it: an e-mail.</param>
/// <param name="Event">What happened, such as "Member invited".</param>
/// <param name="Target">To whom: an e-mail, or the workspace ID.</param>
/// <param name="Detail">More about it, or empty.</param>
public sealed record AuditEntry(DateTimeOffset At, string Actor, string Event, string Target, string Detail);

internal sealed record Mail(DateTimeOffset At, string To, string Subject, string Link);

internal sealed record Project(string Id, string Name);

internal sealed record WorkspaceSettings(string Name, int Seats, bool JoinAtOnce);
