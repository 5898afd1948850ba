using System.Net.Http.Json;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Gateway.Api;
using IdLcm.Suites;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Tests.Api;

/// <summary>The activity tells of everything that it promises to tell of, each event written by what it is about.</summary>
public sealed class EveryEventTests
{
    /// <summary>What is promised. A rotated password and an enabled second factor need an app with such pages: the tests of the posture see those two.</summary>
    private static readonly string[] Promised =
    [
        "Service account created", "Service account updated", "Service account removed",
        "User invite requested", "User invite in progress", "User invited", "User invite failed",
        "User update requested", "User update in progress", "User updated", "User update failed",
        "User removal requested", "User removal in progress", "User removed", "User removal failed",
        "SCIM integration connected", "Health check triggered", "Health validated", "Health check failed",
        "Sync started", "Sync plan ready", "Sync halted by safeguard", "Sync completed", "Sync failed",
        "Retry scheduled", "Token generated", "Token revoked",
        "User matched", "User exempted", "User removal decided", "Human task opened", "Human task closed",
        "Settings changed", "Signed in", "Access denied", "Call denied", "Sign-in denied",
    ];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_promised_event_is_written_by_what_it_tells_of()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var (owner, app) = (gateway.Owner, gateway.App);
        var desk = await gateway.ConnectAsync("Desk");
        await owner.PutAsync($"{desk.Path}/service-account", new { userName = "admin@acme.test", password = "right-password" });
        await owner.DeleteAsync($"{desk.Path}/tokens/{(await owner.PostAsync($"{desk.Path}/tokens", new { label = "Okta" })).Text("id")}");
        await owner.PatchAsync(desk.Path, new { name = "Help desk" });
        Assert.Equal(401, (await gateway.ClientFor("idlcm_scim_wrong").GetAsync($"/scim/v2/{desk.Id}/Users")).Status);
        await gateway.ClientFor("idlcm_key_wrong").GetAsync("/api/integrations");
        await SignInAsync(gateway);

        // Joiner, mover, leaver, each once done and once failed; a verification that fails is tried again and then a person's task.
        var ada = await desk.ProvisionAsync("ada@acme.test");
        await owner.SettledAsync(desk, ada);
        app.Fault = On(ConnectorVerb.CreateUser, FailureCode.NotEnoughSeats);
        await owner.SettledAsync(desk, await desk.ProvisionAsync("bob@acme.test"));
        app.Fault = On(ConnectorVerb.UpdateUser, FailureCode.VerificationFailed);
        await RenameAsync(desk, ada, "King");
        await owner.SettledAsync(desk, ada);
        app.Fault = null;
        var task = (await owner.GetAsync($"{desk.Path}/tasks")).Items[0].GetProperty("id").GetString();
        await owner.EndAsync((await owner.PostAsync($"{desk.Path}/tasks/{task}/close", new { resolution = "Done by hand." })).Text("verifyingOperationId"));
        app.Fault = On(ConnectorVerb.Delete, FailureCode.UnderpermissionedAccount);
        await desk.Scim.DeleteAsync($"/scim/v2/{desk.Id}/Users/{ada}");
        var failed = (await owner.SettledAsync(desk, ada)).Text("lastOperationId");
        app.Fault = null;
        await owner.PostAsync($"/api/operations/{failed}/retry");
        await owner.SettledAsync(desk, ada);

        // Accounts that nobody claims, and what people decide about them; a sync that fails, and one that a safeguard halts.
        foreach (var name in new[] { "exempt", "match", "remove" })
        {
            app.Put(desk.Tenant, new InMemoryPerson($"{name}@acme.test", name, "", "Agent", "active"));
        }

        await SyncAsync();
        var unmatched = (await owner.GetAsync($"{desk.Path}/unmatched")).Items.ToDictionary(item => item.GetProperty("identifier").GetString()!, item => item.GetProperty("userId").GetString());
        await owner.PostAsync($"{desk.Path}/unmatched/{unmatched["exempt@acme.test"]}/exempt", new { reason = "a mailbox" });
        await owner.PostAsync($"{desk.Path}/unmatched/{unmatched["match@acme.test"]}/match", new { userName = "later@acme.test" });
        await owner.PostAsync($"{desk.Path}/unmatched/{unmatched["remove@acme.test"]}/remove", new { reason = "left" });
        app.Fault = On(ConnectorVerb.ListUsers, FailureCode.IncompleteRead);
        await SyncAsync();
        app.Fault = null;
        await owner.PatchAsync(desk.Path, new { safeguard = new { assignments = new { absolute = 0 } } });
        app.Put(desk.Tenant, new InMemoryPerson("remove@acme.test", "remove", "", "Agent", "suspended"));
        await SyncAsync();
        app.Password = "another-password";
        await owner.EndAsync((await owner.PostAsync($"{desk.Path}/validate")).Text("operationId"));
        await owner.PostAsync($"{desk.Path}/delete", new { accounts = "keep", reason = "The story is over." });

        var log = gateway.Services.GetRequiredService<ActivityLog>();
        var written = new HashSet<string>();
        foreach (var place in new[] { desk.Id, ActivityLog.Workspace })
        {
            await foreach (var item in log.ReadNewestFirstAsync(place, null, Stop))
            {
                written.Add(EnumNames<ActivityKind>.Of(item.Event));
            }

            await log.SealAsync(place, Stop);
            Assert.True((await log.VerifyAsync(place, Stop)).Intact);
        }

        Assert.Empty(Promised.Except(written));

        async Task SyncAsync() => await owner.EndAsync((await owner.PostAsync($"{desk.Path}/sync")).Text("operationId"));
    }

    [Fact]
    public void No_event_can_be_chosen_that_nothing_writes()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "IdLcm.sln")))
        {
            root = Path.GetDirectoryName(root)!;
        }

        // A channel may tell of each of them: one that is never written would be waited for in vain.
        var source = string.Join('\n', Directory.EnumerateFiles(Path.Combine(root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(File.ReadAllText));
        var words = source.Split([' ', '\n', '(', ')', ',', ';', '?', ':', '}'], StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);

        Assert.DoesNotContain(Enum.GetNames<ActivityKind>(), name => !words.Contains($"ActivityKind.{name}"));
    }

    private static Func<VerbCall, Failure?> On(ConnectorVerb verb, FailureCode code) => call => call.Verb == verb ? new Failure(code, "told to") : null;

    private static Task<Answer> RenameAsync(Connected desk, string userId, string name) => desk.Scim.PatchAsync(
        $"/scim/v2/{desk.Id}/Users/{userId}",
        $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"name.familyName","value":"{{name}}"}]}""");

    private static async Task SignInAsync(RunningGateway gateway)
    {
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new Uri(gateway.BaseUrl) };
        var address = (await gateway.Owner.PostAsync("/api/sign-in-links")).Text("address");
        foreach (var link in new[] { "wrong", Uri.UnescapeDataString(address[(address.IndexOf("link=", StringComparison.Ordinal) + 5)..]) })
        {
            using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["link"] = link, ["return"] = "/" });
            using var answer = await browser.PostAsync(new Uri("/sign-in", UriKind.Relative), form, Stop);
        }
    }
}
