namespace IdLcm.Domain.Storage;

/// <summary>Reads for many things at once: a store that is elsewhere answers dozens of reads in the time of one.</summary>
public static class RecordReads
{
    private const int AtOnce = 32;

    /// <summary>Reads something for each of several items, some of them side by side.</summary>
    /// <typeparam name="T">The item's type.</typeparam>
    /// <typeparam name="TResult">What is read.</typeparam>
    /// <param name="items">The items.</param>
    /// <param name="read">Reads for one of them.</param>
    /// <returns>What was read, in the order of the items.</returns>
    public static async Task<IReadOnlyList<TResult>> ForEachAsync<T, TResult>(IReadOnlyList<T> items, Func<T, ValueTask<TResult>> read)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(read);
        var results = new TResult[items.Count];
        var running = new Queue<(int Index, Task<TResult> Read)>();
        for (var i = 0; i < items.Count; i++)
        {
            var pending = read(items[i]);
            if (pending.IsCompletedSuccessfully)
            {
                results[i] = pending.Result;
                continue;
            }

            running.Enqueue((i, pending.AsTask()));
            if (running.Count == AtOnce)
            {
                await TakeAsync();
            }
        }

        while (running.Count > 0)
        {
            await TakeAsync();
        }

        return results;

        async Task TakeAsync()
        {
            var (index, first) = running.Dequeue();
            results[index] = await first;
        }
    }
}
