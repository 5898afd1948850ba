using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;

namespace IdLcm.Gateway.Posture;

/// <summary>Opens changes of a service account's sign-in that people ask for, by the API or on a page.</summary>
internal sealed class CredentialChanges(OperationService operations)
{
    /// <summary>Whether the connector of an integration can do it for its service account.</summary>
    public static bool Offers(IntegrationProfile profile, OperationKind kind) =>
        profile.Integration.ServiceAccount is { LoginMethod: "password" } && profile.Manifest.Verbs.Contains(VerbOf(kind));

    /// <summary>Opens the change.</summary>
    /// <returns>The id of the operation, or why there is none.</returns>
    public async Task<Result<string>> OpenAsync(IntegrationProfile profile, OperationKind kind, Provenance by, CancellationToken cancellationToken)
    {
        if (!Offers(profile, kind))
        {
            var what = kind switch
            {
                OperationKind.RotatePassword => "change the password of",
                OperationKind.EnableMfa => "turn one-time codes on for",
                _ => "turn one-time codes off for",
            };
            return Refusal.Conflict("not_offered", $"The connector of {profile.Manifest.AppName} cannot {what} this integration's service account.");
        }

        return await operations.ChangeCredentialAsync(profile, kind, by, [], cancellationToken) is { } operationId
            ? operationId
            : Refusal.Conflict("change_open", "Another change of the service account's sign-in is under way; one is done at a time.");
    }

    private static ConnectorVerb VerbOf(OperationKind kind) => kind switch
    {
        OperationKind.RotatePassword => ConnectorVerb.RotatePassword,
        OperationKind.EnableMfa => ConnectorVerb.EnableMfa,
        _ => ConnectorVerb.DisableMfa,
    };
}
