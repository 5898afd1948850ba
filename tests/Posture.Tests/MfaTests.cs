using IdLcm.Domain.Integrations;
using IdLcm.Domain.Posture;
using IdLcm.Samples.Testing;

namespace IdLcm.Posture.Tests;

public sealed class MfaTests
{
    private const string TotpSecret = "-service-totp";

    private static readonly TimeSpan NextCode = TimeSpan.FromSeconds(35);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_time_codes_are_turned_on_and_off_and_count_as_managed_when_a_sign_in_proved_them()
    {
        await using var rig = await Rig.StartAsync();
        Assert.Equal("Off", (string?)(await rig.PostureAsync())["mfa"]);
        var enabling = await rig.OpenAsync("enable-mfa");
        Assert.Equal(409, (await rig.ApiAsync(HttpMethod.Post, $"integrations/{rig.IntegrationId}/service-account/rotate-password")).Status);
        await TurnedAsync(rig, "on", 1);
        var operation = await rig.EndedAsync(enabling, "Succeeded");
        Assert.Contains("backup codes kept", operation["changes"]!.AsArray().Select(c => (string)c!));
        var posture = await rig.PostureAsync();
        Assert.Equal("Managed", (string?)posture["mfa"]);
        Assert.True((bool)posture["backupCodes"]!);
        Assert.Empty(posture["problems"]!.AsArray());
        var secret = (await rig.Secrets.GetAsync(ServiceAccount.TotpSecret(rig.IntegrationId), Stop))!.Value;
        var codes = (await rig.Secrets.GetAsync(ServiceCredential.BackupCodesSecret(rig.IntegrationId), Stop))!.Value.Split('\n');
        Assert.Equal(8, codes.Length);

        // A rotation of an account with a second factor signs in with codes.
        rig.Clock.Leap(NextCode);
        var rotation = await rig.OpenAsync("rotate-password");
        await rig.EndedAsync(rotation, "Succeeded");
        var password = (await rig.PasswordAsync())!.Value;

        rig.Clock.Leap(NextCode);
        var disabling = await rig.OpenAsync("disable-mfa");
        await TurnedAsync(rig, "off", 1);
        await rig.EndedAsync(disabling, "Succeeded");
        Assert.Equal("Off", (string?)(await rig.PostureAsync())["mfa"]);
        Assert.Null(await rig.Secrets.GetAsync(ServiceAccount.TotpSecret(rig.IntegrationId), Stop));
        Assert.Null(await rig.Secrets.GetAsync(ServiceCredential.BackupCodesSecret(rig.IntegrationId), Stop));
        var told = (await rig.DoAsync(HttpMethod.Get, "/activity?limit=200"))["items"]!.AsArray().Select(item => (string)item!["event"]!).ToHashSet(StringComparer.Ordinal);
        Assert.Superset(new HashSet<string>(StringComparer.Ordinal) { "MFA enabled", "Password rotated", "MFA disabled" }, told);
        Assert.Equal(0, rig.Audited("Sign-in failed"));
        await rig.SearchAsync([Rig.FirstPassword, password, secret, string.Join(' ', secret.Chunk(4).Select(c => new string(c))), .. codes]);
    }

    [Fact]
    public async Task An_enrolment_that_is_stopped_half_way_is_settled_by_the_next_start()
    {
        await using var rig = await Rig.StartAsync();

        // The secret is kept, and nothing is on yet.
        var reached = rig.Secrets.StopAsync(StopAt.AfterSet, TotpSecret);
        var operationId = await rig.OpenAsync("enable-mfa");
        await reached.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        await rig.RestartAsync();

        // It is on, and nobody has proved it.
        reached = rig.Secrets.StopAsync(StopAt.BeforeVersionRead, TotpSecret);
        await reached.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        Assert.Equal(1, rig.Audited("Two-step verification turned on"));
        Assert.Equal("Unproved", (string?)(await rig.PostureAsync())["mfa"]);
        await rig.RestartAsync();
        rig.Clock.Leap(NextCode);
        await rig.EndedAsync(operationId, "Succeeded");
        Assert.Equal("Managed", (string?)(await rig.PostureAsync())["mfa"]);
        Assert.Equal(1, rig.Audited("Two-step verification turned on"));
        rig.Clock.Leap(NextCode);
        await rig.ProvedAsync();
    }

    [Fact]
    public async Task An_app_that_accepts_and_forgets_does_not_count_as_managed_and_exceptions_have_reason_and_end()
    {
        await using var rig = await Rig.StartAsync();
        rig.Sample.Faults.Current = FaultSettings.Parse("""{"fakeSuccess":["twoStep"]}""");
        var operationId = await rig.OpenAsync("enable-mfa");
        var ended = rig.EndedAsync(operationId, "Failed");
        await Rig.UntilAsync(
            async () =>
            {
                // Every attempt uses up a code; the next one waits for the next.
                await Task.WhenAny(ended, Task.Delay(500, Stop));
                rig.Clock.Leap(NextCode);
                return ended.IsCompleted;
            },
            () => $"{rig.Log}");
        Assert.Equal("VerificationFailed", (string?)(await ended)["failure"]!["code"]);
        Assert.Equal("Off", (string?)(await rig.PostureAsync())["mfa"]);
        Assert.Null(await rig.Secrets.GetAsync(ServiceAccount.TotpSecret(rig.IntegrationId), Stop));

        var path = $"integrations/{rig.IntegrationId}/posture-exceptions/Mfa";
        Assert.Equal(400, (await rig.ApiAsync(HttpMethod.Put, path, """{"reason":"no phone"}""")).Status);
        var until = rig.Clock.GetUtcNow().AddDays(10);
        Assert.Equal(204, (await rig.ApiAsync(HttpMethod.Put, path, $$"""{"reason":"=no phone, yet","expiresAt":"{{until:O}}"}""")).Status);
        Assert.Empty((await rig.PostureAsync())["problems"]!.AsArray());
        var csv = (string)(await rig.ApiAsync(HttpMethod.Get, "posture/export")).Body["text"]!;
        Assert.Contains("=no phone, yet\"", csv, StringComparison.Ordinal);
        Assert.StartsWith("integrationId,integration,", csv, StringComparison.Ordinal);
        rig.Clock.Leap(TimeSpan.FromDays(11));
        Assert.Equal(["Mfa"], (await rig.PostureAsync())["problems"]!.AsArray().Select(p => (string)p!));
    }

    private static async Task TurnedAsync(Rig rig, string way, int times)
    {
        await Rig.UntilAsync(() => Task.FromResult(rig.Audited($"Two-step verification turned {way}") == times), () => $"{rig.Log}");
        rig.Clock.Leap(NextCode);
    }
}
