namespace IdLcm.Automation.Format;

/// <summary>One call of an app's API.</summary>
internal sealed record HttpCall(Mark Mark, Template Url)
{
    public string Method { get; init; } = "GET";

    public IReadOnlyDictionary<string, Template> Query { get; init; } = new Dictionary<string, Template>();

    public IReadOnlyDictionary<string, Template> Headers { get; init; } = new Dictionary<string, Template>();

    public JsonTemplate? Json { get; init; }

    public IReadOnlyDictionary<string, Template> Form { get; init; } = new Dictionary<string, Template>();

    /// <summary>Statuses that are as expected; empty: 200 to 299.</summary>
    public IReadOnlyList<int> Status { get; init; } = [];

    public IReadOnlyDictionary<string, JsonPath> Save { get; init; } = new Dictionary<string, JsonPath>();

    public IEnumerable<Template> Templates => Query.Values.Concat(Headers.Values).Concat(Form.Values).Concat(Json?.Templates ?? []).Prepend(Url);

    public bool Accepts(int status) => Status.Count == 0 ? status is >= 200 and < 300 : Status.Contains(status);
}

internal sealed record HttpStep(Mark Mark, HttpCall Call) : Step(Mark);

/// <summary>What all calls of a connector have in common.</summary>
internal sealed record HttpDefaults
{
    public Template? BaseUrl { get; init; }

    public IReadOnlyDictionary<string, Template> Headers { get; init; } = new Dictionary<string, Template>();

    public bool Basic { get; init; }

    public bool Cookies { get; init; }

    public HttpCall? Probe { get; init; }
}
