using System.Globalization;
using IdLcm.Domain.Connectors;
using Microsoft.Playwright;

namespace IdLcm.Automation.Format;

/// <summary>Makes steps, locators and conditions of their YAML.</summary>
internal sealed class StepBinder(DiagnosticBag diagnostics, IReadOnlyDictionary<string, ValueMap> maps)
{
    private static readonly (string Key, LocatorKind Kind)[] Kinds =
    [
        ("role", LocatorKind.Role), ("label", LocatorKind.Label), ("text", LocatorKind.Text),
        ("placeholder", LocatorKind.Placeholder), ("testId", LocatorKind.TestId), ("css", LocatorKind.Css),
        ("xpath", LocatorKind.XPath), ("any", LocatorKind.Any),
    ];

    private static readonly string[] Conversions = ["map", "date", "number"];

    public bool Downloads { get; private set; }

    public IReadOnlyList<Step> Steps(YamlNode? node) =>
        node is YamlSequence sequence ? [.. sequence.Items.OfType<YamlMapping>().Select(Step).OfType<Step>()] : [];

    public Locator? LocatorOf(MappingReader reader)
    {
        var found = Kinds.Where(k => reader.Has(k.Key)).Take(1).ToList();
        if (found is not [var (key, kind)])
        {
            return null;
        }

        var match = reader.Choice<MatchMode>("match") ?? MatchMode.Exact;
        var value = kind switch
        {
            LocatorKind.Role => reader.Template("name"),
            LocatorKind.Any => null,
            _ => reader.Template(key),
        };
        if (reader.Text("role") is { } role && !(Enum.TryParse<AriaRole>(role, ignoreCase: true, out _) && role.All(char.IsAsciiLetterLower)))
        {
            diagnostics.Error(reader.MarkOf("role"), "value", $"'{role}' is not an ARIA role{(Nearest.Of(role, Enum.GetNames<AriaRole>()) is { } near ? $"; did you mean '{near.ToLowerInvariant()}'?" : ".")}");
        }

        if (kind is LocatorKind.Css or LocatorKind.XPath && value is { IsLiteral: false })
        {
            diagnostics.Error(value.Mark, "placeholder", $"A placeholder cannot stand in {key}: it would be interpreted. Use hasText, has or a locator by name.");
        }

        if (match == MatchMode.Regex && value is { IsLiteral: true } && value.Resolve(new(), out _) is { } pattern)
        {
            MappingReader.PatternOf(pattern, value.Mark, diagnostics);
        }
        else if (match == MatchMode.Regex && value is { IsLiteral: false })
        {
            diagnostics.Error(value.Mark, "placeholder", "A placeholder cannot stand in a regular expression: it would be interpreted. Use match: exact or contains.");
        }

        return new(kind, reader.Mark)
        {
            Role = kind == LocatorKind.Role ? reader.Text("role") : null,
            Value = value,
            Match = match,
            Alternatives = kind == LocatorKind.Any && reader.Node("any") is YamlSequence choices
                ? [.. choices.Items.OfType<YamlMapping>().Select(m => LocatorOf(new(m, diagnostics))).OfType<Locator>()]
                : [],
            Within = Nested(reader, "within"),
            Has = Nested(reader, "has"),
            HasText = reader.Template("hasText"),
        };
    }

    public Locator? Nested(MappingReader reader, string key) => reader.Has(key) ? LocatorOf(reader.Mapping(key)) : null;

    public See? See(MappingReader reader, string key) => reader.Node(key) switch
    {
        YamlScalar { IsNull: false } scalar => new(reader.TemplateOf(scalar), null),
        YamlMapping mapping when LocatorOf(new(mapping, diagnostics)) is { } locator => new(null, locator),
        _ => null,
    };

