using System.Globalization;

namespace IdLcm.Automation.Format;

/// <summary>How an app writes dates, whatever the machine's language.</summary>
internal sealed class DateReading
{
    private readonly string format;
    private readonly DateTimeFormatInfo names;
    private readonly TimeSpan zone;

    private DateReading(string format, DateTimeFormatInfo names, TimeSpan zone)
    {
        this.format = format;
        this.names = names;
        this.zone = zone;
    }

    private bool HasTime => format.AsSpan().IndexOfAny("hHmst") >= 0;

    /// <summary>Makes it of its YAML.</summary>
    /// <returns>It, or null where the format is none; that is then told.</returns>
    public static DateReading? Of(MappingReader reader)
    {
        var format = reader.Text("format") ?? "";
        var months = reader.Strings("months");
        var zone = reader.Text("zone");
        var names = (DateTimeFormatInfo)CultureInfo.InvariantCulture.DateTimeFormat.Clone();
        if (months.Count == 12)
        {
            names.MonthNames = names.MonthGenitiveNames = names.AbbreviatedMonthNames = names.AbbreviatedMonthGenitiveNames = [.. months, ""];
        }
        else if (reader.Has("months"))
        {
            reader.Diagnostics.Error(reader.MarkOf("months"), "value", $"A year has twelve months; these are {months.Count}.");
        }

        if (Problem(format, names) is { } problem)
        {
            reader.Diagnostics.Error(reader.MarkOf("format"), "value", $"'{format}' is not a format of dates: {problem}.");
            return null;
        }

        return new(format, names, zone is null ? TimeSpan.Zero : Offset(zone));
    }

    /// <summary>The date in ISO 8601; null where the text is none of this form.</summary>
    public string? Read(string text)
    {
        var styles = DateTimeStyles.AllowWhiteSpaces | DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (!DateTime.TryParseExact(text, format, names, styles, out var moment))
        {
            return null;
        }

        return HasTime
            ? (format.Contains('z', StringComparison.Ordinal) ? moment : moment - zone).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : moment.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    public override string ToString() => format;

    private static TimeSpan Offset(string zone)
    {
        // What has another form was told by the schema.
        return zone.Length > 1 && TimeSpan.TryParseExact(zone.AsSpan(1), @"hh\:mm", CultureInfo.InvariantCulture, out var size)
            ? zone[0] == '-' ? -size : size
            : TimeSpan.Zero;
    }

    private static string? Problem(string format, DateTimeFormatInfo names)
    {
        if (!format.Contains('d', StringComparison.Ordinal) || !format.Contains('M', StringComparison.Ordinal) || !format.Contains('y', StringComparison.Ordinal))
        {
            return "it needs a day (d), a month (M) and a year (y)";
        }

        try
        {
            var sample = new DateTime(2001, 2, 13, 14, 15, 16, DateTimeKind.Utc);
            return DateTime.TryParseExact(sample.ToString(format, names), format, names, DateTimeStyles.AllowWhiteSpaces, out var back) && back.Date == sample.Date
                ? null
                : "what it writes cannot be read again";
        }
        catch (FormatException error)
        {
            return error.Message;
        }
    }
}

/// <summary>How an app writes numbers, whatever the machine's language.</summary>
internal sealed class NumberReading
{
    private readonly NumberFormatInfo signs;
    private readonly bool spaces;

    private NumberReading(string point, string group)
    {
        spaces = string.IsNullOrWhiteSpace(group);
        signs = new() { NumberDecimalSeparator = point, NumberGroupSeparator = spaces ? " " : group };
    }

    /// <summary>Makes it of its YAML.</summary>
    public static NumberReading Of(MappingReader reader)
    {
        var point = reader.Text("decimal") ?? ".";
        var group = reader.Text("group") ?? (point == "," ? "." : ",");
        if (point == group)
        {
            reader.Diagnostics.Error(reader.Mark, "value", $"'{point}' cannot stand before the decimals and between thousands.");
        }

        return new(point, group);
    }

    /// <summary>The number; null where the text is none.</summary>
    public decimal? Read(string text)
    {
        var plain = spaces ? string.Concat(text.Where(c => !char.IsWhiteSpace(c))) : text;
        return decimal.TryParse(plain, NumberStyles.Number, signs, out var number) ? number : null;
    }
}
