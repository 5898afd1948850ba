using System.Text;

namespace IdLcm.Domain.Scim;

/// <summary>The comparisons of RFC 7644 §3.4.2.2.</summary>
public enum ScimOperator
{
    /// <summary><c>eq</c></summary>
    Equal,

    /// <summary><c>ne</c></summary>
    NotEqual,

    /// <summary><c>co</c></summary>
    Contains,

    /// <summary><c>sw</c></summary>
    StartsWith,

    /// <summary><c>ew</c></summary>
    EndsWith,

    /// <summary><c>gt</c></summary>
    GreaterThan,

    /// <summary><c>ge</c></summary>
    GreaterOrEqual,

    /// <summary><c>lt</c></summary>
    LessThan,

    /// <summary><c>le</c></summary>
    LessOrEqual,
}

/// <summary>
/// A filter as an immutable tree (RFC 7644 §3.4.2.2). <see cref="object.ToString"/> prints it in a form that
/// parses to the same tree.
/// </summary>
public abstract record ScimFilter
{
    private protected ScimFilter()
    {
    }

    /// <summary>Reads a filter.</summary>
    /// <param name="text">The filter, URL-decoded.</param>
    /// <param name="limits">How long and deep it may be; null for the default.</param>
    /// <exception cref="ScimException"><c>invalidFilter</c>, with the position, counted from 1.</exception>
    public static ScimFilter Parse(string text, ScimLimits? limits = null) => ScimFilterParser.ParseFilter(text, limits ?? ScimLimits.Default);

    /// <summary>A filter that matches where all terms match; nested conjunctions are joined.</summary>
    /// <param name="terms">One term or more.</param>
    public static ScimFilter All(params IReadOnlyList<ScimFilter> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        return terms.Count == 1 ? terms[0] : new ScimAndFilter([.. terms.SelectMany(t => t is ScimAndFilter and ? and.Terms : [t])]);
    }

    /// <summary>A filter that matches where one of the terms matches; nested disjunctions are joined.</summary>
    /// <param name="terms">One term or more.</param>
    public static ScimFilter Any(params IReadOnlyList<ScimFilter> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        return terms.Count == 1 ? terms[0] : new ScimOrFilter([.. terms.SelectMany(t => t is ScimOrFilter or ? or.Terms : [t])]);
    }

    /// <summary>Makes the filter ready to be tried on resources of a type.</summary>
    /// <param name="type">The resource type.</param>
    /// <param name="undefinedMatchesNothing">
    /// Whether an attribute that the type does not define counts as one without value, as a query over several
    /// types needs it (RFC 7644 §3.4.2.1), instead of being an error.
    /// </param>
    /// <exception cref="ScimException"><c>invalidFilter</c> for an undefined attribute or a comparison that its type does not have.</exception>
    public Func<ScimResource, bool> Compile(ScimResourceType type, bool undefinedMatchesNothing = false)
    {
        ArgumentNullException.ThrowIfNull(type);
        return new ResourceFilterCompiler(type, undefinedMatchesNothing).Compile(this);
    }

    /// <summary>Whether the filter matches a resource; to try many, <see cref="Compile"/> once.</summary>
    /// <param name="resource">The resource.</param>
    /// <exception cref="ScimException">As <see cref="Compile"/>.</exception>
    public bool Matches(ScimResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return Compile(resource.Type)(resource);
    }

    /// <summary>The filter as text.</summary>
    public sealed override string ToString()
    {
        var text = new StringBuilder();
        Print(text);
        return text.ToString();
    }

    internal abstract void Print(StringBuilder text);

    private protected static void PrintTerms(StringBuilder text, IReadOnlyList<ScimFilter> terms, string separator, bool groupOr)
    {
        for (var i = 0; i < terms.Count; i++)
        {
            if (i > 0)
            {
                text.Append(separator);
            }

            var grouped = groupOr && terms[i] is ScimOrFilter;
            text.Append(grouped ? "(" : string.Empty);
            terms[i].Print(text);
            text.Append(grouped ? ")" : string.Empty);
        }
    }
}

