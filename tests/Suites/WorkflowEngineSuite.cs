using System.Collections.Concurrent;
using IdLcm.Domain.Workflows;

namespace IdLcm.Suites;

/// <summary>What every engine behind the workflow port does. Time only moves when a test moves it.</summary>
public abstract partial class WorkflowEngineSuite : IAsyncLifetime
{
    private readonly List<IWorkflow> _workflows = [];
    private readonly List<IActivity> _activities = [];
    private IEngineUnderTest? _engine;

    protected ManualTimeProvider Clock { get; } = new();

    protected IWorkflowClient Client => Engine.Client;

    private IEngineUnderTest Engine => _engine ?? throw new InvalidOperationException("The test has not begun.");

    /// <summary>Starts an engine with these workflows and activities.</summary>
    protected abstract Task<IEngineUnderTest> OpenAsync(IReadOnlyList<IWorkflow> workflows, IReadOnlyList<IActivity> activities);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_workflow_gets_its_input_and_its_output_is_kept()
    {
        await BeginAsync(Flow<Parcel, Parcel>("relabel", (_, parcel) => Task.FromResult(parcel with { Label = parcel.Label + "!" })));

        Assert.True(await Client.StartAsync("relabel", "p-1", new Parcel("box", 3, DayOfWeek.Friday, ["a", "b"])));
        var ended = await EndAsync("p-1");

        Assert.Equal(WorkflowRuntimeStatus.Completed, ended.Status);
        Assert.Equal("relabel", ended.Workflow);
        Assert.Contains("\"label\":\"box\"", ended.Input, StringComparison.Ordinal);
        Assert.Contains("\"day\":\"Friday\"", ended.Input, StringComparison.Ordinal);
        Assert.Equal("box!", WorkflowJson.Deserialize<Parcel>(ended.Output)!.Label);
        Assert.Equal(Clock.GetUtcNow(), ended.CreatedAt);
    }

