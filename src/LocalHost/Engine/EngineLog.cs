using Microsoft.Extensions.Logging;

namespace IdLcm.LocalHost.Engine;

internal static partial class EngineLog
{
    [LoggerMessage(3001, LogLevel.Information, "Workflow engine started: {Instances} instances to begin, {Activities} activities, {Timers} timers and {Answers} sub-workflow results picked up")]
    public static partial void Started(ILogger logger, int instances, int activities, int timers, int answers);

    [LoggerMessage(3002, LogLevel.Information, "Workflow engine stopped; {Running} activities were still running and are run again at the next start")]
    public static partial void Stopped(ILogger logger, int running);

    [LoggerMessage(3003, LogLevel.Error, "Turn of instance {InstanceId} failed; tried again in {Delay}")]
    public static partial void TurnFailed(ILogger logger, Exception exception, string instanceId, TimeSpan delay);

    [LoggerMessage(3004, LogLevel.Error, "Instance {InstanceId} cannot go on: no workflow '{Workflow}' is registered")]
    public static partial void WorkflowMissing(ILogger logger, string instanceId, string workflow);

    [LoggerMessage(3005, LogLevel.Warning, "Instance {InstanceId} of {Workflow} failed: {ErrorType}: {Error}")]
    public static partial void InstanceFailed(ILogger logger, string instanceId, string workflow, string errorType, string error);

    [LoggerMessage(3006, LogLevel.Debug, "Instance {InstanceId} of {Workflow} ended: {Status}")]
    public static partial void InstanceEnded(ILogger logger, string instanceId, string workflow, string status);

    [LoggerMessage(3007, LogLevel.Warning, "Activity {Activity} of instance {InstanceId} failed (attempt {Attempt}); run again at {DueAt}")]
    public static partial void ActivityRetried(ILogger logger, Exception exception, string activity, string instanceId, int attempt, DateTimeOffset dueAt);

    [LoggerMessage(3008, LogLevel.Warning, "Activity {Activity} of instance {InstanceId} failed for good (attempt {Attempt})")]
    public static partial void ActivityFailed(ILogger logger, Exception exception, string activity, string instanceId, int attempt);

    [LoggerMessage(3009, LogLevel.Information, "Activity {Activity} of instance {InstanceId} was interrupted")]
    public static partial void ActivityInterrupted(ILogger logger, string activity, string instanceId);

    [LoggerMessage(3010, LogLevel.Error, "The attempt of activity {Activity} of instance {InstanceId} could not be recorded; it is run again all the same")]
    public static partial void AttemptNotRecorded(ILogger logger, Exception exception, string activity, string instanceId);

    [LoggerMessage(3011, LogLevel.Information, "Deleted {Count} ended workflow instances past their retention")]
    public static partial void Purged(ILogger logger, int count);

    [LoggerMessage(3012, LogLevel.Error, "Deleting ended workflow instances failed; tried again at the next sweep")]
    public static partial void PurgeFailed(ILogger logger, Exception exception);
}
