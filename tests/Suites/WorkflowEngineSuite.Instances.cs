using IdLcm.Domain.Workflows;

namespace IdLcm.Suites;

/// <content>Sub-workflows, termination, continue-as-new, queries, purging.</content>
public abstract partial class WorkflowEngineSuite
{
    [Fact]
    public async Task A_sub_workflow_gives_its_result_to_its_caller_and_is_an_instance_of_its_own()
    {
        await BeginAsync(
            Flow<int, int>("parent", async (context, input) =>
                await context.CallSubWorkflowAsync<int>("child", context.InstanceId + ".1", input)
                + await context.CallSubWorkflowAsync<int>("child", context.InstanceId + ".2", input + 1)),
            Flow<int, int>("child", (context, input) => context.CallActivityAsync<int>("square", input)),
            Step<int, int>("square", x => x * x));

        Assert.Equal("25", (await RunAsync("parent", "p", 3)).Output);
        Assert.Equal("16", (await Client.GetAsync("p.2"))!.Output);
    }

    [Fact]
    public async Task The_failure_of_a_sub_workflow_reaches_its_caller()
    {
        await BeginAsync(
            Flow<int, string>("parent", async (context, _) =>
            {
                try
                {
                    return await context.CallSubWorkflowAsync<string>("child", "c", null);
                }
                catch (ActivityFailedException failure)
                {
                    return failure.Message;
                }
            }),
            Flow<int, string>("child", (_, _) => throw new FormatException("child is odd")));

        Assert.Contains("child is odd", (await RunAsync("parent", "p", 0)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Termination_cancels_the_running_activity_and_runs_nothing_after_it()
    {
        var started = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        var after = 0;
        await BeginAsync(
            Flow<int, int>("long", async (context, _) =>
            {
                await context.CallActivityAsync<int>("endless", null);
                return await context.CallActivityAsync<int>("after", null);
            }),
            new TestActivity<int, int>("endless", async (_, token) =>
            {
                started.SetResult();
                await using var registration = token.Register(cancelled.SetResult);
                await cancelled.Task;
                token.ThrowIfCancellationRequested();
                return 1;
            }),
            Step<int, int>("after", _ => Interlocked.Increment(ref after)));

        await Client.StartAsync("long", "l", 0);
        await started.Task;
        Assert.True(await Client.TerminateAsync("l", "enough"));
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(90), TestContext.Current.CancellationToken);
        var ended = await EndAsync("l");

        Assert.Equal(WorkflowRuntimeStatus.Terminated, ended.Status);
        Assert.Contains("enough", ended.Output, StringComparison.Ordinal);
        Assert.False(await Client.TerminateAsync("l", "again"));
        Assert.False(await Client.TerminateAsync("nobody", "again"));
        Assert.False(await Client.RaiseEventAsync("l", "e", 1));
        Assert.Equal(0, after);
    }

    [Fact]
    public async Task Termination_of_a_sub_workflow_reaches_its_caller_as_a_failure()
    {
        await BeginAsync(
            Flow<int, int>("parent", (context, _) => context.CallSubWorkflowAsync<int>("child", "c", null)),
            Flow<int, int>("child", async (context, _) =>
            {
                context.SetCustomStatus("waiting");
                return (await context.WaitForEventAsync<int>("never")).Value;
            }));

        await Client.StartAsync("parent", "p", 0);
        await Engine.WaitAsync("c", i => i.CustomStatus is not null);
        Assert.True(await Client.TerminateAsync("c", "out of the way"));
        var parent = await EndAsync("p");

        Assert.Equal(WorkflowRuntimeStatus.Failed, parent.Status);
        Assert.Contains("out of the way", parent.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Continuing_as_new_starts_over_with_the_new_input()
    {
        await BeginAsync(
            Flow<int, int>("countdown", async (context, input) =>
            {
                var next = await context.CallActivityAsync<int>("less", input);
                if (next > 0)
                {
                    context.ContinueAsNew(next);
                }

                return next;
            }),
            Step<int, int>("less", x => x - 1));

        var ended = await RunAsync("countdown", "c", 5);

        Assert.Equal("0", ended.Output);
        Assert.Equal("1", ended.Input);
    }

    [Fact]
    public async Task Continuing_as_new_keeps_events_that_nobody_has_asked_for()
    {
        await BeginAsync(Flow<int, int>("adder", async (context, sum) =>
        {
            var number = await context.WaitForEventAsync<int>("number");
            if (number.Value == 0)
            {
                return sum;
            }

            context.ContinueAsNew(sum + number.Value);
            return 0;
        }));

        await Client.StartAsync("adder", "a", 0);
        await Task.WhenAll(Enumerable.Range(1, 10).Select(i => Client.RaiseEventAsync("a", "number", i)));
        await Client.RaiseEventAsync("a", "number", 0);

        Assert.Equal("55", (await EndAsync("a")).Output);
    }

    [Fact]
    public async Task A_query_pages_through_what_matches_newest_first()
    {
        await BeginAsync(
            Flow<int, int>("ends", (_, input) => Task.FromResult(input)),
            Flow<int, int>("waits", async (context, _) => (await context.WaitForEventAsync<int>("never")).Value));
        for (var i = 0; i < 7; i++)
        {
            await RunAsync("ends", $"e-{i}", i);
        }

        await Client.StartAsync("waits", "w-0", 0);
        await Client.StartAsync("waits", "e-x", 0);
        await Engine.WaitAsync("w-0", i => i.Status == WorkflowRuntimeStatus.Running);
        await Engine.WaitAsync("e-x", i => i.Status == WorkflowRuntimeStatus.Running);

        var query = new WorkflowInstanceQuery(Workflow: "ends", Limit: 3);
        var ids = new List<string>();
        WorkflowInstancePage page;
        do
        {
            page = await Client.QueryAsync(query);
            ids.AddRange(page.Instances.Select(i => i.InstanceId));
            query = query with { Continuation = page.Continuation };
        }
        while (page.Continuation is not null);

        Assert.Equal(["e-6", "e-5", "e-4", "e-3", "e-2", "e-1", "e-0"], ids);
        Assert.Equal(["e-x", "w-0"], await IdsAsync(new(Statuses: [WorkflowRuntimeStatus.Running])));
        Assert.Equal(["e-x"], await IdsAsync(new(Statuses: [WorkflowRuntimeStatus.Running], InstanceIdPrefix: "e-")));
        Assert.Equal(["w-0"], await IdsAsync(new(InstanceIdPrefix: "w")));
        Assert.Empty(await IdsAsync(new(Workflow: "none")));
    }

    [Fact]
    public async Task Purging_deletes_what_ended_before_the_moment_and_nothing_else()
    {
        await BeginAsync(
            Flow<int, int>("ends", (_, input) => Task.FromResult(input)),
            Flow<int, int>("waits", async (context, _) => (await context.WaitForEventAsync<int>("go")).Value));
        await Client.StartAsync("waits", "open", 0);
        for (var i = 0; i < 150; i++)
        {
            await RunAsync("ends", $"old-{i}", i);
        }

        Clock.Advance(TimeSpan.FromDays(1));
        var moment = Clock.GetUtcNow();
        Clock.Advance(TimeSpan.FromDays(1));
        await RunAsync("ends", "new", 1);

        Assert.Equal(150, await Client.PurgeAsync(moment));
        Assert.Null(await Client.GetAsync("old-0"));
        Assert.NotNull(await Client.GetAsync("new"));
        Assert.Equal(0, await Client.PurgeAsync(moment));
        Assert.True(await Client.RaiseEventAsync("open", "go", 4));
        Assert.Equal("4", (await EndAsync("open")).Output);
        Assert.True(await Client.StartAsync("ends", "old-0", 9));
    }

    private async Task<List<string>> IdsAsync(WorkflowInstanceQuery query) =>
        [.. (await Client.QueryAsync(query)).Instances.Select(i => i.InstanceId)];
}
