using System.Text.Json.Nodes;

namespace IdLcm.LocalHost.Cli.ScimCheck;

/// <summary>Ends a check before its end.</summary>
/// <param name="verdict">How.</param>
/// <param name="message">Why.</param>
/// <param name="exchange">The request and answer that show it.</param>
internal sealed class CheckEndedException(CheckVerdict verdict, string message, ScimCheckExchange? exchange = null) : Exception(message)
{
    /// <summary>How the check ended.</summary>
    public CheckVerdict Verdict { get; } = verdict;

    /// <summary>The request and answer that show it.</summary>
    public ScimCheckExchange? Exchange { get; } = exchange;
}

/// <summary>One check.</summary>
/// <param name="Id">Its stable name; the first part is its area.</param>
/// <param name="Title">What is checked.</param>
/// <param name="Reason">Who asks for it.</param>
/// <param name="RunAsync">Does it; returns when it is passed.</param>
internal sealed record Check(string Id, string Title, string Reason, Func<ScimCheckRun, Task> RunAsync);

/// <summary>
/// Plays what Entra ID and Okta do against a server, one step after the other, and takes away what it made. Everything is
/// named <c>idlcm-check-…</c>, so that a person recognises what a broken server would not let go.
/// </summary>
internal sealed class ScimCheckRun(ScimCheckClient client, string url, CancellationToken cancellationToken)
{
    private CancellationToken stop = cancellationToken;

    /// <summary>Part of every name of this run.</summary>
    public string Run { get; } = Guid.NewGuid().ToString("N")[..12];

    /// <summary>The user that most checks work with; null until it is made.</summary>
    public string? UserId { get; set; }

    /// <summary>The user that Okta's creation made; null until it is made.</summary>
    public string? OktaUserId { get; set; }

    /// <summary>The group; null until it is made.</summary>
    public string? GroupId { get; set; }

    /// <summary>The users to take away.</summary>
    public List<string> Users { get; } = [];

    /// <summary>The groups to take away.</summary>
    public List<string> Groups { get; } = [];

    /// <summary>The user name of <see cref="UserId"/>.</summary>
    public string UserName => $"idlcm-check-{Run}@example.com";

    /// <summary>The external id of <see cref="UserId"/>.</summary>
    public string ExternalId => $"idlcm-check-ext-{Run}";

    /// <summary>Runs all checks.</summary>
    /// <returns>The report.</returns>
    public async Task<CheckReport> RunAsync()
    {
        var results = new List<CheckResult>();
        try
        {
            foreach (var check in (Check[])[.. ConnectionChecks.All, .. UserChecks.All, .. PatchChecks.All, .. ListChecks.All, .. GroupChecks.All])
            {
                results.Add(await TryAsync(check));
            }
        }
        finally
        {
            // Also after an interruption: what was made does not stay in somebody's directory.
            stop = CancellationToken.None;
            foreach (var check in CleanupChecks.All)
            {
                results.Add(await TryAsync(check));
            }
        }

        return new CheckReport(url, results);
    }

    /// <summary>Calls the server.</summary>
    public Task<ScimCheckReply> SendAsync(
        HttpMethod method, string path, JsonObject? body = null, IReadOnlyDictionary<string, string>? headers = null, string mediaType = ScimCheckClient.ScimJson) =>
        client.SendAsync(method, path, body, headers, mediaType, stop);

    /// <summary>Reads.</summary>
    public Task<ScimCheckReply> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    /// <summary>Filters.</summary>
    public Task<ScimCheckReply> FilterAsync(string endpoint, string filter, string more = "") => GetAsync($"{endpoint}?filter={Uri.EscapeDataString(filter)}{more}");

    /// <summary>Patches with operations given as JSON.</summary>
    public Task<ScimCheckReply> PatchAsync(string path, string operations) => SendAsync(HttpMethod.Patch, path, new JsonObject
    {
        ["schemas"] = new JsonArray("urn:ietf:params:scim:api:messages:2.0:PatchOp"),
        ["Operations"] = JsonNode.Parse($"[{operations}]"),
    });

