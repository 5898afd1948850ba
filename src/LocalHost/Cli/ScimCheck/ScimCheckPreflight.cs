using System.Text.Json.Nodes;

namespace IdLcm.LocalHost.Cli.ScimCheck;

/// <summary>
/// Looks whether there is anything to check: forty failures that all say "this address is wrong" or "this token is wrong"
/// hide the one thing that a person has to do.
/// </summary>
internal static class ScimCheckPreflight
{
    private const string Config = "ServiceProviderConfig";
    private const string Users = "Users?startIndex=1&count=1";

    /// <summary>Asks twice.</summary>
    /// <param name="client">The server.</param>
    /// <param name="url">Its base URL, as the message names it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Completes when there is a SCIM server that takes the token.</returns>
    /// <exception cref="CommandFailedException">It cannot be reached, is none, or refuses the token.</exception>
    public static async Task RunAsync(ScimCheckClient client, string url, CancellationToken cancellationToken)
    {
        try
        {
            var config = await client.SendAsync(HttpMethod.Get, Config, cancellationToken: cancellationToken);
            var users = await client.SendAsync(HttpMethod.Get, Users, cancellationToken: cancellationToken);
            if (users.Status is 401 or 403)
            {
                throw new CommandFailedException(ExitCode.Failed, $"{url} refuses the token: {Answer("Users", users)}. Nothing else can be checked without one that it takes.");
            }

            if (!IsScim(config) && !IsScim(users))
            {
                throw new CommandFailedException(
                    ExitCode.Failed,
                    $"{url} is no SCIM server: {Answer("Users", users)}, {Answer(Config, config)}. Give the base URL that stands before /Users, for example https://gateway.example.com/scim/v2/id.");
            }
        }
        catch (Exception error) when (error is HttpRequestException or TimeoutException)
        {
            throw new CommandFailedException(ExitCode.Unavailable, $"{url} cannot be reached: {error.Message}");
        }
    }

    /// <summary>A JSON object that is a success, or at least a SCIM message: a broken server is still one.</summary>
    private static bool IsScim(ScimCheckReply reply) => reply.Body is { } body && (reply.Status is >= 200 and < 300 || body["schemas"] is JsonArray);

    private static string Answer(string path, ScimCheckReply reply) => $"GET {path} answers {reply.Status} ({reply.MediaType ?? "no media type"})";
}
