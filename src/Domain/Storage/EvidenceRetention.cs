namespace IdLcm.Domain.Storage;

/// <summary>How long evidence (screenshots, pages, traces) is kept. The steps of operations and their outcome stay in the records.</summary>
public sealed record EvidenceRetention
{
    private const long Megabyte = 1_000_000;

    /// <summary>For how many days.</summary>
    public int Days { get; init; } = 30;

    /// <summary>How much at most, in megabytes; the oldest goes first. 0 for no such limit.</summary>
    public long Megabytes { get; init; } = 10_000;

    /// <summary>Finds what is wrong with the settings.</summary>
    /// <returns>A sentence, or null when nothing is.</returns>
    public string? Problem() =>
        Days is < 1 or > 36_500 ? $"Evidence:Days is {Days}; it must be 1 to 36500."
        : Megabytes is < 0 or > long.MaxValue / Megabyte ? $"Evidence:Megabytes is {Megabytes}; it must be 0, for no limit, or more."
        : null;

    /// <summary>Deletes what is past its retention.</summary>
    /// <param name="blobs">Where evidence is kept.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Cancels between pieces.</param>
    /// <returns>How many pieces were deleted.</returns>
    public Task<int> SweepAsync(IBlobStore blobs, DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        return blobs.SweepAsync("evidence", now.AddDays(-Days), Megabytes == 0 ? long.MaxValue : Megabytes * Megabyte, cancellationToken);
    }
}
