using System.Text.Json.Nodes;
using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Posture;
using IdLcm.Domain.Storage;
using IdLcm.EndToEnd.Tests;
using IdLcm.Samples.Testing;
using IdLcm.Samples.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Posture.Tests;

/// <summary>Accounts of people whose passwords the gateway makes, keeps and rotates, and nobody knows.</summary>
public sealed class ManagedAccountTests
{
    private const string Email = "mia@example.test";
    private const string Known = "Planted-known-5b17!";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_managed_password_is_proved_before_it_counts_wherever_the_rotation_was_stopped_and_stands_nowhere()
    {
        await using var rig = await Rig.StartAsync();
        using var admin = new Person(rig.Sample.BaseAddress);
        using var mia = new Person(rig.Sample.BaseAddress);
        var id = await JoinedAsync(rig, admin, mia);
        var secret = ConnectedAccount.PasswordSecret(rig.IntegrationId, id);
        var planted = new List<string> { Known, Rig.FirstPassword };
        foreach (var where in (StopAt?[])[null, StopAt.AfterSet, StopAt.BeforeVersionRead, StopAt.BeforePromote, StopAt.AfterPromote])
        {
            var reached = where is { } point ? rig.Secrets.StopAsync(point, secret) : Task.CompletedTask;
            var operationId = await RotateAsync(rig, id);
            Assert.Equal(operationId, await RotateAsync(rig, id));
            await reached.WaitAsync(TimeSpan.FromSeconds(60), Stop);
            if (where is not null)
            {
                await rig.RestartAsync();
            }

            var operation = await rig.EndedAsync(operationId, "Succeeded");
            Assert.Equal(id, (string?)operation["userId"]);
            planted.Add(await InForceAsync(rig, id));
        }

        Assert.Equal(planted.Count, planted.Distinct().Count());
        Assert.Equal("Wrong email or password.", (await mia.SignIn(Known, Email)).Alert);
        Assert.Equal("/home", (await mia.SignIn(planted[^1], Email)).Path);
        Assert.Equal(0, (int)(await AccountAsync(rig))["managed"]!["ageDays"]!);
        Assert.True(await rig.SearchAsync([.. planted]) > 60);
    }

    [Fact]
    public async Task An_app_that_says_so_and_forgets_keeps_the_password_from_before_and_the_record_says_which_one_is_proved()
    {
        await using var rig = await Rig.StartAsync();
        using var admin = new Person(rig.Sample.BaseAddress);
        using var mia = new Person(rig.Sample.BaseAddress);
        var id = await JoinedAsync(rig, admin, mia);
        await rig.EndedAsync(await RotateAsync(rig, id), "Succeeded");
        var before = await InForceAsync(rig, id);

        rig.Sample.Faults.Current = FaultSettings.Parse("""{"fakeSuccess":["password"]}""");
        var forgotten = await rig.EndedAsync(await RotateAsync(rig, id), "Failed");
        Assert.Equal("VerificationFailed", (string?)forgotten["failure"]!["code"]);
        Assert.Equal(ChangeStage.OldProved, (await ManagedAsync(rig, id))!.Pending!.Stage);
        Assert.Equal("OldProved", (string?)(await AccountAsync(rig))["managed"]!["pending"]);
        Assert.Equal(before, await InForceAsync(rig, id));

        // Somebody sets another one by hand: the app takes neither, and the next rotation simply sets it again.
        rig.Sample.Faults.Clear();
        var member = rig.Sample.Snapshot().Single(m => m.Email == Email);
        await admin.Press(await admin.Open($"/members/{member.Id}"), "Set password", ("New password", Known));
        await rig.EndedAsync(await RotateAsync(rig, id), "Succeeded");
        Assert.Null((await ManagedAsync(rig, id))!.Pending);
        Assert.NotEqual(before, await InForceAsync(rig, id));

        // A credential that is given by hand is nobody's to rotate.
        await rig.DoAsync(HttpMethod.Put, $"/users/{id}/connected-account", $$"""{"password":"{{Known}}"}""");
        Assert.Null((await AccountAsync(rig))["managed"]);
        Assert.Null(await ManagedAsync(rig, id));
    }

