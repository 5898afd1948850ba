using System.Text;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Secrets;

namespace IdLcm.Automation.Running;

/// <content>What the service account signs in with.</content>
internal sealed partial class ConnectorSession
{
    private StepFault NoSecret => new(FailureCode.BadCredentials, $"The service account has no {(request.LoginMethod == "accessToken" ? "access token" : "password")} on file.");

    /// <summary>
    /// Signs in; where the app refuses what this process remembered, once more with what is in force by now. Another process may
    /// have changed it a moment ago.
    /// </summary>
    private async Task<StepFault?> WithSecretsAsync(Func<SignInSecrets, Task<StepFault?>> signIn, CancellationToken cancellationToken)
    {
        if (await SecretsAsync(latest: false, cancellationToken) is not { } known)
        {
            return NoSecret;
        }

        var fault = await signIn(known);
        return fault?.Code == FailureCode.BadCredentials && await SecretsAsync(latest: true, cancellationToken) is { } now && now != known
            ? await signIn(now)
            : fault;
    }

    private async Task<StepFault?> CredentialsAsync(CancellationToken cancellationToken)
    {
        if (await PasswordAsync(latest: false, cancellationToken) is not { } secret)
        {
            return NoSecret;
        }

        http.Credentials = Credentials(secret.Value);
        return null;
    }

    private async Task<SignInSecrets?> SecretsAsync(bool latest, CancellationToken cancellationToken) =>
        await PasswordAsync(latest, cancellationToken) is not { } password ? null : new SignInSecrets(password, await TotpAsync(latest, cancellationToken));

    private async Task<SecretValue?> PasswordAsync(bool latest, CancellationToken cancellationToken)
    {
        var secret = await ReadAsync(request.PasswordSecret, request.PasswordVersion, latest, cancellationToken);
        if (secret is not null && account.Connector.Http.Basic)
        {
            mask.Add(Convert.ToBase64String(Encoding.UTF8.GetBytes($"{request.ServiceAccountUserName}:{secret.Value}")));
        }

        return secret;
    }

    private async Task<SecretValue?> TotpAsync(bool latest, CancellationToken cancellationToken) =>
        request.TotpSecret is not { } name ? null : await ReadAsync(name, request.TotpVersion, latest, cancellationToken);

    private async Task<SecretValue?> ReadAsync(string name, string? version, bool latest, CancellationToken cancellationToken)
    {
        var secret = version is not null ? await services.Secrets.GetVersionAsync(name, version, cancellationToken)
            : latest ? await services.Secrets.GetLatestAsync(name, cancellationToken)
            : await services.Secrets.GetAsync(name, cancellationToken);
        mask.Add(secret?.Value);
        return secret;
    }

    private Scope Credentials(string secret)
    {
        var scope = new Scope(account.Settings);
        scope.Set("username", request.ServiceAccountUserName);
        scope.Set("loginMethod", request.LoginMethod);
        scope.Set(request.LoginMethod == "accessToken" ? "accessToken" : "password", secret);
        return scope;
    }

    /// <summary>What a sign-in takes, with the versions that tell whether it was changed.</summary>
    private sealed record SignInSecrets(SecretValue Password, SecretValue? Totp);
}
