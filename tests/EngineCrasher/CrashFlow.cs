using System.Collections.Concurrent;
using System.Globalization;
using IdLcm.Domain.Workflows;

namespace IdLcm.EngineCrasher;

/// <summary>A workflow that uses all of the port, so that a kill can hit any of it.</summary>
public sealed class CrashFlow : Workflow<int, string>
{
    public const string FlowName = "crash flow";

    /// <summary>The effects that a whole instance leaves, without those of its sub-workflow.</summary>
    public static IReadOnlyList<string> Effects { get; } = ["first", "left", "right", "stubborn", "retried", "last"];

    public override string Name => FlowName;

    public static string Expected(int input) => $"{input}: first+left+right+stubborn+child+retried+event+last";

    public override async Task<string> RunAsync(WorkflowContext context, int input)
    {
        var done = new List<string> { await Effect(context, "first") };
        done.AddRange(await Task.WhenAll(Effect(context, "left"), Effect(context, "right")));
        done.Add(await Effect(context, "stubborn"));
        done.Add(await context.CallSubWorkflowAsync<string>(CrashChild.FlowName, context.InstanceId + ".child", input));
        await context.CreateTimerAsync(context.UtcNow.AddMilliseconds(20));
        done.Add(await Effect(context, "retried"));
        await context.CallActivityAsync<string>(RaiseActivity.ActivityName, context.InstanceId);
        var raised = await context.WaitForEventAsync<int>("ready");
        done.Add(raised.Value == 1 ? "event" : "wrong event");
        done.Add(await Effect(context, "last"));
        return input.ToString(CultureInfo.InvariantCulture) + ": " + string.Join('+', done);
    }

    private static Task<string> Effect(WorkflowContext context, string step) => context.CallActivityAsync<string>(
        EffectActivity.ActivityName, context.InstanceId + " " + step, new RetryPolicy(50, TimeSpan.FromMilliseconds(5), 1, TimeSpan.FromMilliseconds(5)));
}

/// <summary>Continues as new twice before it ends.</summary>
public sealed class CrashChild : Workflow<int, string>
{
    public const string FlowName = "crash child";

    public override string Name => FlowName;

    public override async Task<string> RunAsync(WorkflowContext context, int input)
    {
        await context.CallActivityAsync<string>(EffectActivity.ActivityName, context.InstanceId + " round");
        if (input >= 0)
        {
            context.ContinueAsNew(input > 1 ? 1 : input - 1);
        }

        return "child";
    }
}

/// <summary>Appends a line to a file and answers with the step's name; the step "retried" throws the first time in each process.</summary>
public sealed class EffectActivity(string file) : Activity<string, string>
{
    public const string ActivityName = "effect";

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, bool> _thrown = new(StringComparer.Ordinal);

    public override string Name => ActivityName;

    public override Task<string> RunAsync(string input, CancellationToken cancellationToken)
    {
        var step = input[(input.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        if (step == "retried" && _thrown.TryAdd(input, true))
        {
            throw new IOException("The first run fails.");
        }

        lock (_gate)
        {
            File.AppendAllText(file, input + "\n");
        }

        return Task.FromResult(step);
    }
}

/// <summary>Raises the event that its own instance waits for, as a part of the product would.</summary>
public sealed class RaiseActivity(Func<IWorkflowClient> client) : Activity<string, string>
{
    public const string ActivityName = "raise";

    public override string Name => ActivityName;

    public override async Task<string> RunAsync(string input, CancellationToken cancellationToken)
    {
        await client().RaiseEventAsync(input, "ready", 1, cancellationToken);
        return "raised";
    }
}
