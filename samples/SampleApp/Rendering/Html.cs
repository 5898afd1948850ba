using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace IdLcm.Samples.Rendering;

/// <summary>
/// Text that is HTML already. It is made of interpolated strings whose literal parts are markup and whose values are
/// encoded, so that what a person typed cannot become markup.
/// </summary>
internal readonly record struct Html(string Markup)
{
    public static Html Empty => new("");

    public static Html Of(HtmlText text) => text.Built;

    public static Html Join(IEnumerable<Html> parts) => new(string.Concat(parts.Select(p => p.Markup)));

    public static Html If(bool condition, Func<Html> part) => condition ? part() : Empty;

    public override string ToString() => Markup;
}

[InterpolatedStringHandler]
internal readonly ref struct HtmlText(int literalLength, int formattedCount)
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly StringBuilder builder = new(literalLength + formattedCount * 32);

    public Html Built => new(builder.ToString());

    public void AppendLiteral(string markup) => builder.Append(markup);

    public void AppendFormatted(Html part) => builder.Append(part.Markup);

    public void AppendFormatted(string? text) => builder.Append(Encoder.Encode(text ?? ""));

    public void AppendFormatted(int number) => builder.Append(number);

    public void AppendFormatted(IEnumerable<Html> parts)
    {
        foreach (var part in parts)
            builder.Append(part.Markup);
    }
}
