using System.Text.Json.Serialization;
using IdLcm.Domain.Connectors;

namespace IdLcm.Domain.Operations;

/// <summary>What is to be approved.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ApprovalKind>))]
public enum ApprovalKind
{
    /// <summary>An account is deleted in the app.</summary>
    DeleteAccount,

    /// <summary>An account that no identity provider claims is removed from the app.</summary>
    RemoveUnmatched,

    /// <summary>An account is removed and made again, because the app changes it in no other way.</summary>
    Recreate,

    /// <summary>The personal data of a deleted person are erased.</summary>
    ErasePerson,

    /// <summary>A new version of the connector also looks for what the app's page shows now.</summary>
    RepairConnector,
}

/// <summary>Where an approval stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ApprovalStatus>))]
public enum ApprovalStatus
{
    /// <summary>Nobody has decided.</summary>
    Pending,

    /// <summary>A person approved it.</summary>
    Approved,

    /// <summary>A person rejected it.</summary>
    Rejected,
}

/// <summary>A destructive change that waits for a person's word. Row <c>ap:{id}</c>.</summary>
public sealed record ApprovalRecord
{
    /// <summary>Its id; ids in key order are newest first.</summary>
    public required string Id { get; init; }

    /// <summary>What is to be approved.</summary>
    public required ApprovalKind Kind { get; init; }

    /// <summary>Where it stands.</summary>
    public required ApprovalStatus Status { get; init; }

    /// <summary>Whom it is about, as people say it.</summary>
    public required string Target { get; init; }

    /// <summary>What would be done, in words.</summary>
    public required string Detail { get; init; }

    /// <summary>The SCIM user.</summary>
    public string? UserId { get; init; }

    /// <summary>The account.</summary>
    public string? AccountKey { get; init; }

    /// <summary>The operation that waits for it, or that could not go on without.</summary>
    public string? OperationId { get; init; }

    /// <summary>Who asked for the change.</summary>
    public required string RequestedBy { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>Why, where it was said.</summary>
    public string? Reason { get; init; }

    /// <summary>What would be looked for, for <see cref="ApprovalKind.RepairConnector"/>.</summary>
    public LocatorRepair? Repair { get; init; }

    /// <summary>The version of the connector in which the step failed, likewise.</summary>
    public string? ConnectorVersion { get; init; }

    /// <summary>Who decided.</summary>
    public string? DecidedBy { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>Why.</summary>
    public string? DecisionReason { get; init; }

    /// <summary>Prefix of the rows.</summary>
    public const string Prefix = "ap:";

    /// <summary>The row of an approval.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The key.</returns>
    public static string Row(string id) => Prefix + id;

    /// <summary>The row that says that a repair was proposed: it is proposed once, whatever becomes of it. Row <c>rp:{connector}:{version}:{line}:{column}</c>.</summary>
    /// <param name="connectorId">The connector.</param>
    /// <param name="version">Its version.</param>
    /// <param name="repair">The repair.</param>
    /// <returns>The key.</returns>
    public static string ProposedRow(string connectorId, string version, LocatorRepair repair)
    {
        ArgumentNullException.ThrowIfNull(repair);
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"rp:{connectorId}:{version}:{repair.Line}:{repair.Column}");
    }
}
