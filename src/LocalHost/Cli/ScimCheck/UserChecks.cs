using System.Text.Json.Nodes;

namespace IdLcm.LocalHost.Cli.ScimCheck;

/// <summary>Creating and finding users.</summary>
internal static class UserChecks
{
    /// <summary>The core schema of users.</summary>
    public const string UserUrn = "urn:ietf:params:scim:schemas:core:2.0:User";

    /// <summary>The enterprise extension.</summary>
    public const string EnterpriseUrn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    /// <summary>The checks in their order.</summary>
    public static IReadOnlyList<Check> All { get; } =
    [
        new("users.create", "Entra ID creates a user: 201, the whole user, its Location", "RFC 7644 section 3.3; an empty 201 is a failure for Okta", async run =>
        {
            var user = User(run.UserName, run.ExternalId);
            user[EnterpriseUrn] = new JsonObject { ["department"] = "Check" };
            var reply = (await run.SendAsync(HttpMethod.Post, "Users", user)).Is(201);
            run.UserId = Keep(reply, run.Users);
            reply.Has($"\"{run.UserName}\"", "userName").Has("true", "active").HasSchema(UserUrn);
            reply.Must(Uri.TryCreate(reply.Location, UriKind.Absolute, out _), $"The Location header is {reply.Location ?? "missing"}, not an absolute URL.");
            reply.Has($"\"{reply.Location}\"", "meta", "location");
        }),
        new("users.createOkta", "Okta creates a user with a password, as application/json: it is not returned", "Okta always sends a password; RFC 7643 section 4.1.1: never returned", async run =>
        {
            var user = User($"idlcm-check-{run.Run}-okta@example.com", $"{run.ExternalId}-okta");
            user["password"] = $"Idlcm-check-{Guid.NewGuid():N}";
            user["groups"] = new JsonArray();
            var reply = (await run.SendAsync(HttpMethod.Post, "Users", user, mediaType: "application/json")).Is(201);
            run.OktaUserId = Keep(reply, run.Users);
            reply.Must(!reply.Body!.ContainsKey("password"), "The password is in the answer.");
        }),
        new("users.duplicate", "The same userName in capitals is refused with 409 uniqueness", "RFC 7643 section 4.1.1 (not case-sensitive), RFC 7644 section 3.3", async run =>
        {
            run.NeedUser();
            var reply = await run.SendAsync(HttpMethod.Post, "Users", User(run.UserName.ToUpperInvariant(), run.ExternalId + "-2"));
            if (reply.Status == 201)
            {
                Keep(reply, run.Users);
            }

            reply.IsError(409, "uniqueness");
        }),
        new("users.get", "The user is read again", "RFC 7644 section 3.4.1", async run =>
            (await run.GetAsync($"Users/{run.NeedUser()}")).Is(200)
                .Has($"\"{run.UserId}\"", "id").Has($"\"{run.UserName}\"", "userName").Has("\"Ida\"", "name", "givenName").Has($"\"{run.ExternalId}\"", "externalId")),
        new("users.unknown", "An unknown id is 404 with a SCIM error", "RFC 7644 section 3.12; Okta and Entra ID read its body", async run =>
            (await run.GetAsync($"Users/{Guid.NewGuid()}")).IsError(404)),
        new("users.byUserName", "A filter finds userName in another letter case", "Entra ID and Okta match with userName eq; RFC 7643 section 4.1.1", async run =>
            Finds(run.NeedUser(), await run.FilterAsync("Users", $"userName eq \"{run.UserName.ToUpperInvariant()}\""))),
        new("users.byExternalId", "A filter finds externalId", "Entra ID matches with externalId eq", async run =>
            Finds(run.NeedUser(), await run.FilterAsync("Users", $"externalId eq \"{run.ExternalId}\""))),
        new("users.byWorkEmail", "A filter with a value path finds the work e-mail", "Entra ID matches with emails[type eq \"work\"].value eq; RFC 7644 section 3.4.2.2", async run =>
            Finds(run.NeedUser(), await run.FilterAsync("Users", $"emails[type eq \"work\"].value eq \"{run.UserName}\""))),
        new("users.badFilter", "A filter that is none is refused with 400 invalidFilter", "RFC 7644 section 3.12", async run =>
            (await run.FilterAsync("Users", "userName eq")).IsError(400, "invalidFilter")),
        new("users.etag", "Versions: 304 for a known one, 412 for a wrong one", "RFC 7644 section 3.14", async run =>
        {
            var path = $"Users/{run.NeedUser()}";
            if ((await run.GetAsync(path)).Is(200).ETag is not { } etag)
            {
                throw ScimCheckRun.Skip("The server sends no ETag.");
            }

            (await run.SendAsync(HttpMethod.Get, path, headers: new Dictionary<string, string> { ["If-None-Match"] = etag })).Is(304);
            var wrong = new Dictionary<string, string> { ["If-Match"] = "W/\"idlcm-check\"" };
            (await run.SendAsync(HttpMethod.Put, path, User(run.UserName, run.ExternalId), wrong)).IsError(412);
        }),
    ];

    /// <summary>Exactly this resource is in the list.</summary>
    public static void Finds(string id, ScimCheckReply reply) =>
        reply.IsList().Must(reply.Ids.Count == 1 && reply.Ids[0] == id, $"The list holds [{string.Join(", ", reply.Ids)}] and not just {id}.");

    /// <summary>Notes what was made, to take it away at the end.</summary>
    public static string Keep(ScimCheckReply reply, List<string> made)
    {
        var id = reply.Body?["id"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
        reply.Must(id.Length > 0, "The answer has no 'id' that is a text.");
        made.Add(id);
        return id;
    }

    private static JsonObject User(string userName, string externalId) => new()
    {
        ["schemas"] = new JsonArray(UserUrn, EnterpriseUrn),
        ["externalId"] = externalId,
        ["userName"] = userName,
        ["active"] = true,
        ["displayName"] = "Ida Check",
        ["title"] = "Tester",
        ["name"] = new JsonObject { ["givenName"] = "Ida", ["familyName"] = "Check" },
        ["emails"] = new JsonArray(new JsonObject { ["primary"] = true, ["type"] = "work", ["value"] = userName }),
    };
}
