using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Samples.Data;
using IdLcm.Samples.Testing;

namespace IdLcm.Automation.Tests;

public sealed class VerbTests(Lab lab)
{
    [Fact]
    public async Task Reads_every_member_over_several_pages_and_proves_it()
    {
        var site = await lab.StartAsync(o => o with { Members = 60 });
        var result = await site.RunAsync(ConnectorVerb.ListUsers);
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.True(result.Complete);
        Assert.Equal(
            site.App.Snapshot().Select(m => (m.Email, m.Role.ToString(), m.Status.ToString().ToLowerInvariant())).Order(),
            result.Rows.Select(r => ((string)r["email"]!, (string)r["roles"]![0]!, (string)r["status"]!)).Order());
    }

    [Fact]
    public async Task Whoever_takes_the_rows_gets_them_page_by_page_and_the_result_holds_none_but_the_seats()
    {
        var site = await lab.StartAsync(o => o with { Members = 60, Seats = 1_200 });
        var pages = new List<int>();
        await using var session = await site.OpenAsync();
        var result = await session.RunAsync(Site.Call(ConnectorVerb.ListUsers) with
        {
            Rows = new RowSink((rows, _) =>
            {
                pages.Add(rows.Count);
                return ValueTask.CompletedTask;
            }),
        });
        Assert.True(result is { Succeeded: true, Complete: true, Rows: [], RowsRead: 61 }, result.Failure?.ToString());
        Assert.Equal([25, 25, 11], pages);
        Assert.Equal(new ListedSeats(site.App.Snapshot().Count(member => member.Status != MemberStatus.Suspended), 1_200), result.Seats);
    }