    /// <summary>The user, or the check is skipped.</summary>
    public string NeedUser() => UserId ?? throw Skip("No user could be created.");

    /// <summary>The group, or the check is skipped.</summary>
    public string NeedGroup() => GroupId ?? throw Skip("There is no group to work with.");

    /// <summary>Skips the check.</summary>
    public static CheckEndedException Skip(string why) => new(CheckVerdict.Skip, why);

    private async Task<CheckResult> TryAsync(Check check)
    {
        try
        {
            await check.RunAsync(this);
            return new CheckResult(check.Id, check.Title, check.Reason, CheckVerdict.Pass);
        }
        catch (CheckEndedException ended)
        {
            return new CheckResult(check.Id, check.Title, check.Reason, ended.Verdict, ended.Message, ended.Exchange);
        }
        catch (Exception error) when (error is TimeoutException or HttpRequestException)
        {
            return new CheckResult(check.Id, check.Title, check.Reason, CheckVerdict.Fail, error.Message);
        }
    }
}

/// <summary>What checks ask of an answer.</summary>
internal static class Expectations
{
    /// <summary>The status is one of these.</summary>
    public static ScimCheckReply Is(this ScimCheckReply reply, params int[] statuses) =>
        reply.Must(statuses.Contains(reply.Status), $"The status is {reply.Status}, not {string.Join(" or ", statuses)}.");

    /// <summary>Something holds, or the check fails.</summary>
    public static ScimCheckReply Must(this ScimCheckReply reply, bool holds, string otherwise) =>
        holds ? reply : throw new CheckEndedException(CheckVerdict.Fail, otherwise, reply.Exchange);

    /// <summary>The answer is a ListResponse with counters that are integers.</summary>
    public static ScimCheckReply IsList(this ScimCheckReply reply)
    {
        reply.Is(200).HasSchema("urn:ietf:params:scim:api:messages:2.0:ListResponse");
        foreach (var counter in (string[])["totalResults", "itemsPerPage", "startIndex"])
        {
            // RFC 7644 section 3.4.2 requires the last two only for pages.
            var value = reply.Body![counter];
            reply.Must(
                value is null ? counter != "totalResults" : value is JsonValue number && number.TryGetValue<long>(out _),
                $"'{counter}' is {value?.ToJsonString() ?? "missing"}, not an integer.");
        }

        return reply;
    }

    /// <summary>The answer is a SCIM error of that status.</summary>
    public static ScimCheckReply IsError(this ScimCheckReply reply, int status, string? scimType = null)
    {
        reply.Is(status).HasSchema("urn:ietf:params:scim:api:messages:2.0:Error");
        reply.Must(
            reply.Body!["status"] is JsonValue value && value.TryGetValue<string>(out var text) && text == $"{status}",
            $"The error's 'status' is {reply.Body["status"]?.ToJsonString() ?? "missing"}, not \"{status}\" as text.");
        return scimType is null
            ? reply
            : reply.Must((string?)(reply.Body["scimType"] as JsonValue) == scimType, $"The error's 'scimType' is {reply.Body["scimType"]?.ToJsonString() ?? "missing"}, not \"{scimType}\".");
    }

    /// <summary>The body has a schema.</summary>
    public static ScimCheckReply HasSchema(this ScimCheckReply reply, string urn) => reply.Must(
        reply.Body?["schemas"] is JsonArray schemas && schemas.Any(s => string.Equals(s?.ToString(), urn, StringComparison.OrdinalIgnoreCase)),
        $"The body has no 'schemas' with {urn}.");

    /// <summary>A member of the body, through objects and URNs, is this JSON.</summary>
    public static ScimCheckReply Has(this ScimCheckReply reply, string json, params string[] path)
    {
        JsonNode? node = reply.Body;
        foreach (var name in path)
        {
            node = node is JsonObject o ? o.FirstOrDefault(member => string.Equals(member.Key, name, StringComparison.OrdinalIgnoreCase)).Value : null;
        }

        return reply.Must(
            JsonNode.DeepEquals(node, JsonNode.Parse(json)), $"'{string.Join('.', path)}' is {node?.ToJsonString() ?? "missing"}, not {json}.");
    }
}
