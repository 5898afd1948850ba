using System.Net;
using IdLcm.Domain.Erasure;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;
using IdLcm.Functions.Evidence;
using IdLcm.Functions.Hosting;
using IdLcm.Functions.Storage;
using IdLcm.Functions.Tests.Azurite;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Functions.Tests.Hosting;

/// <summary>A backup that is restored knows an older world: nothing is written before a person has looked, and nobody comes back who was erased.</summary>
public sealed class RestoredTests(AzuriteServer azurite)
{
    private const string Ada = "ada@acme.test";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_was_erased_since_the_backup_is_erased_again_and_every_integration_observes_until_it_is_promoted()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var ada = await gateway.CreateAsync(Ada);
        await gateway.CreateAsync("bob@acme.test");
        await gateway.SettledAsync(Ada, ProvisioningState.Onboarded);
        await gateway.SettledAsync("bob@acme.test", ProvisioningState.Onboarded);
        await gateway.OwnerKeyAsync();
        var backup = await gateway.BackUpAsync();
        await gateway.SendAsync(HttpMethod.Delete, $"Users/{ada}");
        await gateway.SettledAsync(Ada, ProvisioningState.Deleted);
        var asked = await gateway.DoAsync(HttpMethod.Post, $"/users/{ada}/erase", """{"reason":"Request 42"}""");
        await gateway.DoAsync(HttpMethod.Post, $"/approvals/{(string)asked["id"]!}/approve", """{"reason":"Their right."}""");
        Assert.Equal([(gateway.Integration.Id, ada)], (await EntriesAsync(gateway.Services.GetRequiredService<IErasureLedger>())).Select(entry => (entry.IntegrationId, entry.UserId)));
        var written = gateway.External.Audit.Count;

        // The backup knows her as somebody who works there.
        await gateway.RestoreAsync(backup, "2026-11-29");
        await OpenAsync(gateway);
        Assert.Equal($"erased-{ada}", (string?)(await UserAsync(gateway, ada))["userName"]);
        Assert.Equal(ProvisioningState.Onboarded, (await gateway.AccountAsync("bob@acme.test"))!.State);
        Assert.Equal("restore", (await gateway.Services.GetRequiredService<IntegrationStore>().FindAsync(gateway.Integration.Id, Stop))!.Value.ObserveOnly?.By);
        Assert.DoesNotContain(Ada, string.Join('\n', (await gateway.ActivityAsync()).Select(item => item.ToJsonString())), StringComparison.Ordinal);
        Assert.Equal(written, gateway.External.Audit.Count);

        // A replica that starts after a person has looked leaves it at that.
        await gateway.DoAsync(HttpMethod.Post, "/promote", """{"reason":"Looked at."}""");
        await gateway.RestartAsync();
        await OpenAsync(gateway);
        Assert.Null((await gateway.Services.GetRequiredService<IntegrationStore>().FindAsync(gateway.Integration.Id, Stop))!.Value.ObserveOnly);
    }

    [Fact]
    public async Task Nobody_but_the_health_probe_is_answered_while_the_data_cannot_be_prepared()
    {
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.CreateAsync(Ada);
        await gateway.SettledAsync(Ada, ProvisioningState.Onboarded);
        var backup = await gateway.BackUpAsync();
        await gateway.BreakErasureLedgerAsync("no entry\n");

        await gateway.RestoreAsync(backup, "broken-ledger");

        using (var health = await gateway.SendAsync(HttpMethod.Get, gateway.Url + "/healthz"))
        using (var refused = await gateway.SendAsync(HttpMethod.Get, "Users"))
        {
            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable), (health.StatusCode, refused.StatusCode));
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        Assert.False(gateway.Services.GetRequiredService<RestoreGate>().IsOpen);
    }

    [Fact]
    public async Task Entries_are_read_in_their_order_over_days_and_a_line_that_is_none_is_named()
    {
        var clients = new StorageClients(azurite.Options());
        var ledger = new BlobErasureLedger(clients.Blobs().GetBlobContainerClient("e" + Guid.NewGuid().ToString("N")));
        Assert.Empty(await EntriesAsync(ledger));
        var day = new DateTimeOffset(2026, 11, 30, 23, 59, 0, TimeSpan.Zero);
        ErasureEntry[] entries = [new("int1", "u1", day), new("int1", "u2", day), new("int2", "u3", day.AddMinutes(2))];
        foreach (var entry in entries)
        {
            await ledger.AppendAsync(entry, Stop);
        }

        Assert.Equal(entries, await EntriesAsync(ledger));
        await ledger.AppendAsync(new ErasureEntry("int1", null!, day), Stop);
        var failure = await Assert.ThrowsAsync<InvalidDataException>(() => EntriesAsync(ledger));
        Assert.Contains("Line 3 of the blob '2026-11-30.jsonl'", failure.Message, StringComparison.Ordinal);
    }

    private static Task OpenAsync(RunningGateway gateway) => RunningGateway.UntilAsync(
        () => Task.FromResult(gateway.Services.GetRequiredService<RestoreGate>().IsOpen), "The restored data are not prepared.");

    private static async Task<System.Text.Json.Nodes.JsonObject> UserAsync(RunningGateway gateway, string id) =>
        (await gateway.ApiAsync(HttpMethod.Get, $"integrations/{gateway.Integration.Id}/users/{id}")).Body;

    private static async Task<IReadOnlyList<ErasureEntry>> EntriesAsync(IErasureLedger ledger)
    {
        var entries = new List<ErasureEntry>();
        await foreach (var entry in ledger.ReadAsync(Stop))
        {
            entries.Add(entry);
        }

        return entries;
    }
}
