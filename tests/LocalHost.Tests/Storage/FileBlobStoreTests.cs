using IdLcm.Domain.Storage;
using IdLcm.LocalHost.Storage;
using IdLcm.Suites;

namespace IdLcm.LocalHost.Tests.Storage;

public sealed class FileBlobStoreTests : BlobStoreSuite
{
    private readonly DataDirectory _directory = new();
    private readonly SettableTime _time = new(DateTimeOffset.UtcNow);

    public override ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override Task<IBlobStore> OpenAsync() => Task.FromResult<IBlobStore>(new FileBlobStore(_directory.Path, _time));

    protected override Task<DateTimeOffset> PassTimeAsync()
    {
        _time.Now += TimeSpan.FromMinutes(2);
        return Task.FromResult(_time.Now - TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Files_and_directories_are_the_owners_alone()
    {
        await Store.PutAsync(Container, new byte[] { 1 }, "a/b", Cancellation);
        FileModes.AssertPrivate(Path.Combine(_directory.Path, "blobs"));
    }

    [Fact]
    public async Task A_put_that_fails_leaves_no_file()
    {
        await Assert.ThrowsAsync<FileNotFoundException>(() => Store.PutFileAsync(Container, Path.Combine(_directory.Path, "missing"), "a/b", Cancellation));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.PutAsync(Container, new byte[5000], "a/b", cancelled.Token));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_directory.Path, "blobs"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_sweep_removes_what_a_killed_process_left_half_written()
    {
        await Store.PutAsync(Container, new byte[] { 1 }, "a/b", Cancellation);
        var abandoned = Path.Combine(_directory.Path, "blobs", Container, "abandoned.tmp");
        await File.WriteAllTextAsync(abandoned, "half", Cancellation);
        Assert.Equal(0, await Store.SweepAsync(Container, DateTimeOffset.MinValue, long.MaxValue, Cancellation));
        Assert.True(File.Exists(abandoned));

        _time.Now += TimeSpan.FromHours(2);

        Assert.Equal(0, await Store.SweepAsync(Container, DateTimeOffset.MinValue, long.MaxValue, Cancellation));
        Assert.False(File.Exists(abandoned));
    }

    private sealed class SettableTime(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
