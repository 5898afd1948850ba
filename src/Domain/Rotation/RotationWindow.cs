using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace IdLcm.Domain.Rotation;

/// <summary>A part of the day, which may go past midnight, in a time zone.</summary>
/// <param name="Start">When it begins, by the clock on the wall.</param>
/// <param name="End">When it ends; earlier than the start for the next day.</param>
/// <param name="TimeZone">The IANA name of the time zone.</param>
/// <remarks>
/// Clock changes: an end of the window that the clock leaps over is as much later as the leap is long, and a window that
/// would vanish so keeps its length; a time that comes twice is the first of both for the start and the second for the end.
/// </remarks>
public sealed record RotationWindow(
    [property: JsonConverter(typeof(WallClockConverter))] TimeOnly Start, [property: JsonConverter(typeof(WallClockConverter))] TimeOnly End, string TimeZone = "UTC")
{
    /// <summary>The English names of the days on which it begins; empty for every day.</summary>
    public IReadOnlyList<string> Days { get; init => field = value ?? []; } = [];

    /// <summary>Tells whether a moment is in it.</summary>
    /// <param name="moment">The moment.</param>
    /// <returns>True when it is.</returns>
    public bool Contains(DateTimeOffset moment)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, zone).DateTime);

        // A window that began yesterday may reach into today.
        return new[] { today.AddDays(-1), today }.Any(day =>
        {
            if (Days.Count > 0 && !Days.Contains(day.DayOfWeek.ToString(), StringComparer.OrdinalIgnoreCase))
            {
                return false;
            }

            var begins = Moment(day.ToDateTime(Start), zone, second: false);
            var ends = Moment((End > Start ? day : day.AddDays(1)).ToDateTime(End), zone, second: true);
            if (ends <= begins)
            {
                ends = begins + (End - Start);
            }

            return begins <= moment && moment < ends;
        });
    }

    private static DateTimeOffset Moment(DateTime local, TimeZoneInfo zone, bool second)
    {
        if (zone.IsAmbiguousTime(local))
        {
            var offsets = zone.GetAmbiguousTimeOffsets(local);
            return new DateTimeOffset(local, second ? offsets.Min() : offsets.Max());
        }

        // Read with the offset from before the leap, a time that is leapt over becomes as much later as the leap is long.
        return new DateTimeOffset(local, zone.IsInvalidTime(local) ? zone.GetUtcOffset(local.AddHours(-3)) : zone.GetUtcOffset(local));
    }
}

/// <summary>Times of the day as <c>22:30</c>.</summary>
public sealed class WallClockConverter : JsonConverter<TimeOnly>
{
    /// <inheritdoc/>
    public override TimeOnly Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TimeOnly.TryParseExact(reader.GetString(), "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time
            : throw new JsonException("The JSON value could not be converted to a time of the day, as 22:30.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TimeOnly value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString("HH:mm", CultureInfo.InvariantCulture));
}
