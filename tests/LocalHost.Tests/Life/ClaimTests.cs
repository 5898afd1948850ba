using System.Text.RegularExpressions;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Claims;
using IdLcm.Gateway.Notifications;
using IdLcm.Gateway.Scim;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Life;

/// <summary>Accounts that are made when the person claims them: links by e-mail, just-in-time, skipping.</summary>
public sealed class ClaimTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_person_gets_the_link_by_e_mail_and_again_when_somebody_asks()
    {
        await using var server = await RunningMailServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(
            i => i with { Invite = InviteModel.OnClaim },
            services => services.AddSingleton(new SmtpOptions { Host = "127.0.0.1", Port = server.Port, StartTls = false, From = "idlcm@acme.test" })
                .AddSingleton(new GatewayAddress { PublicUrl = "https://id.acme.test" }));
        await gateway.DoAsync(HttpMethod.Patch, "", """{"claimMail":true}""");
        var id = await gateway.CreateAsync("ada@acme.test", ""","emails":[{"type":"work","value":"ada.work@acme.test"}]""");
        var mails = gateway.Services.GetRequiredService<ClaimMails>();
        await RunningGateway.UntilAsync(
            async () =>
            {
                await mails.RunDueAsync(gateway.Integration.Id, Stop);
                return server.Mails.Count > 0;
            },
            "No mail came.");
        await mails.RunDueAsync(gateway.Integration.Id, Stop);
        gateway.Clock.Leap(TimeSpan.FromDays(1));
        await mails.RunDueAsync(gateway.Integration.Id, Stop);
        var mail = Assert.Single(server.Mails);
        Assert.Contains("To: ada.work@acme.test", mail.Text, StringComparison.Ordinal);
        Assert.Single(await gateway.ActivityAsync("Claim mail sent"));

        var again = await gateway.DoAsync(HttpMethod.Post, $"/users/{id}/claim-mail");
        Assert.Equal("ada.work@acme.test", (string?)again["to"]);
        await RunningGateway.UntilAsync(() => Task.FromResult(server.Mails.Count == 2), "The mail is not sent again.");

        // The link in the mail is the one that claims.
        using var browser = new HttpClient();
        var link = new Uri(gateway.Scim.BaseAddress!, new Uri(LinkIn(server.Mails[1])).AbsolutePath);
        Assert.True((await browser.PostAsync(link, null, Stop)).IsSuccessStatusCode);
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Equal("no_claim", (string?)(await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/users/{id}/claim-mail")).Body["code"]);
    }

    [Fact]
    public async Task A_mail_that_cannot_be_sent_is_tried_again_told_of_and_given_up_in_the_end()
    {
        await using var gateway = await RunningGateway.StartAsync(i => i with { Invite = InviteModel.OnClaim, ClaimMail = true });
        await gateway.CreateAsync("ada@acme.test");
        var mails = gateway.Services.GetRequiredService<ClaimMails>();
        for (var i = 0; i < 15; i++)
        {
            Assert.Equal(0, await mails.RunDueAsync(gateway.Integration.Id, Stop));
            gateway.Clock.Leap(TimeSpan.FromHours(3));
        }

        var failures = await gateway.ActivityAsync("Claim mail failed");
        Assert.Equal(2, failures.Count);
        Assert.Contains("no public URL", (string)failures[0]["detail"]!, StringComparison.Ordinal);
        Assert.Equal(ProvisioningState.ProvisioningAwaiting, (await gateway.AccountAsync("ada@acme.test"))!.State);
    }

    [Fact]
    public async Task Just_in_time_the_account_is_made_when_the_person_needs_it_with_the_roles_that_are_wished_then()
    {
        await using var gateway = await RunningGateway.StartAsync(offered: InMemoryApp.Manifest with { Capabilities = InMemoryApp.Manifest.Capabilities with { CreateUser = CreateUserMode.Direct } });
        await gateway.DoAsync(HttpMethod.Patch, "", """{"invite":"justInTime"}""");
        var id = await gateway.CreateAsync("ada@acme.test", ""","roles":[{"value":"Viewer"}]""");
        await gateway.PatchAsync(id, """{"op":"replace","path":"roles","value":[{"value":"Editor"}]}""");
        var link = new Uri((string)(await gateway.DoAsync(HttpMethod.Post, $"/users/{id}/claim-link"))["url"]!);
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;
        using var browser = new HttpClient();

        var claimed = await (await browser.PostAsync(link, null, Stop)).Content.ReadAsStringAsync(Stop);
        Assert.Contains("is being made", claimed, StringComparison.Ordinal);
        Assert.Contains("http-equiv=\"refresh\"", claimed, StringComparison.Ordinal);
        gate.SetResult();
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Equal("""["Editor"]""", gateway.External.Find("ada@acme.test")!["roles"]!.ToJsonString());
        var ready = await browser.GetStringAsync(link, Stop);
        Assert.DoesNotContain("refresh", ready, StringComparison.Ordinal);
        Assert.Contains("has sent you an invitation", ready, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_administrator_skips_the_claim_with_a_reason()
    {
        await using var gateway = await RunningGateway.StartAsync(i => i with { Invite = InviteModel.OnClaim });
        var id = await gateway.CreateAsync("ada@acme.test");
        var path = $"integrations/{gateway.Integration.Id}/users/{id}/skip-claim";
        Assert.Equal(400, (await gateway.ApiAsync(HttpMethod.Post, path, "{}")).Status);
        await gateway.DoAsync(HttpMethod.Post, $"/users/{id}/skip-claim", """{"reason":"She starts today."}""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Equal("She starts today.", (string?)Assert.Single(await gateway.ActivityAsync("Claim skipped"))["detail"]);
        Assert.Equal(409, (await gateway.ApiAsync(HttpMethod.Post, path, """{"reason":"again"}""")).Status);
    }

    private static string LinkIn(Mail mail) =>
        Regex.Match(mail.Body, "https://id\\.acme\\.test/claim/[A-Za-z0-9._-]+", RegexOptions.None, TimeSpan.FromSeconds(1)).Value;
}