/// <summary>All terms match.</summary>
/// <param name="Terms">Two terms or more, none of them a conjunction.</param>
public sealed record ScimAndFilter(IReadOnlyList<ScimFilter> Terms) : ScimFilter
{
    internal override void Print(StringBuilder text) => PrintTerms(text, Terms, " and ", groupOr: true);
}

/// <summary>One term matches.</summary>
/// <param name="Terms">Two terms or more, none of them a disjunction.</param>
public sealed record ScimOrFilter(IReadOnlyList<ScimFilter> Terms) : ScimFilter
{
    internal override void Print(StringBuilder text) => PrintTerms(text, Terms, " or ", groupOr: false);
}

/// <summary>The inner filter does not match.</summary>
/// <param name="Inner">The filter.</param>
public sealed record ScimNotFilter(ScimFilter Inner) : ScimFilter
{
    internal override void Print(StringBuilder text)
    {
        text.Append("not (");
        Inner.Print(text);
        text.Append(')');
    }
}

/// <summary>An attribute compares with a literal.</summary>
/// <param name="Path">The attribute.</param>
/// <param name="Operator">The comparison.</param>
/// <param name="Value">The literal.</param>
public sealed record ScimComparisonFilter(ScimAttributePath Path, ScimOperator Operator, ScimLiteral Value) : ScimFilter
{
    internal override void Print(StringBuilder text)
    {
        text.Append(Path).Append(' ').Append(ScimFilterParser.OperatorText(Operator)).Append(' ');
        Value.Print(text);
    }
}

/// <summary>An attribute has a value (<c>pr</c>).</summary>
/// <param name="Path">The attribute.</param>
public sealed record ScimPresentFilter(ScimAttributePath Path) : ScimFilter
{
    internal override void Print(StringBuilder text) => text.Append(Path).Append(" pr");
}

/// <summary>
/// One element of a multi-valued attribute matches the inner filter: <c>emails[type eq "work"]</c>.
/// <c>emails[f].value eq "x"</c>, which Entra ID sends, is read as <c>emails[f and value eq "x"]</c>.
/// </summary>
/// <param name="Path">The attribute.</param>
/// <param name="Inner">The filter over the element's sub-attributes.</param>
public sealed record ScimValuePathFilter(ScimAttributePath Path, ScimFilter Inner) : ScimFilter
{
    internal override void Print(StringBuilder text)
    {
        text.Append(Path).Append('[');
        Inner.Print(text);
        text.Append(']');
    }
}

/// <summary>The kinds of literal.</summary>
public enum ScimLiteralKind
{
    /// <summary>No value.</summary>
    Null,

    /// <summary>Text in quotes, or the bare externalId that Entra ID is seen to send.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary>True or false.</summary>
    Boolean,
}

/// <summary>The right-hand side of a comparison.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The string, the number as written, <c>true</c>, <c>false</c>, or <c>null</c>.</param>
public sealed record ScimLiteral(ScimLiteralKind Kind, string Text)
{
    /// <summary>A string literal.</summary>
    /// <param name="text">The text.</param>
    public static ScimLiteral Of(string text) => new(ScimLiteralKind.Text, text);

    /// <summary>A boolean literal.</summary>
    /// <param name="value">The truth.</param>
    public static ScimLiteral Of(bool value) => new(ScimLiteralKind.Boolean, value ? "true" : "false");

    /// <summary>The literal <c>null</c>.</summary>
    public static ScimLiteral Null { get; } = new(ScimLiteralKind.Null, "null");

    internal ScimValue ToValue() => Kind switch
    {
        ScimLiteralKind.Text => new ScimString(Text),
        ScimLiteralKind.Number => new ScimNumber(Text),
        ScimLiteralKind.Boolean => ScimBoolean.Of(Text == "true"),
        _ => ScimNull.Instance,
    };

    internal void Print(StringBuilder text)
    {
        if (Kind != ScimLiteralKind.Text)
        {
            text.Append(Text);
            return;
        }

        text.Append('"');
        foreach (var c in Text)
        {
            if (c is '"' or '\\')
            {
                text.Append('\\').Append(c);
            }
            else if (c < ' ')
            {
                text.Append("\\u").Append(((int)c).ToString("x4", null));
            }
            else
            {
                text.Append(c);
            }
        }

        text.Append('"');
    }
}
