using System.Text.Json.Nodes;
using IdLcm.Domain.Posture;
using IdLcm.EndToEnd.Tests;

namespace IdLcm.Posture.Tests;

public sealed class AlertTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_wrong_with_a_sign_in_is_told_once_by_whatever_channel_chose_nothing_and_again_when_it_comes_back()
    {
        await using var receiver = await TrapApp.StartAsync();
        await using var rig = await Rig.StartAsync();
        Assert.Equal(201, (await rig.ApiAsync(HttpMethod.Post, $"integrations/{rig.IntegrationId}/notifications", $$"""{"kind":"Webhook","name":"On call","url":"{{receiver.Address}}/hook"}""")).Status);

        // Whoever has just saved the account is left alone.
        Assert.Equal(0, await LookAsync(rig));
        rig.Clock.Leap(TimeSpan.FromDays(2));
        await ToldAsync(rig, "MFA missing", 1);
        rig.Clock.Leap(TimeSpan.FromDays(100));
        await ToldAsync(rig, "Password too old", 1);
        Assert.Equal(0, await LookAsync(rig));

        // Excepted until in a month: told of a week before.
        var until = rig.Clock.GetUtcNow().AddDays(30);
        Assert.Equal(204, (await rig.ApiAsync(HttpMethod.Put, $"integrations/{rig.IntegrationId}/posture-exceptions/Mfa", $$"""{"reason":"no phone yet","expiresAt":"{{until:O}}"}""")).Status);
        Assert.Equal(0, await LookAsync(rig));
        rig.Clock.Leap(TimeSpan.FromDays(24));
        await ToldAsync(rig, "Posture exception expiring", 1);
        rig.Clock.Leap(TimeSpan.FromDays(7));
        await ToldAsync(rig, "MFA missing", 2);

        await Rig.UntilAsync(
            () => Task.FromResult(((string[])["MFA missing", "Password too old", "Posture exception expiring"]).All(kind => receiver.Received.Any(body => body.Contains(kind, StringComparison.Ordinal)))),
            () => $"Told of: {string.Join('\n', receiver.Received)}\n{rig.Log}");
    }

    [Fact]
    public async Task A_rotation_that_failed_or_cannot_find_out_which_password_is_in_force_is_told_of()
    {
        await using var rig = await Rig.StartAsync();
        rig.Sample.Faults.Current = Samples.Testing.FaultSettings.Parse("""{"passwordLength":60}""");
        await rig.EndedAsync(await rig.OpenAsync("rotate-password"), "Failed");
        Assert.Single(await EventsAsync(rig, "Password rotation failed"));

        rig.Secrets.Stored = _ => rig.Sample.Faults.Current = Samples.Testing.FaultSettings.Parse("""{"crashAfterCommit":1}""");
        var reached = rig.Secrets.StopAsync(StopAt.BeforeVersionRead, "-service-password");
        await rig.OpenAsync("rotate-password");
        await reached.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        Assert.Equal(ChangeStage.Unproved, (await rig.CredentialAsync()).Password!.Stage);
        Assert.Equal(0, await LookAsync(rig));
        rig.Clock.Leap(TimeSpan.FromMinutes(61));
        await ToldAsync(rig, "Password not proved", 1);
        rig.Sample.Faults.Clear();
    }

    private static Task<int> LookAsync(Rig rig) => ((PostureAlerts)rig.Services.GetService(typeof(PostureAlerts))!).RunDueAsync(rig.IntegrationId, Stop);

    private static Task ToldAsync(Rig rig, string kind, int times) => Rig.UntilAsync(
        async () =>
        {
            await LookAsync(rig);
            return (await EventsAsync(rig, kind)).Count == times;
        },
        () => $"'{kind}' was not told {times} times.");

    private static async Task<JsonArray> EventsAsync(Rig rig, string kind) =>
        (JsonArray)(await rig.DoAsync(HttpMethod.Get, $"/activity?limit=200&event={Uri.EscapeDataString(kind)}"))["items"]!;
}
