using System.Text.Json;
using System.Text.Json.Serialization;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Assets;
using IdLcm.Domain.Groups;
using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Listing;
using IdLcm.Domain.Matching;
using IdLcm.Domain.Notifications;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Sync;
using IdLcm.Domain.Users;

namespace IdLcm.Domain;

/// <summary>How the domain's records become bytes in the record store.</summary>
public static class DomainJson
{
    private static readonly JsonSerializerOptions StoredOptions = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,

        // Names of people stay readable and short in the store; nothing here is written into HTML.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = DomainJsonContext.Default,
    };

    /// <summary>Encodes a record.</summary>
    /// <typeparam name="T">One of the domain's stored types.</typeparam>
    /// <param name="value">The record.</param>
    /// <returns>UTF-8 JSON.</returns>
    public static byte[] Encode<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, StoredOptions);

    /// <summary>Decodes a record.</summary>
    /// <typeparam name="T">One of the domain's stored types.</typeparam>
    /// <param name="utf8">UTF-8 JSON.</param>
    /// <returns>The record.</returns>
    /// <exception cref="InvalidDataException">The bytes are no such record.</exception>
    public static T Decode<T>(ReadOnlyMemory<byte> utf8) =>
        JsonSerializer.Deserialize<T>(utf8.Span, StoredOptions) ?? throw new InvalidDataException($"A stored {typeof(T).Name} is null.");
}

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ActivityBlock))]
[JsonSerializable(typeof(ActivityEvent))]
[JsonSerializable(typeof(ActivityHead))]
[JsonSerializable(typeof(ApiKey))]
[JsonSerializable(typeof(AppAccount))]
[JsonSerializable(typeof(AppValidation))]
[JsonSerializable(typeof(ApprovalRecord))]
[JsonSerializable(typeof(Asset))]
[JsonSerializable(typeof(ClaimMail))]
[JsonSerializable(typeof(ConnectedAccounts.ConnectedAccount))]
[JsonSerializable(typeof(ConnectedAccounts.LeaversSwept))]
[JsonSerializable(typeof(Launch.LaunchRelease))]
[JsonSerializable(typeof(Launch.LaunchSettings))]
[JsonSerializable(typeof(EntitlementOption))]
[JsonSerializable(typeof(Exemption))]
[JsonSerializable(typeof(GroupChangeSet))]
[JsonSerializable(typeof(GroupProgress))]
[JsonSerializable(typeof(GroupRecord))]
[JsonSerializable(typeof(GroupsState))]
[JsonSerializable(typeof(Integration))]
[JsonSerializable(typeof(IntegrationEntry))]
[JsonSerializable(typeof(HumanTask))]
[JsonSerializable(typeof(Lane))]
[JsonSerializable(typeof(ListingState))]
[JsonSerializable(typeof(NotificationChannel))]
[JsonSerializable(typeof(NotificationDelivery))]
[JsonSerializable(typeof(ObservedAccount))]
[JsonSerializable(typeof(Operation))]
[JsonSerializable(typeof(OperationAttempt))]
[JsonSerializable(typeof(StatusChange))]
[JsonSerializable(typeof(Posture.PostureException))]
[JsonSerializable(typeof(Posture.PostureTold))]
[JsonSerializable(typeof(Rotation.RotationDue))]
[JsonSerializable(typeof(Rotation.RotationPolicy))]
[JsonSerializable(typeof(Rotation.WorkspaceRotation))]
[JsonSerializable(typeof(Posture.ServiceCredential))]
[JsonSerializable(typeof(SyncDue))]
[JsonSerializable(typeof(SyncPlanChunk))]
[JsonSerializable(typeof(SyncPlanRecord))]
[JsonSerializable(typeof(UserRecord))]
[JsonSerializable(typeof(Workspace))]
internal sealed partial class DomainJsonContext : JsonSerializerContext;
