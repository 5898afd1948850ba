using System.Text.Json.Serialization;
using IdLcm.Domain.Activity;

namespace IdLcm.Domain.Notifications;

/// <summary>How a channel is reached.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChannelKind>))]
public enum ChannelKind
{
    /// <summary>A signed HTTP POST.</summary>
    Webhook,

    /// <summary>An incoming webhook of Slack.</summary>
    Slack,

    /// <summary>A workflow webhook of Microsoft Teams, as an adaptive card.</summary>
    Teams,

    /// <summary>E-mail by SMTP.</summary>
    Email,
}

/// <summary>Where people want to be told of events of an integration. Row <c>nc:{id}</c>; secrets are in the secret store.</summary>
public sealed record NotificationChannel
{
    /// <summary>Prefix of the rows.</summary>
    public const string Prefix = "nc:";

    /// <summary>What people are told of where they chose nothing: what needs them.</summary>
    public static IReadOnlyList<ActivityKind> DefaultEvents { get; } =
    [
        ActivityKind.UserInviteFailed, ActivityKind.UserUpdateFailed, ActivityKind.UserRemovalFailed, ActivityKind.SyncFailed, ActivityKind.SyncHalted,
        ActivityKind.HealthCheckFailed, ActivityKind.CircuitOpened, ActivityKind.TaskOpened, ActivityKind.TaskOverdue, ActivityKind.LeaverOverdue,
        ActivityKind.ApprovalRequested, ActivityKind.OperationHeld, ActivityKind.AccountMissing,
        ActivityKind.PasswordRotationFailed, ActivityKind.MfaChangeFailed, ActivityKind.AccountSecuringFailed, ActivityKind.PasswordTooOld, ActivityKind.MfaMissing,
        ActivityKind.PasswordUnsettled, ActivityKind.PostureExceptionExpiring,
    ];

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>How it is reached.</summary>
    public required ChannelKind Kind { get; init; }

    /// <summary>The name for people.</summary>
    public required string Name { get; init; }

    /// <summary>The address of a webhook, or the recipients of e-mail between commas; for Slack and Teams, whose addresses are secrets, the host.</summary>
    public required string Target { get; init; }

    /// <summary>The events that it tells of; empty for <see cref="DefaultEvents"/>.</summary>
    public IReadOnlyList<ActivityKind> Events { get; init => field = value ?? []; } = [];

    /// <summary>Events are gathered for so many minutes and told of together; 0 to tell at once.</summary>
    public int DigestMinutes { get; init; }

    /// <summary>The number of the last activity block that was looked through.</summary>
    public long Cursor { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The row of a channel.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The key.</returns>
    public static string Row(string id) => Prefix + id;

    /// <summary>The name in the secret store of what signs a webhook, or of the address of Slack and Teams.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="id">The channel.</param>
    /// <returns>The name.</returns>
    public static string Secret(string integrationId, string id) => $"idlcm-{integrationId}-notify-{id}";
}

/// <summary>Something to be told. Row <c>nd:{due}:{id}</c>; one that was given up, <c>nx:{id}</c>.</summary>
public sealed record NotificationDelivery
{
    /// <summary>Its id; a receiver that gets it twice knows it by that.</summary>
    public required string Id { get; init; }

    /// <summary>The channel.</summary>
    public required string ChannelId { get; init; }

    /// <summary>The events, oldest first.</summary>
    public required IReadOnlyList<ActivityEvent> Events { get; init; }

    /// <summary>How many events more there were than it holds.</summary>
    public int Omitted { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; init; }

    /// <summary>Why the last try failed.</summary>
    public string? LastError { get; init; }
}

/// <summary>Carries notifications out.</summary>
public interface INotificationSender
{
    /// <summary>Sends one.</summary>
    /// <param name="integration">The integration.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="delivery">What is to be told.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Null when the receiver took it, else why it did not.</returns>
    Task<string?> SendAsync(Integrations.Integration integration, NotificationChannel channel, NotificationDelivery delivery, CancellationToken cancellationToken = default);
}
