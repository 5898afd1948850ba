using System.Text.RegularExpressions;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Format;

internal enum LocatorKind
{
    Role,
    Label,
    Text,
    Placeholder,
    TestId,
    Css,
    XPath,
    Any,
}

internal enum MatchMode
{
    Exact,
    Contains,
    Regex,
}

/// <summary>Which element: exactly one visible element, or the step fails.</summary>
internal sealed record Locator(LocatorKind Kind, Mark Mark)
{
    /// <summary>The ARIA role, for <see cref="LocatorKind.Role"/>.</summary>
    public string? Role { get; init; }

    /// <summary>The name, label, text, placeholder, test id or selector.</summary>
    public Template? Value { get; init; }

    public MatchMode Match { get; init; }

    public IReadOnlyList<Locator> Alternatives { get; init; } = [];

    public Locator? Within { get; init; }

    public Locator? Has { get; init; }

    public Template? HasText { get; init; }
}

/// <summary>What can be looked for: text anywhere, or an element.</summary>
internal sealed record See(Template? Text, Locator? Locator);

/// <summary>All of what is named must hold.</summary>
internal sealed record Condition(Mark Mark)
{
    public See? See { get; init; }

    public See? NotSee { get; init; }

    public Template? Alert { get; init; }

    public string? Url { get; init; }

    public IReadOnlyList<int> Status { get; init; } = [];

    public string? Given { get; init; }

    public Template? Value { get; init; }

    public IReadOnlyList<Template> OneOf { get; init; } = [];

    public TimeSpan? Timeout { get; init; }
}

/// <summary>What the app shows when something is wrong, and the failure code that it means.</summary>
internal sealed record ErrorRule(Condition When, FailureCode Code, Template? Message);

internal abstract record Step(Mark Mark)
{
    public TimeSpan? Timeout { get; init; }

    public bool Commit { get; init; }
}

internal sealed record GotoStep(Mark Mark, Template Address) : Step(Mark);

internal sealed record ClickStep(Mark Mark, Locator Target, bool? AcceptDialog) : Step(Mark);

internal sealed record HoverStep(Mark Mark, Locator Target) : Step(Mark);

internal sealed record FillStep(Mark Mark, Locator Target, Template Value) : Step(Mark);

internal sealed record SelectStep(Mark Mark, Locator Target, IReadOnlyList<Template> Options) : Step(Mark);

internal sealed record CheckStep(Mark Mark, Locator Target, Template Checked) : Step(Mark);

internal sealed record PressStep(Mark Mark, Locator? Target, string Key, bool? AcceptDialog) : Step(Mark);

internal sealed record UploadStep(Mark Mark, Locator Target, Template FileName, Template Content, string ContentType) : Step(Mark);

internal sealed record WaitForStep(Mark Mark, Condition Condition) : Step(Mark);

internal sealed record ExpectStep(Mark Mark, Condition Condition, FailureCode Code, Template? Message) : Step(Mark);

internal sealed record ReadStep(Mark Mark, Locator Target, string To, string? Attribute, Regex? Regex) : Step(Mark);

internal sealed record DownloadStep(Mark Mark, Locator Target, IReadOnlyDictionary<string, Field> Fields, char Separator) : Step(Mark);

internal sealed record WhenStep(Mark Mark, Condition Condition, IReadOnlyList<Step> Then, IReadOnlyList<Step> Else) : Step(Mark);

internal sealed record ForEachStep(Mark Mark, Template? In, Locator? Rows, string As, IReadOnlyList<Step> Steps) : Step(Mark);

/// <summary>Steps inside an iframe.</summary>
internal sealed record FrameStep(Mark Mark, FrameName Target, IReadOnlyList<Step> Steps) : Step(Mark);

/// <summary>Steps in a pop-up, and what opens it.</summary>
internal sealed record PopUpStep(Mark Mark, Locator Click, IReadOnlyList<Step> Steps) : Step(Mark);

internal sealed record UseStep(Mark Mark, string Fragment) : Step(Mark);

/// <summary>Reads an account as getUser does; its fields are then <c>{row.…}</c>.</summary>
internal sealed record FindStep(Mark Mark, Template Identifier) : Step(Mark);

internal sealed record TotpStep(Mark Mark, Locator Target) : Step(Mark);

/// <summary>An iframe by what it is called (its name, title, id or aria-label), or by a selector.</summary>
internal sealed record FrameName(string? Name, string? Css)
{
    public override string ToString() => Name is null ? $"frame css {Css}" : $"frame \"{Name}\"";
}

/// <summary>Where a field of a row is and how its text becomes a value.</summary>
internal sealed record Field(Mark Mark)
{
    public string? Column { get; init; }

    public int? Cell { get; init; }

