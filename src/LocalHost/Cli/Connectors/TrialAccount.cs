using System.CommandLine;
using IdLcm.Domain.Connectors;

namespace IdLcm.LocalHost.Cli.Connectors;

/// <summary>The service account that a trial signs in with.</summary>
/// <param name="UserName">Its user name; may be empty where a token says who calls.</param>
/// <param name="Password">Its password, or null.</param>
/// <param name="Token">Its access token, or null.</param>
/// <param name="TotpSecret">Its TOTP secret (Base32), or null.</param>
internal sealed record TrialAccount(string UserName, string? Password, string? Token, string? TotpSecret)
{
    private const string SecretName = "trial-secret";
    private const string TotpName = "trial-totp";

    /// <summary>The request for a session of this account.</summary>
    /// <param name="host">Where the connector runs; it gets the secrets.</param>
    /// <param name="settings">The settings that the connector asks for.</param>
    /// <returns>The request.</returns>
    public async Task<ConnectorSessionRequest> RequestAsync(TrialHost host, IReadOnlyDictionary<string, string> settings)
    {
        await host.Secrets.SetAsync(SecretName, Token ?? Password!);
        if (TotpSecret is not null)
        {
            await host.Secrets.SetAsync(TotpName, TotpSecret);
        }

        var methods = host.Manifest.Auth.Methods;
        return new ConnectorSessionRequest
        {
            IntegrationId = "trial",
            ConnectorId = host.Manifest.Id,
            ConnectorVersion = host.Manifest.Version,
            Settings = settings,
            ServiceAccountUserName = UserName,
            LoginMethod = Token is not null ? "accessToken" : methods.FirstOrDefault(method => method != "accessToken") ?? methods[0],
            PasswordSecret = SecretName,
            TotpSecret = TotpSecret is null ? null : TotpName,
            CorrelationId = "trial",
        };
    }

    /// <summary>Not printed: it holds secrets.</summary>
    /// <returns>The user name.</returns>
    public override string ToString() => UserName;
}

/// <summary>The options that name a service account.</summary>
internal sealed class TrialAccountOptions
{
    private readonly Option<string?> _user = new("--user") { Description = "User name to sign in with", HelpName = "TEXT" };
    private readonly Option<string?> _password = new("--password-env") { Description = "Environment variable that holds the password", HelpName = "VAR" };
    private readonly Option<string?> _token = new("--token-env") { Description = "Environment variable that holds the access token, for connectors that call an API", HelpName = "VAR" };
    private readonly Option<string?> _totp = new("--totp-env") { Description = "Environment variable that holds the TOTP secret (Base32)", HelpName = "VAR" };

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Add(_user);
        command.Add(_password);
        command.Add(_token);
        command.Add(_totp);
    }

    /// <summary>Reads the account.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>The account.</returns>
    /// <exception cref="CommandFailedException">Something of it is missing.</exception>
    public TrialAccount Read(ParseResult parsed)
    {
        var password = CommonOptions.Secret("--password-env", parsed.GetValue(_password));
        var token = CommonOptions.Secret("--token-env", parsed.GetValue(_token));
        if (password is null == token is null)
        {
            throw new CommandFailedException(ExitCode.Usage, "Say how to sign in: either --password-env VAR (with --user) or --token-env VAR.");
        }

        if (password is not null && parsed.GetValue(_user) is null)
        {
            throw new CommandFailedException(ExitCode.Usage, "A password needs a user name: say --user TEXT.");
        }

        return new(parsed.GetValue(_user) ?? "", password, token, CommonOptions.Secret("--totp-env", parsed.GetValue(_totp)));
    }
}
