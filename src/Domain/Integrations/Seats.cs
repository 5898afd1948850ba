using System.Globalization;
using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Integrations;

/// <summary>The app's plan had no free seat.</summary>
/// <param name="At">When that was last known.</param>
/// <param name="Detail">What the app showed or said.</param>
public sealed record SeatsTaken(DateTimeOffset At, string Detail);

/// <summary>The seats of the app's plan.</summary>
/// <param name="Used">How many are taken.</param>
/// <param name="Total">How many there are.</param>
/// <param name="At">When they were read.</param>
public sealed record SeatCount(long Used, long Total, DateTimeOffset At)
{
    /// <summary>How many are free; never less than none.</summary>
    public long Free => Math.Max(0, Total - Used);
}

/// <summary>
/// What is known of the app's seats. A list may show them, beside its rows or as the fields <c>seatsUsed</c> and
/// <c>seatsTotal</c> of them; an operation that the app refuses for want of a seat tells of them as well. While they are known to be taken, new people are
/// refused with the reason instead of being queued for an operation that is bound to fail.
/// </summary>
public static class Seats
{
    /// <summary>How many seats are taken, as a field of the rows of <c>listUsers</c>.</summary>
    public const string UsedField = "seatsUsed";

    /// <summary>How many seats the plan has, as a field of the rows of <c>listUsers</c>.</summary>
    public const string TotalField = "seatsTotal";

    /// <summary>How long the app is believed to be full without another look: then somebody is let through to try.</summary>
    public static readonly TimeSpan BelievedFor = TimeSpan.FromMinutes(15);

    /// <summary>Why a new account cannot be made now.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="now">The time.</param>
    /// <returns>A sentence for the client, or null when nothing speaks against it.</returns>
    public static string? Problem(IntegrationProfile profile, DateTimeOffset now) =>
        profile.Integration.Seats is { } full && now - full.At < BelievedFor
            ? $"{profile.Manifest.AppName} has no free seat ({full.Detail}, at {full.At:u}): buy seats or free some there, then run a sync."
            : null;

    /// <summary>What a row of a list says about the app's seats.</summary>
    /// <param name="row">The row.</param>
    /// <returns>The seats, or null where it does not show them.</returns>
    internal static ListedSeats? Shown(JsonObject row) =>
        Number(row[UsedField]) is { } used && Number(row[TotalField]) is { } total ? new ListedSeats(used, total) : null;

    /// <summary>That all are taken, or null when they are not.</summary>
    internal static SeatsTaken? Taken(SeatCount? count) => count is { Free: 0 }
        ? new SeatsTaken(count.At, string.Create(CultureInfo.InvariantCulture, $"{count.Used} of {count.Total} seats are taken"))
        : null;

    /// <summary>What the outcome of an operation on an account says about the seats.</summary>
    internal static SeatsTaken? After(SeatsTaken? before, RunOutcome outcome, bool wasActive, DateTimeOffset now)
    {
        if (outcome.Failure is { Code: FailureCode.NotEnoughSeats } refused)
        {
            return new SeatsTaken(now, refused.Detail);
        }

        return outcome is { Failure: null, WasRead: true } && wasActive && outcome.Observed is null or { Active: false } ? null : before;
    }

    private static long? Number(JsonNode? value) =>
        long.TryParse(AttributeValues.Text(value)?.Replace(",", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
