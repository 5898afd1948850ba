using System.Globalization;
using System.Text.RegularExpressions;

namespace IdLcm.Automation.Format;

/// <summary>
/// Takes typed values out of a mapping. It is lenient about what the schema has reported already (a wrong type reads
/// as absent), so that one pass finds the faults of form and of meaning together.
/// </summary>
internal sealed class MappingReader(YamlMapping? mapping, DiagnosticBag diagnostics, Mark fallback = default)
{
    public Mark Mark => mapping?.Mark ?? fallback;

    public IReadOnlyList<YamlEntry> Entries => mapping?.Entries ?? [];

    public DiagnosticBag Diagnostics => diagnostics;

    public YamlNode? Node(string key)
    {
        if (mapping?.Find(key) is not { } entry)
        {
            return null;
        }

        entry.Read = true;
        return entry.Value;
    }

    public bool Has(string key) => mapping?.Find(key) is not null;

    public Mark MarkOf(string key) => mapping?.Find(key)?.Value.Mark ?? Mark;

    public MappingReader Mapping(string key) => new(Node(key) as YamlMapping, diagnostics, Mark);

    public string? Text(string key) => Node(key) is YamlScalar { IsNull: false } scalar ? scalar.Value : null;

    public bool Flag(string key, bool otherwise = false) => Text(key) is { } text ? text == "true" : otherwise;

    public int? Number(string key) =>
        int.TryParse(Text(key), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    public TimeSpan? Duration(string key)
    {
        if (Text(key) is not { Length: > 1 } text)
        {
            return null;
        }

        var digits = text.TrimEnd('m', 's', 'h');
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
        {
            return null;
        }

        return text[digits.Length..] switch
        {
            "ms" => TimeSpan.FromMilliseconds(amount),
            "s" => TimeSpan.FromSeconds(amount),
            "m" => TimeSpan.FromMinutes(amount),
            "h" => TimeSpan.FromHours(amount),
            _ => null,
        };
    }

    public Template? Template(string key) => Node(key) is YamlScalar { IsNull: false } scalar ? TemplateOf(scalar) : null;

    public Template TemplateOf(YamlScalar scalar) => Format.Template.Parse(scalar.Value, scalar.Mark, diagnostics);

    /// <summary>One template or a list of them.</summary>
    public IReadOnlyList<Template> Templates(string key) => TemplatesOf(Node(key));

    public IReadOnlyList<Template> TemplatesOf(YamlNode? node) => node switch
    {
        YamlScalar { IsNull: false } scalar => [TemplateOf(scalar)],
        YamlSequence sequence => [.. sequence.Items.OfType<YamlScalar>().Select(TemplateOf)],
        _ => [],
    };

    /// <summary>A mapping of names to templates.</summary>
    public IReadOnlyDictionary<string, Template> NamedTemplates(string key)
    {
        var inner = Mapping(key);
        var found = new Dictionary<string, Template>(StringComparer.Ordinal);
        foreach (var name in inner.Entries.Select(e => e.Key.Value))
        {
            if (inner.Template(name) is { } template)
            {
                found[name] = template;
            }
        }

        return found;
    }

    public IReadOnlyList<YamlScalar> Scalars(string key) => Node(key) switch
    {
        YamlScalar scalar => [scalar],
        YamlSequence sequence => [.. sequence.Items.OfType<YamlScalar>()],
        _ => [],
    };

    public IReadOnlyList<string> Strings(string key) => [.. Scalars(key).Select(s => s.Value)];

    public TEnum? Choice<TEnum>(string key)
        where TEnum : struct, Enum =>
        Enum.TryParse<TEnum>(Text(key)?.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var value) ? value : null;

    public Regex? Pattern(string key) => Text(key) is { } text ? PatternOf(text, MarkOf(key), diagnostics) : null;

    /// <summary>A regular expression whose time is linear in its input, whatever it and the input are.</summary>
    public static Regex? PatternOf(string text, Mark mark, DiagnosticBag diagnostics)
    {
        try
        {
            return new(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(2));
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            diagnostics.Error(mark, "regex", $"The regular expression '{text}' cannot be used: {error.Message}");
            return null;
        }
    }
}
