using System.Globalization;

namespace IdLcm.Domain.Scim;

/// <summary>A comparison of one simple value with a literal of the attribute's type (RFC 7644 §3.4.2.2).</summary>
internal abstract class LeafComparison
{
    public abstract bool Matches(ScimValue value);

    public static LeafComparison Create(ScimComparisonFilter comparison, ScimAttribute attribute) => attribute.Type switch
    {
        ScimAttributeType.Boolean => CreateBoolean(comparison),
        ScimAttributeType.Integer or ScimAttributeType.Decimal => CreateNumber(comparison),
        ScimAttributeType.DateTime => CreateInstant(comparison),
        ScimAttributeType.Binary when IsOrdering(comparison.Operator) =>
            throw Mismatch(comparison, "is binary and has no order"),
        ScimAttributeType.Complex => throw Mismatch(comparison, "is complex"),
        _ when !attribute.CaseExact => new FoldedComparison(comparison.Operator, Text(comparison, attribute)),
        _ => new TextComparison(comparison.Operator, Text(comparison, attribute), attribute.Comparison),
    };

    private static string Text(ScimComparisonFilter comparison, ScimAttribute attribute) =>
        comparison.Value.Kind == ScimLiteralKind.Text || string.Equals(attribute.Name, "externalId", StringComparison.Ordinal)
            ? comparison.Value.Text
            : throw Mismatch(comparison, "is a string, so the value must stand in double quotes");

    private static bool IsOrdering(ScimOperator op) => op >= ScimOperator.GreaterThan;

    private static bool IsPartial(ScimOperator op) => op is ScimOperator.Contains or ScimOperator.StartsWith or ScimOperator.EndsWith;

    private static BooleanComparison CreateBoolean(ScimComparisonFilter comparison)
    {
        if (comparison.Operator is not (ScimOperator.Equal or ScimOperator.NotEqual))
        {
            throw Mismatch(comparison, "is boolean; only eq, ne and pr apply");
        }

        return bool.TryParse(comparison.Value.Text, out var expected)
            ? new BooleanComparison(expected == (comparison.Operator == ScimOperator.Equal))
            : throw Mismatch(comparison, "is boolean, so the value must be true or false");
    }

    private static NumberComparison CreateNumber(ScimComparisonFilter comparison)
    {
        if (IsPartial(comparison.Operator))
        {
            throw Mismatch(comparison, "is a number; co, sw and ew do not apply");
        }

        return comparison.Value.Kind != ScimLiteralKind.Boolean
            && double.TryParse(comparison.Value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number)
            ? new NumberComparison(comparison.Operator, new ScimNumber(comparison.Value.Text))
            : throw Mismatch(comparison, "is a number, so the value must be one");
    }

    private static LeafComparison CreateInstant(ScimComparisonFilter comparison)
    {
        if (comparison.Value.Kind != ScimLiteralKind.Text)
        {
            throw Mismatch(comparison, "is a dateTime, so the value must be one, in double quotes");
        }

        if (IsPartial(comparison.Operator))
        {
            return new TextComparison(comparison.Operator, comparison.Value.Text, StringComparison.Ordinal);
        }

        return ScimText.TryParseDateTime(comparison.Value.Text, out var instant)
            ? new InstantComparison(comparison.Operator, instant)
            : throw Mismatch(comparison, "is a dateTime, so the value must be like \"2011-05-13T04:42:34Z\"");
    }

    private static ScimException Mismatch(ScimComparisonFilter comparison, string why) =>
        ScimError.InvalidFilter($"In the filter, {ScimText.Quote(comparison.Path.ToString())} {why}.").ToException();

    private static bool Holds(ScimOperator op, int order) => op switch
    {
        ScimOperator.Equal => order == 0,
        ScimOperator.NotEqual => order != 0,
        ScimOperator.GreaterThan => order > 0,
        ScimOperator.GreaterOrEqual => order >= 0,
        ScimOperator.LessThan => order < 0,
        _ => order <= 0,
    };

    private class TextComparison(ScimOperator op, string expected, StringComparison comparison) : LeafComparison
    {
        public override bool Matches(ScimValue value) => value is ScimString text && Matches(text.Value);

        protected virtual bool Matches(string text) => op switch
        {
            ScimOperator.Equal => text.Equals(expected, comparison),
            ScimOperator.NotEqual => !text.Equals(expected, comparison),
            ScimOperator.Contains => text.Contains(expected, comparison),
            ScimOperator.StartsWith => text.StartsWith(expected, comparison),
            ScimOperator.EndsWith => text.EndsWith(expected, comparison),
            _ => Holds(op, string.Compare(text, expected, comparison)),
        };
    }

    /// <summary>Where letter case does not matter, the way letters and marks are composed does not either (RFC 7644 §5).</summary>
    private sealed class FoldedComparison(ScimOperator op, string expected)
        : TextComparison(op, UnicodeComposition.Compose(expected), StringComparison.OrdinalIgnoreCase)
    {
        protected override bool Matches(string text) => base.Matches(UnicodeComposition.Compose(text));
    }

    private sealed class BooleanComparison(bool expected) : LeafComparison
    {
        public override bool Matches(ScimValue value) => value is ScimBoolean b && b.Value == expected;
    }

    private sealed class NumberComparison(ScimOperator op, ScimNumber expected) : LeafComparison
    {
        public override bool Matches(ScimValue value) => value is ScimNumber n && Holds(op, n.OrderAgainst(expected));
    }

    private sealed class InstantComparison(ScimOperator op, DateTimeOffset expected) : LeafComparison
    {
        public override bool Matches(ScimValue value) =>
            value is ScimString text && ScimText.TryParseDateTime(text.Value, out var instant) && Holds(op, instant.CompareTo(expected));
    }
}
