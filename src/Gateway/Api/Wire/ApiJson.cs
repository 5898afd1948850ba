using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using IdLcm.Domain.Access;
using IdLcm.Domain.Assets;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Approvals;
using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Sync;
using IdLcm.Gateway.Scim.Access;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Api;

/// <summary>The JSON of the management API: camelCase, enums by name, moments in UTC, nothing unknown and nothing twice on the way in.</summary>
internal static class ApiJson
{
    private static readonly JsonSerializerOptions Options = Make();

    /// <summary>How a type of the API is written and read.</summary>
    public static JsonTypeInfo<T> Info<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));

    /// <summary>Answers 200 with a value.</summary>
    public static IResult Ok<T>(T value) => Results.Json(value, Info<T>());

    /// <summary>Answers with a value.</summary>
    public static IResult With<T>(int status, T value) => Results.Json(value, Info<T>(), statusCode: status);

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            AllowDuplicateProperties = false,
            MaxDepth = 32,

            // Names of people stay readable; answers are never put into HTML, and say so (nosniff).
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = ApiJsonContext.Default,
        };
        options.Converters.Add(new UtcTimeConverter());
        options.MakeReadOnly();
        return options;
    }

    /// <summary>Moments as <c>2026-03-01T09:00:00.123Z</c>.</summary>
    private sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
    }
}

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Domain.Access.AccessLine))]
[JsonSerializable(typeof(ActivityResource))]
[JsonSerializable(typeof(Claims.ClaimLinkResource))]
[JsonSerializable(typeof(ActivityVerification))]
[JsonSerializable(typeof(ApiKeyRequest))]
[JsonSerializable(typeof(ApiProblem))]
[JsonSerializable(typeof(AppResource))]
[JsonSerializable(typeof(ApprovalRecord))]
[JsonSerializable(typeof(CallerResource))]
[JsonSerializable(typeof(CaptureList))]
[JsonSerializable(typeof(ChannelRequest))]
[JsonSerializable(typeof(ChannelPatch))]
[JsonSerializable(typeof(ChannelResource))]
[JsonSerializable(typeof(CorrectDriftRequest))]
[JsonSerializable(typeof(CreatedChannel))]
[JsonSerializable(typeof(Page<ChannelResource>))]
[JsonSerializable(typeof(Page<DeadDelivery>))]
[JsonSerializable(typeof(Notifications.WebhookBody))]
[JsonSerializable(typeof(CreatedIntegration))]
[JsonSerializable(typeof(CreatedKey))]
[JsonSerializable(typeof(CreatedToken))]
[JsonSerializable(typeof(InstanceResource))]
[JsonSerializable(typeof(DecidedApproval))]
[JsonSerializable(typeof(DecidedPlanResource))]
[JsonSerializable(typeof(DeleteIntegrationRequest))]
[JsonSerializable(typeof(ExemptRequest))]
[JsonSerializable(typeof(HumanTask))]
[JsonSerializable(typeof(InboundHoldSettings))]
[JsonSerializable(typeof(GroupMappingRequest))]
[JsonSerializable(typeof(IntegrationDetails))]
[JsonSerializable(typeof(IntegrationPatch))]
[JsonSerializable(typeof(IntegrationRequest))]
[JsonSerializable(typeof(MatchRequest))]
[JsonSerializable(typeof(MatchedResource))]
[JsonSerializable(typeof(OpenedOperations))]
[JsonSerializable(typeof(OperationAccepted))]
[JsonSerializable(typeof(OperationDetails))]
[JsonSerializable(typeof(OperationResource))]
[JsonSerializable(typeof(Page<ActivityResource>))]
[JsonSerializable(typeof(Page<AppResource>))]
[JsonSerializable(typeof(Page<ApprovalRecord>))]
[JsonSerializable(typeof(Page<StatusChange>))]
[JsonSerializable(typeof(AccessRequest))]
[JsonSerializable(typeof(Claims.SentClaimMail))]
[JsonSerializable(typeof(DecidedAccess))]
[JsonSerializable(typeof(Page<Asset>))]
[JsonSerializable(typeof(Page<Drift>))]
[JsonSerializable(typeof(Page<HumanTask>))]
[JsonSerializable(typeof(Page<GroupMappingResource>))]
[JsonSerializable(typeof(Page<IntegrationResource>))]
[JsonSerializable(typeof(Page<KeyResource>))]
[JsonSerializable(typeof(Page<OperationResource>))]
[JsonSerializable(typeof(Domain.ConnectedAccounts.ConnectedAccountInput))]
[JsonSerializable(typeof(Domain.ConnectedAccounts.ConnectedAccount))]
[JsonSerializable(typeof(Page<Launch.ConnectedAccountResource>))]
[JsonSerializable(typeof(Domain.Launch.LaunchSettings))]
[JsonSerializable(typeof(Launch.LaunchResource))]
[JsonSerializable(typeof(Page<Domain.Posture.PostureLine>))]
[JsonSerializable(typeof(Posture.PostureExceptionRequest))]
[JsonSerializable(typeof(Posture.RotationPolicyResource))]
[JsonSerializable(typeof(Domain.Rotation.WorkspaceRotation))]
[JsonSerializable(typeof(Page<SyncLineResource>))]
[JsonSerializable(typeof(Page<SyncPlanResource>))]
[JsonSerializable(typeof(Page<ConnectorMove>))]
[JsonSerializable(typeof(Page<TokenResource>))]
[JsonSerializable(typeof(Page<UnmatchedResource>))]
[JsonSerializable(typeof(Page<UserResource>))]
[JsonSerializable(typeof(MailPasswordRequest))]
[JsonSerializable(typeof(PauseRequest))]
[JsonSerializable(typeof(ReasonRequest))]
[JsonSerializable(typeof(RetryAccepted))]
[JsonSerializable(typeof(RetryFailedRequest))]
[JsonSerializable(typeof(RevokeRequest))]
[JsonSerializable(typeof(RevokedResource))]
[JsonSerializable(typeof(SavedResource))]
[JsonSerializable(typeof(ScimAccessResource))]
[JsonSerializable(typeof(ServiceAccountInput))]
[JsonSerializable(typeof(SyncPlanResource))]
[JsonSerializable(typeof(TaskClosing))]
[JsonSerializable(typeof(TaskPatch))]
[JsonSerializable(typeof(ConnectorVersionRequest))]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(UserDetails))]
[JsonSerializable(typeof(WorkspaceResource))]
internal sealed partial class ApiJsonContext : JsonSerializerContext;