    public string? Css { get; init; }

    public string? Label { get; init; }

    public bool RowText { get; init; }

    /// <summary>Where in the row of an API's answer.</summary>
    public JsonPath? Path { get; init; }

    public Template? Value { get; init; }

    public string? Attribute { get; init; }

    public bool Link { get; init; }

    public Regex? Regex { get; init; }

    public string? Trim { get; init; }

    public string? Split { get; init; }

    public ValueMap? Map { get; init; }

    public DateReading? Date { get; init; }

    public NumberReading? Number { get; init; }

    /// <summary>The value where the page or answer has none.</summary>
    public string? Otherwise { get; init; }
}

/// <summary>How rows are read and proved complete.</summary>
internal sealed record Extract(Mark Mark)
{
    public string? RowRole { get; init; }

    public string? RowCss { get; init; }

    /// <summary>The rows in the answer of the last http step; the other ways to find rows are then absent.</summary>
    public JsonPath? RowPath { get; init; }

    public Locator? Within { get; init; }

    /// <summary>The iframe that the rows are in.</summary>
    public FrameName? Frame { get; init; }

    public IReadOnlyDictionary<string, Field> Fields { get; init; } = new Dictionary<string, Field>();

    public Locator? Next { get; init; }

    public string? PageParameter { get; init; }

    public string? OffsetParameter { get; init; }

    /// <summary>How long to wait for more after scrolling to the end; null for lists that do not grow so.</summary>
    public TimeSpan? Scroll { get; init; }

    /// <summary>Where an API's answer holds the address of the next page.</summary>
    public JsonPath? NextPath { get; init; }

    /// <summary>True when the Link header names the next page.</summary>
    public bool NextLink { get; init; }

    /// <summary>The text of the page that says how many seats are taken, with {used} and {total} in it.</summary>
    public string? SeatsText { get; init; }

    /// <summary>Where an API's answer says how many seats are taken and how many there are.</summary>
    public (JsonPath Used, JsonPath Total)? SeatsPaths { get; init; }

    public string? ExpectCount { get; init; }

    public JsonPath? CountPath { get; init; }

    public string? CountHeader { get; init; }

    /// <summary>True when the list says how many rows it has.</summary>
    public bool Counted => ExpectCount is not null || CountPath is not null || CountHeader is not null;

    public Template? Empty { get; init; }

    public int MaxPages { get; init; } = 2000;
}

/// <summary>What only an account's own page shows.</summary>
internal sealed record Detail(IReadOnlyList<Step> Steps, IReadOnlyDictionary<string, Field> Fields, FrameName? Frame);

/// <summary>The read-back after a write.</summary>
internal sealed record Verify(Mark Mark)
{
    /// <summary>Expected values by field; a list means one of them.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<Template>> Listed { get; init; } = new Dictionary<string, IReadOnlyList<Template>>();

    /// <summary>The primary identifier that must not be there.</summary>
    public (string Field, Template Value)? Absent { get; init; }

    public TimeSpan Within { get; init; } = TimeSpan.FromSeconds(30);
}

internal sealed record VerbInput(string Name, bool Optional);

/// <summary>A further part of a list that the app shows in several places, such as its suspended people.</summary>
internal sealed record FurtherRead(Mark Mark, IReadOnlyList<Step> Steps, Extract? Extract, IReadOnlyDictionary<string, Template> Values);

/// <summary>One verb.</summary>
internal sealed record Operation(ConnectorVerb Verb, Mark Mark)
{
    public IReadOnlyList<VerbInput> Inputs { get; init; } = [];

    public IReadOnlyList<Step> Steps { get; init; } = [];

    public Extract? Extract { get; init; }

    /// <summary>Fields that all rows of the extract have, besides those that it reads.</summary>
    public IReadOnlyDictionary<string, Template> Values { get; init; } = new Dictionary<string, Template>();

    public IReadOnlyList<FurtherRead> Also { get; init; } = [];

    public Detail? Detail { get; init; }

    public Verify? Verify { get; init; }

    /// <summary>Its steps, those of further reads and of the detail.</summary>
    public IEnumerable<Step> AllSteps => Steps.Concat(Also.SelectMany(a => a.Steps)).Concat(Detail?.Steps ?? []);

    /// <summary>The names that its rows have.</summary>
    public IEnumerable<string> FieldNames => (Extract?.Fields.Keys ?? []).Concat(Values.Keys).Concat(Detail?.Fields.Keys ?? []);

    public IReadOnlyList<ErrorRule> Errors { get; init; } = [];

    public TimeSpan? Timeout { get; init; }
}

/// <summary>How to tell that the session is signed in.</summary>
internal sealed record Probe(Template Goto, See See);
