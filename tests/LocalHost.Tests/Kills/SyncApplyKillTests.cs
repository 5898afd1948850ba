using System.Text.Json;
using IdLcm.Domain;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Kills;

/// <summary>
/// A sync that is killed after each of its commits, those of the records as those of the workflow engine: the write-ahead log of one
/// sync is cut there, and another gateway goes on with what is left.
/// </summary>
public sealed class SyncApplyKillTests
{
    private const int AtOnce = 2;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_after_any_commit_of_a_sync_the_app_is_recorded_once_and_completely()
    {
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.CreateAsync("ada@acme.test", ""","roles":[{"value":"Editor"}]""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        foreach (var name in new[] { "stays", "changes", "goes" })
        {
            gateway.External.Put($"{name}@acme.test");
        }

        await gateway.SyncAsync();
        gateway.External.Put("comes@acme.test");
        gateway.External.Put("changes@acme.test", "Editor");
        gateway.External.Remove("goes@acme.test");
        gateway.External.Remove("ada@acme.test");
        await gateway.RestartAsync();

        // The database file stays as it is while the log grows: nothing here is enough for a checkpoint.
        var database = await File.ReadAllBytesAsync(Path.Combine(gateway.DataDirectory, "idlcm.db"), Stop);
        var sync = (string)(await gateway.DoAsync(HttpMethod.Post, "/sync"))["operationId"]!;
        var accepted = await LogAsync(gateway);
        Assert.Equal("Succeeded", (string?)(await gateway.EndedAsync(sync))["status"]);
        var ended = await LogAsync(gateway);
        Assert.True(accepted.Salt.SequenceEqual(ended.Salt), "The log was begun anew meanwhile.");
        var expected = await RecordedAsync(gateway);
        var kills = ended.Commits.Where(commit => commit >= accepted.Commits[^1]).ToList();
        Assert.True(kills.Count > 10, $"There are {kills.Count} commits only.");

        await Parallel.ForEachAsync(
            kills,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = Stop },
            async (commit, _) =>
            {
                await using var another = await gateway.AnotherAsync(database, ended.Until(commit).ToArray());
                var operation = await another.EndedAsync(sync);
                Assert.True((string?)operation["status"] == "Succeeded", $"Killed after commit {kills.IndexOf(commit) + 1} of {kills.Count}: {operation.ToJsonString()}");
                Assert.Equal(["read 3 accounts: 1 new, 1 changed, 2 gone"], operation["changes"]!.AsArray().Select(change => (string?)change));
                Assert.Equal(expected, await RecordedAsync(another));
            });
    }

    private static async Task<WriteAheadLog> LogAsync(RunningGateway gateway)
    {
        await using var file = new FileStream(Path.Combine(gateway.DataDirectory, "idlcm.db-wal"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, Stop);
        return new WriteAheadLog(bytes);
    }

    /// <summary>What is recorded of the app: accounts, plans, people as an identity provider sees them, leftovers of reads, and what the activity tells.</summary>
    private static async Task<string> RecordedAsync(RunningGateway gateway)
    {
        var accounts = await gateway.Store.QueryAsync(gateway.Partition, RowRange.Prefix(Rows.Accounts), 100, null, Stop);
        var plans = (await gateway.DoAsync(HttpMethod.Get, "/sync-plans"))["items"]!.AsArray();
        var people = await (await gateway.SendAsync(HttpMethod.Get, "Users?attributes=userName,roles&sortBy=userName")).Content.ReadAsStringAsync(Stop);
        var leftovers = await gateway.Store.QueryAsync(gateway.Partition, RowRange.Prefix(Rows.SyncReads), 10, null, Stop);
        var verified = await gateway.Services.GetRequiredService<ActivityLog>().VerifyAsync(gateway.Integration.Id, Stop);

        // Killed between its plan and its next step, a sync reads again: it tells of each plan that it made.
        var told = (await gateway.ActivityAsync()).Where(told => (string?)told["event"] != "Sync plan ready").GroupBy(told => (string)told["event"]!).OrderBy(told => told.Key, StringComparer.Ordinal).Select(told => $"{told.Key} {told.Count()}");
        return string.Join(
            '\n',
            [
                .. accounts.Records.Select(record => DomainJson.Decode<AppAccount>(record.Value)).Select(account =>
                    $"{account.Identifier} {account.State} {string.Join('+', account.Observed?.Roles ?? [])} {account.UserId.Length} {account.MissingSince is not null}"),
                .. plans.Select(plan => $"{plan!["status"]} {JsonSerializer.Serialize(plan["counts"])}"),
                people.Length.ToString(System.Globalization.CultureInfo.InvariantCulture),
                $"{leftovers.Records.Count} left over, chain intact: {verified.Intact}",
                .. told,
            ]);
    }
}
