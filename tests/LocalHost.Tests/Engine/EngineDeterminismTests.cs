using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Engine;
using IdLcm.LocalHost.Engine.Execution;
using IdLcm.LocalHost.Engine.History;
using IdLcm.Suites;

namespace IdLcm.LocalHost.Tests.Engine;

/// <summary>Code that does not do the same on replay, or waits for what a restart cannot bring back, is found out.</summary>
public sealed class EngineDeterminismTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _clock = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Code_that_was_changed_under_a_running_instance_fails_it_and_names_both_steps()
    {
        var steps = new[] { Step("old step"), Step("new step") };
        await using (var first = await OpenAsync([Calls("flow", "old step")], steps))
        {
            await first.Client.StartAsync("flow", "f", 0);
            await first.WaitAsync("f", i => i.CustomStatus is not null);
        }

        await using var second = await OpenAsync([Calls("flow", "new step")], steps);
        await second.Client.RaiseEventAsync("f", "go", 1);
        var ended = await second.EndAsync("f");

        Assert.Equal(WorkflowRuntimeStatus.Failed, ended.Status);
        Assert.Contains("'old step'", ended.Output, StringComparison.Ordinal);
        Assert.Contains("'new step'", ended.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Code_that_does_less_or_more_than_its_history_is_found(int calls)
    {
        RecordedHistory history;
        await using (var harness = await OpenAsync([Repeats(1)], [Step("step")]))
        {
            await harness.Client.StartAsync("repeats", "r", 0);
            await harness.EndAsync("r");
            history = (await harness.Histories.ReadAsync("r"))!;
        }

        await WorkflowReplayer.ReplayAsync(history, Repeats(1));
        var found = await Assert.ThrowsAsync<NonDeterministicWorkflowException>(() => WorkflowReplayer.ReplayAsync(history, Repeats(calls)));

        Assert.Contains("repeats", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_replayer_also_compares_payloads()
    {
        var number = 0;
        var flow = new TestWorkflow<int, int>("random", (context, _) => context.CallActivityAsync<int>("step", ++number));
        await using var harness = await OpenAsync([flow], [Step("step")]);
        await harness.Client.StartAsync("random", "r", 0);
        await harness.EndAsync("r");
        var history = (await harness.Histories.ReadAsync("r"))!;

        await Assert.ThrowsAsync<NonDeterministicWorkflowException>(() => WorkflowReplayer.ReplayAsync(history, flow));
    }

    [Fact]
    public async Task A_history_shows_messages_each_followed_by_the_commands_it_caused()
    {
        await using var harness = await OpenAsync([Calls("flow", "step")], [Step("step")]);
        await harness.Client.StartAsync("flow", "f", 0);
        await harness.WaitAsync("f", i => i.CustomStatus is not null);
        await harness.Client.RaiseEventAsync("f", "go", 1);
        await harness.EndAsync("f");

        var history = (await harness.Histories.ReadAsync("f"))!;

        Assert.Equal(
            [
                HistoryEventType.ExecutionStarted, HistoryEventType.ActivityScheduled, HistoryEventType.ActivityCompleted,
                HistoryEventType.CustomStatusSet, HistoryEventType.EventReceived, HistoryEventType.ExecutionCompleted,
            ],
            history.Events.Select(e => e.Type));
        Assert.Equal(Enumerable.Range(0, 6).Select(i => (long)i), history.Events.Select(e => e.Sequence));
    }

    public static TheoryData<string> ForeignAwaits => ["task.run", "delay", "never", "configureawait", "delay beside an activity"];

    [Theory]
    [MemberData(nameof(ForeignAwaits))]
    public async Task Awaiting_what_the_context_did_not_make_fails_the_instance_instead_of_hanging_it(string kind)
    {
        var flow = new TestWorkflow<string, int>("foreign", async (context, what) =>
        {
            switch (what)
            {
                case "task.run":
                    // Long enough that it cannot have ended by the time it is awaited.
                    await Task.Run(() => Thread.Sleep(200));
                    break;
                case "delay":
                    await Task.Delay(20);
                    break;
                case "never":
                    await new TaskCompletionSource().Task;
                    break;
                case "configureawait":
                    await context.CallActivityAsync<int>("step", 0).ConfigureAwait(false);
                    return await context.CallActivityAsync<int>("step", 0);
                default:
                    var open = context.WaitForEventAsync<int>("never");
                    await Task.Delay(20);
                    await open;
                    break;
            }

            return 0;
        });
        await using var harness = await OpenAsync([flow], [Step("step")]);

        await harness.Client.StartAsync("foreign", "f", kind);
        var ended = await harness.EndAsync("f");

        Assert.Equal(WorkflowRuntimeStatus.Failed, ended.Status);
        Assert.Contains("its context", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_ids_and_times_are_the_same_on_replay()
    {
        var seen = new List<(Guid Id, DateTimeOffset Now, bool Replaying)>();
        var flow = new TestWorkflow<int, int>("ids", async (context, _) =>
        {
            lock (seen)
            {
                seen.Add((context.NewGuid(), context.UtcNow, context.IsReplaying));
            }

            context.SetCustomStatus("waiting");
            return (await context.WaitForEventAsync<int>("go")).Value;
        });
        await using (var first = await OpenAsync([flow], []))
        {
            await first.Client.StartAsync("ids", "i", 0);
            await first.WaitAsync("i", i => i.CustomStatus is not null);
        }

        _clock.Advance(TimeSpan.FromHours(1));
        await using var second = await OpenAsync([flow], []);
        await second.Client.RaiseEventAsync("i", "go", 1);
        await second.EndAsync("i");

        Assert.Equal(2, seen.Count);
        Assert.Equal((seen[0].Id, seen[0].Now), (seen[1].Id, seen[1].Now));
        Assert.Equal([false, true], seen.Select(s => s.Replaying));
    }

    [Fact]
    public async Task No_more_activities_run_at_once_than_allowed()
    {
        var running = 0;
        var most = 0;
        var flow = new TestWorkflow<int, int>("wide", async (context, count) =>
            (await Task.WhenAll(Enumerable.Range(0, count).Select(i => context.CallActivityAsync<int>("busy", i)))).Length);
        var busy = new TestActivity<int, int>("busy", async (input, _) =>
        {
            var now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            await Task.Delay(5, CancellationToken.None);
            Interlocked.Decrement(ref running);
            return input;
        });
        await using var harness = await EmbeddedHarness.OpenAsync(
            _directory.Path, _clock, [flow], [busy], new EmbeddedEngineOptions { MaxParallelActivities = 3 });

        await harness.Client.StartAsync("wide", "w", 20);

        Assert.Equal("20", (await harness.EndAsync("w")).Output);
        Assert.InRange(most, 2, 3);
    }

    [Fact]
    public async Task Two_classes_of_one_name_are_refused_at_the_start() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => OpenAsync([Repeats(1), Repeats(2)], []));

    private static void InterlockedMax(ref int target, int value)
    {
        int current;
        while ((current = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, current) != current)
        {
        }
    }

    private static TestWorkflow<int, int> Calls(string name, string activity) => new(name, async (context, _) =>
    {
        var result = await context.CallActivityAsync<int>(activity, 1);
        context.SetCustomStatus("called");
        await context.WaitForEventAsync<int>("go");
        return result;
    });

    private static TestWorkflow<int, int> Repeats(int calls) => new("repeats", async (context, _) =>
    {
        for (var i = 0; i < calls; i++)
        {
            await context.CallActivityAsync<int>("step", i);
        }

        return 1;
    });

    private static TestActivity<int, int> Step(string name) => new(name, (input, _) => Task.FromResult(input));

    private Task<EmbeddedHarness> OpenAsync(IWorkflow[] workflows, IActivity[] activities) =>
        EmbeddedHarness.OpenAsync(_directory.Path, _clock, workflows, activities);
}
