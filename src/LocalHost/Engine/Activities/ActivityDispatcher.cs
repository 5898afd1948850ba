using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Engine.History;
using IdLcm.LocalHost.Engine.Timers;
using Microsoft.Extensions.Logging;

namespace IdLcm.LocalHost.Engine.Activities;

/// <summary>Runs activities: at least once, a bounded number at a time, again by their retry policy.</summary>
internal sealed class ActivityDispatcher : IDisposable
{
    private readonly Channel<ActivityRun> _queue = Channel.CreateUnbounded<ActivityRun>();
    private readonly ConcurrentDictionary<TaskKey, ActivityRun> _open = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly WorkflowRegistry _registry;
    private readonly HistoryStore _store;
    private readonly TimerQueue _timers;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly EngineTelemetry _telemetry;
    private readonly Action<ActivityWork, HistoryEvent> _settled;
    private Task[] _loops = [];
    private int _running;

    /// <param name="registry">The activities.</param>
    /// <param name="store">Where attempts are recorded.</param>
    /// <param name="timers">For the waits between attempts.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    /// <param name="settled">Told of a result or a final failure.</param>
    public ActivityDispatcher(
        WorkflowRegistry registry, HistoryStore store, TimerQueue timers, TimeProvider time, ILogger logger, Action<ActivityWork, HistoryEvent> settled)
    {
        _registry = registry;
        _store = store;
        _timers = timers;
        _time = time;
        _logger = logger;
        _settled = settled;
        _telemetry = new EngineTelemetry(() => _queue.Reader.Count, () => Volatile.Read(ref _running));
    }

    public EngineTelemetry Telemetry => _telemetry;

    public int Running => Volatile.Read(ref _running);

    public void Start(int parallelism) =>
        _loops = [.. Enumerable.Range(0, parallelism).Select(_ => Task.Run(RunLoopAsync))];

    /// <summary>Runs an activity when it is due and there is a free place. The record of it is already durable.</summary>
    public void Dispatch(ActivityWork work)
    {
        var run = new ActivityRun(work);
        if (_stopping.IsCancellationRequested || !_open.TryAdd(work.Key, run))
        {
            return;
        }

        // Only a repetition waits. What has never been tried is due however the clock was set since, and a repetition waits no
        // longer than it was to.
        var now = _time.GetUtcNow();
        if (work is { Attempt: > 1, Retry: { } retry } && work.DueAt > now)
        {
            var latest = now + (retry.DelayAfter(work.Attempt - 1) * MostSpread);
            _timers.Schedule(work.Key, work.DueAt < latest ? work.DueAt : latest, () => _queue.Writer.TryWrite(run));
        }
        else
        {
            _queue.Writer.TryWrite(run);
        }
    }

    /// <summary>Cancels all activities of an instance; their results no longer matter.</summary>
    public void Cancel(long instance)
    {
        foreach (var (key, run) in _open)
        {
            if (key.Instance == instance && _open.TryRemove(key, out _))
            {
                _timers.Cancel(key);
                run.Cancel();
            }
        }
    }

    /// <summary>Begins no more runs, cancels those under way and waits for them.</summary>
    /// <returns>How many were still running when the time was up.</returns>
    public async Task<int> StopAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        Abandon();
        try
        {
            await Task.WhenAll(_loops).WaitAsync(patience, _time, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // Those that do not listen are run again at the next start.
        }

        return Running;
    }

    /// <summary>Begins no more runs and cancels those under way, without waiting.</summary>
    public void Abandon()
    {
        _queue.Writer.TryComplete();
        _stopping.Cancel();
        foreach (var run in _open.Values)
        {
            run.Cancel();
        }
    }

    public void Dispose()
    {
        _telemetry.Dispose();
        _stopping.Dispose();
    }

