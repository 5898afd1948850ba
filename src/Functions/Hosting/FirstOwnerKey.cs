using IdLcm.Domain.Integrations;
using IdLcm.Domain.Secrets;
using IdLcm.Gateway.Api;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.Functions.Hosting;

/// <summary>
/// Makes the first API key of a workspace and puts it where only administrators of the vault can read it. The vault is
/// asked before the key is made, so that no key is made that cannot be kept.
/// </summary>
internal sealed partial class FirstOwnerKey(
    IntegrationStore integrations, ISecretStore secrets, TimeProvider clock, ILogger<FirstOwnerKey> logger) : BackgroundService
{
    /// <summary>The secret's name.</summary>
    public const string SecretName = "idlcm-first-owner-key";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);

    private string? unsaved;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await EnsureAsync(stoppingToken);
                return;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Roles of a new deployment take minutes to come into force.
            catch (Exception error)
#pragma warning restore CA1031
            {
                LogNotYet(error);
            }

            await Task.Delay(Pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task EnsureAsync(CancellationToken cancellationToken)
    {
        await secrets.GetAsync(SecretName, cancellationToken);
        unsaved ??= await ApiKeyBootstrap.EnsureOwnerKeyAsync(integrations, clock, cancellationToken);
        if (unsaved is null)
        {
            return;
        }

        var version = await secrets.SetAsync(SecretName, unsaved, cancellationToken);
        await secrets.PromoteAsync(SecretName, version, cancellationToken);
        unsaved = null;
        LogMade(SecretName);
    }

    [LoggerMessage(4401, LogLevel.Information, "The first Owner API key lies in the vault as {SecretName}")]
    private partial void LogMade(string secretName);

    [LoggerMessage(4402, LogLevel.Warning, "The first Owner API key cannot be made yet; it is tried again within seconds")]
    private partial void LogNotYet(Exception error);
}
