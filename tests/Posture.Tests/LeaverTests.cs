using System.Text.Json.Nodes;
using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Samples.Testing;
using IdLcm.Samples.Tests;

namespace IdLcm.Posture.Tests;

public sealed class LeaverTests
{
    private const string Email = "lea@example.test";
    private const string Known = "Planted-gone-7c02!";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_own_account_of_somebody_who_leaves_gets_another_password_and_loses_its_sessions_and_is_forgotten_even_when_the_run_is_killed()
    {
        await using var rig = await Rig.StartAsync();
        using var admin = new Person(rig.Sample.BaseAddress);
        using var lea = new Person(rig.Sample.BaseAddress);
        var id = await ConnectAsync(rig, admin, lea);
        Assert.Equal("/home", (await lea.SignIn(Known, Email)).Path);

        // Killed when both are done, before it is proved.
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Secrets.Reading = name =>
        {
            if (name == ConnectedAccount.PasswordSecret(rig.IntegrationId, id))
            {
                reached.TrySetResult();
                return Task.Delay(Timeout.Infinite, Stop);
            }

            return Task.CompletedTask;
        };
        await LeaveAsync(rig, id);
        await SweptUntilAsync(rig, () => Task.FromResult(reached.Task.IsCompleted));
        await rig.RestartAsync();
        await SweptUntilAsync(rig, async () => await rig.Secrets.GetAsync(ConnectedAccount.PasswordSecret(rig.IntegrationId, id), Stop) is null);

        var operation = await SecuringAsync(rig);
        Assert.Equal("Succeeded", (string?)operation["status"]);
        Assert.Equal(
            ["a password that nobody knows", "signed out everywhere", "proved: the app refuses the password from before"],
            operation["changes"]!.AsArray().Select(c => (string)c!));
        Assert.Equal("/login", (await lea.Open("/home")).Path);
        Assert.Equal("/home", (await admin.Open("/home")).Path);
        Assert.Empty((await rig.DoAsync(HttpMethod.Get, "/connected-accounts"))["items"]!.AsArray());

        // Even where somebody lets the person in again by hand, what they knew is worth nothing.
        var member = rig.Sample.Snapshot().Single(m => m.Email == Email);
        await admin.Press(await admin.Open($"/members/{member.Id}"), "Reactivate");
        Assert.Equal("Wrong email or password.", (await lea.SignIn(Known, Email)).Alert);
        Assert.NotEqual(Known, member.Password);
        Assert.True(await rig.SearchAsync(Known, member.Password, Rig.FirstPassword) > 60);
    }

    [Fact]
    public async Task An_app_that_says_so_and_forgets_is_found_out_and_a_person_is_asked()
    {
        await using var rig = await Rig.StartAsync();
        using var admin = new Person(rig.Sample.BaseAddress);
        using var lea = new Person(rig.Sample.BaseAddress);
        var id = await ConnectAsync(rig, admin, lea);
        rig.Sample.Faults.Current = FaultSettings.Parse("""{"fakeSuccess":["password"]}""");

        // Somebody lets the person in again at the worst moment: the old password would still do.
        rig.Secrets.Reading = async name =>
        {
            if (name == ConnectedAccount.PasswordSecret(rig.IntegrationId, id) && rig.Sample.Snapshot().Single(m => m.Email == Email) is { Status: Samples.Data.MemberStatus.Suspended } member)
            {
                await admin.Press(await admin.Open($"/members/{member.Id}"), "Reactivate");
            }
        };
        await LeaveAsync(rig, id);
        await SweptUntilAsync(rig, async () => (bool?)(await SecuringAsync(rig))["ended"] is true);

        var operation = await SecuringAsync(rig);
        Assert.True((string?)operation["failure"]?["code"] == "VerificationFailed", $"{operation.ToJsonString()}\n{string.Join('\n', rig.Sample.Audit())}");
        Assert.Equal(1, rig.Audited("Member password set"));
        var tasks = (await rig.ApiAsync(HttpMethod.Get, $"integrations/{rig.IntegrationId}/tasks")).Body["items"]!.AsArray();
        Assert.Contains(tasks, task => ((string)task!["title"]!).Contains(Email, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_is_secured_where_the_app_deletes_the_account_or_it_is_the_service_account_itself()
    {
        await using var rig = await Rig.StartAsync();
        using var admin = new Person(rig.Sample.BaseAddress);
        using var lea = new Person(rig.Sample.BaseAddress);
        var deleted = await ConnectAsync(rig, admin, lea);
        var shared = await rig.CreateUserAsync("shared@example.test", "shared");
        await rig.UserAsync(shared, "Onboarded");
        var tied = await rig.DoAsync(HttpMethod.Put, $"/users/{shared}/connected-account", $$"""{"userName":"admin@sample.test","password":"{{Rig.FirstPassword}}"}""");
        Assert.Equal("Hand", (string?)tied["tiedBy"]);
        await LeaveAsync(rig, shared);
        await rig.ScimAsync(HttpMethod.Delete, $"Users/{deleted}");
        await SweptUntilAsync(rig, async () => (await rig.DoAsync(HttpMethod.Get, "/connected-accounts"))["items"]!.AsArray().Count == 0);
        Assert.Empty((await rig.ApiAsync(HttpMethod.Get, $"integrations/{rig.IntegrationId}/operations?kind=SecureAccount")).Body["items"]!.AsArray());
        await rig.ProvedAsync();
    }

    private static async Task<string> ConnectAsync(Rig rig, Person admin, Person lea)
    {
        var id = await rig.JoinAsync(admin, lea, Email, Known);
        await rig.DoAsync(HttpMethod.Put, $"/users/{id}/connected-account", $$"""{"password":"{{Known}}"}""");
        return id;
    }

    private static Task<JsonObject> LeaveAsync(Rig rig, string id) => rig.ScimAsync(
        HttpMethod.Patch, $"Users/{id}", """{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}""");

    private static async Task<JsonNode> SecuringAsync(Rig rig) =>
        (await rig.ApiAsync(HttpMethod.Get, $"integrations/{rig.IntegrationId}/operations?kind=SecureAccount")).Body["items"]!.AsArray().SingleOrDefault() ?? new JsonObject();

    private static Task SweptUntilAsync(Rig rig, Func<Task<bool>> condition) => Rig.UntilAsync(
        async () =>
        {
            await ((ConnectedAccountService)rig.Services.GetService(typeof(ConnectedAccountService))!).RunDueAsync(rig.IntegrationId, Stop);
            return await condition();
        },
        () => $"{rig.Log}");
}