    [Fact]
    public async Task The_policy_rotates_managed_accounts_by_age_and_schedule_within_its_window_one_rotation_at_a_time_and_not_after_they_left()
    {
        await using var rig = await Rig.StartAsync();
        using var admin = new Person(rig.Sample.BaseAddress);
        using var mia = new Person(rig.Sample.BaseAddress);
        var id = await JoinedAsync(rig, admin, mia);
        Assert.Equal(404, (await rig.ApiAsync(HttpMethod.Post, $"integrations/{rig.IntegrationId}/users/nobody/connected-account/rotate-password")).Status);
        var pia = await rig.CreateUserAsync("pia@example.test", "pia");
        await rig.UserAsync(pia, "Onboarded");
        Assert.Equal(409, (await rig.ApiAsync(HttpMethod.Post, $"integrations/{rig.IntegrationId}/users/{pia}/connected-account/rotate-password")).Status);
        await rig.EndedAsync(await RotateAsync(rig, id), "Succeeded");
        var first = (await ManagedAsync(rig, id))!.OperationId;

        var now = TimeOnly.FromTimeSpan(rig.Clock.GetUtcNow().AddDays(31).TimeOfDay);
        string Window(int from, int to) => $$"""{"start":"{{now.AddHours(from):HH:mm}}","end":"{{now.AddHours(to):HH:mm}}","timeZone":"UTC"}""";
        await rig.DoAsync(HttpMethod.Put, "/rotation-policy", $$"""{"maxAgeDays":30,"window":{{Window(3, 5)}}}""");
        await DueAsync(rig);
        rig.Clock.Leap(TimeSpan.FromDays(31));
        await DueAsync(rig);
        Assert.Equal(first, (await ManagedAsync(rig, id))!.OperationId);
        Assert.Equal(31, (int)(await AccountAsync(rig))["managed"]!["ageDays"]!);
        var csv = ((string)(await rig.ApiAsync(HttpMethod.Get, $"integrations/{rig.IntegrationId}/connected-accounts/export")).Body["text"]!).Split("\r\n");
        Assert.StartsWith("userId,userName,tiedBy,", csv[0], StringComparison.Ordinal);
        Assert.StartsWith($"{id},{Email},Email,no,", csv[1], StringComparison.Ordinal);
        Assert.Contains(",yes,", csv[1], StringComparison.Ordinal);
        Assert.Contains(",31,", csv[1], StringComparison.Ordinal);
        var line = JsonNode.Parse((string)(await rig.ApiAsync(HttpMethod.Get, $"integrations/{rig.IntegrationId}/connected-accounts/export?format=jsonl")).Body["text"]!)!;
        Assert.Equal((await AccountAsync(rig)).ToJsonString(), line.ToJsonString());

        await rig.DoAsync(HttpMethod.Put, "/rotation-policy", $$"""{"maxAgeDays":30,"window":{{Window(-2, 2)}}}""");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => DueAsync(rig)));
        await Rig.UntilAsync(async () => (await ManagedAsync(rig, id))!.OperationId != first, () => "No rotation was opened.");
        var second = (await ManagedAsync(rig, id))!.OperationId;
        var operation = await rig.EndedAsync(second, "Succeeded");
        Assert.Equal("rotation policy: age", (string?)operation["requestedBy"]!["actor"]);
        Assert.Single((await rig.ApiAsync(HttpMethod.Get, $"integrations/{rig.IntegrationId}/operations?kind=RotateAccountPassword")).Body["items"]!.AsArray(), o => (string?)o!["id"] == second);

        // By the clock: the first moment of the schedule after it was set.
        await rig.DoAsync(HttpMethod.Put, "/rotation-policy", """{"schedule":{"cron":"0 0 * * *","timeZone":"UTC"}}""");
        rig.Clock.Leap(ManagedPasswordService.Between);
        await DueAsync(rig);
        Assert.Equal(second, (await ManagedAsync(rig, id))!.OperationId);
        rig.Clock.Leap(TimeSpan.FromDays(1));
        await DueAsync(rig);
        await Rig.UntilAsync(async () => (await ManagedAsync(rig, id))!.OperationId != second, () => "No rotation was opened.");
        await rig.EndedAsync((await ManagedAsync(rig, id))!.OperationId, "Succeeded");

        // Whoever left is not rotated but secured.
        await rig.ScimAsync(HttpMethod.Patch, $"Users/{id}", """{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}""");
        Assert.Equal(409, (await rig.ApiAsync(HttpMethod.Post, $"integrations/{rig.IntegrationId}/users/{id}/connected-account/rotate-password")).Status);
        Assert.Equal(409, (await rig.ApiAsync(HttpMethod.Put, $"integrations/{rig.IntegrationId}/users/{id}/connected-account", $$"""{"password":"{{Known}}"}""")).Status);
        await Rig.UntilAsync(
            async () =>
            {
                await rig.Services.GetRequiredService<ConnectedAccountService>().RunDueAsync(rig.IntegrationId, Stop);
                return await ManagedAsync(rig, id) is null && await rig.Secrets.GetAsync(ConnectedAccount.PasswordSecret(rig.IntegrationId, id), Stop) is null;
            },
            () => $"{rig.Log}");
    }

    private static async Task<string> JoinedAsync(Rig rig, Person admin, Person person)
    {
        var id = await rig.JoinAsync(admin, person, Email, Known);

        // The app shows the account as active from the next read on.
        await rig.EndedAsync((string)(await rig.DoAsync(HttpMethod.Post, "/sync"))["operationId"]!, "Succeeded");
        return id;
    }

    private static async Task<string> RotateAsync(Rig rig, string id) =>
        (string)(await rig.DoAsync(HttpMethod.Post, $"/users/{id}/connected-account/rotate-password"))["operationId"]!;

    private static async Task<JsonNode> AccountAsync(Rig rig) => Assert.Single((await rig.DoAsync(HttpMethod.Get, "/connected-accounts"))["items"]!.AsArray())!;

    private static async Task<ManagedPassword?> ManagedAsync(Rig rig, string id) =>
        (await rig.Services.GetRequiredService<IRecordStore>().FindAsync<ManagedPassword>(Rows.Partition(rig.IntegrationId), $"cp:{id}", Stop))?.Value;

    private static Task<int> DueAsync(Rig rig) => rig.Services.GetRequiredService<ManagedPasswordService>().RunDueAsync(rig.IntegrationId, Stop);

    /// <summary>What the secret store promoted, which is what the app has.</summary>
    private static async Task<string> InForceAsync(Rig rig, string id)
    {
        var kept = (await rig.Secrets.GetAsync(ConnectedAccount.PasswordSecret(rig.IntegrationId, id), Stop))!.Value;
        Assert.Equal(kept, rig.Sample.Snapshot().Single(m => m.Email == Email).Password);
        return kept;
    }
}
