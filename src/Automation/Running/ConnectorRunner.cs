using IdLcm.Automation.Browser;
using IdLcm.Automation.Catalog;
using IdLcm.Automation.Evidence;
using IdLcm.Automation.Sessions;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Secrets;
using Microsoft.Extensions.Logging;

namespace IdLcm.Automation.Running;

/// <summary>What every session needs.</summary>
internal sealed record RunnerServices(
    AutomationOptions Options,
    BrowserHost Browser,
    ISecretStore Secrets,
    SessionVault Vault,
    EvidenceCollector Evidence,
    TimeProvider Time,
    ILogger<ConnectorRunner> Logger);

/// <summary>Opens sessions of service accounts: one that is open, one that was kept, or a fresh sign-in.</summary>
internal sealed partial class ConnectorRunner(FileConnectorCatalog catalog, ServiceAccounts accounts, RunnerServices services) : IConnectorRunner
{
    public async Task<ConnectorSessionResult> OpenAsync(ConnectorSessionRequest request, CancellationToken cancellationToken = default)
    {
        if (catalog.Definition(request.ConnectorId, request.ConnectorVersion) is not { } connector)
        {
            return Failed(new(FailureCode.UnsupportedOperation, $"The catalog has no connector {request.ConnectorId} {request.ConnectorVersion}."));
        }

        if (!connector.Manifest.Auth.Methods.Contains(request.LoginMethod, StringComparer.Ordinal))
        {
            return Failed(new(FailureCode.UnsupportedOperation, $"The connector cannot sign in by {request.LoginMethod}."));
        }

        var (account, failure) = accounts.Find(request, connector);
        if (account is null)
        {
            return Failed(failure!);
        }

        try
        {
            await account.Places.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return Failed(new(FailureCode.Cancelled, "Stopped while waiting for the service account to be free."));
        }

        var session = new ConnectorSession(request, account, services);
        ConnectorSessionResult? opened = null;
        try
        {
            opened = await session.OpenAsync(cancellationToken);
            return opened;
        }
        finally
        {
            if (opened?.Session is null)
            {
                LogNotOpened(services.Logger, request.IntegrationId, opened?.Failure?.Code, request.CorrelationId);
                await session.DisposeAsync();
            }
        }
    }

    private static ConnectorSessionResult Failed(Failure failure) => new(null, failure, [], []);

    [LoggerMessage(3201, LogLevel.Warning, "No session for integration {IntegrationId}: {Code} ({CorrelationId})")]
    private static partial void LogNotOpened(ILogger logger, string integrationId, FailureCode? code, string correlationId);
}
