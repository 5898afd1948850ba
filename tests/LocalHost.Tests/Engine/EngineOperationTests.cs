using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Engine;
using IdLcm.LocalHost.Engine.Timers;
using IdLcm.Suites;

namespace IdLcm.LocalHost.Tests.Engine;

/// <summary>What whoever runs the product sees of the engine.</summary>
public sealed class EngineOperationTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _clock = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Ended_instances_are_deleted_when_their_retention_is_over()
    {
        var flow = new TestWorkflow<int, int>("ends", (_, input) => Task.FromResult(input));
        await using var harness = await EmbeddedHarness.OpenAsync(
            _directory.Path, _clock, [flow], [], new EmbeddedEngineOptions { Retention = TimeSpan.FromDays(7) });
        await harness.Client.StartAsync("ends", "old", 1);
        await harness.EndAsync("old");
        _clock.Advance(TimeSpan.FromDays(6));
        await harness.Client.StartAsync("ends", "young", 1);
        await harness.EndAsync("young");
        Assert.NotNull(await harness.Client.GetAsync("old"));

        while (await harness.Client.GetAsync("old") is not null)
        {
            // Hour by hour until the sweep, which works in the background, has come round.
            _clock.Advance(TimeSpan.FromHours(1));
            await Task.Delay(5, TestContext.Current.CancellationToken);
            Assert.NotNull(await harness.Client.GetAsync("young"));
        }
    }

    [Fact]
    public async Task Runs_of_activities_are_counted_and_traced_back_to_the_request_that_started_them()
    {
        var name = "traced-" + Guid.NewGuid().ToString("N");
        var outcomes = new ConcurrentQueue<string>();
        var spans = new ConcurrentQueue<Activity>();
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "IdLcm", Name: "idlcm.engine.activities" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            var values = tags.ToArray().ToDictionary(t => t.Key, t => (string?)t.Value, StringComparer.Ordinal);
            if (values["activity"] == name)
            {
                outcomes.Enqueue(values["outcome"]!);
            }
        });
        meters.Start();
        using var tracing = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "IdLcm",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(tracing);

        var runs = 0;
        var flow = new TestWorkflow<int, int>("traces", (context, _) => context.CallActivityAsync<int>(
            name, 1, new RetryPolicy(2, TimeSpan.Zero, 1, TimeSpan.Zero)));
        var step = new TestActivity<int, int>(name, (input, _) =>
            Interlocked.Increment(ref runs) == 1 ? throw new FormatException("first") : Task.FromResult(input));
        await using var harness = await EmbeddedHarness.OpenAsync(_directory.Path, _clock, [flow], [step]);
        using var request = new Activity("request").Start();
        await harness.Client.StartAsync("traces", "t", 0);
        await harness.EndAsync("t");
        await harness.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["failed", "completed"], outcomes);
        var mine = spans.Where(s => s.OperationName == "activity " + name).ToList();
        Assert.Equal(2, mine.Count);
        Assert.All(mine, span => Assert.Equal(request.TraceId, span.TraceId));
    }

    [Fact]
    public void A_timer_queue_calls_back_once_in_order_and_not_what_was_cancelled()
    {
        using var queue = new TimerQueue(_clock);
        var fired = new List<int>();
        var start = _clock.GetUtcNow();
        for (var i = 3000; i > 0; i--)
        {
            var number = i;
            queue.Schedule(i, start.AddMinutes(i), () => fired.Add(number));
        }

        for (var i = 1; i <= 3000; i++)
        {
            if (i % 1000 != 0)
            {
                queue.Cancel(i);
            }
        }

        queue.Schedule(2000, start.AddMinutes(2500), () => fired.Add(-2000));
        _clock.Advance(TimeSpan.FromDays(30));

        Assert.Equal([1000, -2000, 3000], fired);
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Throws<InvalidOperationException>(new EmbeddedEngineOptions { MaxParallelActivities = 0 }.Validate);
        Assert.Throws<InvalidOperationException>(new EmbeddedEngineOptions { MaxIdleExecutions = -1 }.Validate);
    }
}
