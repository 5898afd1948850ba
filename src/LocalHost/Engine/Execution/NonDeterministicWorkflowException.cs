using IdLcm.LocalHost.Engine.History;

namespace IdLcm.LocalHost.Engine.Execution;

/// <summary>A workflow's code, replayed, does something else than its recorded history shows.</summary>
public sealed class NonDeterministicWorkflowException : Exception
{
    internal const string ErrorType = "NonDeterministicWorkflow";

    internal NonDeterministicWorkflowException(string workflow, HistoryEvent? recorded, HistoryEvent? produced)
        : base(Text(workflow, recorded, produced))
    {
        Recorded = recorded;
        Produced = produced;
    }

    /// <summary>What the history has there; null when it ends before.</summary>
    public HistoryEvent? Recorded { get; }

    /// <summary>What the code does there; null when it does nothing.</summary>
    public HistoryEvent? Produced { get; }

    private static string Text(string workflow, HistoryEvent? recorded, HistoryEvent? produced)
    {
        var history = recorded is null ? "has nothing more" : $"has {recorded.Describe()} at {recorded.Sequence}";
        var code = produced is null ? "does nothing there" : $"does {produced.Describe()}";
        return $"Workflow '{workflow}' is not deterministic, or its code was changed under a running instance: the history {history}, the code now {code}.";
    }
}
