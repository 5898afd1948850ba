using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;

namespace IdLcm.Domain.Operations;

/// <summary>Opens sessions for operations.</summary>
internal static class Sessions
{
    public static ConnectorSessionRequest For(IntegrationProfile profile, ActiveRun run, bool freshSignIn = false)
    {
        var integration = profile.Integration;
        var account = integration.ServiceAccount ?? throw new InvalidOperationException($"Integration {integration.Id} has no service account.");
        return new ConnectorSessionRequest
        {
            IntegrationId = integration.Id,
            ConnectorId = integration.ConnectorId,
            ConnectorVersion = integration.ConnectorVersion,
            Settings = integration.Settings,
            ServiceAccountUserName = account.UserName,
            LoginMethod = account.LoginMethod,
            PasswordSecret = ServiceAccount.PasswordSecret(integration.Id),
            TotpSecret = account.HasTotp ? ServiceAccount.TotpSecret(integration.Id) : null,
            CorrelationId = run.Operation.Id,
            FreshSignIn = freshSignIn,
            Observer = run,
        };
    }
}
