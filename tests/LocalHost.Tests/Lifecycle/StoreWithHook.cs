using IdLcm.Domain.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Lifecycle;

/// <summary>A real store that lets a test do something right before a commit.</summary>
/// <param name="store">The store.</param>
internal sealed class StoreWithHook(IRecordStore store) : IRecordStore, IDisposable
{
    public TimeSpan LongestCommit => store.LongestCommit;

    /// <summary>What is done before a commit; null for nothing.</summary>
    public Func<IReadOnlyList<RecordChange>, Task>? BeforeCommit { get; set; }

    /// <summary>Puts itself before the store of a gateway.</summary>
    /// <param name="services">The gateway's services, with the store.</param>
    /// <param name="made">Told of it.</param>
    public static void PutBefore(IServiceCollection services, Action<StoreWithHook> made)
    {
        var real = services.Last(service => service.ServiceType == typeof(IRecordStore)).ImplementationFactory!;
        services.AddSingleton<IRecordStore>(provider =>
        {
            var hooked = new StoreWithHook((IRecordStore)real(provider));
            made(hooked);
            return hooked;
        });
    }

    public ValueTask<StoredRecord?> GetAsync(string partition, string row, CancellationToken cancellationToken = default) =>
        store.GetAsync(partition, row, cancellationToken);

    public ValueTask<RecordPage> QueryAsync(
        string partition, RowRange range, int limit, string? continuation = null, CancellationToken cancellationToken = default) =>
        store.QueryAsync(partition, range, limit, continuation, cancellationToken);

    public async Task<CommitResult> CommitAsync(string partition, IReadOnlyList<RecordChange> changes, CancellationToken cancellationToken = default)
    {
        if (BeforeCommit is { } hook)
        {
            await hook(changes);
        }

        return await store.CommitAsync(partition, changes, cancellationToken);
    }

    public void Dispose() => (store as IDisposable)?.Dispose();
}
