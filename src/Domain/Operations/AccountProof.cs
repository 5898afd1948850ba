using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Operations;

/// <summary>What counts as proof that a step was done, or was not.</summary>
internal static class AccountProof
{
    /// <summary>The app itself said no: there is nothing to settle.</summary>
    public static bool IsAnswer(FailureCode code) =>
        code is FailureCode.NotEnoughSeats or FailureCode.AlreadyExists or FailureCode.RoleNotAssignable or FailureCode.UnderpermissionedAccount
            or FailureCode.SubscriptionDeactivated or FailureCode.UserNotFound;

    /// <summary>The failure of a step that the app took and does not show.</summary>
    public static Failure NotShown(IntegrationProfile profile, AccountStep step, DesiredAccount desired) =>
        new(FailureCode.VerificationFailed, $"{profile.Manifest.AppName} accepted that '{desired.Identifier}' be {step.Change}, but does not show it.");

    /// <summary>Whether a read shows what a step was to bring about.</summary>
    public static bool Reached(IntegrationProfile profile, ConnectorVerb verb, AccountStep step, ObservedAccount? seen)
    {
        switch (verb)
        {
            case ConnectorVerb.CreateUser:
                return seen is not null;
            case ConnectorVerb.Delete:
                return seen is null;
            case ConnectorVerb.Deactivate:
                return seen is { Active: false };
            case ConnectorVerb.Reactivate:
                return seen is { Active: true };
            default:
                return seen is not null && Shows(profile, step.Inputs!, seen);
        }
    }

    private static bool Shows(IntegrationProfile profile, JsonObject inputs, ObservedAccount seen)
    {
        foreach (var (name, wished) in inputs)
        {
            if (name is "roles" || (name is "entitlements" && seen.Attributes.ContainsKey(name)))
            {
                var wanted = AttributeValues.Strings(wished);
                var shown = AttributeValues.Strings(seen.Attributes[name]);
                if (wanted.Count != shown.Count || wanted.Any(value => !shown.Contains(value, StringComparer.OrdinalIgnoreCase)))
                {
                    return false;
                }
            }
            else if (name != "identifier" && seen.Attributes.ContainsKey(name) && profile.Schema.Attributes.Any(a => a.Name == name)
                && !AttributeValues.AreSame(wished, seen.Attributes[name], ignoreCase: name == profile.PrimaryIdentifier.Name))
            {
                return false;
            }
        }

        return true;
    }
}
