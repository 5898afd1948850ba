namespace IdLcm.Domain.Operations;

/// <summary>The e-mail with the claim link of an operation that waits to be claimed. Row <c>cm:{operation}</c>.</summary>
/// <param name="Attempts">How often it was tried since somebody last asked for it.</param>
/// <param name="DueAt">When it is tried again; null when it was sent or given up.</param>
/// <param name="SentAt">When it was last sent; null for never.</param>
/// <param name="LastError">Why the last try failed; null when it did not.</param>
public sealed record ClaimMail(int Attempts, DateTimeOffset? DueAt, DateTimeOffset? SentAt, string? LastError)
{
    /// <summary>The row of an operation's mail.</summary>
    /// <param name="operationId">The operation.</param>
    /// <returns>The key.</returns>
    public static string Row(string operationId) => "cm:" + operationId;
}
