using System.IO.Compression;
using System.Text;
using IdLcm.Domain.Connectors;
using IdLcm.Samples.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Automation.Tests;

public sealed class EvidenceTests(Lab lab)
{
    private static readonly object Jo = new { email = "jo@new.test", givenName = "Jo", familyName = "Lee", roles = new[] { "Editor" } };

    [Fact]
    public async Task The_run_after_a_failed_one_is_traced_and_a_secret_planted_in_page_and_address_is_nowhere_in_it()
    {
        var site = await lab.StartAsync();
        await using var session = await site.OpenAsync();
        site.App.Faults.Change(f => f with { RenamedLabels = new Dictionary<string, string> { ["Send invite"] = site.Options.AdminPassword } });
        var first = await session.RunAsync(Site.Call(ConnectorVerb.CreateUser, Jo));
        Assert.DoesNotContain(first.Evidence, e => e.Kind == "trace");
        var planted = await session.RunAsync(Site.Call(ConnectorVerb.GetUser, new { identifier = site.Options.AdminPassword }));
        Assert.True(planted.Succeeded);
        Assert.Empty(planted.Evidence);
        await session.RunAsync(Site.Call(ConnectorVerb.CreateUser, Jo));
        site.App.Faults.ExpireSessions();
        var second = await session.RunAsync(Site.Call(ConnectorVerb.CreateUser, Jo));
        Assert.Equal(FailureCode.PageChanged, second.Failure?.Code);
        var trace = Assert.Single(second.Evidence, e => e.Kind == "trace");

        var text = new StringBuilder(first.ToString()).Append(string.Join('\n', first.Steps)).Append(planted).Append(string.Join('\n', planted.Steps)).Append(string.Join('\n', second.Steps)).Append(second);
        foreach (var item in first.Evidence.Concat(second.Evidence).Where(e => e.Kind == "dom"))
        {
            text.Append(Encoding.UTF8.GetString(lab.Blobs.Read(item.Hash)));
        }

        using var zip = new ZipArchive(new MemoryStream(lab.Blobs.Read(trace.Hash)));
        Assert.Contains(zip.Entries, e => e.Name.EndsWith(".trace", StringComparison.Ordinal));
        text.Append(await TextAsync(zip));
        var everything = text.ToString();
        Assert.Contains("Jo", everything, StringComparison.Ordinal);
        Assert.DoesNotContain(site.Options.AdminPassword, everything, StringComparison.Ordinal);
        Assert.DoesNotContain(Uri.EscapeDataString(site.Options.AdminPassword), everything, StringComparison.Ordinal);
        Assert.DoesNotMatch("workspace_session=[0-9a-f]{8}", everything);
    }

    [Fact]
    public async Task Full_evidence_keeps_a_trace_and_a_screenshot_of_a_success()
    {
        var site = await lab.StartAsync();
        await using var process = lab.Build(lab.Options with { Evidence = EvidenceLevel.Full });
        await using var session = (await process.GetRequiredService<IConnectorRunner>().OpenAsync(site.Request)).Session!;
        var result = await session.RunAsync(Site.Call(ConnectorVerb.CreateUser, Jo));
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.Equal(["dom", "screenshot", "trace"], result.Evidence.Select(e => e.Kind).Order(StringComparer.Ordinal));
        using var zip = new ZipArchive(new MemoryStream(lab.Blobs.Read(result.Evidence.Single(e => e.Kind == "trace").Hash)));
        Assert.Contains(zip.Entries, e => e.Name.EndsWith(".jpeg", StringComparison.Ordinal));
        Assert.Contains("screencast-frame", await TextAsync(zip), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_of_a_page_that_shows_a_secret_has_no_frames_and_its_headers_addresses_and_storage_are_masked()
    {
        const string Secret = "not-used-here";
        await using var site = await TestSite.StartAsync(lab, web =>
        {
            web.MapGet("/key", () => Secret);
            web.MapGet("/secret", (HttpResponse response) =>
            {
                response.Headers["X-Echo"] = Secret;
                response.Cookies.Append("kept", Secret);
                return TestSite.Html($"<p>Your password is {Secret}.</p><label>Key <input value='{Secret}'></label><a href='/secret?again={Secret}'>Again</a><script>localStorage.setItem('kept', '{Secret}')</script>");
            });
        });
        await using var process = lab.Build(lab.Options with { Evidence = EvidenceLevel.Full });
        var result = await site.RunAsync($"[goto: \"/secret?key={Secret}\", click: {{ role: link, name: Again }}]", process: process);

        Assert.True(result.Succeeded, result.Failure?.ToString());
        using var zip = new ZipArchive(new MemoryStream(lab.Blobs.Read(result.Evidence.Single(e => e.Kind == "trace").Hash)));
        var text = await TextAsync(zip);
        Assert.Contains("/secret?key=•••", text, StringComparison.Ordinal);
        Assert.Contains("frame-snapshot", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
        Assert.DoesNotContain("screencast-frame", text, StringComparison.Ordinal);
        Assert.DoesNotContain(zip.Entries, e => e.Name.EndsWith(".jpeg", StringComparison.Ordinal));
        Assert.DoesNotContain(Secret, Encoding.UTF8.GetString(lab.Blobs.Read(result.Evidence.Single(e => e.Kind == "dom").Hash)), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, string.Join('\n', result.Steps) + string.Join('\n', result.Evidence), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_evidence_is_kept_where_none_is_wanted()
    {
        var site = await lab.StartAsync();
        await using var process = lab.Build(lab.Options with { Evidence = EvidenceLevel.None });
        await using var session = (await process.GetRequiredService<IConnectorRunner>().OpenAsync(site.Request)).Session!;
        site.App.Faults.Change(f => f with { RateLimited = Times.Always });
        var result = await session.RunAsync(Site.Call(ConnectorVerb.CreateUser, Jo));
        Assert.Equal(FailureCode.RateLimited, result.Failure?.Code);
        Assert.Empty(result.Evidence);
    }

    [Fact]
    public async Task Inputs_are_masked_in_the_kept_markup()
    {
        var site = await lab.StartAsync();
        Assert.True((await site.RunAsync(ConnectorVerb.CreateUser, Jo)).Succeeded);
        var again = await site.RunAsync(ConnectorVerb.CreateUser, Jo);
        var dom = Encoding.UTF8.GetString(lab.Blobs.Read(Assert.Single(again.Evidence, e => e.Kind == "dom").Hash));
        Assert.Contains("is already a member", dom, StringComparison.Ordinal);
        Assert.DoesNotContain("value=\"Lee\"", dom, StringComparison.Ordinal);
    }

    private static async Task<string> TextAsync(ZipArchive zip)
    {
        var text = new StringBuilder();
        foreach (var entry in zip.Entries)
        {
            using var reader = new StreamReader(entry.Open());
            text.Append(await reader.ReadToEndAsync());
        }

        return text.ToString();
    }
}
