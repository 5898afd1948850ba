using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using IdLcm.Samples.Testing;

namespace IdLcm.EndToEnd.Tests;

public sealed class OutageTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_app_that_is_down_for_a_minute_is_waited_for()
    {
        await using var product = await Product.StartAsync(environment: new Dictionary<string, string> { ["IDLCM_Retry__MaxDelay"] = "00:00:15" });
        product.Sample.Faults.Current = FaultSettings.Parse("""{"down":true}""");
        var outage = Stopwatch.StartNew();
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            ids.Add(await product.CreateAsync($"p{i}@example.test"));
        }

        while (outage.Elapsed < TimeSpan.FromSeconds(60))
        {
            await Task.Delay(500, Stop);
        }

        product.Sample.Faults.Clear();
        foreach (var id in ids)
        {
            await product.SettledAsync(id, "Onboarded", TimeSpan.FromSeconds(120));
        }

        Assert.Equal(3, product.Sample.Audit().Count(a => a.Event == "Member invited"));
    }

    [Fact]
    public async Task A_browser_that_crashes_costs_an_attempt_and_no_more()
    {
        await using var product = await Product.StartAsync();
        var killer = Task.Run(
            async () =>
            {
                for (var i = 0; i < 4; i++)
                {
                    await Task.Delay(700, Stop);
                    await KillBrowsersAsync(product.ProcessId);
                }
            },
            Stop);
        var ids = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            ids.Add(await product.CreateAsync($"p{i}@example.test"));
        }

        await killer;
        foreach (var id in ids)
        {
            await product.SettledAsync(id, "Onboarded", TimeSpan.FromSeconds(120));
        }

        Assert.Equal(8, product.Sample.Audit().Count(a => a.Event == "Member invited"));
    }

    [Fact]
    public async Task A_full_disk_refuses_what_it_cannot_keep_and_loses_nothing()
    {
        // No file may grow from here on: the database meets that as it would meet a full disk.
        await using var product = await Product.StartAsync();
        var accepted = new List<string> { await product.CreateAsync("before@example.test") };
        await product.SettledAsync(accepted[0], "Onboarded");
        var database = new FileInfo(Path.Combine(product.Data, "idlcm.db"));
        await LimitFilesAsync(product.ProcessId, Math.Max(database.Length, new FileInfo(database.FullName + "-wal").Length));

        var refused = 0;
        for (var i = 0; i < 400 && refused < 3; i++)
        {
            using var response = await product.ScimAsync(HttpMethod.Post, "Users", Product.Person($"p{i}@example.test", extra: $",\"title\":\"{new string('x', 4000)}\""));
            if (response.StatusCode == HttpStatusCode.Created)
            {
                accepted.Add((string)JsonNode.Parse(await response.Content.ReadAsStringAsync(Stop))!["id"]!);
            }
            else
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
                refused++;
            }
        }

        Assert.Equal(3, refused);
        await LimitFilesAsync(product.ProcessId, long.MaxValue);
        foreach (var id in accepted)
        {
            await product.SettledAsync(id, "Onboarded", TimeSpan.FromSeconds(240));
        }

        Assert.Equal(accepted.Count, product.Sample.Audit().Count(a => a.Event == "Member invited"));
    }

    private static async Task KillBrowsersAsync(int parent)
    {
        using var kill = Process.Start("bash", ["-c", $"for d in $(pgrep -P {parent}); do pkill -KILL -P $d chromium; done; pkill -KILL -P {parent} chromium; true"]);
        await kill.WaitForExitAsync(Stop);
    }

    private static async Task LimitFilesAsync(int pid, long bytes)
    {
        using var limit = Process.Start("prlimit", ["--pid", $"{pid}", $"--fsize={(bytes == long.MaxValue ? "unlimited" : $"{bytes}:unlimited")}"]);
        await limit.WaitForExitAsync(Stop);
        Assert.Equal(0, limit.ExitCode);
    }
}
