using IdLcm.Domain.Posture;
using IdLcm.EndToEnd.Tests;
using IdLcm.Samples.Testing;

namespace IdLcm.Posture.Tests;

public sealed class RotationTests
{
    private const string PasswordSecret = "-service-password";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stopped_at_any_of_its_steps_a_rotation_is_finished_by_the_next_start_and_nobody_is_locked_out()
    {
        await using var rig = await Rig.StartAsync();
        var planted = new List<string> { Rig.FirstPassword };
        foreach (var where in (StopAt[])[StopAt.AfterSet, StopAt.BeforeVersionRead, StopAt.BeforePromote, StopAt.AfterPromote])
        {
            var reached = rig.Secrets.StopAsync(where, PasswordSecret);
            var operationId = await rig.OpenAsync("rotate-password");
            await reached.WaitAsync(TimeSpan.FromSeconds(60), Stop);
            if (where != StopAt.AfterSet)
            {
                Assert.True((await rig.CredentialAsync()).Password is { Stage: ChangeStage.Unproved }, $"{where}");
            }

            await rig.RestartAsync();
            await rig.EndedAsync(operationId, "Succeeded");
            await ChangedAsync(rig, planted);
        }

        // In the middle of the app's own page.
        rig.Secrets.Stored = _ => rig.Sample.Faults.Current = new FaultSettings { Slow = 60_000 };
        var interrupted = await rig.OpenAsync("rotate-password");
        await Rig.UntilAsync(async () => (await rig.CredentialAsync()).Password is { Stage: ChangeStage.Stored }, () => $"{rig.Log}");
        await rig.RestartAsync();
        rig.Sample.Faults.Clear();
        await rig.EndedAsync(interrupted, "Succeeded");
        await ChangedAsync(rig, planted);

        Assert.Equal(planted.Count - 1, rig.Audited("Password changed"));
        Assert.Equal(0, rig.Audited("Sign-in failed"));
        Assert.True(await rig.SearchAsync([.. planted]) > 60);
    }

    [Fact]
    public async Task An_answer_that_is_lost_is_settled_by_a_sign_in_and_an_app_that_is_away_holds_everything_else_back()
    {
        await using var rig = await Rig.StartAsync();
        var planted = new List<string> { Rig.FirstPassword };
        rig.Secrets.Stored = _ => rig.Sample.Faults.Current = FaultSettings.Parse("""{"crashAfterCommit":1}""");
        await rig.EndedAsync(await rig.OpenAsync("rotate-password"), "Succeeded");
        await ChangedAsync(rig, planted);

        // Changed, and then the app is gone: nobody can prove anything, and nobody else may try the wrong password.
        rig.Secrets.Stored = _ => rig.Sample.Faults.Current = FaultSettings.Parse("""{"crashAfterCommit":1}""");
        var reached = rig.Secrets.StopAsync(StopAt.BeforeVersionRead, PasswordSecret);
        var operationId = await rig.OpenAsync("rotate-password");
        await reached.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        rig.Secrets.Stored = null;
        rig.Sample.Faults.Current = FaultSettings.Parse("""{"errorPage":true}""");
        await rig.RestartAsync();
        var validation = (string)(await rig.DoAsync(HttpMethod.Post, "/validate"))["operationId"]!;
        await Rig.UntilAsync(async () => (int)(await rig.ApiAsync(HttpMethod.Get, $"operations/{operationId}")).Body["attempt"]! >= 3, () => $"{rig.Log}");
        Assert.Equal("Queued", (string?)(await rig.ApiAsync(HttpMethod.Get, $"operations/{validation}")).Body["status"]);

        // Whoever cancels it now stops no more than what comes after: which password is in force has to be found out.
        Assert.Equal(202, (await rig.ApiAsync(HttpMethod.Post, $"operations/{operationId}/cancel")).Status);
        Assert.False((bool)(await rig.ApiAsync(HttpMethod.Get, $"operations/{operationId}")).Body["ended"]!);
        Assert.Equal("Unproved", (string?)(await rig.PostureAsync())["pendingPassword"]);
        rig.Sample.Faults.Clear();
        await rig.EndedAsync(operationId, "Succeeded");
        await rig.EndedAsync(validation, "Succeeded");
        await ChangedAsync(rig, planted);
        Assert.Equal(0, rig.Audited("Sign-in failed"));
    }

