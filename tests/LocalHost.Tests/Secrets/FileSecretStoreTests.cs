using System.Text;
using IdLcm.Domain.Secrets;
using IdLcm.LocalHost.Secrets;
using IdLcm.LocalHost.Tests.Storage;
using IdLcm.Suites;

namespace IdLcm.LocalHost.Tests.Secrets;

public sealed class FileSecretStoreTests : SecretStoreSuite
{
    private const string Planted = "Pl4nted-S3cret-that-must-not-be-found";

    private readonly DataDirectory _directory = new();
    private FileSecretStore? _secrets;

    public override ValueTask DisposeAsync()
    {
        _secrets?.Dispose();
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override Task<ISecretStore> OpenAsync()
    {
        _secrets = new FileSecretStore(_directory.Path, TimeProvider.System);
        return Task.FromResult<ISecretStore>(_secrets);
    }

    [Fact]
    public async Task Secrets_and_keys_are_the_owners_alone()
    {
        await Store.SetAsync(Name, Planted, Cancellation);
        _secrets!.Dispose();
        FileModes.OpenToAll(Path.Combine(_directory.Path, "secrets"));
        FileModes.OpenToAll(Path.Combine(_directory.Path, "keys"));
        await OpenAsync();
        FileModes.AssertPrivate(Path.Combine(_directory.Path, "secrets"));
        FileModes.AssertPrivate(Path.Combine(_directory.Path, "keys"));
    }

    [Fact]
    public async Task A_planted_secret_is_nowhere_in_the_data_directory()
    {
        var version = await Store.SetAsync(Name, Planted, Cancellation);
        await Store.PromoteAsync(Name, version, Cancellation);
        await Store.GetAsync(Name, Cancellation);
        await Store.DisableAsync(Name, version, Cancellation);
        await Store.SetAsync(Name, Planted, Cancellation);

        byte[][] needles =
        [
            Encoding.UTF8.GetBytes(Planted),
            Encoding.Unicode.GetBytes(Planted),
            Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(Planted))[..40]),
        ];
        var files = Directory.GetFiles(_directory.Path, "*", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var content = await File.ReadAllBytesAsync(file, Cancellation);
            Assert.All(needles, needle => Assert.True(content.AsSpan().IndexOf(needle) < 0, file));
        }
    }

    [Fact]
    public async Task Secrets_survive_a_restart()
    {
        var version = await Store.SetAsync(Name, Planted, Cancellation);
        await Store.PromoteAsync(Name, version, Cancellation);
        _secrets!.Dispose();
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "secrets", "abandoned.tmp"), "half", Cancellation);

        var reopened = await OpenAsync();

        Assert.Equal(new SecretValue(Planted, version), await reopened.GetAsync(Name, Cancellation));
        Assert.Single(Directory.EnumerateFiles(Path.Combine(_directory.Path, "secrets")));
    }

    [Fact]
    public async Task A_file_that_was_copied_over_another_secret_does_not_open_and_nothing_of_it_is_said()
    {
        var version = await Store.SetAsync(Name, Planted, Cancellation);
        await Store.PromoteAsync(Name, version, Cancellation);
        var secrets = Path.Combine(_directory.Path, "secrets");
        File.Copy(Path.Combine(secrets, Name + ".json"), Path.Combine(secrets, "other.json"));

        var refusal = await Assert.ThrowsAsync<SecretUnreadableException>(() => Store.GetAsync("other", Cancellation));

        Assert.Contains("'other'", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Planted, refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_its_keys_a_secret_does_not_open_and_the_message_says_what_to_do()
    {
        var version = await Store.SetAsync(Name, Planted, Cancellation);
        await Store.PromoteAsync(Name, version, Cancellation);
        _secrets!.Dispose();
        Directory.Delete(Path.Combine(_directory.Path, "keys"), recursive: true);

        var reopened = await OpenAsync();

        var refusal = await Assert.ThrowsAsync<SecretUnreadableException>(() => reopened.GetAsync(Name, Cancellation));
        Assert.Contains("restore its keys", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_file_is_named()
    {
        var version = await Store.SetAsync(Name, Planted, Cancellation);
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "secrets", Name + ".json"), "{ not json", Cancellation);
        var refusal = await Assert.ThrowsAsync<SecretUnreadableException>(() => Store.GetVersionAsync(Name, version, Cancellation));
        Assert.Contains(Name, refusal.Message, StringComparison.Ordinal);
    }
}
