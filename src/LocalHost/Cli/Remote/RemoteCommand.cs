using System.CommandLine;
using System.Text.Json.Nodes;
using IdLcm.LocalHost.Cli.Output;
using IdLcm.LocalHost.Hosting;

namespace IdLcm.LocalHost.Cli.Remote;

/// <summary>The options by which a command finds a running server and is let in.</summary>
internal sealed class RemoteCommand
{
    private readonly Option<Uri?> _server = CommonOptions.Address("--server", "The server's address [default: IDLCM_SERVER, else the one that runs on --data]");
    private readonly Option<string?> _apiKey = new("--api-key") { Description = "The API key [default: IDLCM_API_KEY, else, for the server on --data, its owner.key]", HelpName = "KEY" };
    private readonly Option<bool> _insecure = new("--allow-insecure-http") { Description = "Send the API key to another machine over plain HTTP" };
    private readonly Option<string> _data = CommonOptions.Data();
    private readonly Option<bool> _json = CommonOptions.Json();

    /// <summary>Gives a command these options and an action that is called with a client.</summary>
    /// <param name="command">The command.</param>
    /// <param name="action">What it does; the exit code is returned.</param>
    /// <returns>The command.</returns>
    public static Command Attach(Command command, Func<RemoteCall, CancellationToken, Task<int>> action)
    {
        var remote = new RemoteCommand();
        command.Add(remote._server);
        command.Add(remote._apiKey);
        command.Add(remote._insecure);
        command.Add(remote._data);
        command.Add(remote._json);
        command.SetAction((parsed, cancellationToken) => remote.RunAsync(parsed, action, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, Func<RemoteCall, CancellationToken, Task<int>> action, CancellationToken cancellationToken)
    {
        var data = parsed.GetValue(_data)!;
        var (server, named) = ServerAddress(parsed, data);
        if (server.Scheme == "http" && !server.IsLoopback && !parsed.GetValue(_insecure))
        {
            throw new CommandFailedException(ExitCode.Usage, $"The API key would travel in the clear to {server}: use https, or say --allow-insecure-http.");
        }

        using var client = new ManagementClient(server, ApiKey(parsed, named ? null : data));
        try
        {
            return await action(new RemoteCall(client, parsed, parsed.GetValue(_json), parsed.InvocationConfiguration.Output), cancellationToken);
        }
        catch (ManagementException error)
        {
            throw new CommandFailedException(error.Status is null ? ExitCode.Unavailable : ExitCode.Refused, error.Message);
        }
    }

    private (Uri Address, bool Named) ServerAddress(ParseResult parsed, string data)
    {
        if (parsed.GetValue(_server) is { } given)
        {
            return (given, true);
        }

        if (Environment.GetEnvironmentVariable("IDLCM_SERVER") is { Length: > 0 } configured)
        {
            return CommonOptions.TryAddress(configured, out var address)
                ? (address, true)
                : throw new CommandFailedException(ExitCode.Usage, $"IDLCM_SERVER '{configured}' must be an absolute http or https address.");
        }

        return ServerFile.Read(data)?.Urls is [var first, ..]
            ? (new Uri(first.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal).Replace("[::]", "[::1]", StringComparison.Ordinal)), false)
            : throw new CommandFailedException(
                ExitCode.Unavailable, $"No server runs on the data directory '{data}'. Start one with 'idlcm serve --data {data}', or name it with --server URL.");
    }

    // The key of a data directory is for the server on it, not for one that was named.
    private string ApiKey(ParseResult parsed, string? data)
    {
        if (parsed.GetValue(_apiKey) is { Length: > 0 } given)
        {
            return given;
        }

        if (Environment.GetEnvironmentVariable("IDLCM_API_KEY") is { Length: > 0 } configured)
        {
            return configured;
        }

        try
        {
            if (data is not null)
            {
                return File.ReadAllText(Path.Combine(data, "owner.key")).Trim();
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It was printed at the first start, or belongs to somebody else.
        }

        throw new CommandFailedException(ExitCode.Usage, "An API key is needed: set IDLCM_API_KEY or say --api-key KEY.");
    }
}

/// <summary>One call of a command that speaks to a server.</summary>
/// <param name="Client">The server.</param>
/// <param name="Parsed">The command line.</param>
/// <param name="Json">True to print JSON.</param>
/// <param name="Output">Standard output.</param>
internal sealed record RemoteCall(ManagementClient Client, ParseResult Parsed, bool Json, TextWriter Output)
{
    /// <summary>Prints an answer as JSON where that is wanted, else a line about it.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="line">The line.</param>
    public void Show(JsonObject answer, string line)
    {
        if (Json)
        {
            Output.WriteJson(answer);
        }
        else
        {
            Output.WriteLine(line);
        }
    }
}