    [Fact]
    public async Task An_app_that_accepts_and_forgets_or_refuses_keeps_the_password_from_before_and_says_so()
    {
        await using var rig = await Rig.StartAsync();
        var before = await rig.PasswordAsync();
        rig.Sample.Faults.Current = FaultSettings.Parse("""{"fakeSuccess":["password"]}""");
        var forgotten = await rig.EndedAsync(await rig.OpenAsync("rotate-password"), "Failed");
        Assert.Equal("VerificationFailed", (string?)forgotten["failure"]!["code"]);
        Assert.Equal(ChangeStage.OldProved, (await rig.CredentialAsync()).Password!.Stage);
        Assert.Equal(before!.Version, (await rig.PasswordAsync())!.Version);

        rig.Sample.Faults.Current = FaultSettings.Parse("""{"passwordLength":60}""");
        var refused = await rig.EndedAsync(await rig.OpenAsync("rotate-password"), "Failed");
        Assert.Equal("PasswordRefused", (string?)refused["failure"]!["code"]);
        Assert.Equal(1, (int)refused["attempt"]!);
        Assert.NotNull((await rig.PostureAsync())["rotationFailedAt"]);
        Assert.Equal(before.Version, (await rig.PasswordAsync())!.Version);

        rig.Sample.Faults.Clear();
        await rig.ProvedAsync();
        await rig.EndedAsync(await rig.OpenAsync("rotate-password"), "Succeeded");
        await rig.ProvedAsync();
        var posture = await rig.PostureAsync();
        Assert.Null(posture["rotationFailedAt"]);
        Assert.Null(posture["pendingPassword"]);
        Assert.NotEqual(before.Version, (await rig.PasswordAsync())!.Version);
    }

