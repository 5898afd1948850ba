using System.Net;
using System.Text.Json.Nodes;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>Groups that give roles: group push moves people's access in the app.</summary>
public sealed class GroupAccessTests : IAsyncLifetime
{
    private RunningGateway gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await RunningGateway.StartAsync(i => i with
    {
        GroupMappings = [new GroupMapping("Editors", ["Editor"]), new GroupMapping("Owners", ["Owner"])],
    });

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    private string RoleOf(string email) => string.Join(",", gateway.External.Find(email)!["roles"]!.AsArray().Select(r => (string)r!));

    private async Task<string> OnboardedAsync(string email)
    {
        var id = await gateway.CreateAsync(email);
        await gateway.SettledAsync(email, ProvisioningState.Onboarded);
        return id;
    }

    private async Task MembersAsync(string group, string op, params string[] ids) =>
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"{{op}}","path":"members","value":[{{Values(ids)}}]}""")).Is(HttpStatusCode.NoContent);

    private async Task UntilAsync(Func<bool> condition)
    {
        var limit = DateTime.UtcNow.AddSeconds(120);
        using var subscription = gateway.Services.GetRequiredService<ChangeFeed>().Watch(gateway.Integration.Id);
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < limit, "It did not happen within 120 seconds.");
            using var look = new CancellationTokenSource(TimeSpan.FromMilliseconds(250));
            try
            {
                await subscription.Changes.ReadAsync(look.Token);
            }
            catch (OperationCanceledException)
            {
                // Time to look again.
            }
        }
    }

    [Fact]
    public async Task Who_comes_into_a_mapped_group_gets_its_role_and_loses_it_on_leaving()
    {
        var id = await OnboardedAsync("ada@acme.test");
        Assert.Equal("Viewer", RoleOf("ada@acme.test"));
        var version = (await gateway.GetAsync($"Users/{id}?excludedAttributes=groups")).ETag;
        var group = await gateway.GroupAsync("Editors");
        await MembersAsync(group, "add", id);
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Equal("Editor", RoleOf("ada@acme.test"));
        Assert.Equal(version, (await gateway.GetAsync($"Users/{id}?excludedAttributes=groups")).ETag);
        await MembersAsync(group, "remove", id);
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Equal("Viewer", RoleOf("ada@acme.test"));
    }

    [Fact]
    public async Task Of_several_roles_the_highest_ranking_wins()
    {
        var id = await OnboardedAsync("eve@acme.test");
        var owners = await gateway.GroupAsync("Owners", id);
        await gateway.GroupAsync("editors", id);
        await gateway.SettledAsync("eve@acme.test", ProvisioningState.Onboarded);
        Assert.Equal("Owner", RoleOf("eve@acme.test"));
        (await gateway.DeleteAsync($"Groups/{owners}")).Is(HttpStatusCode.NoContent);
        await gateway.SettledAsync("eve@acme.test", ProvisioningState.Onboarded);
        Assert.Equal("Editor", RoleOf("eve@acme.test"));
    }

    [Fact]
    public async Task A_person_is_created_with_the_role_of_the_group()
    {
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;
        var id = await gateway.CreateAsync("new@acme.test");
        await gateway.GroupAsync("Editors", id);
        gate.SetResult();
        await gateway.SettledAsync("new@acme.test", ProvisioningState.Onboarded);
        Assert.Equal("Editor", RoleOf("new@acme.test"));
    }

    [Fact]
    public async Task A_membership_that_changes_while_an_operation_runs_leads_to_a_successor()
    {
        var id = await OnboardedAsync("run@acme.test");
        var group = await gateway.GroupAsync("Editors");
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;
        await gateway.PatchAsync(id, """{"op":"replace","path":"title","value":"Boss"}""");
        await UntilAsync(() => gateway.AccountAsync("run@acme.test").GetAwaiter().GetResult()?.State == ProvisioningState.UpdateOngoing);
        await MembersAsync(group, "add", id);
        await MembersAsync(group, "remove", id);
        await MembersAsync(group, "add", id);
        gate.SetResult();
        await gateway.SettledAsync("run@acme.test", ProvisioningState.Onboarded);
        Assert.Equal("Editor", RoleOf("run@acme.test"));
        var account = (await gateway.AccountAsync("run@acme.test"))!;
        var user = (await gateway.Store.FindUserAsync(gateway.Partition, id, TestContext.Current.CancellationToken))!.Value;
        Assert.Equal(user.Wish, account.SatisfiedGeneration);
    }

    [Fact]
    public async Task A_renamed_group_takes_its_roles_away_and_gives_others()
    {
        var id = await OnboardedAsync("ren@acme.test");
        var group = await gateway.GroupAsync("Editors", id);
        await gateway.SettledAsync("ren@acme.test", ProvisioningState.Onboarded);
        Assert.Equal("Editor", RoleOf("ren@acme.test"));
        (await gateway.PatchOpsAsync($"Groups/{group}", """{"op":"replace","path":"displayName","value":"Owners"}""")).Is(HttpStatusCode.NoContent);
        await UntilAsync(() => RoleOf("ren@acme.test") == "Owner");
        (await gateway.PatchOpsAsync($"Groups/{group}", """{"op":"replace","path":"displayName","value":"Nobody"}""")).Is(HttpStatusCode.NoContent);
        await UntilAsync(() => RoleOf("ren@acme.test") == "Viewer");
    }

    [Fact]
    public async Task A_push_of_more_people_than_one_commit_holds_reaches_all_of_them()
    {
        var emails = Enumerable.Range(0, 25).Select(i => $"mass{i}@acme.test").ToList();
        var ids = new List<string>();
        foreach (var email in emails)
        {
            ids.Add(await gateway.CreateAsync(email));
        }

        var group = await gateway.GroupAsync("Editors");
        await MembersAsync(group, "add", [.. ids]);
        Assert.Equal(ids.Order(StringComparer.Ordinal), (await gateway.GetAsync($"Groups/{group}")).Members);
        await UntilAsync(() => emails.All(e => gateway.External.Find(e) is not null && RoleOf(e) == "Editor"));
        (await gateway.DeleteAsync($"Groups/{group}")).Is(HttpStatusCode.NoContent);
        await UntilAsync(() => emails.All(e => RoleOf(e) == "Viewer"));
    }

    [Fact]
    public async Task A_role_that_no_group_gives_is_not_taken_away()
    {
        gateway.External.Put("own@acme.test", role: "Owner");
        await using var other = await RunningGateway.StartAsync(i => i with { GroupMappings = [new GroupMapping("Editors", ["Editor"])] });
        other.External.Put("kept@acme.test", role: "Owner");
        var id = await other.CreateAsync("kept@acme.test");
        await other.SettledAsync("kept@acme.test", ProvisioningState.Onboarded);
        var group = await other.GroupAsync("Plain", id);
        (await other.DeleteAsync($"Groups/{group}")).Is(HttpStatusCode.NoContent);
        await other.PatchAsync(id, """{"op":"replace","path":"title","value":"X"}""");
        await other.SettledAsync("kept@acme.test", ProvisioningState.Onboarded);
        Assert.Equal("Owner", (string)other.External.Find("kept@acme.test")!["roles"]!.AsArray()[0]!);
    }

    [Fact]
    public async Task A_membership_decided_by_a_mapping_that_changes_at_that_moment_is_decided_again()
    {
        StoreWithHook? store = null;
        await using var other = await RunningGateway.StartAsync(services: services => StoreWithHook.PutBefore(services, made => store = made));
        var id = await other.CreateAsync("race@acme.test");
        await other.SettledAsync("race@acme.test", ProvisioningState.Onboarded);
        var group = await other.GroupAsync("Editors");
        store!.BeforeCommit = async changes =>
        {
            if (changes.Any(change => change.Row == Rows.GroupMember(group, id)))
            {
                store.BeforeCommit = null;
                await other.DoAsync(HttpMethod.Put, "/group-mappings/Editors", """{"roles":["Editor"]}""");
            }
        };

        (await other.PatchOpsAsync($"Groups/{group}", $$"""{"op":"add","path":"members","value":[{"value":"{{id}}"}]}""")).Is(HttpStatusCode.NoContent);

        await RunningGateway.UntilAsync(() => Task.FromResult((string)other.External.Find("race@acme.test")!["roles"]!.AsArray()[0]! == "Editor"), "The role of the new mapping never came.");
    }

    [Fact]
    public async Task A_mapping_that_was_changed_right_before_a_crash_is_followed_after_the_restart()
    {
        var id = await OnboardedAsync("crash@acme.test");
        await gateway.GroupAsync("Plain", id);
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;

        // The change alone, as a process leaves it that ends before the app could follow.
        var integrations = gateway.Services.GetRequiredService<IntegrationStore>();
        await integrations.ChangeAsync(
            gateway.Integration.Id,
            i => (i with { GroupMappings = [new GroupMapping("plain", ["Owner"])], MappingsToFollow = [new MappingToFollow("plain", Provenance.System, DateTimeOffset.UtcNow)] }, []),
            TestContext.Current.CancellationToken);
        await gateway.RestartAsync();
        gate.SetResult();

        await UntilAsync(() => RoleOf("crash@acme.test") == "Owner");
        await RunningGateway.UntilAsync(
            async () => (await gateway.Services.GetRequiredService<IntegrationStore>()
                .FindAsync(gateway.Integration.Id, TestContext.Current.CancellationToken))!.Value.MappingsToFollow.Count == 0,
            "The mapping is still to be followed.");
    }
}
