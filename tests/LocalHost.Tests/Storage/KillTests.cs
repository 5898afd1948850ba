using System.Diagnostics;
using System.Globalization;
using System.Text;
using IdLcm.Domain.Storage;
using IdLcm.LocalHost.Storage;
using IdLcm.StoreCrasher;

namespace IdLcm.LocalHost.Tests.Storage;

public sealed class KillTests
{
    private const int Kills = 12;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_acknowledged_survives_kill_9_and_every_commit_is_whole_or_absent()
    {
        using var directory = new DataDirectory();
        var random = new Random();
        var acknowledged = new SortedSet<int>();
        var next = 1;
        for (var kill = 0; kill < Kills; kill++)
        {
            var before = acknowledged.Count;
            await RunUntilKilledAsync(directory.Path, next, random, acknowledged);
            Assert.True(acknowledged.Count > before, "The process was killed before its first commit.");
            next = await VerifyAsync(directory.Path, acknowledged) + 1000;
        }
    }

    [Fact]
    public async Task A_second_process_is_refused_and_told_who_owns_the_directory()
    {
        using var directory = new DataDirectory();
        using var database = SqliteDatabase.Open(directory.Path);
        using var second = StoreProcess.Start("commit", directory.Path, "1");

        Assert.Equal(3, await second.ExitAsync());
        Assert.Contains($"'{directory.Path}' is in use by another idlcm process (pid {Environment.ProcessId})", await second.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_fills_up_refuses_commits_loses_nothing_and_is_used_again_when_there_is_room()
    {
        using var directory = new DataDirectory();
        Assert.SkipUnless(await StoreProcess.CanMountAsync(directory.Path), "This system allows no mount in a namespace of the test's own.");
        using var process = StoreProcess.StartOnSmallDisk(directory.Path, "6m", "fill");
        var output = await process.Output.ReadToEndAsync(Cancellation);

        Assert.True(await process.ExitAsync() == 0, output + await process.Errors);
        Assert.Matches("^full after [1-9][0-9]*\nall readable\nworks again\nall there\nintegrity ok\n$", output);
    }

    private static async Task RunUntilKilledAsync(string directory, int next, Random random, SortedSet<int> acknowledged)
    {
        using var process = StoreProcess.Start("commit", directory, next.ToString(CultureInfo.InvariantCulture));
        var lines = random.Next(1, 300);
        for (var i = 0; i < lines && await process.Output.ReadLineAsync(Cancellation) is { } line; i++)
        {
            acknowledged.Add(int.Parse(line, CultureInfo.InvariantCulture));
        }

        // A commit takes a fraction of a millisecond to a few: the kill shall hit every phase of it.
        var delay = TimeSpan.FromMicroseconds(random.Next(3000));
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < delay)
        {
            Thread.SpinWait(20);
        }

        process.Kill();
        var rest = await process.Output.ReadToEndAsync(Cancellation);
        await process.ExitAsync();
        Assert.Equal("", await process.Errors);

        // What follows the last newline is a number that was cut off.
        foreach (var line in rest.Split('\n')[..^1])
        {
            acknowledged.Add(int.Parse(line, CultureInfo.InvariantCulture));
        }
    }

    private static async Task<int> VerifyAsync(string directory, SortedSet<int> acknowledged)
    {
        using var database = SqliteDatabase.Open(directory);
        Assert.Equal("ok", SqliteDatabaseTests.Integrity(database));
        var store = new SqliteRecordStore(database);
        var parts = new Dictionary<int, int>();
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(NumberedCommits.Partition, RowRange.Prefix("number:"), RecordLimits.MaxPageSize, continuation, Cancellation);
            foreach (var record in page.Records)
            {
                var key = record.Row.Split(':');
                var number = int.Parse(key[1], CultureInfo.InvariantCulture);
                var part = int.Parse(key[2], CultureInfo.InvariantCulture);
                Assert.Equal(NumberedCommits.Value(number, part), Encoding.ASCII.GetString(record.Value.Span));
                parts[number] = parts.GetValueOrDefault(number) + 1;
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);

        Assert.All(parts, static commit => Assert.Equal(NumberedCommits.Parts, commit.Value));
        Assert.Empty(acknowledged.Except(parts.Keys));
        return parts.Keys.Max();
    }
}
