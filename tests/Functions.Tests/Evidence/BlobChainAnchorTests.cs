using IdLcm.Domain.Activity;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Functions.Evidence;
using IdLcm.Functions.Storage;
using IdLcm.Functions.Tests.Azurite;

namespace IdLcm.Functions.Tests.Evidence;

/// <summary>Who can write records cannot rewrite the past unnoticed.</summary>
public sealed class BlobChainAnchorTests(AzuriteServer azurite)
{
    private readonly string _integration = "int" + Guid.NewGuid().ToString("N");
    private readonly TableRecordStore _store = TestStorage.Records(azurite.Options());
    private readonly BlobChainAnchor _anchor = new(
        new StorageClients(azurite.Options()).Blobs().GetBlobContainerClient("anchors-" + Guid.NewGuid().ToString("N")), TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_sealed_block_is_anchored_and_an_untouched_chain_is_intact()
    {
        var log = await SealThreeAsync();
        var heads = new List<long>();
        await foreach (var head in _anchor.ReadAsync(_integration, Cancellation))
        {
            heads.Add(head.Sequence);
        }

        Assert.Equal([1, 2, 3], heads);
        var found = await log.VerifyAsync(_integration, Cancellation);
        Assert.True(found.Intact, found.Message);
    }

    [Fact]
    public async Task A_chain_that_was_rewritten_consistently_is_found_out_by_its_anchors()
    {
        var log = await SealThreeAsync();
        var partition = Rows.Partition(_integration);

        // A whole new chain, right in itself, in place of the old one.
        await EraseAsync(partition);
        await AppendAndSealAsync(new ActivityLog(_store), "Forged");
        Assert.True((await new ActivityLog(_store).VerifyAsync(_integration, Cancellation)).Intact);

        var found = await log.VerifyAsync(_integration, Cancellation);

        Assert.False(found.Intact);
        Assert.Equal(1, found.BrokenBlock);
    }

    [Fact]
    public async Task A_chain_that_was_cut_short_is_found_out_by_its_anchors()
    {
        var log = await SealThreeAsync();
        await EraseAsync(Rows.Partition(_integration));
        var found = await log.VerifyAsync(_integration, Cancellation);
        Assert.False(found.Intact);
        Assert.Equal(1, found.BrokenBlock);
    }

    private async Task<ActivityLog> SealThreeAsync()
    {
        var log = new ActivityLog(_store, _anchor);
        for (var i = 0; i < 3; i++)
        {
            await AppendAndSealAsync(log, $"Person {i}");
        }

        return log;
    }

    private async Task AppendAndSealAsync(ActivityLog log, string target)
    {
        var item = new ActivityEvent
        {
            Id = Guid.CreateVersion7().ToString("N"), Date = DateTimeOffset.UtcNow, Actor = "test", Event = ActivityKind.UserInvited, Target = target,
        };
        Assert.True((await _store.CommitAsync(Rows.Partition(_integration), [ActivityLog.Append(item)], Cancellation)).Committed);
        Assert.Equal(1, await log.SealAsync(_integration, Cancellation));
    }

    private async Task EraseAsync(string partition)
    {
        var page = await _store.QueryAsync(partition, RowRange.All, 90, null, Cancellation);
        await _store.CommitAsync(partition, [.. page.Records.Select(static record => RecordChange.DeleteIfExists(record.Row))], Cancellation);
    }
}
