using System.Diagnostics;
using System.Diagnostics.Metrics;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Operations;

namespace IdLcm.Domain;

/// <summary>The product's traces and metrics, under the one name <c>IdLcm</c>.</summary>
public static class Telemetry
{
    /// <summary>The name of the activity source and the meter.</summary>
    public const string Name = "IdLcm";

    /// <summary>The source of traces.</summary>
    public static ActivitySource Source { get; } = new(Name);

    /// <summary>The meter.</summary>
    public static Meter Meter { get; } = new(Name);

    private static readonly Counter<long> Attempts = Meter.CreateCounter<long>("idlcm.operation.attempts", "{attempt}", "Attempts of operations by kind, status and failure code");

    private static readonly Histogram<double> Durations = Meter.CreateHistogram<double>("idlcm.operation.duration", "s", "Duration of attempts by kind");

    internal static void Attempt(Operation operation, FailureCode? failure, TimeSpan duration)
    {
        var kind = new KeyValuePair<string, object?>("kind", operation.Kind.ToString());
        Attempts.Add(1, kind, new("status", operation.Status.ToString()), new("failure", failure?.ToString() ?? ""));
        Durations.Record(duration.TotalSeconds, kind);
    }
}
