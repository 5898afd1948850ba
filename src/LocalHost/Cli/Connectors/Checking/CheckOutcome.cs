namespace IdLcm.LocalHost.Cli.Connectors.Checking;

/// <summary>How one point of the checklist came out.</summary>
internal enum CheckState
{
    /// <summary>As it should be.</summary>
    Passed,

    /// <summary>Not as it should be.</summary>
    Failed,

    /// <summary>Not tried; the detail says why.</summary>
    Skipped,
}

/// <summary>One point of the checklist.</summary>
/// <param name="Name">What was checked.</param>
/// <param name="State">How it came out.</param>
/// <param name="Detail">What happened.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Steps">What was done, in words.</param>
/// <param name="Evidence">Paths of evidence, relative to the report.</param>
internal sealed record CheckOutcome(
    string Name, CheckState State, string Detail, TimeSpan Duration, IReadOnlyList<string> Steps, IReadOnlyList<string> Evidence);
