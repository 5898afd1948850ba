using System.CommandLine;

namespace IdLcm.LocalHost.Cli.ScimCheck;

/// <summary><c>idlcm scim check</c>.</summary>
internal static class ScimCheckCommand
{
    private const string TokenVariable = "IDLCM_SCIM_TOKEN";

    /// <summary>Builds the commands.</summary>
    /// <returns>The parent command.</returns>
    public static Command Create() => new("scim", "Tools for any SCIM 2.0 server.") { CheckCommand() };

    private static ExampleCommand CheckCommand()
    {
        var url = new Argument<string>("url") { Description = "The SCIM base URL" };
        var token = new Argument<string?>("token") { Description = $"The bearer token; better in the environment variable {TokenVariable}, where other users of the machine do not see it", Arity = ArgumentArity.ZeroOrOne };
        var tokenEnv = new Option<string?>("--token-env") { Description = "Environment variable that holds the token", HelpName = "VAR" };
        var json = CommonOptions.Json();
        var command = new ExampleCommand(
            "check",
            "Plays what Entra ID and Okta do against a SCIM server and reports what it got wrong. It creates users and groups named idlcm-check-… and deletes them again: do not aim it at people's only directory. Exit code 1 when a check failed.",
            "IDLCM_SCIM_TOKEN=… idlcm scim check https://gateway.example.com/scim/v2/k3v7q2m5x4a6b7c2",
            "idlcm scim check https://scim.example.com/v2 --token-env ACME_TOKEN --json") { url, token, tokenEnv, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(url)!, parsed.GetValue(token), parsed.GetValue(tokenEnv), parsed.GetValue(json), parsed.InvocationConfiguration, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        string url, string? given, string? variable, bool json, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0)
        {
            throw new CommandFailedException(ExitCode.Usage, $"'{url}' must be a URL such as https://gateway.example.com/scim/v2/id.");
        }

        var token = given ?? CommonOptions.Secret("--token-env", variable) ?? Environment.GetEnvironmentVariable(TokenVariable);
        if (string.IsNullOrWhiteSpace(token) || token.Any(c => char.IsControl(c) || c > '~'))
        {
            throw new CommandFailedException(ExitCode.Usage, $"A token is needed: as second argument, by --token-env, or in {TokenVariable}.");
        }

        using var client = new ScimCheckClient(address, token);
        var shown = address.GetLeftPart(UriPartial.Path);
        await ScimCheckPreflight.RunAsync(client, shown, cancellationToken);
        var report = await new ScimCheckRun(client, shown, cancellationToken).RunAsync();
        if (json)
        {
            report.WriteJson(console.Output);
        }
        else
        {
            report.WriteText(console.Output);
        }

        return report.Passed ? ExitCode.Ok : ExitCode.Failed;
    }
}