    private async Task RunLoopAsync()
    {
        await foreach (var run in _queue.Reader.ReadAllAsync())
        {
            if (_stopping.IsCancellationRequested || !_open.ContainsKey(run.Work.Key))
            {
                continue;
            }

            Interlocked.Increment(ref _running);
            try
            {
                await RunAsync(run);
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }
    }

    private async Task RunAsync(ActivityRun run)
    {
        var work = run.Work;
        var started = _time.GetTimestamp();
        using var span = EngineTelemetry.Source.StartActivity("activity " + work.Name, ActivityKind.Internal, work.TraceParent);
        span?.SetTag("idlcm.instance", work.InstanceId).SetTag("idlcm.attempt", work.Attempt);
        try
        {
            var result = await InvokeAsync(work, run.Token);
            _telemetry.ActivityRan(work.Name, "completed", _time.GetElapsedTime(started));
            Settle(run, Answer(HistoryEventType.ActivityCompleted, work) with { Payload = result });
        }
        catch (Exception) when (run.Token.IsCancellationRequested)
        {
            // Whatever a cancelled activity throws says nothing about the step. At a shutdown its record stays, and it
            // is run again at the next start; of a terminated instance nothing is left.
            _telemetry.ActivityRan(work.Name, "interrupted", _time.GetElapsedTime(started));
            EngineLog.ActivityInterrupted(_logger, work.Name, work.InstanceId);
            _open.TryRemove(work.Key, out _);
        }
        catch (Exception exception)
        {
            span?.SetStatus(ActivityStatusCode.Error, exception.GetType().Name);
            _telemetry.ActivityRan(work.Name, "failed", _time.GetElapsedTime(started));
            await FailAsync(run, exception);
        }
    }

    private async Task<string> InvokeAsync(ActivityWork work, CancellationToken cancellationToken)
    {
        if (!_registry.TryGetActivity(work.Name, out var activity))
        {
            throw new ActivityUnusableException("ActivityNotRegistered", $"No activity '{work.Name}' is registered.");
        }

        object? input;
        try
        {
            input = WorkflowJson.Deserialize(work.Input, activity.InputType);
        }
        catch (Exception exception) when (exception is System.Text.Json.JsonException or NotSupportedException)
        {
            throw new ActivityUnusableException("ActivityInputUnreadable", exception.Message);
        }

        return WorkflowJson.Serialize(await activity.RunAsync(input, cancellationToken));
    }

    private const double MostSpread = 1.2;

    /// <summary>Up to a fifth longer, so that activities which failed together do not come back together.</summary>
    private static TimeSpan Spread(TimeSpan delay) => delay * (1 + (Random.Shared.NextDouble() * (MostSpread - 1)));

    private async Task FailAsync(ActivityRun run, Exception exception)
    {
        var work = run.Work;
        var error = exception is ActivityUnusableException unusable ? unusable.Error : WorkflowError.Of(exception);
        if (exception is ActivityUnusableException || work.Retry is not { } retry || work.Attempt >= retry.MaxAttempts)
        {
            EngineLog.ActivityFailed(_logger, exception, work.Name, work.InstanceId, work.Attempt);
            Settle(run, Answer(HistoryEventType.ActivityFailed, work) with { Error = error });
            return;
        }

        var again = work with { Attempt = work.Attempt + 1, DueAt = _time.GetUtcNow() + Spread(retry.DelayAfter(work.Attempt)) };
        EngineLog.ActivityRetried(_logger, exception, work.Name, work.InstanceId, work.Attempt, again.DueAt);
        try
        {
            await _store.RescheduleAsync(again, error);
        }
        catch (Exception failure)
        {
            EngineLog.AttemptNotRecorded(_logger, failure, work.Name, work.InstanceId);
        }

        if (_open.TryRemove(work.Key, out _))
        {
            Dispatch(again);
        }
    }

    private void Settle(ActivityRun run, HistoryEvent answer)
    {
        if (_open.TryRemove(run.Work.Key, out _))
        {
            _settled(run.Work, answer);
        }
    }

    private static HistoryEvent Answer(HistoryEventType type, ActivityWork work) => new() { Type = type, TaskId = work.Key.Task, Name = work.Name };

    [SuppressMessage("Design", "CA1001", Justification = "A source without timer or links holds nothing, and a late Cancel must not meet a disposed one.")]
    private sealed class ActivityRun(ActivityWork work)
    {
        private readonly CancellationTokenSource _cancellation = new();

        public ActivityWork Work => work;

        public CancellationToken Token => _cancellation.Token;

        // Not awaited and not inline: what an activity does on cancellation must not hold up a turn.
        public void Cancel() => _ = _cancellation.CancelAsync();
    }
}

/// <summary>An activity that no further attempt can help.</summary>
internal sealed class ActivityUnusableException(string type, string message) : Exception(message)
{
    public WorkflowError Error => new(type, Message);
}
