using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using IdLcm.Domain.Users;
using IdLcm.Functions.Tests.Azurite;
using IdLcm.LocalHost.Tests.Lifecycle;

namespace IdLcm.Functions.Tests.Hosting;

/// <summary>The storage service goes away while identity providers write, and comes back: through the whole pipeline.</summary>
public sealed class StorageOutageTests : IAsyncLifetime
{
    private const int People = 24;

    private readonly AzuriteServer azurite = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => azurite.InitializeAsync();

    public ValueTask DisposeAsync() => azurite.DisposeAsync();

    [Fact]
    public async Task Everybody_who_was_accepted_gets_an_account_once_and_who_was_not_is_told_to_come_again()
    {
        await using var gateway = await RunningGateway.StartAsync(azurite: azurite);
        var some = new TaskCompletionSource();
        var down = new TaskCompletionSource();
        var accepted = 0;
        var providers = Enumerable.Range(0, 4).Select(provider => Task.Run(async () =>
        {
            for (var i = provider; i < People; i += 4)
            {
                // Half of them come while it is away, however fast the first half was.
                if (i >= People / 2)
                {
                    await down.Task;
                }

                await UntilAcceptedAsync(gateway, $"person{i}@acme.test");
                if (Interlocked.Increment(ref accepted) == People / 3)
                {
                    some.TrySetResult();
                }
            }
        })).ToArray();

        await some.Task;
        await azurite.StopAsync();
        down.SetResult();
        using (var response = await gateway.SendAsync(HttpMethod.Get, "Users?count=1"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.NotNull(response.Headers.RetryAfter);
        }

        Assert.InRange(Volatile.Read(ref accepted), People / 3, People / 2);
        await azurite.StartAsync();
        await Task.WhenAll(providers);

        for (var i = 0; i < People; i++)
        {
            await gateway.SettledAsync($"person{i}@acme.test", ProvisioningState.Onboarded);
            Assert.Single(gateway.External.Audit, done => done == $"CreateUser person{i}@acme.test");
        }

        using var all = await gateway.SendAsync(HttpMethod.Get, "Users?count=100");
        Assert.Equal(People, (int)(await all.Content.ReadFromJsonAsync<JsonObject>(Stop))!["totalResults"]!);
    }

    /// <summary>As identity providers do: what was refused for the moment is sent again; somebody who is there already was accepted before.</summary>
    private static async Task UntilAcceptedAsync(RunningGateway gateway, string userName)
    {
        while (true)
        {
            using var response = await gateway.SendAsync(HttpMethod.Post, "Users", $$"""
                {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{{userName}}","name":{"givenName":"Ada","familyName":"Byron"} }
                """);
            if (response.StatusCode is HttpStatusCode.Created or HttpStatusCode.Conflict)
            {
                return;
            }

            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        }
    }
}