    public Condition Condition(MappingReader reader) => new(reader.Mark)
    {
        See = See(reader, "see"),
        NotSee = See(reader, "notSee"),
        Alert = reader.Template("alert"),
        Url = reader.Text("url"),
        Status = [.. reader.Scalars("status").Select(s => int.TryParse(s.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0)],
        Given = reader.Text("given"),
        Value = reader.Template("value"),
        OneOf = reader.Templates("equals"),
        Timeout = reader.Duration("timeout"),
    };

    public IReadOnlyList<ErrorRule> Errors(YamlNode? node) => node is not YamlSequence sequence ? [] :
    [
        .. sequence.Items.OfType<YamlMapping>().Select(mapping =>
        {
            var reader = new MappingReader(mapping, diagnostics);
            var condition = Condition(reader);
            if (condition is { See: null, Alert: null, Url: null, Status.Count: 0 })
            {
                diagnostics.Error(mapping.Mark, "missing-key", "An error needs something to look for: see, alert, url or status.");
            }

            return new ErrorRule(condition, reader.Choice<FailureCode>("code") ?? FailureCode.PageChanged, reader.Template("message"));
        }),
    ];

    public IReadOnlyDictionary<string, Field> Fields(MappingReader reader) =>
        reader.Entries.Where(e => e.Value is YamlMapping).ToDictionary(e => e.Key.Value, e =>
        {
            e.Read = true;
            return Field(new((YamlMapping)e.Value, diagnostics));
        }, StringComparer.Ordinal);

    private Field Field(MappingReader reader)
    {
        string[] sources = ["column", "cell", "css", "label", "text", "path", "value"];
        if (sources.Count(reader.Has) != 1)
        {
            diagnostics.Error(reader.Mark, "one-of", $"A field needs exactly one source: {string.Join(", ", sources)}.");
        }

        if (Conversions.Count(reader.Has) > 1)
        {
            diagnostics.Error(reader.Mark, "one-of", "A field has at most one of map, date and number.");
        }

        return new(reader.Mark)
        {
            Column = reader.Text("column"),
            Cell = reader.Number("cell"),
            Css = reader.Text("css"),
            Label = reader.Text("label"),
            RowText = reader.Flag("text"),
            Path = HttpBinder.Path(reader, "path"),
            Value = reader.Template("value"),
            Attribute = reader.Text("attribute"),
            Link = reader.Flag("link"),
            Regex = reader.Pattern("regex"),
            Trim = reader.Text("trim"),
            Split = reader.Text("split"),
            Otherwise = reader.Text("otherwise"),
            Map = Map(reader),
            Date = reader.Has("date") ? DateReading.Of(reader.Mapping("date")) : null,
            Number = reader.Has("number") ? NumberReading.Of(reader.Mapping("number")) : null,
        };
    }

    /// <summary>The map of a mapping: the app's words and ours.</summary>
    public static ValueMap MapOf(MappingReader reader) => new(reader.Entries.Where(e => e.Value is YamlScalar).Select(e =>
    {
        e.Read = true;
        return (e.Key.Value, ((YamlScalar)e.Value).Value);
    }));

    /// <summary>The iframe that a key names.</summary>
    public static FrameName? FrameOf(MappingReader reader, string key) => reader.Text(key) is { } name ? new(name, null) : null;

    private ValueMap? Map(MappingReader reader)
    {
        if (reader.Node("map") is not YamlScalar { IsNull: false } name)
        {
            return reader.Has("map") ? MapOf(reader.Mapping("map")) : null;
        }

        if (maps.TryGetValue(name.Value, out var map))
        {
            return map;
        }

        var near = Nearest.Of(name.Value, maps.Keys);
        diagnostics.Error(name.Mark, "unknown-name", $"There is no map '{name.Value}' under maps{(near is null ? "" : $"; did you mean '{near}'?")}");
        return null;
    }

    private Step? Step(YamlMapping step)
    {
        if (step.Entries is not [var entry, ..])
        {
            return null;
        }

        entry.Read = true;
        var outer = new MappingReader(step, diagnostics);
        var inner = outer.Mapping(entry.Key.Value);
        var mark = entry.Key.Mark;
        Locator Target() => LocatorOf(inner) ?? new(LocatorKind.Css, mark);
        Step? bound = entry.Key.Value switch
        {
            "goto" => outer.Template("goto") is { } address ? new GotoStep(mark, address) : null,
            "click" => new ClickStep(mark, Target(), Dialog(inner)),
            "hover" => new HoverStep(mark, Target()),
            "fill" => inner.Template("value") is { } value ? new FillStep(mark, Target(), value) : null,
            "select" => new SelectStep(mark, Target(), inner.Templates("option")),
            "check" => new CheckStep(mark, Target(), inner.Template("checked") ?? Template.Parse("true", mark, diagnostics)),
            "press" => new PressStep(mark, LocatorOf(inner), inner.Text("key") ?? "", Dialog(inner)),
            "upload" => Upload(mark, Target(), inner),
            "waitFor" => new WaitForStep(mark, Condition(inner)),
            "expect" => new ExpectStep(mark, Condition(inner), inner.Choice<FailureCode>("code") ?? FailureCode.PageChanged, inner.Template("message")),
            "extract" => new ReadStep(mark, Target(), inner.Text("to") ?? "", inner.Text("attribute"), inner.Pattern("regex")),
            "download" => Download(mark, Target(), inner),
            "when" => new WhenStep(mark, Condition(inner), Steps(inner.Node("then")), Steps(inner.Node("else"))),
            "forEach" => new ForEachStep(mark, inner.Template("in"), Nested(inner, "rows"), inner.Text("as") ?? "item", Steps(inner.Node("steps"))),
            "frame" => new FrameStep(mark, new(inner.Text("name"), inner.Text("css")), Steps(inner.Node("steps"))),
            "popup" => new PopUpStep(mark, Nested(inner, "click") ?? new(LocatorKind.Css, mark), Steps(inner.Node("steps"))),
            "use" => new UseStep(mark, outer.Text("use") ?? ""),
            "find" => outer.Template("find") is { } identifier ? new FindStep(mark, identifier) : null,
            "totp" => new TotpStep(mark, Target()),
            "http" => new HttpStep(mark, HttpBinder.Call(inner)),
            _ => null,
        };
        return bound is null ? null : bound with { Timeout = inner.Duration("timeout") ?? bound.Timeout, Commit = inner.Flag("commit") };
    }

    private static bool? Dialog(MappingReader reader) => reader.Text("dialog") switch
    {
        "accept" => true,
        "dismiss" => false,
        _ => null,
    };

    private UploadStep Upload(Mark mark, Locator target, MappingReader reader) => new(
        mark,
        target,
        reader.Template("fileName") ?? Template.Parse("", mark, diagnostics),
        reader.Template("content") ?? Template.Parse("", mark, diagnostics),
        reader.Text("contentType") ?? "text/csv");

    private DownloadStep Download(Mark mark, Locator target, MappingReader reader)
    {
        Downloads = true;
        return new(mark, target, Fields(reader.Mapping("fields")), reader.Text("separator") is [var c, ..] ? c : ',');
    }
}
