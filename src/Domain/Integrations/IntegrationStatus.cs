using System.Text.Json.Serialization;

namespace IdLcm.Domain.Integrations;

/// <summary>How an integration does; one at a time, derived from facts and never set by hand.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<IntegrationStatus>))]
public enum IntegrationStatus
{
    /// <summary>The first integration of this app in the workspace is being validated.</summary>
    [JsonStringEnumMemberName("Under validation")]
    UnderValidation,

    /// <summary>A validation check is running.</summary>
    [JsonStringEnumMemberName("Validating")]
    Validating,

    /// <summary>An operation is running.</summary>
    [JsonStringEnumMemberName("In progress")]
    InProgress,

    /// <summary>A failed operation waits for its next attempt.</summary>
    [JsonStringEnumMemberName("Retrying")]
    Retrying,

    /// <summary>A human task is open.</summary>
    [JsonStringEnumMemberName("Under review")]
    UnderReview,

    /// <summary>The last validation did not complete successfully.</summary>
    [JsonStringEnumMemberName("Validation failed")]
    ValidationFailed,

    /// <summary>The latest operation did not complete successfully.</summary>
    [JsonStringEnumMemberName("Failed")]
    Failed,

    /// <summary>The last operation completed successfully.</summary>
    [JsonStringEnumMemberName("Up to date")]
    UpToDate,

    /// <summary>The validation completed successfully and no operation has run since.</summary>
    [JsonStringEnumMemberName("Validated")]
    Validated,
}

/// <summary>The facts that a status is derived from.</summary>
/// <param name="AppUnderValidation">The first integration of this app has not been validated yet and its validation is queued or running.</param>
/// <param name="ValidationRunning">A validation of this integration is queued or running.</param>
/// <param name="OperationsRunning">An operation other than a validation is running.</param>
/// <param name="RetryWaiting">A failed operation waits for its next attempt.</param>
/// <param name="HumanTaskOpen">A human task on the integration is open.</param>
/// <param name="LastValidationPassed">How the last validation ended; null before the first.</param>
/// <param name="LatestOperationFailed">How the latest operation ended; null before the first.</param>
/// <param name="OperationSinceValidation">An operation has ended since the last validation did.</param>
public sealed record IntegrationFacts(
    bool AppUnderValidation,
    bool ValidationRunning,
    bool OperationsRunning,
    bool RetryWaiting,
    bool HumanTaskOpen,
    bool? LastValidationPassed,
    bool? LatestOperationFailed,
    bool OperationSinceValidation);

/// <summary>Derives the status.</summary>
public static class IntegrationStatuses
{
    /// <summary>The rules, highest precedence first.</summary>
    private static readonly (Func<IntegrationFacts, bool> When, IntegrationStatus Status)[] Rules =
    [
        (f => f.AppUnderValidation, IntegrationStatus.UnderValidation),
        (f => f.ValidationRunning, IntegrationStatus.Validating),
        (f => f.OperationsRunning, IntegrationStatus.InProgress),
        (f => f.RetryWaiting, IntegrationStatus.Retrying),
        (f => f.HumanTaskOpen, IntegrationStatus.UnderReview),
        (f => f.LastValidationPassed is not true, IntegrationStatus.ValidationFailed),
        (f => f.LatestOperationFailed is true && f.OperationSinceValidation, IntegrationStatus.Failed),
        (f => f.LatestOperationFailed is false && f.OperationSinceValidation, IntegrationStatus.UpToDate),
        (_ => true, IntegrationStatus.Validated),
    ];

    /// <summary>Derives the status from the facts.</summary>
    /// <param name="facts">The facts.</param>
    /// <returns>The status.</returns>
    public static IntegrationStatus Derive(IntegrationFacts facts) => Rules.First(rule => rule.When(facts)).Status;
}
