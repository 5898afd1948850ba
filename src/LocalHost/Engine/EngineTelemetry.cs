using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace IdLcm.LocalHost.Engine;

/// <summary>The engine's traces and metrics, under the product's source and meter <c>IdLcm</c>.</summary>
internal sealed class EngineTelemetry : IDisposable
{
    public static readonly ActivitySource Source = new("IdLcm");

    private readonly Meter _meter = new("IdLcm");
    private readonly Counter<long> _activities;
    private readonly Histogram<double> _activityDuration;
    private readonly Histogram<double> _turnDuration;
    private readonly Counter<long> _ended;

    public EngineTelemetry(Func<int> queuedActivities, Func<int> runningActivities)
    {
        _activities = _meter.CreateCounter<long>("idlcm.engine.activities", "{run}", "Runs of activities by name and outcome.");
        _activityDuration = _meter.CreateHistogram<double>("idlcm.engine.activity.duration", "s", "Time an activity's run took.");
        _turnDuration = _meter.CreateHistogram<double>("idlcm.engine.turn.duration", "s", "Time a workflow turn took, its commit included.");
        _ended = _meter.CreateCounter<long>("idlcm.engine.instances.ended", "{instance}", "Instances that ended, by workflow and status.");
        _meter.CreateObservableGauge("idlcm.engine.activities.queued", queuedActivities, "{activity}", "Activities that wait for a free place.");
        _meter.CreateObservableGauge("idlcm.engine.activities.running", runningActivities, "{activity}", "Activities that run.");
    }

    public void ActivityRan(string name, string outcome, TimeSpan duration)
    {
        var tags = new TagList { { "activity", name }, { "outcome", outcome } };
        _activities.Add(1, tags);
        _activityDuration.Record(duration.TotalSeconds, tags);
    }

    public void TurnRan(string workflow, TimeSpan duration) =>
        _turnDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("workflow", workflow));

    public void InstanceEnded(string workflow, string status) =>
        _ended.Add(1, new KeyValuePair<string, object?>("workflow", workflow), new KeyValuePair<string, object?>("status", status));

    public void Dispose() => _meter.Dispose();
}
