using System.Text.Json.Nodes;

namespace IdLcm.LocalHost.Cli.ScimCheck;

/// <summary>Group push.</summary>
internal static class GroupChecks
{
    private const string GroupUrn = "urn:ietf:params:scim:schemas:core:2.0:Group";

    /// <summary>The checks in their order.</summary>
    public static IReadOnlyList<Check> All { get; } =
    [
        new("groups.create", "A group is created without members", "Entra ID and Okta push groups; RFC 7644 section 3.3", async run =>
        {
            if ((await run.GetAsync("Groups?startIndex=1&count=1")).Status is 404 or 501)
            {
                throw ScimCheckRun.Skip("The server has no /Groups.");
            }

            var reply = (await run.SendAsync(HttpMethod.Post, "Groups", Group(run))).Is(201);
            run.GroupId = UserChecks.Keep(reply, run.Groups);
            reply.Has($"\"{Name(run)}\"", "displayName");
        }),
        new("groups.entra.add", "Entra ID adds members; the second time changes nothing", "Entra ID: Add members, answered 204 or 200; adding twice succeeds", async run =>
        {
            var operation = $$"""{"op":"Add","path":"members","value":[{{Values(Both(run))}}]}""";
            await ChangeAsync(run, operation, Both(run));
            await ChangeAsync(run, operation, Both(run));
        }),
        new("groups.find", "A filter finds the group by displayName, without its members", "Entra ID: displayName eq with excludedAttributes=members", async run =>
        {
            var id = run.NeedGroup();
            var reply = await run.FilterAsync("Groups", $"displayName eq \"{Name(run)}\"", "&excludedAttributes=members");
            UserChecks.Finds(id, reply);
            reply.Must(!reply.Resources[0].ContainsKey("members"), "The members are in the answer.");
        }),
        new("groups.entra.remove", "Entra ID removes one member, and only that one", "Entra ID, default dialect: Remove members with a value", run =>
            ChangeAsync(run, $$"""{"op":"Remove","path":"members","value":[{{Values([Both(run)[1]])}}]}""", Both(run)[0])),
        new("groups.okta.remove", "Okta removes a member by a value path", "Okta: remove members[value eq \"…\"]; RFC 7644 section 3.5.2.2", run =>
            ChangeAsync(run, $$"""{"op":"remove","path":"members[value eq \"{{Both(run)[0]}}\"]"}""")),
        new("groups.okta.pushNow", "Okta pushes all members at once", "Okta \"Push now\": replace members", run =>
            ChangeAsync(run, $$"""{"op":"replace","path":"members","value":[{{Values(Both(run))}}]}""", Both(run))),
        new("groups.okta.rename", "Okta renames a group without a path; the members stay", "Okta: replace of {id, displayName}", async run =>
        {
            var id = run.NeedGroup();
            await ChangeAsync(run, $$"""{"op":"replace","value":{"id":"{{id}}","displayName":"{{Name(run)}}-renamed"} }""", Both(run));
            (await run.GetAsync($"Groups/{id}")).Has($"\"{Name(run)}-renamed\"", "displayName");
        }),
        new("groups.put", "Okta puts the whole group", "Okta custom apps; RFC 7644 section 3.5.1", async run =>
        {
            var group = Group(run);
            group["id"] = run.NeedGroup();
            group["members"] = new JsonArray(new JsonObject { ["value"] = Both(run)[0] });
            (await run.SendAsync(HttpMethod.Put, $"Groups/{run.GroupId}", group)).Is(200);
            (await run.GetAsync($"Groups/{run.GroupId}")).Is(200).HasMembers(Both(run)[0]).Has($"\"{Name(run)}\"", "displayName");
        }),
        new("groups.delete", "The group is deleted, its members are not", "Okta's unlink; RFC 7644 section 3.6", async run =>
        {
            var id = run.NeedGroup();
            (await run.SendAsync(HttpMethod.Delete, $"Groups/{id}")).Is(204);
            run.Groups.Remove(id);
            (await run.GetAsync($"Groups/{id}")).IsError(404);
            (await run.GetAsync($"Users/{Both(run)[0]}")).Is(200);
        }),
    ];

    private static string Name(ScimCheckRun run) => $"idlcm-check-{run.Run}";

    private static JsonObject Group(ScimCheckRun run) => new() { ["schemas"] = new JsonArray(GroupUrn), ["displayName"] = Name(run), ["externalId"] = $"{run.ExternalId}-group" };

    private static string[] Both(ScimCheckRun run) => [run.NeedUser(), run.OktaUserId ?? throw ScimCheckRun.Skip("Okta's user could not be created.")];

    private static string Values(IEnumerable<string> ids) => string.Join(',', ids.Select(id => $$"""{"value":"{{id}}"}"""));

    private static async Task ChangeAsync(ScimCheckRun run, string operation, params string[] members)
    {
        var path = $"Groups/{run.NeedGroup()}";
        (await run.PatchAsync(path, operation)).Is(200, 204);
        (await run.GetAsync(path)).Is(200).HasMembers(members);
    }

    private static ScimCheckReply HasMembers(this ScimCheckReply reply, params string[] members) => reply.Must(
        reply.Members.Order(StringComparer.Ordinal).SequenceEqual(members.Order(StringComparer.Ordinal)),
        $"The members are [{string.Join(", ", reply.Members)}], not [{string.Join(", ", members)}].");
}
