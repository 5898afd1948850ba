namespace IdLcm.LocalHost.Cli.ScimCheck;

/// <summary>Takes away what the other checks made; what the server does not let go fails.</summary>
internal static class CleanupChecks
{
    /// <summary>The checks in their order.</summary>
    public static IReadOnlyList<Check> All { get; } =
    [
        new("cleanup.groups", "Groups that are left are deleted", "RFC 7644 section 3.6", async run =>
        {
            foreach (var id in run.Groups)
            {
                (await run.SendAsync(HttpMethod.Delete, $"Groups/{id}")).Must204(id);
            }
        }),
        new("cleanup.users", "Users are deleted, and are gone", "Entra ID's hard delete; RFC 7644 section 3.6", async run =>
        {
            if (run.Users.Count == 0)
            {
                throw ScimCheckRun.Skip("No user was created.");
            }

            var answers = new List<(string Id, ScimCheckReply Reply)>();
            foreach (var id in run.Users)
            {
                answers.Add((id, await run.SendAsync(HttpMethod.Delete, $"Users/{id}")));
            }

            foreach (var (id, reply) in answers)
            {
                reply.Must204(id);
                (await run.GetAsync($"Users/{id}")).IsError(404);
                (await run.SendAsync(HttpMethod.Delete, $"Users/{id}")).IsError(404);
            }
        }),
    ];

    private static void Must204(this ScimCheckReply reply, string id) =>
        reply.Must(reply.Status == 204, $"{id} could not be deleted, status {reply.Status}: take it away by hand.");
}
