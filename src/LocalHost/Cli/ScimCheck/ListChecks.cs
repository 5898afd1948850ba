namespace IdLcm.LocalHost.Cli.ScimCheck;

/// <summary>Import: pages and what they hold.</summary>
internal static class ListChecks
{
    /// <summary>The checks in their order.</summary>
    public static IReadOnlyList<Check> All { get; } =
    [
        new("import.order", "Pages have the same order every time and fit together", "Okta's import reads page by page; RFC 7644 section 3.4.2.4", async run =>
        {
            var both = (await run.GetAsync("Users?startIndex=1&count=2")).IsList();
            if (both.Ids.Count < 2)
            {
                throw ScimCheckRun.Skip("There are fewer than two users.");
            }

            (await run.GetAsync("Users?startIndex=1&count=2")).IsListOf(both.Ids);
            (await run.GetAsync("Users?startIndex=2&count=1")).IsListOf([both.Ids[1]]);
        }),
        new("import.end", "A page beyond the end is empty and tells the same total", "RFC 7644 section 3.4.2.4", async run =>
        {
            var first = (await run.GetAsync("Users?startIndex=1&count=1")).IsList();
            (await run.GetAsync("Users?startIndex=100000000&count=1")).IsListOf([]).Has(first.Body!["totalResults"]!.ToJsonString(), "totalResults");
        }),
        new("import.zero", "count=0 gives the total and no users", "RFC 7644 section 3.4.2.4", async run =>
            (await run.GetAsync("Users?count=0")).IsListOf([])),
        new("import.attributes", "attributes=userName leaves the others out", "RFC 7644 section 3.9", async run =>
        {
            var reply = (await run.GetAsync($"Users/{run.NeedUser()}?attributes=userName")).Is(200).Has($"\"{run.UserName}\"", "userName").Has($"\"{run.UserId}\"", "id");
            reply.Must(!reply.Body!.ContainsKey("name") && !reply.Body.ContainsKey("emails"), "Attributes came that were not asked for.");
        }),
    ];

    private static ScimCheckReply IsListOf(this ScimCheckReply reply, IReadOnlyList<string> ids) =>
        reply.IsList().Must(reply.Ids.SequenceEqual(ids), $"The page holds [{string.Join(", ", reply.Ids)}], not [{string.Join(", ", ids)}].");
}
