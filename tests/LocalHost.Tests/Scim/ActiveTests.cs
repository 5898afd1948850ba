using System.Net;
using System.Text;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>A user of whom nobody said whether the account may be used has an account that may, everywhere.</summary>
public sealed class ActiveTests : IAsyncLifetime
{
    private RunningGateway gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await PausedAsync();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData(",\"active\":null")]
    [InlineData(",\"active\":\"\"")]
    public async Task A_user_created_without_active_is_active_in_every_answer(string sent)
    {
        var created = (await gateway.PostAsync("Users", $$"""{"userName":"silent@acme.test"{{sent}}}""")).Is(HttpStatusCode.Created);
        await gateway.UserAsync("gone@acme.test", ",\"active\":false");
        Assert.True((bool)created.Body!["active"]!);
        var read = await gateway.GetAsync($"Users/{created.Id}");
        Assert.Equal((created.ETag, created.Text), (read.ETag, read.Text));
        Assert.Equal(["schemas", "id", "active", "meta"], (await gateway.GetAsync($"Users/{created.Id}?attributes=active,meta")).Body!.Select(p => p.Key));
        foreach (var filter in (string[])["active eq true", "active ne false", "active pr", "not (active eq false)", "userName eq \"silent@acme.test\" and active eq true", "active eq true and userName sw \"s\""])
        {
            var found = await gateway.FilterAsync("Users", filter);
            Assert.True(found.Ids.Contains(created.Id), filter);
            Assert.All(found.Resources.Where(r => (string)r["id"]! == created.Id), r => Assert.True((bool)r["active"]!));
        }

        Assert.Equal(["gone@acme.test"], (await gateway.FilterAsync("Users", "active eq false")).Resources.Select(r => (string)r["userName"]!));
        Assert.Equal(["gone@acme.test", "silent@acme.test"], (await gateway.GetAsync("Users?sortBy=active")).Resources.Select(r => (string)r["userName"]!));
        Assert.Equal(["silent@acme.test", "gone@acme.test"], (await gateway.GetAsync("Users?sortBy=active&sortOrder=descending")).Resources.Select(r => (string)r["userName"]!));
    }

    [Fact]
    public async Task What_a_user_is_already_changes_nothing()
    {
        var created = await gateway.PostAsync("Users", """{"userName":"same@acme.test"}""");
        var patched = (await gateway.PatchOpsAsync($"Users/{created.Id}", """{"op":"Replace","path":"active","value":"True"}""")).Is(HttpStatusCode.OK);
        var put = (await gateway.PutAsync($"Users/{created.Id}", """{"userName":"same@acme.test"}""")).Is(HttpStatusCode.OK);
        Assert.Equal([created.ETag, created.ETag], [patched.ETag, put.ETag]);
    }

    [Theory]
    [InlineData("""{"op":"remove","path":"active"}""")]
    [InlineData("""{"op":"replace","path":"active","value":null}""")]
    public async Task An_active_that_is_taken_away_is_true_again(string operation)
    {
        var id = await gateway.UserAsync("again@acme.test", ",\"active\":false");
        Assert.True((bool)(await gateway.PatchOpsAsync($"Users/{id}", operation)).Is(HttpStatusCode.OK).Body!["active"]!);
        Assert.Equal([id], (await gateway.FilterAsync("Users", "active eq true")).Ids);
    }

    [Fact]
    public async Task A_user_that_was_stored_without_active_is_shown_and_found_like_the_others()
    {
        var id = await gateway.UserAsync("old@acme.test", ",\"title\":\"\\\"active\\\":\"");
        var store = gateway.Services.GetRequiredService<IRecordStore>();
        var partition = Rows.Partition(gateway.Integration.Id);
        var stored = (await store.FindUserAsync(partition, id, TestContext.Current.CancellationToken))!;
        var without = Encoding.UTF8.GetString(stored.Value.Resource.Span).Replace(",\"active\":true", "", StringComparison.Ordinal);
        Assert.DoesNotContain("\"active\":true", without, StringComparison.Ordinal);
        await store.CommitAsync(partition, [UserRecords.Write(stored.Value with { Resource = Encoding.UTF8.GetBytes(without) }, stored.ETag)], TestContext.Current.CancellationToken);

        var read = await gateway.GetAsync($"Users/{id}");
        Assert.True((bool)read.Body!["active"]!);
        Assert.Equal("\"active\":", (string)read.Body["title"]!);
        Assert.Equal([id], (await gateway.FilterAsync("Users", "active eq true")).Ids);
        Assert.Equal(read.ETag, (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"add","path":"active","value":true}""")).ETag);
    }
}
