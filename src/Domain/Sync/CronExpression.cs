using System.Globalization;

namespace IdLcm.Domain.Sync;

/// <summary>
/// A schedule in the five fields of cron (POSIX crontab): minute, hour, day of month, month, day of week, with lists,
/// ranges, steps and English names. Where both days are restricted, either is enough.
/// </summary>
/// <remarks>
/// Clock changes: a time that the clock leaps over runs as much later as the leap is long; a time that comes twice runs
/// the first time only. With <c>*</c> for the hour every minute that passes counts.
/// </remarks>
public sealed class CronExpression
{
    private static readonly string[] Months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    private static readonly string[] Days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    // A schedule that comes on 29 February only may have to wait for eight years.
    private const int MaxDays = (8 * 366) + 1;

    private readonly ulong minutes;
    private readonly ulong hours;
    private readonly ulong daysOfMonth;
    private readonly ulong months;
    private readonly ulong daysOfWeek;
    private readonly bool everyHour;
    private readonly bool anyDayOfMonth;
    private readonly bool anyDayOfWeek;

    private CronExpression(string[] fields)
    {
        minutes = Field(fields[0], "minute", 0, 59, []);
        hours = Field(fields[1], "hour", 0, 23, []);
        daysOfMonth = Field(fields[2], "day of month", 1, 31, []);
        months = Field(fields[3], "month", 1, 12, Months);
        var week = Field(fields[4], "day of week", 0, 7, Days);
        daysOfWeek = (week | (week >> 7)) & 0x7F;
        everyHour = fields[1][0] == '*';
        anyDayOfMonth = fields[2][0] == '*';
        anyDayOfWeek = fields[4][0] == '*';
    }

    /// <summary>Reads an expression.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The expression.</returns>
    /// <exception cref="FormatException">It is none; the message says why.</exception>
    public static CronExpression Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return fields.Length == 5
            ? new CronExpression(fields)
            : throw new FormatException($"'{text}' must have five fields: minute, hour, day of month, month, day of week.");
    }

    /// <summary>The first moment after another at which the schedule comes.</summary>
    /// <param name="after">The other moment.</param>
    /// <param name="zone">The time zone that the schedule is read in.</param>
    /// <returns>The moment in UTC, or null when it never comes (30 February).</returns>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);

        // A leap may carry a time of the day before over midnight.
        var date = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(after, zone).DateTime).AddDays(-1);
        for (var i = 0; i < MaxDays; i++, date = date.AddDays(1))
        {
            if (IsDay(date) && FirstOn(date, after, zone) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private DateTimeOffset? FirstOn(DateOnly date, DateTimeOffset after, TimeZoneInfo zone)
    {
        DateTimeOffset? first = null;
        for (var hour = 0; hour < 24; hour++)
        {
            for (var minute = 0; minute < 60 && (hours & (1UL << hour)) != 0; minute++)
            {
                if ((minutes & (1UL << minute)) == 0)
                {
                    continue;
                }

                foreach (var moment in Moments(date.ToDateTime(new TimeOnly(hour, minute)), zone))
                {
                    if (moment > after && (first is null || moment < first))
                    {
                        first = moment;
                    }
                }
            }
        }

        return first;
    }

    private IEnumerable<DateTimeOffset> Moments(DateTime local, TimeZoneInfo zone)
    {
        if (zone.IsInvalidTime(local))
        {
            // Every minute that passes counts for itself where the hour is free.
            return everyHour ? [] : [new DateTimeOffset(local, zone.GetUtcOffset(local.AddDays(-1))).ToUniversalTime()];
        }

        if (!zone.IsAmbiguousTime(local))
        {
            return [new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime()];
        }

        var twice = zone.GetAmbiguousTimeOffsets(local).OrderDescending().Select(offset => new DateTimeOffset(local, offset).ToUniversalTime());
        return everyHour ? twice : twice.Take(1);
    }

    private bool IsDay(DateOnly date)
    {
        if ((months & (1UL << date.Month)) == 0)
        {
            return false;
        }

        var month = (daysOfMonth & (1UL << date.Day)) != 0;
        var week = (daysOfWeek & (1UL << (int)date.DayOfWeek)) != 0;
        return anyDayOfMonth || anyDayOfWeek ? month && week : month || week;
    }

    private static ulong Field(string text, string name, int least, int most, string[] names)
    {
        var bits = 0UL;
        foreach (var part in text.Split(','))
        {
            var (range, step) = part.Split('/') switch
            {
                [var all] => (all, 1),
                [var all, var every] when int.TryParse(every, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 => (all, n),
                _ => throw Bad(part, name, least, most),
            };
            var (from, to) = range.Split('-') switch
            {
                ["*"] => (least, most),
                [var one] => Number(one) is var n && part.Contains('/') ? (n, most) : (n, n),
                [var first, var last] => (Number(first), Number(last)),
                _ => throw Bad(part, name, least, most),
            };
            if (from > to)
            {
                throw Bad(part, name, least, most);
            }

            for (var value = from; value <= to; value += step)
            {
                bits |= 1UL << value;
            }
        }

        return bits;

        int Number(string word)
        {
            var named = Array.FindIndex(names, n => n.Equals(word, StringComparison.OrdinalIgnoreCase));
            if (named >= 0)
            {
                return named + (names.Length == 12 ? 1 : 0);
            }

            return int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
                ? number
                : throw Bad(word, name, least, most);
        }
    }

    private static FormatException Bad(string part, string name, int least, int most) =>
        new($"'{part}' is no {name}: it takes {least} to {most}, lists, ranges and steps.");
}
