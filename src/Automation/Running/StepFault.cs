using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Running;

/// <summary>Why a step did not do what it should.</summary>
/// <param name="Code">The failure code.</param>
/// <param name="Detail">What was looked for and what was there.</param>
/// <param name="SignedOut">True when the cause is that the session has ended: signing in again may cure it.</param>
internal sealed record StepFault(FailureCode Code, string Detail, bool SignedOut = false)
{
    /// <summary>What could be looked for instead.</summary>
    public LocatorRepair? Repair { get; init; }

    public static StepFault SessionEnded { get; } =
        new(FailureCode.AppUnavailable, "The app signed the service account out again.", SignedOut: true);
}