    [Fact]
    public async Task A_list_that_ends_early_is_an_incomplete_read()
    {
        var site = await lab.StartAsync(o => o with { Members = 60 });
        site.App.Faults.Change(f => f with { ShortList = 2 });
        var result = await site.RunAsync(ConnectorVerb.ListUsers);
        Assert.Equal(FailureCode.IncompleteRead, result.Failure?.Code);
        Assert.False(result.Complete);
        Assert.Contains("there are 61, but 50 were read", result.Failure!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finds_one_account_with_what_only_its_own_page_shows()
    {
        var site = await lab.StartAsync();
        await Invite(site, "jo@new.test");
        await site.RunAsync(ConnectorVerb.UpdateUser, new { identifier = "jo@new.test", jobTitle = "Pilot", department = "Air" });
        var result = await site.RunAsync(ConnectorVerb.GetUser, new { identifier = "JO@new.test" });
        var row = Assert.Single(result.Rows);
        Assert.Equal(("Jo", "Lee", "Pilot", "Air", "pending"), ((string)row["givenName"]!, (string)row["familyName"]!, (string)row["jobTitle"]!, (string)row["department"]!, (string)row["status"]!));
    }

    [Fact]
    public async Task A_near_miss_is_not_a_hit()
    {
        var site = await lab.StartAsync();
        await Invite(site, "banjo@new.test");
        var result = await site.RunAsync(ConnectorVerb.GetUser, new { identifier = "jo@new.test" });
        Assert.True(result.Succeeded);
        Assert.True(result.Complete);
        Assert.Empty(result.Rows);
    }

    [Fact]
    public async Task A_search_without_any_hit_is_a_proved_absence()
    {
        var site = await lab.StartAsync();
        var result = await site.RunAsync(ConnectorVerb.GetUser, new { identifier = "nobody@nowhere.test" });
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.True(result.Complete);
        Assert.Empty(result.Rows);
    }

    [Theory]
    [InlineData("Viewer")]
    [InlineData("Editor")]
    [InlineData("Billing")]
    [InlineData("Owner")]
    public async Task Invites_a_person_with_each_role_and_sees_them_pending(string role)
    {
        var site = await lab.StartAsync(o => o with { Members = 0 });
        var result = await Invite(site, "jo@new.test", role);
        Assert.True(result.Verified);
        Assert.True(result.CommitEntered);
        var member = Assert.Single(site.App.Snapshot(), m => m.Email == "jo@new.test");
        Assert.Equal((MemberStatus.Pending, role), (member.Status, member.Role.ToString()));
        Assert.Single(result.Steps, s => s.Commit);
    }

    [Theory]
    [InlineData("Zoë \"Zed\" {email} {{x}}", "O'Brien-Łódź <script>alert(1)</script>")]
    [InlineData("Ünïcödé 日本 🎉", "</td><td>Owner</td> & Co \\ %41 +")]
    public async Task Hostile_names_go_through_as_they_are(string given, string family)
    {
        var site = await lab.StartAsync();
        var result = await site.RunAsync(ConnectorVerb.CreateUser, new { email = "a+b'c@x.test", givenName = given, familyName = family, roles = new[] { "Viewer" } });
        Assert.True(result.Succeeded, result.Failure?.ToString());
        var member = Assert.Single(site.App.Snapshot(), m => m.Email == "a+b'c@x.test");
        Assert.Equal((given, family), (member.FirstName, member.LastName));
        var read = Assert.Single((await site.RunAsync(ConnectorVerb.GetUser, new { identifier = "a+b'c@x.test" })).Rows);
        Assert.Equal((given, family), ((string)read["givenName"]!, (string)read["familyName"]!));
    }

    [Fact]
    public async Task A_name_of_two_hundred_characters_goes_through_or_is_refused_in_words()
    {
        var site = await lab.StartAsync();
        var result = await site.RunAsync(ConnectorVerb.CreateUser, new { email = "long@x.test", givenName = new string('x', 99) + "é", familyName = new string('y', 100), roles = new[] { "Viewer" } });
        Assert.True(result.Succeeded, result.Failure?.ToString());
    }

    [Fact]
    public async Task Changes_only_the_attributes_that_are_given()
    {
        var site = await lab.StartAsync();
        await Invite(site, "jo@new.test");
        var result = await site.RunAsync(ConnectorVerb.UpdateUser, new { identifier = "jo@new.test", familyName = "Ray", email = "ray@new.test" });
        Assert.True(result.Verified, result.Failure?.ToString());
        var member = Assert.Single(site.App.Snapshot(), m => m.Email == "ray@new.test");
        Assert.Equal(("Jo", "Ray"), (member.FirstName, member.LastName));
        Assert.Contains(result.Steps, s => s.Outcome == "skipped");
    }

    [Fact]
    public async Task Changes_the_role_in_place()
    {
        var site = await lab.StartAsync();
        await Invite(site, "jo@new.test");
        var result = await site.RunAsync(ConnectorVerb.SetRoles, new { identifier = "jo@new.test", roles = new[] { "Billing" } });
        Assert.True(result.Verified, result.Failure?.ToString());
        Assert.Equal(Role.Billing, Assert.Single(site.App.Snapshot(), m => m.Email == "jo@new.test").Role);
    }

    [Fact]
    public async Task Deactivates_reactivates_and_deletes()
    {
        var site = await lab.StartAsync();
        await Invite(site, "jo@new.test");
        await using var session = await site.OpenAsync();
        foreach (var (verb, expected) in new (ConnectorVerb, MemberStatus?)[] { (ConnectorVerb.Deactivate, MemberStatus.Suspended), (ConnectorVerb.Reactivate, MemberStatus.Pending), (ConnectorVerb.Delete, null) })
        {
            var result = await session.RunAsync(Site.Call(verb, new { identifier = "jo@new.test" }));
            Assert.True(result.Verified, $"{verb}: {result.Failure}");
            Assert.Equal(expected, site.App.Snapshot().FirstOrDefault(m => m.Email == "jo@new.test")?.Status);
        }
    }

    [Fact]
    public async Task Sends_a_pending_invitation_again()
    {
        var site = await lab.StartAsync();
        await Invite(site, "jo@new.test");
        var result = await site.RunAsync(ConnectorVerb.ResendInvite, new { identifier = "jo@new.test" });
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.Contains(site.App.Audit(), a => a.ToString().Contains("resent", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reads_the_roles()
    {
        var site = await lab.StartAsync();
        var result = await site.RunAsync(ConnectorVerb.ListRoles);
        Assert.Contains(result.Rows, r => (string?)r["value"] == "Owner" && (string?)r["exclusive"] == "true");
    }

    [Fact]
    public async Task Validates_permissions_and_the_workspace_id()
    {
        var site = await lab.StartAsync();
        Assert.True((await site.RunAsync(ConnectorVerb.Validate)).Succeeded);
        await using var wrong = await site.OpenAsync(r => r with { Settings = new Dictionary<string, string>(r.Settings) { ["workspaceId"] = "ws-9" } });
        Assert.Equal(FailureCode.InvalidBusinessId, (await wrong.RunAsync(Site.Call(ConnectorVerb.Validate))).Failure?.Code);
    }

    [Fact]
    public async Task What_is_not_given_is_said_by_name()
    {
        var site = await lab.StartAsync();
        var result = await site.RunAsync(ConnectorVerb.CreateUser, new { email = "jo@new.test", familyName = "Lee", roles = new[] { "Viewer" } });
        Assert.Equal(FailureCode.UnsupportedOperation, result.Failure?.Code);
        Assert.Contains("'givenName'", result.Failure!.Detail, StringComparison.Ordinal);
        Assert.False(result.CommitEntered);
    }

    [Fact]
    public async Task An_absent_verb_is_unsupported()
    {
        var site = await lab.StartAsync();
        Assert.Equal(FailureCode.UnsupportedOperation, (await site.RunAsync(ConnectorVerb.RotatePassword)).Failure?.Code);
    }

    private static async Task<VerbResult> Invite(Site site, string email, string role = "Editor")
    {
        var result = await site.RunAsync(ConnectorVerb.CreateUser, new { email, givenName = "Jo", familyName = "Lee", roles = new[] { role } });
        Assert.True(result.Succeeded, result.Failure?.ToString());
        return result;
    }
}
