using System.Diagnostics;
using System.Globalization;
using IdLcm.Domain.Workflows;
using IdLcm.EngineCrasher;
using IdLcm.LocalHost.Engine;
using IdLcm.Suites;

namespace IdLcm.LocalHost.Tests.Engine;

/// <summary>A process with the engine in it is killed, again and again, at instants nobody chose.</summary>
public sealed class EngineKillTests(ITestOutputHelper output) : IDisposable
{
    private const int Kills = 12;
    private const int InstancesPerLife = 25;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Every_acknowledged_instance_completes_whatever_is_killed_and_when()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"Seed {seed}");
        var random = new Random(seed);
        var acknowledged = new HashSet<string>();
        for (var life = 0; life < Kills; life++)
        {
            await LiveAsync(life * InstancesPerLife, TimeSpan.FromMilliseconds(random.Next(0, 250)), acknowledged);
        }

        var finished = await LiveAsync(Kills * InstancesPerLife, killAfter: null, acknowledged);
        Assert.True(finished);
        Assert.True(acknowledged.Count >= InstancesPerLife, $"Only {acknowledged.Count} instances were started.");
        output.WriteLine($"{acknowledged.Count} instances, {Kills} kills");
        await CheckAsync(acknowledged);
    }

    private async Task CheckAsync(HashSet<string> acknowledged)
    {
        var effects = (await File.ReadAllLinesAsync(Path.Combine(_directory.Path, "effects"))).ToLookup(line => line);
        IWorkflow[] workflows = [new CrashFlow(), new CrashChild()];
        await using var harness = await EmbeddedHarness.OpenAsync(Path.Combine(_directory.Path, "data"), new ManualTimeProvider(), workflows, []);
        foreach (var id in acknowledged)
        {
            var instance = await harness.Client.GetAsync(id);
            var input = int.Parse(id.AsSpan("flow-".Length), CultureInfo.InvariantCulture);

            Assert.NotNull(instance);
            Assert.True(instance.Status == WorkflowRuntimeStatus.Completed, $"{instance}");
            Assert.Equal(CrashFlow.Expected(input), WorkflowJson.Deserialize<string>(instance.Output));
            Assert.All(CrashFlow.Effects, step => Assert.NotEmpty(effects[id + " " + step]));
            Assert.NotEmpty(effects[id + ".child round"]);
        }

        Assert.True(await harness.ReplayAllAsync(workflows) >= 2 * acknowledged.Count);
    }

    /// <summary>Runs the process until it is done, or until it has been at work for a while.</summary>
    private async Task<bool> LiveAsync(int first, TimeSpan? killAfter, HashSet<string> acknowledged)
    {
        var assembly = typeof(CrashFlow).Assembly.Location;
        using var process = Process.Start(new ProcessStartInfo("dotnet", [assembly, _directory.Path, $"{first}", $"{InstancesPerLife}"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        Task? kill = null;
        var done = false;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            done |= line == "done";
            if (line.StartsWith("started ", StringComparison.Ordinal))
            {
                acknowledged.Add(line["started ".Length..]);
            }

            // The clock runs from the first sign of life, so that kills hit work and not the runtime's start.
            if (killAfter is { } delay)
            {
                kill ??= KillAsync(process, delay);
            }
        }

        await (kill ?? Task.CompletedTask);
        await process.WaitForExitAsync();
        return done;
    }

    private static async Task KillAsync(Process process, TimeSpan delay)
    {
        await Task.Delay(delay);
        process.Kill();
    }
}
