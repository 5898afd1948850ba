using System.Collections.Concurrent;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Engine;
using IdLcm.LocalHost.Engine.History;
using IdLcm.Suites;

namespace IdLcm.LocalHost.Tests.Engine;

/// <summary>What is there after the engine went away, with or without a stop, and came back.</summary>
public sealed class EngineRecoveryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly List<IWorkflow> _workflows = [];
    private readonly List<IActivity> _activities = [];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_instance_that_waits_for_an_event_goes_on_after_a_crash()
    {
        var runs = 0;
        Flow<int, int>("waits", async (context, input) =>
        {
            var before = await context.CallActivityAsync<int>("count", null);
            context.SetCustomStatus("waiting");
            var number = await context.WaitForEventAsync<int>("go");
            return before + input + number.Value;
        });
        Step<int, int>("count", (_, _) => Task.FromResult(Interlocked.Increment(ref runs)));
        await using (var first = await OpenAsync())
        {
            await first.Client.StartAsync("waits", "w", 10);
            await first.WaitAsync("w", i => i.CustomStatus is not null);
        }

        await using var second = await OpenAsync();
        Assert.True(await second.Client.RaiseEventAsync("w", "go", 100));

        Assert.Equal("111", (await second.EndAsync("w")).Output);
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task An_acknowledged_event_survives_a_crash_before_it_is_asked_for()
    {
        Flow<int, int>("late reader", async (context, _) =>
        {
            await context.WaitForEventAsync<int>("open");
            return (await context.WaitForEventAsync<int>("number")).Value;
        });
        await using (var first = await OpenAsync())
        {
            await first.Client.StartAsync("late reader", "l", 0);
            Assert.True(await first.Client.RaiseEventAsync("l", "number", 42));
        }

        await using var second = await OpenAsync();
        await second.Client.RaiseEventAsync("l", "open", 0);

        Assert.Equal("42", (await second.EndAsync("l")).Output);
    }

    [Fact]
    public async Task An_activity_that_a_crash_cut_off_is_run_again()
    {
        var started = new TaskCompletionSource();
        var hang = true;
        Flow<int, int>("works", (context, input) => context.CallActivityAsync<int>("work", input));
        Step<int, int>("work", async (input, token) =>
        {
            if (Volatile.Read(ref hang))
            {
                started.SetResult();
                await Task.Delay(Timeout.Infinite, token);
            }

            return input + 1;
        });
        await using (var first = await OpenAsync())
        {
            await first.Client.StartAsync("works", "w", 1);
            await started.Task;
        }

        Volatile.Write(ref hang, false);
        await using var second = await OpenAsync();

        Assert.Equal("2", (await second.EndAsync("w")).Output);
    }

    [Fact]
    public async Task An_activity_that_a_stop_interrupts_is_run_again_and_not_recorded_as_failed()
    {
        var started = new TaskCompletionSource();
        var runs = 0;
        Flow<int, int>("works", (context, input) => context.CallActivityAsync<int>("work", input));
        Step<int, int>("work", async (input, token) =>
        {
            if (Interlocked.Increment(ref runs) == 1)
            {
                started.SetResult();
                try
                {
                    await Task.Delay(Timeout.Infinite, token);
                }
                catch (OperationCanceledException cancelled)
                {
                    throw new IOException("The browser was closed under me.", cancelled);
                }
            }

            return input + 1;
        });
        await using (var first = await OpenAsync())
        {
            await first.Client.StartAsync("works", "w", 1);
            await started.Task;
            await first.StopAsync(TestContext.Current.CancellationToken);
            Assert.Equal(WorkflowRuntimeStatus.Running, (await first.Client.GetAsync("w"))!.Status);
        }

        await using var second = await OpenAsync();

        Assert.Equal("2", (await second.EndAsync("w")).Output);
        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task A_result_that_arrives_while_the_engine_stops_is_kept_and_not_made_twice()
    {
        var started = new TaskCompletionSource();
        var runs = 0;
        var later = 0;
        Flow<int, int>("ends", (_, input) => Task.FromResult(input));
        Flow<int, int>("works", async (context, input) =>
            await context.CallActivityAsync<int>("next", await context.CallActivityAsync<int>("work", input)));
        Step<int, int>("work", async (input, token) =>
        {
            Interlocked.Increment(ref runs);
            var cancelled = new TaskCompletionSource();
            await using var registration = token.Register(cancelled.SetResult);
            started.SetResult();
            await cancelled.Task;
            return input + 1;
        });
        Step<int, int>("next", (input, _) =>
        {
            Interlocked.Increment(ref later);
            return Task.FromResult(input * 10);
        });
        await using (var first = await OpenAsync())
        {
            await first.Client.StartAsync("works", "w", 1);
            await started.Task;
            await first.StopAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, later);
            await Assert.ThrowsAsync<InvalidOperationException>(() => first.Client.RaiseEventAsync("w", "e", 1));
            Assert.True(await first.Client.StartAsync("ends", "after-the-stop", 1));
        }

        await using var second = await OpenAsync();

        Assert.Equal("20", (await second.EndAsync("w")).Output);
        Assert.Equal("1", (await second.EndAsync("after-the-stop")).Output);
        Assert.Equal(1, runs);
        Assert.Equal(1, later);
    }

    [Fact]
    public async Task A_timer_that_was_due_while_nothing_ran_fires_at_the_start()
    {
        Flow<int, string>("sleeps", async (context, _) =>
        {
            context.SetCustomStatus("asleep");
            await context.CreateTimerAsync(context.UtcNow.AddDays(3));
            return "awake";
        });
        await using (var first = await OpenAsync())
        {
            await first.Client.StartAsync("sleeps", "due", 0);
            await first.WaitAsync("due", i => i.CustomStatus is not null);
            _clock.Advance(TimeSpan.FromDays(2));
            await first.Client.StartAsync("sleeps", "not-due", 0);
            await first.WaitAsync("not-due", i => i.CustomStatus is not null);
        }

        _clock.Advance(TimeSpan.FromDays(2));
        await using var second = await OpenAsync();

        Assert.Equal("\"awake\"", (await second.EndAsync("due")).Output);
        Assert.Equal(WorkflowRuntimeStatus.Running, (await second.Client.GetAsync("not-due"))!.Status);
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal("\"awake\"", (await second.EndAsync("not-due")).Output);
    }

    [Fact]
    public async Task Nothing_waits_longer_because_the_clock_was_set_back_meanwhile()
    {
        var runs = 0;
        var started = new SemaphoreSlim(0);
        Flow<int, int>("works", (context, input) => context.CallActivityAsync<int>("work", input, new RetryPolicy(3, TimeSpan.FromMinutes(1), 1, TimeSpan.FromMinutes(1))));
        Step<int, int>("work", async (input, token) =>
        {
            var run = Interlocked.Increment(ref runs);
            started.Release();
            if (run == 1)
            {
                await Task.Delay(Timeout.Infinite, token);
            }

            return run == 2 ? throw new IOException("away") : input + 1;
        });
        await using (var first = await OpenAsync())
        {
            await first.Client.StartAsync("works", "w", 1);
            await started.WaitAsync(TestContext.Current.CancellationToken);
        }

        // It was due a day later by this clock; it has begun, so it is done again at once.
        _clock.Advance(TimeSpan.FromDays(-1));
        await using (var second = await OpenAsync())
        {
            await started.WaitAsync(TestContext.Current.CancellationToken);
            while (second.Database.Read(static reader =>
            {
                using var statement = reader.Prepare("SELECT COUNT(*) FROM engine_activity WHERE attempt > 1");
                return statement.Step() && statement.GetInt64(0) == 0;
            }))
            {
                await Task.Delay(5, TestContext.Current.CancellationToken);
            }

            await second.StopAsync(TestContext.Current.CancellationToken);
        }

        // The repetition was to wait for a minute, and waits no longer than that (and the fifth that waits are spread by).
        _clock.Advance(TimeSpan.FromDays(-1));
        await using var third = await OpenAsync();
        Assert.Equal(2, runs);
        _clock.Advance(TimeSpan.FromSeconds(73));

        Assert.Equal("2", (await third.EndAsync("w")).Output);
        Assert.Equal(3, runs);
    }

    [Fact]
    public async Task The_count_of_attempts_and_the_wait_for_the_next_one_survive_a_crash()
    {
        var runs = new ConcurrentQueue<DateTimeOffset>();
        var failed = new SemaphoreSlim(0);
        Flow<int, int>("stubborn", (context, _) => context.CallActivityAsync<int>(
            "fails", null, new RetryPolicy(2, TimeSpan.FromHours(1), 1, TimeSpan.FromHours(1))));
        Step<int, int>("fails", (_, _) =>
        {
            runs.Enqueue(_clock.GetUtcNow());
            failed.Release();
            throw new FormatException("always");
        });
        await using (var first = await OpenAsync())
        {
            await first.Client.StartAsync("stubborn", "s", 0);
            await failed.WaitAsync(TestContext.Current.CancellationToken);

            // Stopped before the attempt is recorded, the run would count as interrupted and be done again at once.
            while (first.Database.Read(static reader =>
            {
                using var statement = reader.Prepare("SELECT COUNT(*) FROM engine_activity WHERE attempt > 1");
                return statement.Step() && statement.GetInt64(0) == 0;
            }))
            {
                await Task.Delay(5, TestContext.Current.CancellationToken);
            }

            await first.StopAsync(TestContext.Current.CancellationToken);
        }

        // Waits are spread by up to a fifth: not before an hour, not after an hour and twelve minutes.
        _clock.Advance(TimeSpan.FromMinutes(30));
        await using var second = await OpenAsync();
        Assert.Single(runs);
        _clock.Advance(TimeSpan.FromMinutes(43));
        var ended = await second.EndAsync("s");

        Assert.Equal(WorkflowRuntimeStatus.Failed, ended.Status);
        Assert.Equal(2, runs.Count);
    }

    [Fact]
    public async Task The_result_of_a_sub_workflow_reaches_a_caller_that_was_not_there_when_it_came()
    {
        Flow<int, int>("parent", async (context, _) =>
        {
            context.SetCustomStatus("waiting");
            return await context.CallSubWorkflowAsync<int>("child", "c", null);
        });
        Flow<int, int>("child", async (context, _) => (await context.WaitForEventAsync<int>("number")).Value);
        await using (var first = await OpenAsync())
        {
            await first.Client.StartAsync("parent", "p", 0);
            await first.WaitAsync("p", i => i.CustomStatus is not null);
            await first.Client.RaiseEventAsync("c", "number", 5);
        }

        await using var second = await OpenAsync();

        Assert.Equal("5", (await second.EndAsync("p")).Output);
    }

    [Fact]
    public async Task A_sub_workflow_id_that_has_ended_before_gives_its_old_result()
    {
        var runs = 0;
        Flow<int, int>("parent", (context, _) => context.CallSubWorkflowAsync<int>("child", "c", null));
        Flow<int, int>("child", (context, _) => context.CallActivityAsync<int>("count", null));
        Flow<int, int>("impostor", (context, _) => context.CallSubWorkflowAsync<int>("parent", "c", null));
        Step<int, int>("count", (_, _) => Task.FromResult(Interlocked.Increment(ref runs)));
        await using var harness = await OpenAsync();

        await harness.Client.StartAsync("parent", "p1", 0);
        Assert.Equal("1", (await harness.EndAsync("p1")).Output);
        await harness.Client.StartAsync("parent", "p2", 0);
        Assert.Equal("1", (await harness.EndAsync("p2")).Output);
        await harness.Client.StartAsync("impostor", "i", 0);
        Assert.Contains("InstanceIdInUse", (await harness.EndAsync("i")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Termination_takes_the_sub_workflows_along()
    {
        Flow<int, int>("parent", (context, _) => context.CallSubWorkflowAsync<int>("child", "c", null));
        Flow<int, int>("child", async (context, _) =>
        {
            context.SetCustomStatus("waiting");
            return (await context.WaitForEventAsync<int>("never")).Value;
        });
        await using var harness = await OpenAsync();
        await harness.Client.StartAsync("parent", "p", 0);
        await harness.WaitAsync("c", i => i.CustomStatus is not null);

        await harness.Client.TerminateAsync("p", "enough");

        Assert.Equal(WorkflowRuntimeStatus.Terminated, (await harness.EndAsync("c")).Status);
    }

    [Fact]
    public async Task Thousands_of_open_instances_are_picked_up()
    {
        Flow<int, int>("waits", async (context, input) =>
        {
            await context.CallActivityAsync<int>("prepare", input);
            return input + (await context.WaitForEventAsync<int>("go", TimeSpan.FromDays(1))).Value;
        });
        Step<int, int>("prepare", (input, _) => Task.FromResult(input));
        var ids = Enumerable.Range(0, 2000).Select(i => $"w-{i}").ToList();
        await using (var first = await OpenAsync())
        {
            await Task.WhenAll(ids.Select((id, i) => first.Client.StartAsync("waits", id, i)));
        }

        await using var second = await OpenAsync();
        Assert.All(await Task.WhenAll(ids.Select(id => second.Client.RaiseEventAsync(id, "go", 1))), Assert.True);
        foreach (var (id, i) in ids.Select((id, i) => (id, i)))
        {
            Assert.Equal($"{i + 1}", (await second.EndAsync(id)).Output);
        }

        Assert.Equal(2000, await second.ReplayAllAsync(_workflows));
    }

    [Fact]
    public async Task A_full_disk_delays_a_turn_and_loses_nothing()
    {
        var runs = 0;
        Flow<int, int>("heavy", async (context, _) => (await context.CallActivityAsync<string>("big", null)).Length);
        Step<int, string>("big", (_, _) =>
        {
            Interlocked.Increment(ref runs);
            return Task.FromResult(new string('x', 2_000_000));
        });
        await using var harness = await OpenAsync();
        await harness.Database.WriteAsync(writer =>
        {
            writer.Execute("PRAGMA max_page_count = 1");
            return true;
        });
        await harness.Client.StartAsync("heavy", "h", 0);
        for (var i = 0; i < 20; i++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        // An event that could not be made durable is refused, not lost in silence.
        var refused = harness.Client.RaiseEventAsync("h", "too big", new string('y', 2_000_000));
        while (await Task.WhenAny(refused, Task.Delay(5, TestContext.Current.CancellationToken)) != refused)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        await Assert.ThrowsAsync<RecordStoreUnavailableException>(() => refused);
        Assert.Contains((await harness.Client.GetAsync("h"))!.Status, (WorkflowRuntimeStatus[])[WorkflowRuntimeStatus.Pending, WorkflowRuntimeStatus.Running]);
        await harness.Database.WriteAsync(writer =>
        {
            writer.Execute("PRAGMA max_page_count = 1073741823");
            return true;
        });
        var ended = harness.EndAsync("h");
        while (await Task.WhenAny(ended, Task.Delay(5, TestContext.Current.CancellationToken)) != ended)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal("2000000", (await ended).Output);
        Assert.Equal(1, runs);
    }

    private void Flow<TInput, TOutput>(string name, Func<WorkflowContext, TInput, Task<TOutput>> run) =>
        _workflows.Add(new TestWorkflow<TInput, TOutput>(name, run));

    private void Step<TInput, TOutput>(string name, Func<TInput, CancellationToken, Task<TOutput>> run) =>
        _activities.Add(new TestActivity<TInput, TOutput>(name, run));

    private Task<EmbeddedHarness> OpenAsync() => EmbeddedHarness.OpenAsync(_directory.Path, _clock, _workflows, _activities);
}
