using System.Diagnostics;
using System.Text.RegularExpressions;
using IdLcm.Samples.Data;

namespace IdLcm.Samples.Tests;

public sealed class PersistenceTests
{
    [Fact]
    public async Task Everything_is_there_after_a_restart()
    {
        await using var running = await Running.StartSignedIn(members: 5);
        await running.Admin.Invite("a@x.test", "Billing");
        await running.Admin.Invite("b@x.test");
        await running.Admin.Press(await running.Admin.Open("/projects/apollo"), "Grant access", ("Email", "a@x.test"), ("Permission", "Write"));
        await running.Admin.Press(await running.OpenMember("b@x.test"), "Remove");
        await running.Admin.Press(await running.Admin.Open("/settings"), "Save settings", ("Workspace name", "Umbrella"), ("Plan seats", "77"));
        var (members, audit) = (running.App.Snapshot(), running.App.Audit());
        for (var i = 0; i < 2; i++)
        {
            await running.Restart();
            Assert.Equivalent(members, running.App.Snapshot(), strict: true);
            Assert.Equal(audit, running.App.Audit());
        }

        await running.Admin.SignIn();
        var settings = (await running.Admin.Open("/settings")).FormOf("Save settings");
        Assert.Equal(("Umbrella", "77"), (settings.Fields["name"], settings.Fields["seats"]));
        Assert.Equal(2, (await running.Admin.Open("/outbox")).Rows("Outbox").Count);
        await running.Admin.Invite("c@x.test");
        Assert.Equal(members.Max(m => m.Id) + 2, running.IdOf("c@x.test"));
    }

    [Fact]
    public async Task A_line_that_a_crash_cut_short_is_dropped_and_what_follows_is_kept()
    {
        await using var running = await Running.StartSignedIn();
        await running.Admin.Invite("a@x.test");
        await running.Restart(journal => File.AppendAllText(journal, """{"Members":[{"Id":1003,"FirstN"""));
        Assert.Equal(2, running.App.Snapshot().Count);
        await running.Admin.SignIn();
        await running.Admin.Invite("b@x.test");
        await running.Restart();
        Assert.Equal(3, running.App.Snapshot().Count);
    }

    [Fact]
    public async Task A_directory_belongs_to_one_running_app()
    {
        await using var running = await Running.Start();
        await Assert.ThrowsAsync<IOException>(running.StartAnotherOnTheSameDirectory);
    }

    [Fact]
    public async Task Ten_thousand_members_are_one_page_and_one_search_away()
    {
        await using var running = await Running.StartSignedIn(members: 10_000);
        Assert.Contains("10001 members", (await running.Admin.Open("/members?page=200")).Read, StringComparison.Ordinal);
        Assert.Single((await running.Admin.Open("/members?q=member9999@")).Rows("Members"));
        await running.Restart();
        Assert.Equal(10_001, running.App.Snapshot().Count);
    }

    [Fact]
    public async Task Every_invitation_that_was_answered_survives_kill_9()
    {
        var directory = Directory.CreateTempSubdirectory("sample-app-").FullName;
        var answered = new List<string>();
        using (var process = Launch(directory))
        {
            var address = await ReadAddress(process);
            using var admin = new Person(address);
            await admin.SignIn();
            try
            {
                for (var i = 0; ; i++)
                {
                    var email = $"person{i}@x.test";
                    if ((await admin.Invite(email)).Notice is not null)
                        answered.Add(email);
                    if (i == 30)
                        _ = Task.Run(() => process.Kill(entireProcessTree: true));
                }
            }
            catch (HttpRequestException)
            {
                await process.WaitForExitAsync();
            }
            finally
            {
                process.Kill();
            }
        }

        await using (var app = await SampleAppHost.StartAsync(new SampleAppOptions { DataDirectory = directory }, CancellationToken.None))
        {
            Assert.True(answered.Count >= 31);
            Assert.All(answered, email => Assert.Single(app.Snapshot(), m => m.Email == email && m.Status == MemberStatus.Pending));
        }

        Directory.Delete(directory, recursive: true);
    }

    private static Process Launch(string directory) => Process.Start(new ProcessStartInfo(
        "dotnet",
        [Path.Combine(AppContext.BaseDirectory, "sample-app.dll"), "--urls", "http://127.0.0.1:0", "--data", directory, "--members", "0", "--seats", "100000"])
    {
        UseShellExecute = false,
        RedirectStandardOutput = true,
    })!;

    private static async Task<Uri> ReadAddress(Process process)
    {
        var line = await process.StandardOutput.ReadLineAsync();
        return new Uri(Regex.Match(line ?? "", @"http://\S+", RegexOptions.None, TimeSpan.FromSeconds(1)).Value);
    }
}
