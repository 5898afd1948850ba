using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Gateway.Scim;

/// <summary>Lists the users that SCIM shows, in the order of their creation: the same on every page.</summary>
internal sealed class UserDirectory(IRecordStore store)
{
    /// <summary>Reads a page by index.</summary>
    public async Task<(long Total, IReadOnlyList<UserRecord> Page)> PageAsync(
        IntegrationProfile profile, long startIndex, int count, CancellationToken cancellationToken)
    {
        var all = await AllAsync(profile, cancellationToken);
        return (all.Count, [.. all.Skip((int)Math.Min(startIndex - 1, int.MaxValue)).Take(count)]);
    }

    /// <summary>Reads every user.</summary>
    public async Task<IReadOnlyList<UserRecord>> AllAsync(IntegrationProfile profile, CancellationToken cancellationToken)
    {
        var users = new List<UserRecord>();
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(profile.Partition, RowRange.Prefix(Rows.Users), RecordLimits.MaxPageSize, continuation, cancellationToken);
            users.AddRange(page.Records.Select(record => UserRecords.Decode(record.Value)).Where(user => user.DeletedAt is null));
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return users;
    }
}
