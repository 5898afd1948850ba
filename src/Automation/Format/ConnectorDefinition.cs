using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Format;

/// <summary>A parsed connector: its manifest for everyone, and the steps for the runner.</summary>
public sealed class ConnectorDefinition
{
    internal ConnectorDefinition(ConnectorManifest manifest) => Manifest = manifest;

    /// <summary>What the connector says about itself.</summary>
    public ConnectorManifest Manifest { get; }

    internal Template BaseUrl { get; init; } = null!;

    internal IReadOnlyList<Template> AllowedHosts { get; init; } = [];

    internal bool InsecureHttp { get; init; }

    internal string AcceptLanguage { get; init; } = "en-US";

    internal Probe Probe { get; init; } = null!;

    internal Condition? SignedOut { get; init; }

    internal TimeSpan? StepTimeout { get; init; }

    internal TimeSpan? VerbTimeout { get; init; }

    internal IReadOnlyList<ErrorRule> Detect { get; init; } = [];

    internal IReadOnlyDictionary<string, IReadOnlyList<Step>> Fragments { get; init; } = new Dictionary<string, IReadOnlyList<Step>>();

    internal IReadOnlyDictionary<string, Extract> Extracts { get; init; } = new Dictionary<string, Extract>();

    internal IReadOnlyDictionary<ConnectorVerb, Operation> Operations { get; init; } = new Dictionary<ConnectorVerb, Operation>();

    /// <summary>True when some step downloads a file: then, and only then, the browser accepts downloads.</summary>
    internal bool Downloads { get; init; }
}