    [Fact]
    public async Task Starting_an_id_again_does_nothing_while_it_runs_and_after_it_ended()
    {
        var runs = 0;
        await BeginAsync(
            Flow<int, int>("once", async (context, input) =>
            {
                await context.CallActivityAsync<int>("count", input);
                await context.WaitForEventAsync<int>("go");
                return input;
            }),
            Step<int, int>("count", _ => Interlocked.Increment(ref runs)));

        Assert.True(await Client.StartAsync("once", "one", 1));
        Assert.False(await Client.StartAsync("once", "one", 2));
        Assert.True(await Client.RaiseEventAsync("one", "go", 0));
        var ended = await EndAsync("one");
        Assert.False(await Client.StartAsync("once", "one", 3));

        Assert.Equal("1", ended.Output);
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task Starting_something_unknown_or_with_a_bad_id_is_refused()
    {
        await BeginAsync(Flow<int, int>("known", (_, input) => Task.FromResult(input)));

        await Assert.ThrowsAsync<ArgumentException>(() => Client.StartAsync("unknown", "a", 1));
        await Assert.ThrowsAsync<ArgumentException>(() => Client.StartAsync("known", "with space", 1));
        await Assert.ThrowsAsync<ArgumentException>(() => Client.StartAsync("known", new string('x', 101), 1));
        Assert.Null(await Client.GetAsync("a"));
    }

    [Fact]
    public async Task Activities_run_one_after_the_other_and_pass_results_on()
    {
        await BeginAsync(
            Flow<int, int>("chain", async (context, input) =>
            {
                for (var i = 0; i < 5; i++)
                {
                    input = await context.CallActivityAsync<int>("double", input);
                }

                return input;
            }),
            Step<int, int>("double", x => x * 2));

        Assert.Equal("96", (await RunAsync("chain", "c", 3)).Output);
    }

    [Fact]
    public async Task Activities_run_side_by_side_and_results_come_back_to_their_callers()
    {
        var arrived = new CountdownEvent(10);
        await BeginAsync(
            Flow<int, int[]>("fan", async (context, count) =>
                await Task.WhenAll(Enumerable.Range(0, count).Select(i => context.CallActivityAsync<int>("meet", i)))),
            new TestActivity<int, int>("meet", async (x, token) =>
            {
                arrived.Signal();
                await Task.Run(() => arrived.Wait(TimeSpan.FromSeconds(90), token), token);
                return x * x;
            }));

        Assert.Equal("[0,1,4,9,16,25,36,49,64,81]", (await RunAsync("fan", "f", 10)).Output);
        Assert.True(arrived.IsSet);
    }

    [Fact]
    public async Task A_workflow_can_handle_the_failure_of_an_activity()
    {
        await BeginAsync(
            Flow<int, string>("careful", async (context, _) =>
            {
                try
                {
                    await context.CallActivityAsync<int>("break", null);
                    return "no failure";
                }
                catch (ActivityFailedException failure)
                {
                    return $"{failure.Name}|{failure.ErrorType}";
                }
            }),
            Step<int, int>("break", _ => throw new FormatException("odd")));

        Assert.Equal($"\"break|{typeof(FormatException).FullName}\"", (await RunAsync("careful", "x", 0)).Output);
    }

    [Fact]
    public async Task An_exception_that_the_workflow_lets_through_ends_it_as_failed()
    {
        await BeginAsync(
            Flow<int, int>("careless", (context, _) => context.CallActivityAsync<int>("break", null)),
            Flow<int, int>("abrupt", (_, _) => throw new FormatException("at once")),
            Step<int, int>("break", _ => throw new FormatException("odd")));

        var careless = await RunAsync("careless", "x", 0);
        var abrupt = await RunAsync("abrupt", "y", 0);

        Assert.Equal(WorkflowRuntimeStatus.Failed, careless.Status);
        Assert.Contains("odd", careless.Output, StringComparison.Ordinal);
        Assert.Equal(WorkflowRuntimeStatus.Failed, abrupt.Status);
        Assert.Contains("at once", abrupt.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calling_an_activity_that_nobody_registered_fails_the_call()
    {
        await BeginAsync(Flow<int, int>("lost", (context, _) => context.CallActivityAsync<int>("nowhere", null, RetryPolicy.Infrastructure)));

        var ended = await RunAsync("lost", "x", 0);

        Assert.Equal(WorkflowRuntimeStatus.Failed, ended.Status);
        Assert.Contains("nowhere", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_activity_that_throws_is_run_again_after_growing_waits()
    {
        var runs = new ConcurrentQueue<DateTimeOffset>();
        await BeginAsync(
            Flow<int, int>("stubborn", (context, _) => context.CallActivityAsync<int>(
                "third time", null, new RetryPolicy(5, TimeSpan.FromSeconds(10), 2, TimeSpan.FromMinutes(1)))),
            Step<int, int>("third time", _ =>
            {
                runs.Enqueue(Clock.GetUtcNow());
                return runs.Count < 3 ? throw new FormatException("not yet") : 7;
            }));

        await Client.StartAsync("stubborn", "s", 0);
        var ended = await AdvanceUntilEndedAsync("s", TimeSpan.FromSeconds(1));

        Assert.Equal("7", ended.Output);
        var waits = runs.Zip(runs.Skip(1), (a, b) => b - a).ToList();
        Assert.Equal(2, waits.Count);

        // The clock runs on while the engine works, so a wait may look longer than it was, but never shorter.
        Assert.True(waits[0] >= TimeSpan.FromSeconds(10), $"The first wait was {waits[0]}.");
        Assert.True(waits[1] >= TimeSpan.FromSeconds(20), $"The second wait was {waits[1]}.");
    }

    [Fact]
    public async Task An_activity_that_keeps_throwing_fails_when_its_attempts_are_used_up()
    {
        var runs = 0;
        await BeginAsync(
            Flow<int, int>("hopeless", (context, _) => context.CallActivityAsync<int>(
                "never", null, new RetryPolicy(3, TimeSpan.FromSeconds(1), 1, TimeSpan.FromSeconds(1)))),
            Step<int, int>("never", _ =>
            {
                Interlocked.Increment(ref runs);
                throw new FormatException("never works");
            }));

        await Client.StartAsync("hopeless", "h", 0);
        var ended = await AdvanceUntilEndedAsync("h", TimeSpan.FromSeconds(1));

        Assert.Equal(WorkflowRuntimeStatus.Failed, ended.Status);
        Assert.Contains("never works", ended.Output, StringComparison.Ordinal);
        Assert.Equal(3, runs);
    }

    [Fact]
    public async Task A_custom_status_is_seen_while_the_workflow_waits()
    {
        await BeginAsync(Flow<int, int>("talker", async (context, _) =>
        {
            context.SetCustomStatus(new { step = "waiting" });
            await context.WaitForEventAsync<int>("go");
            context.SetCustomStatus(new { step = "done" });
            return 0;
        }));

        await Client.StartAsync("talker", "t", 0);
        var waiting = await Engine.WaitAsync("t", i => i.CustomStatus is not null);
        await Client.RaiseEventAsync("t", "go", 0);
        var ended = await EndAsync("t");

        Assert.Equal(WorkflowRuntimeStatus.Running, waiting.Status);
        Assert.Equal("{\"step\":\"waiting\"}", waiting.CustomStatus);
        Assert.Equal("{\"step\":\"done\"}", ended.CustomStatus);
    }

    [Fact]
    public async Task New_ids_differ_from_each_other_and_between_instances()
    {
        await BeginAsync(Flow<int, Guid[]>("ids", async (context, _) =>
        {
            var first = context.NewGuid();
            await context.CreateTimerAsync(context.UtcNow);
            return [first, context.NewGuid(), context.NewGuid()];
        }));

        await Client.StartAsync("ids", "a", 0);
        await Client.StartAsync("ids", "b", 0);
        var a = WorkflowJson.Deserialize<Guid[]>((await AdvanceUntilEndedAsync("a", TimeSpan.FromSeconds(1))).Output)!;
        var b = WorkflowJson.Deserialize<Guid[]>((await AdvanceUntilEndedAsync("b", TimeSpan.FromSeconds(1))).Output)!;

        Assert.Equal(6, a.Concat(b).Distinct().Count());
    }

    protected static IWorkflow Flow<TInput, TOutput>(string name, Func<WorkflowContext, TInput, Task<TOutput>> run) =>
        new TestWorkflow<TInput, TOutput>(name, run);

    protected static IActivity Step<TInput, TOutput>(string name, Func<TInput, TOutput> run) =>
        new TestActivity<TInput, TOutput>(name, (input, _) => Task.FromResult(run(input)));

    private static bool HasEnded(WorkflowInstance instance) =>
        instance.Status is not (WorkflowRuntimeStatus.Pending or WorkflowRuntimeStatus.Running);

    /// <summary>Starts the engine with the workflows and activities of the test.</summary>
    private async Task BeginAsync(params object[] parts)
    {
        _workflows.AddRange(parts.OfType<IWorkflow>());
        _activities.AddRange(parts.OfType<IActivity>());
        _engine = await OpenAsync(_workflows, _activities);
    }

    private Task<WorkflowInstance> EndAsync(string instanceId) => Engine.WaitAsync(instanceId, HasEnded);

    private async Task<WorkflowInstance> RunAsync(string workflow, string instanceId, object? input)
    {
        Assert.True(await Client.StartAsync(workflow, instanceId, input));
        return await EndAsync(instanceId);
    }

    /// <summary>Moves the clock step by step, leaving the engine a moment after each, until the instance has ended.</summary>
    private async Task<WorkflowInstance> AdvanceUntilEndedAsync(string instanceId, TimeSpan step)
    {
        var ended = EndAsync(instanceId);
        while (await Task.WhenAny(ended, Task.Delay(5, TestContext.Current.CancellationToken)) != ended)
        {
            Clock.Advance(step);
        }

        return await ended;
    }
}
