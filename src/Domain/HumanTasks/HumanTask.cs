using System.Text.Json.Serialization;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;

namespace IdLcm.Domain.HumanTasks;

/// <summary>Where a task stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HumanTaskStatus>))]
public enum HumanTaskStatus
{
    /// <summary>Somebody has to do it.</summary>
    Open,

    /// <summary>Somebody did it, or it is needless.</summary>
    Closed,
}

/// <summary>A person's note on a task.</summary>
/// <param name="By">Who.</param>
/// <param name="At">When.</param>
/// <param name="Text">The note.</param>
public sealed record TaskComment(string By, DateTimeOffset At, string Text);

/// <summary>What a person has to do because automation cannot go on. Row <c>ht:{id}</c>; a closed one <c>hc:{id}</c>.</summary>
public sealed record HumanTask
{
    /// <summary>Prefix of the open tasks.</summary>
    public const string OpenPrefix = "ht:";

    /// <summary>Prefix of the closed tasks.</summary>
    public const string ClosedPrefix = "hc:";

    private static readonly TimeSpan Patience = TimeSpan.FromDays(1);

    /// <summary>Its id; ids in key order are newest first.</summary>
    public required string Id { get; init; }

    /// <summary>The integration.</summary>
    public required string IntegrationId { get; init; }

    /// <summary>Where it stands.</summary>
    public required HumanTaskStatus Status { get; init; }

    /// <summary>What is to be done, in one line.</summary>
    public required string Title { get; init; }

    /// <summary>How to do it.</summary>
    public required string Instructions { get; init; }

    /// <summary>Whom it is about.</summary>
    public required string Target { get; init; }

    /// <summary>The operation that could not go on; its attempts hold the evidence.</summary>
    public string? OperationId { get; init; }

    /// <summary>The SCIM user.</summary>
    public string? UserId { get; init; }

    /// <summary>Why automation could not go on.</summary>
    public FailureCode? FailureCode { get; init; }

    /// <summary>The kind of operation that could not go on.</summary>
    public OperationKind? Kind { get; init; }

    /// <summary>When it was opened.</summary>
    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>Until when it is to be done.</summary>
    public required DateTimeOffset DueAt { get; init; }

    /// <summary>When the last reminder went out.</summary>
    public DateTimeOffset? RemindedAt { get; init; }

    /// <summary>Who does it.</summary>
    public string? Assignee { get; init; }

    /// <summary>Notes, oldest first.</summary>
    public IReadOnlyList<TaskComment> Comments { get; init => field = value ?? []; } = [];

    /// <summary>Who closed it.</summary>
    public string? ClosedBy { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>What was done.</summary>
    public string? Resolution { get; init; }

    /// <summary>The operation whose read proves it.</summary>
    public string? VerifyingOperationId { get; init; }

    /// <summary>The row of an open task.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The key.</returns>
    public static string Row(string id) => OpenPrefix + id;

    /// <summary>The row of a closed task.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The key.</returns>
    public static string ClosedRow(string id) => ClosedPrefix + id;

    /// <summary>The task that a failed operation asks for, where a person can help.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="operation">The failed operation.</param>
    /// <param name="now">The time.</param>
    /// <returns>The task, or null where none helps.</returns>
    public static HumanTask? For(IntegrationProfile profile, Operation operation, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(operation);
        if (operation.Failure is not { } failure || !AsksForAPerson(operation.Kind, failure.Code))
        {
            return null;
        }

        var info = FailureCodes.Of(failure.Code);
        return new HumanTask
        {
            Id = Ids.NewestFirst(now),
            IntegrationId = operation.IntegrationId,
            Status = HumanTaskStatus.Open,
            Title = $"{operation.Kind} of {operation.Target} needs a person",
            Instructions = $"{Sentence(failure.Detail)} {info.Action} Then close this task: the app is read again and has to show the result.",
            Target = operation.Target,
            OperationId = operation.Id,
            UserId = operation.UserId,
            FailureCode = failure.Code,
            Kind = operation.Kind,
            OpenedAt = now,
            DueAt = now + Patience,
        };
    }

    /// <summary>Connectors and apps end their texts as they like.</summary>
    private static string Sentence(string text)
    {
        var trimmed = text.TrimEnd();
        return trimmed is [.., '.' or '!' or '?' or ':' or '…'] ? trimmed : $"{trimmed}.";
    }

    /// <summary>What the connector or the app stands in the way of. A validation proves the connector, so a page or list that it cannot read is a person's work as well; wrong credentials or settings are corrected where they are kept.</summary>
    private static bool AsksForAPerson(OperationKind kind, FailureCode code) => code switch
    {
        Connectors.FailureCode.UnsupportedOperation or Connectors.FailureCode.CaptchaOrStepUp or Connectors.FailureCode.VerificationFailed => true,
        Connectors.FailureCode.PageChanged or Connectors.FailureCode.IncompleteRead => kind == OperationKind.Validate,
        _ => false,
    };
}
