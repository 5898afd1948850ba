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

/// <summary>
/// What is known of the app's seats. A list may show them as the fields <c>seatsUsed</c> and <c>seatsTotal</c> of its rows; an
/// operation that the app refuses for want of a seat tells of them as well. While they are known to be taken, new people are
/// refused with the reason instead of being queued for an operation that is bound to fail.
/// </summary>
public static class Seats
{
    /// <summary>How many seats are taken, as a field of the rows of <c>listUsers</c>.</summary>
    public const string UsedField = "seatsUsed";

    /// <summary>How many seats the plan has, as a field of the rows of <c>listUsers</c>.</summary>
    public const string TotalField = "seatsTotal";

    /// <summary>How long the app is believed to be full without another look: then somebody is let through to try.</summary>
    public static readonly TimeSpan BelievedFor = TimeSpan.FromHours(1);

    /// <summary>Why a new account cannot be made now.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="now">The time.</param>
    /// <returns>A sentence for the client, or null when nothing speaks against it.</returns>
    public static string? Problem(IntegrationProfile profile, DateTimeOffset now) =>
        profile.Integration.Seats is { } full && now - full.At < BelievedFor
            ? $"{profile.Manifest.AppName} has no free seat ({full.Detail}, at {full.At:u}): buy seats or free some there, then run a sync."
            : null;

    /// <summary>What a complete list of the app says about its seats.</summary>
    /// <param name="row">A row of the list; null for an empty list.</param>
    /// <param name="now">The time.</param>
    /// <returns>That they are taken, or null when they are not, or the list does not show them.</returns>
    internal static SeatsTaken? Shown(JsonObject? row, DateTimeOffset now) =>
        Number(row?[UsedField]) is { } used && Number(row?[TotalField]) is { } total && used >= total
            ? new SeatsTaken(now, string.Create(CultureInfo.InvariantCulture, $"{used} of {total} seats are taken"))
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

    private static int? Number(JsonNode? value) =>
        int.TryParse(AttributeValues.Text(value)?.Replace(",", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