    [Fact]
    public async Task A_policy_rotates_once_by_age_within_its_window_after_a_leaver_by_the_clock_and_near_expiry_and_never_what_is_excluded()
    {
        await using var rig = await Rig.StartAsync();
        Assert.Equal(400, (await rig.ApiAsync(HttpMethod.Put, $"integrations/{rig.IntegrationId}/rotation-policy", """{"window":{"start":"22:00","end":"22:00","timeZone":"Nowhere"}}""")).Status);

        // Old enough, but its window is closed.
        var now = TimeOnly.FromTimeSpan(rig.Clock.GetUtcNow().AddDays(31).TimeOfDay);
        string Window(int from, int to) => $$"""{"start":"{{now.AddHours(from):HH:mm}}","end":"{{now.AddHours(to):HH:mm}}","timeZone":"UTC"}""";
        await rig.DoAsync(HttpMethod.Put, "/rotation-policy", $$"""{"maxAgeDays":30,"window":{{Window(3, 5)}}}""");
        rig.Clock.Leap(TimeSpan.FromDays(31));
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => DueAsync(rig)));
        Assert.Null((await rig.CredentialAsync()).OperationId);
        Assert.Contains("PasswordAge", (await rig.PostureAsync())["problems"]!.AsArray().Select(p => (string?)p));

        // The workspace's list of those that are left alone counts above the integration's own policy.
        Assert.Equal(200, (await rig.ApiAsync(HttpMethod.Put, "rotation-policy", $$"""{"exclude":["{{rig.IntegrationId}}"]}""")).Status);
        await rig.DoAsync(HttpMethod.Put, "/rotation-policy", $$"""{"maxAgeDays":30,"window":{{Window(-2, 2)}}}""");
        await DueAsync(rig);
        Assert.Null((await rig.CredentialAsync()).OperationId);

        Assert.Equal(200, (await rig.ApiAsync(HttpMethod.Put, "rotation-policy", """{"exclude":[]}""")).Status);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => DueAsync(rig)));
        await Rig.UntilAsync(async () => (await rig.CredentialAsync()).OperationId is not null, () => "No rotation was opened.");
        var operation = await rig.EndedAsync((await rig.CredentialAsync()).OperationId!, "Succeeded");
        Assert.Equal("rotation policy: age", (string?)operation["requestedBy"]!["actor"]);
        await DueAsync(rig);
        Assert.Equal((string?)operation["id"], (await rig.CredentialAsync()).OperationId);
        Assert.Equal(1, rig.Audited("Password changed"));

        // Somebody leaves.
        await rig.DoAsync(HttpMethod.Put, "/rotation-policy", """{"afterLeaver":true}""");
        await DueAsync(rig);
        Assert.Equal(1, rig.Audited("Password changed"));
        await LeaverAsync(rig);
        await Rig.UntilAsync(
            async () =>
            {
                await DueAsync(rig);
                return (await rig.CredentialAsync()).OperationId != (string?)operation["id"];
            },
            () => "No rotation was opened after a leaver.");
        var second = await rig.EndedAsync((await rig.CredentialAsync()).OperationId!, "Succeeded");
        Assert.Equal("rotation policy: after a leaver", (string?)second["requestedBy"]!["actor"]);
        await rig.ProvedAsync();

        // By the clock, and before the app lets the password expire; only whether it is opened is of interest from here on.
        await rig.DoAsync(HttpMethod.Post, "/pause", """{"reason":"nothing is to happen in the app"}""");
        await rig.DoAsync(HttpMethod.Put, "/rotation-policy", """{"schedule":{"cron":"0 3 * * *","timeZone":"Europe/Berlin"}}""");
        var third = await OpenedAsync(rig, TimeSpan.FromDays(1), (string)second["id"]!);
        Assert.Equal("rotation policy: schedule", third.Actor);
        await rig.ApiAsync(HttpMethod.Post, $"operations/{third.Id}/cancel");
        await rig.EndedAsync(third.Id, "Cancelled");
        await rig.DoAsync(HttpMethod.Put, "/rotation-policy", """{"expiresAfterDays":60,"daysBeforeExpiry":10}""");
        Assert.Equal("rotation policy: near expiry", (await OpenedAsync(rig, TimeSpan.FromDays(50), third.Id)).Actor);
        Assert.Equal(2, rig.Audited("Password changed"));
    }

    [Fact]
    public async Task Killed_by_SIGKILL_right_after_the_app_changed_it_a_rotation_ends_well()
    {
        await using var product = await Product.StartAsync();
        var accepted = await product.ApiAsync(HttpMethod.Post, $"integrations/{product.IntegrationId}/service-account/rotate-password");
        await Product.UntilAsync(
            () => Task.FromResult(product.Sample.Audit().Any(a => a.Event == "Password changed")), TimeSpan.FromSeconds(60), product.ReadLog);
        await product.KillGatewayAsync();
        await product.StartGatewayAsync();
        var id = (string)accepted["operationId"]!;
        await Product.UntilAsync(
            async () => (string?)(await product.OperationAsync(id))["status"] is "Succeeded" or "Failed", TimeSpan.FromSeconds(90), product.ReadLog);
        Assert.Equal("Succeeded", (string?)(await product.OperationAsync(id))["status"]);
        var validation = (string)(await product.ApiAsync(HttpMethod.Post, $"integrations/{product.IntegrationId}/validate"))["operationId"]!;
        await Product.UntilAsync(
            async () => (string?)(await product.OperationAsync(validation))["status"] is "Succeeded" or "Failed", TimeSpan.FromSeconds(90), product.ReadLog);
        Assert.Equal("Succeeded", (string?)(await product.OperationAsync(validation))["status"]);
        Assert.Single(product.Sample.Audit(), a => a.Event == "Password changed");
        Assert.DoesNotContain(product.Sample.Audit(), a => a.Event == "Sign-in failed");
    }

    private static Task<string?> DueAsync(Rig rig) =>
        ((Domain.Rotation.RotationTimer)rig.Services.GetService(typeof(Domain.Rotation.RotationTimer))!).RunDueAsync(rig.IntegrationId, Stop);

    /// <summary>Lets time pass until a policy opens a rotation that it does not open before.</summary>
    private static async Task<(string Id, string? Actor)> OpenedAsync(Rig rig, TimeSpan after, string before)
    {
        await DueAsync(rig);
        Assert.Equal(before, (await rig.CredentialAsync()).OperationId);
        rig.Clock.Leap(after);
        await Rig.UntilAsync(
            async () =>
            {
                await DueAsync(rig);
                return (await rig.CredentialAsync()).OperationId != before;
            },
            () => "No rotation was opened.");
        var id = (await rig.CredentialAsync()).OperationId!;
        return (id, (string?)(await rig.ApiAsync(HttpMethod.Get, $"operations/{id}")).Body["requestedBy"]!["actor"]);
    }

    private static async Task LeaverAsync(Rig rig)
    {
        var id = await rig.CreateUserAsync("leaver@example.test", "leaver");
        await rig.UserAsync(id, "Onboarded");
        await rig.ScimAsync(HttpMethod.Delete, $"Users/{id}");
        await Rig.UntilAsync(() => Task.FromResult(rig.Sample.Snapshot().All(m => m.Email != "leaver@example.test")), () => $"{rig.Log}");
    }

    /// <summary>The value in force is a new one, and a fresh sign-in proves it.</summary>
    private static async Task ChangedAsync(Rig rig, List<string> planted)
    {
        rig.Secrets.Stored = null;
        var credential = await rig.CredentialAsync();
        Assert.Null(credential.Password);
        Assert.NotNull(credential.PasswordProvedAt);
        var password = (await rig.PasswordAsync())!.Value;
        Assert.DoesNotContain(password, planted);
        planted.Add(password);
        await rig.ProvedAsync();
    }
}
