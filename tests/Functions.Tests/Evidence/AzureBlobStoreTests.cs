using System.Diagnostics;
using IdLcm.Domain.Storage;
using IdLcm.Functions.Evidence;
using IdLcm.Functions.Storage;
using IdLcm.Functions.Tests.Azurite;
using IdLcm.Suites;

namespace IdLcm.Functions.Tests.Evidence;

/// <summary>The port's suite on Blob Storage.</summary>
public sealed class AzureBlobStoreTests(AzuriteServer azurite) : BlobStoreSuite
{
    private readonly SettableTime _time = new();

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override Task<IBlobStore> OpenAsync() =>
        Task.FromResult<IBlobStore>(new AzureBlobStore(new StorageClients(azurite.Options()).Blobs().GetBlobContainerClient("idlcm"), _time));

    protected override Task<DateTimeOffset> PassTimeAsync()
    {
        _time.Now += TimeSpan.FromMinutes(2);
        return Task.FromResult(_time.Now - TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_file_of_many_megabytes_is_stored_and_read_back()
    {
        var path = Path.GetTempFileName();
        try
        {
            var content = new byte[12_000_000];
            new Random(7).NextBytes(content);
            await File.WriteAllBytesAsync(path, content, Cancellation);
            var reference = await Store.PutFileAsync(Container, path, "application/zip", Cancellation);
            await using var stream = await Store.OpenAsync(Container, reference.Hash, Cancellation);
            using var read = new MemoryStream();
            await stream!.CopyToAsync(read, Cancellation);
            Assert.Equal(content, read.ToArray());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_busy_service_is_asked_again_when_it_said_and_keeps_the_file_once(int status)
    {
        await using var proxy = await StorageProxy.StartAsync(azurite.BlobPort);
        var store = new AzureBlobStore(new StorageClients(azurite.Options(blobPort: proxy.Port)).Blobs().GetBlobContainerClient("idlcm"), _time);
        await store.PutAsync(Container, new byte[] { 1 }, "a/b", Cancellation);
        proxy.Reset();
        var refused = 0;
        proxy.Decide = request => Task.FromResult<ProxyFault?>(
            request.Method == "PUT" && refused++ == 0 ? new ProxyFault.Refuse(status, RetryAfterSeconds: 1) : null);

        var kept = await store.PutAsync(Container, new byte[] { 2 }, "a/b", Cancellation);

        var puts = proxy.Requests.Where(static request => request.Method == "PUT").ToList();
        Assert.Equal(2, puts.Count);
        Assert.True(Stopwatch.GetElapsedTime(puts[0].At, puts[1].At) >= TimeSpan.FromSeconds(0.95), "The service was asked again too early.");
        await using var stream = await Store.OpenAsync(Container, kept.Hash, Cancellation);
        Assert.Equal(2, stream!.ReadByte());
    }

    [Fact]
    public async Task A_sweep_spares_what_is_stored_again_while_it_runs()
    {
        var old = await Store.PutAsync(Container, new byte[] { 9 }, "a/b", Cancellation);
        _time.Now += TimeSpan.FromDays(1);
        var other = await OpenAsync();
        await Task.WhenAll(
            Store.SweepAsync(Container, _time.Now - TimeSpan.FromHours(1), long.MaxValue, Cancellation),
            other.PutAsync(Container, new byte[] { 9 }, "a/b", Cancellation));
        await using var stream = await Store.OpenAsync(Container, old.Hash, Cancellation);
        Assert.NotNull(stream);
    }
}

internal sealed class SettableTime : TimeProvider
{
    public DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;

    public override DateTimeOffset GetUtcNow() => Now;
}
