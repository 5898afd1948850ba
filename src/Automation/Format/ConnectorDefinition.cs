using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Format;

/// <summary>A parsed connector: its manifest for everyone, and the steps for the runner.</summary>
public sealed class ConnectorDefinition
{
    private bool? calls;

    internal ConnectorDefinition(ConnectorManifest manifest) => Manifest = manifest;

    /// <summary>What the connector says about itself.</summary>
    public ConnectorManifest Manifest { get; }

    internal Template BaseUrl { get; init; } = null!;

    internal IReadOnlyList<Template> AllowedHosts { get; init; } = [];

    internal bool InsecureHttp { get; init; }

    internal string AcceptLanguage { get; init; } = "en-US";

    /// <summary>How to tell that a browser session is signed in; null for a connector that needs no browser.</summary>
    internal Probe? Probe { get; init; }

    internal HttpDefaults Http { get; init; } = new();

    internal Condition? SignedOut { get; init; }

    internal TimeSpan? StepTimeout { get; init; }

    internal TimeSpan? VerbTimeout { get; init; }

    internal IReadOnlyList<ErrorRule> Detect { get; init; } = [];

    internal IReadOnlyDictionary<string, ValueMap> Maps { get; init; } = new Dictionary<string, ValueMap>();

    internal IReadOnlyDictionary<string, IReadOnlyList<Step>> Fragments { get; init; } = new Dictionary<string, IReadOnlyList<Step>>();

    internal IReadOnlyDictionary<string, Extract> Extracts { get; init; } = new Dictionary<string, Extract>();

    internal IReadOnlyDictionary<ConnectorVerb, Operation> Operations { get; init; } = new Dictionary<ConnectorVerb, Operation>();

    /// <summary>The verbs that look at pages; the others are run without a browser.</summary>
    internal IReadOnlySet<ConnectorVerb> BrowserVerbs => field ??= Operations.Where(o => BrowserNeed.Of(this, o.Value)).Select(o => o.Key).ToHashSet();

    /// <summary>Whether a verb does anything that cannot be taken back.</summary>
    internal bool Commits(ConnectorVerb verb) =>
        Operations.TryGetValue(verb, out var operation) && TemplateWalk.Expanded(operation.Steps, Fragments).Any(s => s.Commit);

    /// <summary>True when a session is opened without a browser: one is started when a verb first needs it.</summary>
    internal bool OpensWithoutBrowser => Probe is null || (Http is { Probe: not null, Cookies: false });

    /// <summary>True when some verb calls the app's API.</summary>
    internal bool CallsApi => calls ??= OpensWithoutBrowser
        || TemplateWalk.Deep(Operations.Values.SelectMany(o => o.AllSteps).Concat(Fragments.Values.SelectMany(f => f))).Any(s => s is HttpStep);

    /// <summary>True when login is made of http steps: what they save becomes the credential.</summary>
    internal bool SignsInByHttp => Operations.TryGetValue(ConnectorVerb.Login, out var login) && login.Steps.Count > 0 && !BrowserVerbs.Contains(ConnectorVerb.Login);

    /// <summary>True when some step downloads a file: then, and only then, the browser accepts downloads.</summary>
    internal bool Downloads { get; init; }
}
