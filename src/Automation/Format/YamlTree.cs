using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace IdLcm.Automation.Format;

internal abstract class YamlNode(Mark mark)
{
    public Mark Mark => mark;

    /// <summary>What the node is, in words for a message.</summary>
    public abstract string Kind { get; }
}

internal sealed class YamlScalar(Mark mark, string value, bool plain) : YamlNode(mark)
{
    public string Value => value;

    /// <summary>True when unquoted, so that <c>true</c>, <c>5</c> and <c>null</c> have their YAML meaning.</summary>
    public bool Plain => plain;

    public bool IsNull => plain && value is "" or "~" or "null";

    public override string Kind => IsNull ? "nothing" : $"'{(value.Length > 60 ? value[..60] + "…" : value)}'";
}

internal sealed class YamlSequence(Mark mark, IReadOnlyList<YamlNode> items) : YamlNode(mark)
{
    public IReadOnlyList<YamlNode> Items => items;

    public override string Kind => "a list";
}

internal sealed record YamlEntry(YamlScalar Key, YamlNode Value)
{
    /// <summary>Set when the binder took the value: a test proves that nothing the schema allows is silently ignored.</summary>
    public bool Read { get; set; }
}

internal sealed class YamlMapping(Mark mark, IReadOnlyList<YamlEntry> entries) : YamlNode(mark)
{
    public IReadOnlyList<YamlEntry> Entries => entries;

    public override string Kind => "a mapping";

    public YamlEntry? Find(string key)
    {
        foreach (var entry in entries)
        {
            if (entry.Key.Value == key)
            {
                return entry;
            }
        }

        return null;
    }
}

/// <summary>
/// Reads YAML into a tree with marks. Hostile input is bounded: size, depth, number of nodes; aliases and tags are
/// refused, so that no small text can unfold into a large one.
/// </summary>
internal sealed class YamlReader(DiagnosticBag diagnostics)
{
    public const int MaxCharacters = 1024 * 1024;
    public const int MaxDepth = 40;
    public const int MaxNodes = 100_000;

    private int nodes;

    public YamlMapping? Read(string text)
    {
        if (text.Length > MaxCharacters)
        {
            diagnostics.Error(new(1, 1), "too-large", $"The file has {text.Length} characters; the limit is {MaxCharacters}.");
            return null;
        }

        var parser = new Parser(new StringReader(text));
        try
        {
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
            {
                diagnostics.Error(new(1, 1), "empty", "The file is empty.");
                return null;
            }

            var root = Node(parser, depth: 0);
            parser.Consume<DocumentEnd>();
            if (parser.TryConsume<DocumentStart>(out var second))
            {
                diagnostics.Error(MarkOf(second), "second-document", "A connector file holds one YAML document.");
            }

            if (root is YamlMapping mapping)
            {
                return mapping;
            }

            diagnostics.Error(root.Mark, "type", $"A connector is a mapping of keys, not {root.Kind}.");
        }
        catch (YamlException error)
        {
            diagnostics.Error(new((int)error.Start.Line, (int)error.Start.Column), "yaml", $"This is not YAML: {error.Message}");
        }
        catch (InvalidOperationException)
        {
            // The library's way of giving up on a list in brackets that goes on too far to the left.
            diagnostics.Error(parser.Current is { } last ? new((int)last.End.Line, (int)last.End.Column) : new(1, 1), "yaml", "This is not YAML: the line after this is indented less than the list or mapping in brackets that it belongs to.");
        }
        catch (YamlRefusedException refused)
        {
            diagnostics.Error(refused.At, refused.Rule, refused.Message);
        }

        return null;
    }

    private YamlNode Node(Parser parser, int depth)
    {
        var current = parser.Current ?? throw new YamlRefusedException(new(1, 1), "yaml", "The file ends too early.");
        var mark = MarkOf(current);
        if (++nodes > MaxNodes)
        {
            throw new YamlRefusedException(mark, "too-large", $"The file has more than {MaxNodes} values.");
        }

        if (depth > MaxDepth)
        {
            throw new YamlRefusedException(mark, "too-deep", $"Values are nested deeper than {MaxDepth} levels.");
        }

        if (current is AnchorAlias or NodeEvent { Anchor.IsEmpty: false })
        {
            throw new YamlRefusedException(mark, "alias", "Anchors and aliases are not allowed; use fragments: and use:, or extracts: by name.");
        }

        if (current is NodeEvent { Tag.IsEmpty: false })
        {
            throw new YamlRefusedException(mark, "tag", "YAML tags (!…) are not allowed.");
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return new YamlScalar(mark, scalar.Value, scalar.Style == ScalarStyle.Plain);
        }

        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<YamlNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(Node(parser, depth + 1));
            }

            return new YamlSequence(mark, items);
        }

        return Mapping(parser, mark, depth);
    }

    private YamlMapping Mapping(Parser parser, Mark mark, int depth)
    {
        parser.Consume<MappingStart>();
        var entries = new List<YamlEntry>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var at = MarkOf(parser.Current!);
            if (Node(parser, depth + 1) is not YamlScalar key)
            {
                throw new YamlRefusedException(at, "type", "A key is plain text.");
            }

            var value = Node(parser, depth + 1);
            if (seen.Add(key.Value))
            {
                entries.Add(new(key, value));
            }
            else
            {
                diagnostics.Error(key.Mark, "duplicate-key", $"'{key.Value}' stands here twice; the first one counts.");
            }
        }

        return new(mark, entries);
    }

    private static Mark MarkOf(ParsingEvent at) => new((int)at.Start.Line, (int)at.Start.Column);

    private sealed class YamlRefusedException(Mark at, string rule, string message) : Exception(message)
    {
        public Mark At => at;

        public string Rule => rule;
    }
}
