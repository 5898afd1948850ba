namespace IdLcm.LocalHost.Cli.ScimCheck;

/// <summary>Sign-in, test connections and discovery.</summary>
internal static class ConnectionChecks
{
    /// <summary>The checks in their order.</summary>
    public static IReadOnlyList<Check> All { get; } =
    [
        new("connection.entra", "Entra ID's test connection: a filter for a random user gives 200 and an empty list", "Entra ID: a 404 here puts the job in quarantine", async run =>
            (await run.FilterAsync("Users", $"userName eq \"{Guid.NewGuid()}\"")).IsList().Has("0", "totalResults")),
        new("connection.okta", "Okta's test connection: the first page of users", "Okta: GET /Users?startIndex=1&count=1, counters are integers", async run =>
        {
            var reply = (await run.GetAsync("Users?startIndex=1&count=1")).IsList();
            reply.Must(reply.Resources.Count <= 1, "More than one user came for count=1.");
        }),
        new("connection.mediaType", "Answers are application/scim+json", "RFC 7644 section 3.1", async run =>
        {
            var reply = await run.GetAsync("Users?startIndex=1&count=1");
            reply.Must(reply.MediaType == ScimCheckClient.ScimJson, $"The media type is {reply.MediaType ?? "missing"}.");
        }),
        new("connection.noToken", "A request without a token is refused with 401 and a SCIM error", "RFC 7644 sections 2 and 3.12; Okta reads \"status\":\"401\"", run => RefusesAsync(run, "")),
        new("connection.wrongToken", "A wrong token is refused with 401 and a SCIM error", "RFC 7644 sections 2 and 3.12; Okta reads \"status\":\"401\"", run => RefusesAsync(run, "Bearer idlcm-check-wrong-token")),
        new("discovery.config", "/ServiceProviderConfig describes the server", "RFC 7643 section 5", async run =>
            (await run.GetAsync("ServiceProviderConfig")).Is(200).HasSchema("urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig")),
        new("discovery.resourceTypes", "/ResourceTypes names the endpoint /Users", "RFC 7643 section 6; Okta's entitlement discovery starts here", async run =>
        {
            var reply = (await run.GetAsync("ResourceTypes")).IsList();
            reply.Must(reply.Resources.Any(type => type["endpoint"]?.ToString().TrimEnd('/').EndsWith("/Users", StringComparison.Ordinal) == true), "No resource type has the endpoint /Users.");
        }),
        new("discovery.schemas", "/Schemas describes users", "RFC 7643 section 7; Entra ID's schema discovery", async run =>
        {
            var reply = (await run.GetAsync("Schemas")).IsList();
            reply.Must(reply.Ids.Contains("urn:ietf:params:scim:schemas:core:2.0:User", StringComparer.OrdinalIgnoreCase), "The core schema of users is not among them.");
        }),
    ];

    private static async Task RefusesAsync(ScimCheckRun run, string authorization) =>
        (await run.SendAsync(HttpMethod.Get, "Users?startIndex=1&count=1", headers: new Dictionary<string, string> { ["Authorization"] = authorization })).IsError(401);
}
