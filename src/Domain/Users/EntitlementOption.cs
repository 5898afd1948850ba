using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Users;

/// <summary>One specific permission on one asset that the app offers, as a sync read it. Row <c>n:{key}</c>.</summary>
/// <param name="Value">The value string by which it is assigned.</param>
/// <param name="DisplayName">What people see.</param>
/// <param name="Type">One of the user schema's entitlement types.</param>
/// <param name="Description">What it allows.</param>
public sealed record EntitlementOption(string Value, string DisplayName, string Type, string Description = "")
{
    /// <summary>The key of its row: no character of the value reaches it.</summary>
    public string Row => Rows.Entitlements + Ids.KeyOf(Value);

    /// <summary>Reads the entitlements that an app offers, in a fixed order.</summary>
    /// <param name="store">The record store.</param>
    /// <param name="profile">The integration.</param>
    /// <param name="cancellationToken">Cancels between pages.</param>
    /// <returns>The entitlements.</returns>
    public static async Task<IReadOnlyList<EntitlementOption>> ListAsync(
        IRecordStore store, IntegrationProfile profile, CancellationToken cancellationToken = default)
    {
        var options = new List<EntitlementOption>();
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(profile.Partition, RowRange.Prefix(Rows.Entitlements), RecordLimits.MaxPageSize, continuation, cancellationToken);
            options.AddRange(page.Records.Select(row => DomainJson.Decode<EntitlementOption>(row.Value)));
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return options;
    }
}
