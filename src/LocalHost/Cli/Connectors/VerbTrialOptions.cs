using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;

namespace IdLcm.LocalHost.Cli.Connectors;

/// <summary>How one verb is tried.</summary>
internal sealed record VerbTrialOptions
{
    /// <summary>The connector file.</summary>
    public required string File { get; init; }

    /// <summary>The verb.</summary>
    public required ConnectorVerb Verb { get; init; }

    /// <summary>The settings that the connector asks for.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>Who signs in.</summary>
    public required TrialAccount Account { get; init; }

    /// <summary>The inputs of the verb.</summary>
    public JsonObject Inputs { get; init; } = [];

    /// <summary>Shows the browser.</summary>
    public bool Headed { get; init; }

    /// <summary>Stops before the commit step.</summary>
    public bool UntilCommit { get; init; }

    /// <summary>Keeps evidence of success too.</summary>
    public bool Trace { get; init; }

    /// <summary>Where evidence goes.</summary>
    public required string EvidenceDirectory { get; init; }

    /// <summary>Prints JSON.</summary>
    public bool Json { get; init; }

    /// <summary>Not printed: it holds secrets.</summary>
    /// <returns>The file and the verb.</returns>
    public override string ToString() => $"{File} {Verb}";
}
