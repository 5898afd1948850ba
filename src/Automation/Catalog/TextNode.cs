using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace IdLcm.Automation.Catalog;

/// <summary>A node of a YAML text with where it stands, to change the text and leave the rest as its author wrote it.</summary>
/// <param name="At">Line and column of its first character.</param>
/// <param name="Start">Index of its first character.</param>
/// <param name="End">Index after its last character; of a block, some place before what follows.</param>
/// <param name="IsBlock">True for a mapping or list without brackets.</param>
/// <param name="Scalar">Its value, for a scalar.</param>
/// <param name="Items">The items of a list; keys and values of a mapping, in turn.</param>
/// <param name="IsMapping">True for a mapping.</param>
internal sealed record TextNode(Format.Mark At, int Start, int End, bool IsBlock, string? Scalar, IReadOnlyList<TextNode> Items, bool IsMapping)
{
    /// <summary>The entries of a mapping.</summary>
    public IEnumerable<(TextNode Key, TextNode Value)> Entries => IsMapping ? Items.Chunk(2).Select(pair => (pair[0], pair[1])) : [];

    /// <summary>This node and all below it.</summary>
    public IEnumerable<TextNode> All() => Items.SelectMany(item => item.All()).Prepend(this);

    /// <summary>Reads a text that is known to be a connector.</summary>
    public static TextNode Read(string text)
    {
        var parser = new Parser(new StringReader(text));
        parser.Consume<StreamStart>();
        parser.Consume<DocumentStart>();
        return Read(parser);
    }

    private static TextNode Read(Parser parser)
    {
        var begin = parser.Current!;
        var at = new Format.Mark((int)begin.Start.Line, (int)begin.Start.Column);
        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return new(at, (int)scalar.Start.Index, (int)scalar.End.Index, IsBlock: false, scalar.Value, [], IsMapping: false);
        }

        var items = new List<TextNode>();
        ParsingEvent end;
        if (parser.TryConsume<SequenceStart>(out var sequence))
        {
            SequenceEnd? last;
            while (!parser.TryConsume<SequenceEnd>(out last))
            {
                items.Add(Read(parser));
            }

            end = last;
        }
        else
        {
            parser.Consume<MappingStart>();
            MappingEnd? last;
            while (!parser.TryConsume<MappingEnd>(out last))
            {
                items.Add(Read(parser));
            }

            end = last;
        }

        var isBlock = begin is SequenceStart { Style: SequenceStyle.Block } or MappingStart { Style: MappingStyle.Block };
        // A closing bracket is told with where it begins only.
        return new(at, (int)begin.Start.Index, (int)end.Start.Index + (isBlock ? 0 : 1), isBlock, null, items, sequence is null);
    }
}
