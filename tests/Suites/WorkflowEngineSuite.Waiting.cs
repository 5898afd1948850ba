using IdLcm.Domain.Workflows;

namespace IdLcm.Suites;

/// <content>Timers and events.</content>
public abstract partial class WorkflowEngineSuite
{
    [Theory]
    [InlineData(30)]
    [InlineData(60 * 60 * 24 * 90)]
    public async Task A_timer_fires_when_it_is_due_and_not_before(int seconds)
    {
        await BeginAsync(Flow<int, DateTimeOffset>("sleeper", async (context, wait) =>
        {
            var due = context.UtcNow.AddSeconds(wait);
            context.SetCustomStatus("asleep");
            await context.CreateTimerAsync(due);
            return context.UtcNow;
        }));
        var start = Clock.GetUtcNow();

        await Client.StartAsync("sleeper", "z", seconds);
        await Engine.WaitAsync("z", i => i.CustomStatus is not null);
        Clock.Advance(TimeSpan.FromSeconds(seconds - 1));
        Assert.Equal(WorkflowRuntimeStatus.Running, (await Client.GetAsync("z"))!.Status);
        Clock.Advance(TimeSpan.FromSeconds(2));
        var ended = await EndAsync("z");

        Assert.InRange(WorkflowJson.Deserialize<DateTimeOffset>(ended.Output), start.AddSeconds(seconds), start.AddSeconds(seconds + 1));
    }

    [Fact]
    public async Task Timers_fire_in_the_order_of_their_moments()
    {
        await BeginAsync(Flow<int, List<int>>("clockwork", async (context, _) =>
        {
            var order = new List<int>();
            var start = context.UtcNow;
            await Task.WhenAll(new[] { 30, 10, 20 }.Select(async seconds =>
            {
                await context.CreateTimerAsync(start.AddSeconds(seconds));
                order.Add(seconds);
            }));
            return order;
        }));

        await Client.StartAsync("clockwork", "c", 0);

        Assert.Equal("[10,20,30]", (await AdvanceUntilEndedAsync("c", TimeSpan.FromSeconds(10))).Output);
    }

    [Fact]
    public async Task An_activity_can_race_a_timer()
    {
        var never = new TaskCompletionSource<int>();
        await BeginAsync(
            Flow<int, string>("race", async (context, _) =>
            {
                var slow = context.CallActivityAsync<int>("slow", null);
                var timer = context.CreateTimerAsync(context.UtcNow.AddSeconds(5));
                return await Task.WhenAny(slow, timer) == timer ? "timer" : "activity";
            }),
            new TestActivity<int, int>("slow", (_, token) => never.Task.WaitAsync(token)));

        await Client.StartAsync("race", "r", 0);
        var ended = await AdvanceUntilEndedAsync("r", TimeSpan.FromSeconds(1));
        never.SetResult(1);

        Assert.Equal("\"timer\"", ended.Output);
    }

    [Fact]
    public async Task Events_wait_in_order_for_each_name_until_they_are_asked_for()
    {
        await BeginAsync(Flow<int, List<string>>("reader", async (context, _) =>
        {
            var read = new List<string>();
            await context.WaitForEventAsync<int>("open");
            foreach (var name in new[] { "b", "a", "a", "b" })
            {
                read.Add((await context.WaitForEventAsync<string>(name)).Value!);
            }

            return read;
        }));

        await Client.StartAsync("reader", "r", 0);
        Assert.True(await Client.RaiseEventAsync("r", "a", "a1"));
        Assert.True(await Client.RaiseEventAsync("r", "b", "b1"));
        Assert.True(await Client.RaiseEventAsync("r", "a", "a2"));
        Assert.True(await Client.RaiseEventAsync("r", "open", 1));
        Assert.True(await Client.RaiseEventAsync("r", "b", "b2"));

        Assert.Equal("""["b1","a1","a2","b2"]""", (await EndAsync("r")).Output);
    }

    [Fact]
    public async Task An_event_carries_its_payload_or_none()
    {
        await BeginAsync(Flow<int, string>("receiver", async (context, _) =>
        {
            var parcel = await context.WaitForEventAsync<Parcel>("parcel");
            var nothing = await context.WaitForEventAsync<Parcel>("nothing");
            return $"{parcel.Received} {parcel.Value!.Weight} {nothing.Received} {nothing.Value is null}";
        }));

        await Client.StartAsync("receiver", "r", 0);
        await Client.RaiseEventAsync("r", "parcel", new Parcel("box", 12, DayOfWeek.Monday, []));
        await Client.RaiseEventAsync("r", "nothing", null);

        Assert.Equal("\"True 12 True True\"", (await EndAsync("r")).Output);
    }

    [Fact]
    public async Task An_event_for_nobody_or_for_an_ended_instance_is_dropped()
    {
        await BeginAsync(Flow<int, int>("short", (_, input) => Task.FromResult(input)));
        await RunAsync("short", "s", 1);

        Assert.False(await Client.RaiseEventAsync("s", "late", 1));
        Assert.False(await Client.RaiseEventAsync("nobody", "lost", 1));
    }

    [Fact]
    public async Task A_wait_for_an_event_times_out_and_leaves_later_events_to_later_waits()
    {
        await BeginAsync(Flow<int, string>("patient", async (context, _) =>
        {
            context.SetCustomStatus("waiting");
            var first = await context.WaitForEventAsync<string>("e", TimeSpan.FromMinutes(1));
            context.SetCustomStatus("timed out");
            var second = await context.WaitForEventAsync<string>("e", TimeSpan.FromMinutes(1));
            return $"{first.Received} {second.Value}";
        }));

        await Client.StartAsync("patient", "p", 0);
        await Engine.WaitAsync("p", i => i.CustomStatus == "\"waiting\"");
        Clock.Advance(TimeSpan.FromMinutes(1));
        await Engine.WaitAsync("p", i => i.CustomStatus == "\"timed out\"");
        await Client.RaiseEventAsync("p", "e", "hello");

        Assert.Equal("\"False hello\"", (await EndAsync("p")).Output);
    }

    [Fact]
    public async Task An_event_in_time_beats_the_timeout_and_the_timeout_does_nothing_later()
    {
        await BeginAsync(Flow<int, string>("quick", async (context, _) =>
        {
            var first = await context.WaitForEventAsync<string>("e", TimeSpan.FromMinutes(1));
            context.SetCustomStatus("got it");
            var second = await context.WaitForEventAsync<string>("e", TimeSpan.FromMinutes(5));
            return $"{first.Value} {second.Value}";
        }));

        await Client.StartAsync("quick", "q", 0);
        await Client.RaiseEventAsync("q", "e", "one");
        await Engine.WaitAsync("q", i => i.CustomStatus is not null);
        Clock.Advance(TimeSpan.FromMinutes(2));
        await Client.RaiseEventAsync("q", "e", "two");

        Assert.Equal("\"one two\"", (await EndAsync("q")).Output);
    }
}
