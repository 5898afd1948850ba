using System.Net.Http.Json;
using System.Text.Json.Nodes;
using IdLcm.Domain.Users;
using IdLcm.Functions.Tests.Azurite;
using IdLcm.LocalHost.Tests.Lifecycle;

namespace IdLcm.Functions.Tests.Hosting;

/// <summary>The storage service does what it is asked, and its answers get lost: through the whole pipeline.</summary>
public sealed class LostAnswerTests
{
    private static readonly string[] People = [.. Enumerable.Range(0, 8).Select(i => $"person{i}@acme.test")];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everybody_is_accepted_and_gets_one_account_although_half_of_all_transactions_seem_to_fail_after_they_happened()
    {
        await using var gateway = await RunningGateway.StartAsync(proxies: true);
        var transactions = 0;
        gateway.TableProxy!.Decide = request => Task.FromResult<ProxyFault?>(
            request.Kind == StorageRequestKind.Transaction && Interlocked.Increment(ref transactions) % 2 == 0 ? new ProxyFault.LoseAnswer() : null);

        await Task.WhenAll(People.Select(person => gateway.CreateAsync(person)));
        foreach (var person in People)
        {
            await gateway.SettledAsync(person, ProvisioningState.Onboarded);
        }

        gateway.TableProxy.Decide = null;
        Assert.InRange(transactions, 2 * People.Length, int.MaxValue);
        Assert.All(People, person => Assert.Single(gateway.External.Audit, done => done == $"CreateUser {person}"));
        using var all = await gateway.SendAsync(HttpMethod.Get, "Users?count=100");
        Assert.Equal(People.Length, (int)(await all.Content.ReadFromJsonAsync<JsonObject>(Stop))!["totalResults"]!);
        Assert.Equal(People.Length, (await gateway.ActivityAsync("User invite requested")).Count);
        Assert.Equal(People.Length, (await gateway.ActivityAsync("User invited")).Count);
    }
}
