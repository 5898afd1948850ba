using IdLcm.Domain.Connectors;
using IdLcm.Samples.Data;

namespace IdLcm.Automation.Tests;

public sealed class VerbTests(Lab lab)
{
    [Fact]
    public async Task Signs_in_and_reads_every_member()
    {
        var site = await lab.StartAsync(o => o with { Members = 60 });
        var result = await site.RunAsync(ConnectorVerb.ListUsers);
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.True(result.Complete);
        Assert.Equal(site.App.Snapshot().Select(m => m.Email).Order(StringComparer.Ordinal), result.Rows.Select(r => (string)r["email"]!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Invites_a_person_and_sees_them_pending()
    {
        var site = await lab.StartAsync();
        var result = await site.RunAsync(ConnectorVerb.CreateUser, new { email = "jo@new.test", givenName = "Jo", familyName = "Lee", roles = new[] { "Editor" } });
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.True(result.Verified);
        Assert.True(result.CommitEntered);
        var member = Assert.Single(site.App.Snapshot(), m => m.Email == "jo@new.test");
        Assert.Equal(MemberStatus.Pending, member.Status);
        Assert.Equal(Role.Editor, member.Role);
    }
}
