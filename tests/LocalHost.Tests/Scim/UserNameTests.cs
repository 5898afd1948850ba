using System.Net;
using IdLcm.LocalHost.Tests.Lifecycle;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>A user name is one, however its letters and marks are composed (RFC 7644 section 5).</summary>
public sealed class UserNameTests : IAsyncLifetime
{
    private const string Composed = "Jos\u00e9@acme.test";
    private const string Apart = "jose\u0301@ACME.test";

    private RunningGateway gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await PausedAsync();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Theory]
    [InlineData(Composed, Apart)]
    [InlineData(Apart, Composed)]
    public async Task Two_users_never_differ_by_composition_alone(string first, string second)
    {
        var id = await gateway.UserAsync(first);
        var other = await gateway.UserAsync("other@acme.test");
        (await gateway.PostAsync("Users", $$"""{"userName":"{{second}}"}""")).IsError(HttpStatusCode.Conflict, "uniqueness");
        (await gateway.PutAsync($"Users/{other}", $$"""{"userName":"{{second}}"}""")).IsError(HttpStatusCode.Conflict, "uniqueness");
        (await gateway.PatchOpsAsync($"Users/{other}", $$"""{"op":"replace","path":"userName","value":"{{second}}"}""")).IsError(HttpStatusCode.Conflict, "uniqueness");
        foreach (var filter in (string[])["userName eq", $"{UserUrn}:userName eq", "active eq true and userName eq", "title pr or userName eq", "userName sw", "userName co", "userName ew"])
        {
            Assert.Equal([id], (await gateway.FilterAsync("Users", $"{filter} \"{second}\"")).Is(HttpStatusCode.OK).Ids);
        }

        Assert.Equal([other], (await gateway.FilterAsync("Users", $"userName ne \"{second}\"")).Ids);
        Assert.Equal(first, (string)(await gateway.GetAsync($"Users/{id}")).Body!["userName"]!);
    }

    [Fact]
    public async Task Addresses_and_names_are_found_however_they_are_composed()
    {
        var id = await gateway.UserAsync("other@acme.test");
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","path":"name.givenName","value":"Jose\u0301"},{"op":"replace","path":"externalId","value":"Jose\u0301"}""")).Is(HttpStatusCode.OK);
        (await gateway.PatchOpsAsync($"Users/{id}", $$"""{"op":"replace","path":"emails[type eq \"work\"].value","value":"{{Apart}}"}""")).Is(HttpStatusCode.OK);
        foreach (var filter in (string[])["emails[type eq \"work\"].value eq", "emails.value eq", "title pr or emails.value eq", "emails co"])
        {
            Assert.Equal([id], (await gateway.FilterAsync("Users", $"{filter} \"{Composed}\"")).Is(HttpStatusCode.OK).Ids);
        }

        Assert.Equal([id], (await gateway.FilterAsync("Users", "name.givenName eq \"jos\u00e9\"")).Ids);
        Assert.Empty((await gateway.FilterAsync("Users", "externalId eq \"Jos\u00e9\"")).Ids);
    }

    [Fact]
    public async Task A_name_may_be_written_the_other_way_and_is_free_again_when_its_user_is_gone()
    {
        var id = await gateway.UserAsync(Apart);
        var renamed = (await gateway.PatchOpsAsync($"Users/{id}", $$"""{"op":"replace","path":"userName","value":"{{Composed}}"}""")).Is(HttpStatusCode.OK);
        Assert.Equal(Composed, (string)renamed.Body!["userName"]!);
        Assert.Equal([id], (await gateway.FilterAsync("Users", $"userName eq \"{Apart}\"")).Ids);
        (await gateway.DeleteAsync($"Users/{id}")).Is(HttpStatusCode.NoContent);
        Assert.Empty((await gateway.FilterAsync("Users", $"userName eq \"{Composed}\"")).Ids);
        Assert.NotEqual(id, await gateway.UserAsync(Apart));
    }
}
