using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Engine.Activities;
using IdLcm.LocalHost.Engine.History;
using IdLcm.LocalHost.Engine.Timers;
using IdLcm.LocalHost.Engine.Turns;
using IdLcm.LocalHost.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.LocalHost.Engine;

/// <summary>
/// The durable engine of the embedded edition: event-sourced workflow instances in the embedded database. Disposing
/// it without stopping it first is like a crash: what was committed is picked up at the next start.
/// </summary>
internal sealed class EmbeddedEngine : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromHours(1);
    private const int PurgeBatch = 100;

    private readonly EmbeddedEngineOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<EmbeddedEngine> _logger;
    private readonly WorkflowRegistry _registry;
    private readonly HistoryStore _store;
    private readonly TimerQueue _timers;
    private readonly ActivityDispatcher _activities;
    private readonly TurnScheduler _turns;
    private readonly TurnRunner _runner;
    private int _disposed;

    public EmbeddedEngine(
        SqliteDatabase database, IServiceProvider services, EmbeddedEngineOptions options, TimeProvider time, ILogger<EmbeddedEngine> logger)
    {
        options.Validate();
        _options = options;
        _time = time;
        _logger = logger;
        _registry = new WorkflowRegistry(services);
        _store = new HistoryStore(database);
        _timers = new TimerQueue(time);
        _activities = new ActivityDispatcher(
            _registry, _store, _timers, time, logger, (work, answer) => _turns!.Deliver(work.InstanceId, EngineMessage.Answer(work.Key, answer)));
        _turns = new TurnScheduler((mailbox, messages) => _runner!.RunAsync(mailbox, messages), options.MaxIdleExecutions);
        _runner = new TurnRunner(_registry, _store, _timers, _activities, time, logger) { Scheduler = _turns };
    }

    public HistoryStore Store => _store;

    public WorkflowRegistry Registry => _registry;

    public TimeProvider Time => _time;

    /// <summary>Called after each commit of a turn with the instance's id.</summary>
    public Action<string>? TurnCommitted
    {
        get => _runner.Committed;
        set => _runner.Committed = value;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _registry.Load();

        // All of it is read before the first turn, so that nothing is picked up twice.
        var unbegun = _store.ReadUnbegun();
        var activities = await _store.RecoverActivitiesAsync(_time.GetUtcNow());
        var timers = _store.ReadTimers();
        var answers = _store.ReadChildAnswers();

        unbegun.ForEach(id => _turns.Deliver(id, EngineMessage.Begin));
        activities.ForEach(_activities.Dispatch);
        answers.ForEach(answer => Deliver(answer.InstanceId, EngineMessage.Answer(answer.Key, answer.Message)));
        timers.ForEach(_runner.Schedule);
        _turns.Start(_options.MaxParallelTurns);
        _activities.Start(_options.MaxParallelActivities);
        ScheduleSweep(_time.GetUtcNow());
        EngineLog.Started(_logger, unbegun.Count, activities.Count, timers.Count, answers.Count);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // Turns go on while activities wind down, so that what did finish is on record and not done twice.
        var running = await _activities.StopAsync(_options.ShutdownTimeout, cancellationToken);
        await _turns.StopAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _timers.Dispose();
        EngineLog.Stopped(_logger, running);
    }

    public void Deliver(string instanceId, EngineMessage message) => _turns.Deliver(instanceId, message);

    public async Task<int> PurgeAsync(DateTimeOffset endedBefore, CancellationToken cancellationToken)
    {
        var total = 0;
        int batch;
        do
        {
            batch = await _store.PurgeAsync(endedBefore, PurgeBatch, cancellationToken);
            total += batch;
        }
        while (batch == PurgeBatch);

        return total;
    }

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _timers.Dispose();
            _turns.Abandon();
            _activities.Abandon();
            _activities.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private void ScheduleSweep(DateTimeOffset at)
    {
        if (_options.Retention is { } retention)
        {
            _timers.Schedule(this, at, () => _ = SweepAsync(retention));
        }
    }

    private async Task SweepAsync(TimeSpan retention)
    {
        try
        {
            var count = await PurgeAsync(_time.GetUtcNow() - retention, CancellationToken.None);
            if (count > 0)
            {
                EngineLog.Purged(_logger, count);
            }
        }
        catch (Exception exception)
        {
            EngineLog.PurgeFailed(_logger, exception);
        }

        ScheduleSweep(_time.GetUtcNow() + SweepInterval);
    }
}
