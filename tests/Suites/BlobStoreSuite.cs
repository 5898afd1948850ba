using System.Security.Cryptography;
using System.Text;
using IdLcm.Domain.Storage;

namespace IdLcm.Suites;

/// <summary>What every blob store must do. An adapter's tests derive from it.</summary>
public abstract class BlobStoreSuite : IAsyncLifetime
{
    private IBlobStore? _store;

    protected IBlobStore Store => _store ?? throw new InvalidOperationException("The store is not open yet.");

    /// <summary>A container of the test's own, so that the store may be shared.</summary>
    protected string Container { get; } = "suite-" + Guid.NewGuid().ToString("N");

    protected CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _store = await OpenAsync();

    public abstract ValueTask DisposeAsync();

    protected abstract Task<IBlobStore> OpenAsync();

    /// <summary>Makes what is stored from now on at least a minute younger than what was stored before.</summary>
    /// <returns>A moment between the two.</returns>
    protected abstract Task<DateTimeOffset> PassTimeAsync();

    [Fact]
    public async Task Bytes_are_read_back_by_their_hash()
    {
        var content = Encoding.UTF8.GetBytes("screenshot");
        var reference = await Store.PutAsync(Container, content, "image/png", Cancellation);
        Assert.Equal(new BlobReference(Convert.ToHexStringLower(SHA256.HashData(content)), content.Length, "image/png"), reference);
        Assert.Equal(content, await ReadAsync(reference.Hash));
    }

    [Fact]
    public async Task What_was_deleted_is_gone_and_can_be_stored_again()
    {
        var content = Encoding.UTF8.GetBytes("a person's page");
        var reference = await Store.PutAsync(Container, content, "text/plain", Cancellation);
        await Store.DeleteAsync(Container, reference.Hash, Cancellation);
        await Store.DeleteAsync(Container, reference.Hash, Cancellation);
        Assert.Null(await Store.OpenAsync(Container, reference.Hash, Cancellation));
        await Store.PutAsync(Container, content, "text/plain", Cancellation);
        Assert.Equal(content, await ReadAsync(reference.Hash));
    }

    [Fact]
    public async Task Empty_content_can_be_stored()
    {
        var reference = await Store.PutAsync(Container, default, "text/plain", Cancellation);
        Assert.Equal(0, reference.Length);
        Assert.Empty(await ReadAsync(reference.Hash));
    }

    [Fact]
    public async Task A_file_gets_the_reference_that_its_bytes_would_get()
    {
        var content = RandomNumberGenerator.GetBytes(700_001);
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, content, Cancellation);
            var reference = await Store.PutFileAsync(Container, path, "application/zip", Cancellation);
            Assert.Equal(content, await ReadAsync(reference.Hash));
            Assert.Equal(reference, await Store.PutAsync(Container, content, "application/zip", Cancellation));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task The_same_bytes_are_kept_once_whoever_stores_them_at_the_same_time()
    {
        var content = RandomNumberGenerator.GetBytes(50_000);
        var references = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Store.PutAsync(Container, content, "a/b", Cancellation))));
        Assert.Single(references.Distinct());
        Assert.Equal(content, await ReadAsync(references[0].Hash));
        Assert.Equal(1, await Store.SweepAsync(Container, DateTimeOffset.MinValue, maxBytes: 0, Cancellation));
    }

    [Fact]
    public async Task What_was_never_stored_opens_as_null()
    {
        Assert.Null(await Store.OpenAsync(Container, new string('a', 64), Cancellation));
        var reference = await Store.PutAsync(Container, new byte[] { 1 }, "a/b", Cancellation);
        Assert.Null(await Store.OpenAsync(Container + "-2", reference.Hash, Cancellation));
    }

    [Fact]
    public async Task A_sweep_deletes_what_is_too_old_and_spares_the_rest()
    {
        var old = await Store.PutAsync(Container, new byte[] { 1 }, "a/b", Cancellation);
        var renewed = await Store.PutAsync(Container, new byte[] { 2 }, "a/b", Cancellation);
        var between = await PassTimeAsync();
        var young = await Store.PutAsync(Container, new byte[] { 3 }, "a/b", Cancellation);
        await Store.PutAsync(Container, new byte[] { 2 }, "a/b", Cancellation);

        Assert.Equal(1, await Store.SweepAsync(Container, between, long.MaxValue, Cancellation));

        Assert.Null(await Store.OpenAsync(Container, old.Hash, Cancellation));
        Assert.Equal(new byte[] { 2 }, await ReadAsync(renewed.Hash));
        Assert.Equal(new byte[] { 3 }, await ReadAsync(young.Hash));
        Assert.Equal(0, await Store.SweepAsync(Container, between, long.MaxValue, Cancellation));
    }

    [Fact]
    public async Task A_sweep_deletes_the_oldest_until_the_rest_is_small_enough()
    {
        var first = await Store.PutAsync(Container, new byte[1000], "a/b", Cancellation);
        await PassTimeAsync();
        var second = await Store.PutAsync(Container, new byte[1001], "a/b", Cancellation);
        await PassTimeAsync();
        var third = await Store.PutAsync(Container, new byte[1002], "a/b", Cancellation);

        Assert.Equal(1, await Store.SweepAsync(Container, DateTimeOffset.MinValue, maxBytes: 2100, Cancellation));

        Assert.Null(await Store.OpenAsync(Container, first.Hash, Cancellation));
        Assert.Equal(1001, (await ReadAsync(second.Hash)).Length);
        Assert.Equal(1002, (await ReadAsync(third.Hash)).Length);
    }

    [Fact]
    public async Task A_sweep_of_a_container_that_is_not_there_deletes_nothing() =>
        Assert.Equal(0, await Store.SweepAsync(Container + "-none", DateTimeOffset.MaxValue, maxBytes: 0, Cancellation));

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../evidence")]
    [InlineData("a/b")]
    [InlineData("Evidence")]
    [InlineData("-a")]
    public async Task Names_that_are_no_container_are_refused(string container)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Store.PutAsync(container, new byte[] { 1 }, "a/b", Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.OpenAsync(container, new string('a', 64), Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.SweepAsync(container, DateTimeOffset.MaxValue, 0, Cancellation));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../../../../../../../../../../../../../../../../../etc/passwd/aaaaa")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Texts_that_are_no_hash_are_refused(string hash) =>
        await Assert.ThrowsAsync<ArgumentException>(() => Store.OpenAsync(Container, hash, Cancellation));

    private async Task<byte[]> ReadAsync(string hash)
    {
        await using var stream = await Store.OpenAsync(Container, hash, Cancellation);
        Assert.NotNull(stream);
        using var memory = new MemoryStream();
        await stream.CopyToAsync(memory, Cancellation);
        return memory.ToArray();
    }
}
