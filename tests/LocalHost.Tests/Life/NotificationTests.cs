using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Notifications;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Notifications;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Life;

public sealed class NotificationTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_webhook_is_signed_over_timestamp_and_body_and_tells_what_needs_a_person()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await RunningGateway.StartAsync();
        var made = await gateway.DoAsync(HttpMethod.Post, "/notifications", $$"""{"kind":"Webhook","name":"SIEM","url":"{{receiver.Url}}"}""");
        var secret = (string)made["signingSecret"]!;
        await FailAsync(gateway, "ada@acme.test");

        await TellAsync(gateway, () => receiver.Calls.Count > 0);

        var call = receiver.Calls[0];
        var expected = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{call.Headers["X-IdLCM-Timestamp"]}.{call.Body}")));
        Assert.Equal($"v1={expected}", call.Headers["X-IdLCM-Signature"]);
        var body = JsonNode.Parse(call.Body)!;
        Assert.Equal(("User invite failed", "ada@acme.test"), ((string?)body["events"]![0]!["event"], (string?)body["events"]![0]!["target"]));
        Assert.Equal(call.Headers["X-IdLCM-Delivery"], (string?)body["id"]);

        // What nobody asked for is not told: the request itself is no failure.
        Assert.DoesNotContain(body["events"]!.AsArray(), e => (string?)e!["event"] == "User invite requested");
        Assert.DoesNotContain(secret, (await gateway.DoAsync(HttpMethod.Get, "/notifications")).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_channel_keeps_its_signing_secret_and_tells_what_was_chosen_where_it_was_sent()
    {
        await using var before = await Receiver.StartAsync();
        await using var after = await Receiver.StartAsync();
        await using var gateway = await RunningGateway.StartAsync();
        var made = await gateway.DoAsync(HttpMethod.Post, "/notifications", $$"""{"kind":"Webhook","name":"SIEM","url":"{{before.Url}}","events":["Sync failed"]}""");
        var path = $"/notifications/{(string)made["channel"]!["id"]!}";
        var changed = await gateway.DoAsync(HttpMethod.Patch, path, $$"""{"url":"{{after.Url}}","events":["User invite failed"]}""");
        Assert.Equal(("SIEM", """["User invite failed"]"""), ((string?)changed["name"], changed["events"]!.ToJsonString()));
        await FailAsync(gateway, "ada@acme.test");
        await TellAsync(gateway, () => after.Calls.Count > 0);

        var call = after.Calls[0];
        var expected = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes((string)made["signingSecret"]!), Encoding.UTF8.GetBytes($"{call.Headers["X-IdLCM-Timestamp"]}.{call.Body}")));
        Assert.Equal($"v1={expected}", call.Headers["X-IdLCM-Signature"]);
        Assert.Empty(before.Calls);
        Assert.Contains(await gateway.ActivityAsync("Settings changed"), e => (string?)e["detail"] == "notification channel changed");

        // No events chosen: those that need a person. What cannot be is refused, and nothing of it is kept.
        Assert.Contains("Sync failed", (await gateway.DoAsync(HttpMethod.Patch, path, """{"events":[],"digestMinutes":5}"""))["events"]!.ToJsonString(), StringComparison.Ordinal);
        foreach (var wrong in (string[])["""{"name":""}""", """{"events":["Odd"]}""", """{"digestMinutes":-1}""", """{"url":"ftp://x"}""", """{"to":["x@acme.test"]}"""])
        {
            Assert.Equal(400, (await gateway.ApiAsync(HttpMethod.Patch, $"integrations/{gateway.Integration.Id}{path}", wrong)).Status);
        }

        Assert.Equal(5, (int)(await gateway.DoAsync(HttpMethod.Get, "/notifications"))["items"]![0]!["digestMinutes"]!);
        Assert.Equal(404, (await gateway.ApiAsync(HttpMethod.Patch, $"integrations/{gateway.Integration.Id}/notifications/none", """{"name":"x"}""")).Status);
    }

    [Fact]
    public async Task A_receiver_that_answers_500_for_an_hour_gets_everything_afterwards_and_in_order()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.DoAsync(HttpMethod.Post, "/notifications", $$"""{"kind":"Webhook","name":"SIEM","url":"{{receiver.Url}}"}""");
        receiver.Status = 500;
        await FailAsync(gateway, "ada@acme.test");
        await TellAsync(gateway, () => receiver.Calls.Count > 0);
        for (var minute = 0; minute < 60; minute += 5)
        {
            gateway.Clock.Leap(TimeSpan.FromMinutes(5));
            await PumpAsync(gateway);
        }

        var refused = receiver.Calls.Count;
        Assert.InRange(refused, 4, 14);
        receiver.Status = 200;
        gateway.Clock.Leap(TimeSpan.FromHours(4));
        await TellAsync(gateway, () => receiver.Calls.Count > refused);

        Assert.Single(receiver.Calls.Select(c => c.Headers["X-IdLCM-Delivery"]).Distinct());
        gateway.Clock.Leap(TimeSpan.FromHours(4));
        await PumpAsync(gateway);
        Assert.Equal(refused + 1, receiver.Calls.Count);
    }

    [Fact]
    public async Task A_receiver_that_is_down_for_an_hour_gets_it_when_it_is_there_again()
    {
        var port = RunningMailServer.FreePort();
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.DoAsync(HttpMethod.Post, "/notifications", $$"""{"kind":"Webhook","name":"SIEM","url":"http://127.0.0.1:{{port}}"}""");
        await FailAsync(gateway, "ada@acme.test");
        for (var minute = 0; minute < 60; minute += 5)
        {
            await PumpAsync(gateway);
            gateway.Clock.Leap(TimeSpan.FromMinutes(5));
        }

        Assert.Empty((await gateway.DoAsync(HttpMethod.Get, "/dead-letters"))["items"]!.AsArray());
        await using var receiver = await Receiver.StartAsync(port);
        gateway.Clock.Leap(TimeSpan.FromHours(4));
        await TellAsync(gateway, () => receiver.Calls.Count > 0);

        Assert.Contains("ada@acme.test", Assert.Single(receiver.Calls).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slow_receiver_holds_up_nobody_else_and_gets_it_when_it_is_fast_again()
    {
        await using var slow = await Receiver.StartAsync();
        await using var fast = await Receiver.StartAsync();
        var gate = new TaskCompletionSource();
        slow.Gate = gate.Task;
        await using var gateway = await RunningGateway.StartAsync(services: s => s.AddSingleton<INotificationSender>(
            provider => ActivatorUtilities.CreateInstance<QuickSender>(provider)));
        await gateway.DoAsync(HttpMethod.Post, "/notifications", $$"""{"kind":"Webhook","name":"Slow","url":"{{slow.Url}}"}""");
        await gateway.DoAsync(HttpMethod.Post, "/notifications", $$"""{"kind":"Webhook","name":"Fast","url":"{{fast.Url}}"}""");
        await FailAsync(gateway, "ada@acme.test");

        await TellAsync(gateway, () => fast.Calls.Count > 0);
        Assert.Empty(slow.Calls);
        gate.SetResult();
        gateway.Clock.Leap(TimeSpan.FromHours(1));
        await TellAsync(gateway, () => slow.Calls.Count > 0);
        Assert.Single(slow.Calls.Select(call => call.Headers["X-IdLCM-Delivery"]).Distinct());
        Assert.Single(fast.Calls);
    }

    /// <summary>The real sender, which waits three seconds instead of ten.</summary>
    private sealed class QuickSender(Domain.Secrets.ISecretStore secrets, Mailer mailer, TimeProvider clock) : INotificationSender, IDisposable
    {
        private readonly NotificationSender sender = new(secrets, mailer, clock) { Patience = TimeSpan.FromSeconds(3) };

        public Task<string?> SendAsync(Domain.Integrations.Integration integration, NotificationChannel channel, NotificationDelivery delivery, CancellationToken cancellationToken = default) =>
            sender.SendAsync(integration, channel, delivery, cancellationToken);

        public void Dispose() => sender.Dispose();
    }

    [Fact]
    public async Task What_cannot_be_delivered_for_a_day_is_kept_and_can_be_replayed()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.DoAsync(HttpMethod.Post, "/notifications", $$"""{"kind":"Webhook","name":"SIEM","url":"{{receiver.Url}}"}""");
        receiver.Status = 503;
        await FailAsync(gateway, "ada@acme.test");
        await TellAsync(gateway, () => receiver.Calls.Count > 0);
        for (var hour = 0; hour < 26; hour++)
        {
            gateway.Clock.Leap(TimeSpan.FromHours(1));
            await PumpAsync(gateway);
        }

        await RunningGateway.UntilAsync(
            async () =>
            {
                await PumpAsync(gateway);
                return (await gateway.DoAsync(HttpMethod.Get, "/dead-letters"))["items"]!.AsArray().Count == 1;
            },
            "It is not given up.");
        var dead = (await gateway.DoAsync(HttpMethod.Get, "/dead-letters"))["items"]![0]!;
        Assert.Equal("the receiver answered 503", (string?)dead["lastError"]);
        Assert.Single(await gateway.ActivityAsync("Notification given up"));

        receiver.Status = 204;
        var before = receiver.Calls.Count;
        await gateway.DoAsync(HttpMethod.Post, $"/dead-letters/{(string)dead["id"]!}/replay");
        await TellAsync(gateway, () => receiver.Calls.Count > before);
        Assert.Empty((await gateway.DoAsync(HttpMethod.Get, "/dead-letters"))["items"]!.AsArray());
    }

    [Fact]
    public async Task Slack_and_Teams_get_their_own_forms_and_their_addresses_are_secrets()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.DoAsync(HttpMethod.Post, "/notifications", $$"""{"kind":"Slack","name":"Slack","url":"{{receiver.Url}}/slack-T0SECRET"}""");
        await gateway.DoAsync(HttpMethod.Post, "/notifications", $$"""{"kind":"Teams","name":"Teams","url":"{{receiver.Url}}/teams"}""");
        gateway.External.FailNext(FailureCode.NotEnoughSeats);
        await gateway.CreateAsync("a<b>@acme.test");
        await gateway.SettledAsync("a<b>@acme.test", ProvisioningState.ProvisioningFailed);

        await TellAsync(gateway, () => receiver.Calls.Count >= 2);

        var slack = JsonNode.Parse(receiver.Calls.Single(c => c.Path.Contains("slack", StringComparison.Ordinal)).Body)!;
        Assert.Contains("a&lt;b&gt;@acme.test", (string?)slack["text"], StringComparison.Ordinal);
        var teams = JsonNode.Parse(receiver.Calls.Single(c => c.Path.Contains("teams", StringComparison.Ordinal)).Body)!;
        Assert.Equal("application/vnd.microsoft.card.adaptive", (string?)teams["attachments"]![0]!["contentType"]);
        Assert.Equal("AdaptiveCard", (string?)teams["attachments"]![0]!["content"]!["type"]);
        Assert.DoesNotContain("T0SECRET", (await gateway.DoAsync(HttpMethod.Get, "/notifications")).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_digest_tells_of_a_flood_in_one_message()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.DoAsync(HttpMethod.Post, "/notifications", $$"""{"kind":"Webhook","name":"SIEM","url":"{{receiver.Url}}","digestMinutes":30,"events":["User invite failed"]}""");
        for (var i = 0; i < 60; i++)
        {
            gateway.External.FailNext(FailureCode.RoleNotAssignable);
            await gateway.CreateAsync($"p{i}@acme.test");
        }

        for (var i = 0; i < 60; i++)
        {
            await gateway.SettledAsync($"p{i}@acme.test", ProvisioningState.ProvisioningFailed);
        }

        await PumpAsync(gateway);
        Assert.Empty(receiver.Calls);
        gateway.Clock.Leap(TimeSpan.FromMinutes(31));
        await TellAsync(gateway, () => receiver.Calls.Count > 0);

        var body = JsonNode.Parse(Assert.Single(receiver.Calls).Body)!;
        Assert.Equal((50, 10), (body["events"]!.AsArray().Count, (int)body["omitted"]!));
    }

    [Fact]
    public async Task E_mail_goes_through_a_real_SMTP_server()
    {
        await using var server = await RunningMailServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(
            services: s => s.AddSingleton(new SmtpOptions { Host = "127.0.0.1", Port = server.Port, StartTls = false, From = "idlcm@acme.test" }));
        await gateway.DoAsync(HttpMethod.Post, "/notifications", """{"kind":"Email","name":"Operators","to":["ops@acme.test","grace@acme.test"]}""");
        await FailAsync(gateway, "ada@acme.test");
        await TellAsync(gateway, () => server.Mails.Count > 0);

        var mail = Assert.Single(server.Mails);
        Assert.Equal(["ops@acme.test", "grace@acme.test"], mail.To);
        Assert.Contains("User invite failed", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mail_is_not_handed_to_a_server_that_cannot_prove_who_it_is_or_offers_no_TLS()
    {
        using var certificate = new TestCertificate();
        await using var unknown = await RunningMailServer.StartAsync(certificate.PemFile);
        await using var plain = await RunningMailServer.StartAsync();
        var smtp = new SmtpOptions { Host = "127.0.0.1", From = "idlcm@acme.test" };
        await using var gateway = await RunningGateway.StartAsync(services: s => s.AddSingleton(smtp));
        var mailer = gateway.Services.GetRequiredService<Mailer>();

        foreach (var server in new[] { unknown, plain })
        {
            smtp.Port = server.Port;
            Assert.NotNull(await mailer.SendAsync(["ops@acme.test"], "Hello", ["text"], "1", Stop));
            Assert.Empty(server.Mails);
        }
    }

    [Theory]
    [InlineData("""{"kind":"Webhook","name":"x","url":"http://example.com/hook"}""")]
    [InlineData("""{"kind":"Webhook","name":"x","url":"https://user:pass@example.com/"}""")]
    [InlineData("""{"kind":"Email","name":"x","to":["nobody"]}""")]
    [InlineData("""{"kind":"Webhook","name":"x","url":"https://example.com/","events":["Nothing"]}""")]
    [InlineData("""{"name":"x","url":"https://example.com/"}""")]
    public async Task A_channel_that_cannot_be_is_refused(string request)
    {
        await using var gateway = await RunningGateway.StartAsync();
        Assert.Equal(400, (await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/notifications", request)).Status);
    }

    private static async Task FailAsync(RunningGateway gateway, string email)
    {
        gateway.External.FailNext(FailureCode.NotEnoughSeats);
        await gateway.CreateAsync(email);
        await gateway.SettledAsync(email, ProvisioningState.ProvisioningFailed);
    }

    private static async Task PumpAsync(RunningGateway gateway)
    {
        await gateway.Services.GetRequiredService<ActivityLog>().SealAsync(gateway.Integration.Id, Stop);
        await gateway.Services.GetRequiredService<NotificationPump>().RunDueAsync(gateway.Integration.Id, Stop);
    }

    private static Task TellAsync(RunningGateway gateway, Func<bool> told) => RunningGateway.UntilAsync(
        async () =>
        {
            await PumpAsync(gateway);
            return told();
        },
        "Nothing is told.");
}
