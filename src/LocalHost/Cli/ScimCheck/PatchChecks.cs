namespace IdLcm.LocalHost.Cli.ScimCheck;

/// <summary>The dialects in which identity providers change users.</summary>
internal static class PatchChecks
{
    private const string Entra = "Entra ID, default dialect: capitalised op, booleans as texts";
    private const string EntraFlag = "Entra ID with aadOptscim062020: one replace without path; RFC 7644 section 3.5.2.3";
    private const string Okta = "Okta: replace without path; RFC 7644 section 3.5.2.3";

    /// <summary>The checks in their order.</summary>
    public static IReadOnlyList<Check> All { get; } =
    [
        new("patch.entra.disable", "Entra ID disables: active becomes false from the text \"False\"", Entra, run =>
            ActiveAsync(run, """{"op":"Replace","path":"active","value":"False"}""", active: false)),
        new("patch.visible", "A user who is not active is still found", "Entra ID: a disabled user that is not found is created again", async run =>
        {
            var id = run.NeedUser();
            UserChecks.Finds(id, await run.FilterAsync("Users", $"userName eq \"{run.UserName}\""));
            (await run.GetAsync($"Users/{id}")).Is(200);
        }),
        new("patch.entra.enable", "Entra ID enables again with the text \"True\"", Entra, run =>
            ActiveAsync(run, """{"op":"Replace","path":"active","value":"True"}""", active: true)),
        new("patch.entra.attributes", "Entra ID changes several attributes, one operation for each path", Entra, async run =>
            (await ChangeAsync(run, """{"op":"Replace","path":"title","value":"Lead"},{"op":"Add","path":"name.givenName","value":"Ada"},{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1 555 0100"}"""))
                .Has("\"Lead\"", "title").Has("\"Ada\"", "name", "givenName").HasPhone("+1 555 0100")),
        new("patch.entra.flag", "Entra ID changes dotted and URN-qualified keys in one operation", EntraFlag, async run =>
            (await ChangeAsync(run, $$"""{"op":"replace","value":{"displayName":"Ada Check","name.familyName":"Checker","{{UserChecks.EnterpriseUrn}}:department":"Proof"} }"""))
                .Has("\"Ada Check\"", "displayName").Has("\"Checker\"", "name", "familyName").Has("\"Proof\"", UserChecks.EnterpriseUrn, "department")),
        new("patch.okta.deactivate", "Okta deactivates without a path", Okta, run => ActiveAsync(run, """{"op":"replace","value":{"active":false}}""", active: false)),
        new("patch.okta.reactivate", "Okta reactivates without a path", Okta, run => ActiveAsync(run, """{"op":"replace","value":{"active":true}}""", active: true)),
        new("patch.atomic", "A PATCH with one bad operation changes nothing", "RFC 7644 section 3.5.2: atomic", async run =>
        {
            var path = $"Users/{run.NeedUser()}";
            var before = (await run.GetAsync(path)).Is(200).Body!["title"]?.ToJsonString() ?? "null";
            var reply = await run.PatchAsync(path, """{"op":"replace","path":"title","value":"Half"},{"op":"replace","path":"noSuchAttributeAtAll","value":"x"}""");
            reply.IsError(400, "invalidPath");
            (await run.GetAsync(path)).Has(before, "title");
        }),
        new("patch.unknown", "A PATCH of an unknown id is 404", "RFC 7644 section 3.12", async run =>
            (await run.PatchAsync($"Users/{Guid.NewGuid()}", """{"op":"replace","value":{"active":false}}""")).IsError(404)),
        new("put.okta", "Okta reads a user, changes it and puts the whole object back", "Okta custom apps: GET then PUT; RFC 7644 section 3.5.1", async run =>
        {
            var path = $"Users/{run.NeedUser()}";
            var body = (await run.GetAsync(path)).Is(200).Body!;
            body["title"] = "Put";
            (await run.SendAsync(HttpMethod.Put, path, body)).Is(200).Has("\"Put\"", "title");
            (await run.GetAsync(path)).Is(200).Has("\"Put\"", "title").Has($"\"{run.UserId}\"", "id").Has($"\"{run.UserName}\"", "userName").Has("true", "active");
        }),
    ];

    private static async Task ActiveAsync(ScimCheckRun run, string operation, bool active) =>
        (await ChangeAsync(run, operation)).Has(active ? "true" : "false", "active");

    private static async Task<ScimCheckReply> ChangeAsync(ScimCheckRun run, string operations)
    {
        var path = $"Users/{run.NeedUser()}";
        (await run.PatchAsync(path, operations)).Is(200, 204);
        return (await run.GetAsync(path)).Is(200);
    }

    private static ScimCheckReply HasPhone(this ScimCheckReply reply, string number) => reply.Must(
        reply.Body!["phoneNumbers"] is System.Text.Json.Nodes.JsonArray phones && phones.Count(phone => phone?["value"]?.ToString() == number && phone["type"]?.ToString() == "mobile") == 1,
        "There is no phone number of the type mobile: a value path without a match creates the element.");
}
