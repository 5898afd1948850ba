using IdLcm.Domain.Secrets;

namespace IdLcm.Suites;

/// <summary>What every secret store must do. An adapter's tests derive from it.</summary>
public abstract class SecretStoreSuite : IAsyncLifetime
{
    private const int MaxValueBytes = 25 * 1024;

    private ISecretStore? _store;

    protected ISecretStore Store => _store ?? throw new InvalidOperationException("The store is not open yet.");

    /// <summary>A secret of the test's own, so that the store may be shared.</summary>
    protected string Name { get; } = "suite-" + Guid.NewGuid().ToString("N");

    protected CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _store = await OpenAsync();

    public abstract ValueTask DisposeAsync();

    protected abstract Task<ISecretStore> OpenAsync();

    [Fact]
    public async Task A_secret_that_was_never_set_is_null()
    {
        Assert.Null(await Store.GetAsync(Name, Cancellation));
        Assert.Null(await Store.GetVersionAsync(Name, "no-such-version", Cancellation));
    }

    [Fact]
    public async Task A_new_version_is_readable_by_its_version_and_current_only_when_promoted()
    {
        var version = await Store.SetAsync(Name, "first", Cancellation);
        Assert.Null(await Store.GetAsync(Name, Cancellation));
        Assert.Equal(new SecretValue("first", version), await Store.GetVersionAsync(Name, version, Cancellation));

        await Store.PromoteAsync(Name, version, Cancellation);
        await Store.PromoteAsync(Name, version, Cancellation);

        Assert.Equal(new SecretValue("first", version), await Store.GetAsync(Name, Cancellation));
    }

    [Fact]
    public async Task The_old_version_stays_current_until_the_new_one_is_promoted()
    {
        var old = await Store.SetAsync(Name, "old", Cancellation);
        await Store.PromoteAsync(Name, old, Cancellation);
        var next = await Store.SetAsync(Name, "new", Cancellation);
        Assert.NotEqual(old, next);
        Assert.Equal("old", (await Store.GetAsync(Name, Cancellation))!.Value);

        await Store.PromoteAsync(Name, next, Cancellation);

        Assert.Equal(new SecretValue("new", next), await Store.GetAsync(Name, Cancellation));
        Assert.Equal("old", (await Store.GetVersionAsync(Name, old, Cancellation))!.Value);
        await Store.PromoteAsync(Name, old, Cancellation);
        Assert.Equal("old", (await Store.GetAsync(Name, Cancellation))!.Value);
    }

    [Fact]
    public async Task A_disabled_version_is_never_handed_out_again()
    {
        var version = await Store.SetAsync(Name, "leaked", Cancellation);
        await Store.PromoteAsync(Name, version, Cancellation);

        await Store.DisableAsync(Name, version, Cancellation);
        await Store.DisableAsync(Name, version, Cancellation);

        Assert.Null(await Store.GetAsync(Name, Cancellation));
        Assert.Null(await Store.GetVersionAsync(Name, version, Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Store.PromoteAsync(Name, version, Cancellation));
    }

    [Fact]
    public async Task A_version_that_is_not_there_cannot_be_promoted()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => Store.PromoteAsync(Name, "none", Cancellation));
        await Store.SetAsync(Name, "value", Cancellation);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Store.PromoteAsync(Name, "none", Cancellation));
    }

    [Fact]
    public async Task A_deleted_secret_is_gone_and_its_versions_never_come_back()
    {
        var before = await Store.SetAsync(Name, "first", Cancellation);
        await Store.PromoteAsync(Name, before, Cancellation);

        await Store.DeleteAsync(Name, Cancellation);
        await Store.DeleteAsync(Name, Cancellation);

        Assert.Null(await Store.GetAsync(Name, Cancellation));
        var after = await Store.SetAsync(Name, "second", Cancellation);
        Assert.NotEqual(before, after);
        Assert.Null(await Store.GetVersionAsync(Name, before, Cancellation));
        Assert.Null(await Store.GetAsync(Name, Cancellation));
    }

    [Fact]
    public async Task Versions_that_are_set_at_the_same_time_are_all_kept()
    {
        var versions = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(() => Store.SetAsync(Name, $"value {i}", Cancellation))));
        Assert.Equal(12, versions.Distinct(StringComparer.Ordinal).Count());
        for (var i = 0; i < versions.Length; i++)
        {
            Assert.Equal($"value {i}", (await Store.GetVersionAsync(Name, versions[i], Cancellation))!.Value);
        }
    }

    [Fact]
    public async Task Values_may_have_any_characters_up_to_25_kilobytes()
    {
        foreach (var value in new[] { "p\u00e4ss w\u00f6rd \ud83d\udd11 \"quoted\"\n", new string('x', MaxValueBytes) })
        {
            var version = await Store.SetAsync(Name, value, Cancellation);
            Assert.Equal(value, (await Store.GetVersionAsync(Name, version, Cancellation))!.Value);
        }
    }

    [Fact]
    public async Task A_value_that_is_too_large_is_refused_without_being_repeated()
    {
        var value = "hunter2-" + new string('\u00e9', MaxValueBytes / 2);
        var refusal = await Assert.ThrowsAsync<ArgumentException>(() => Store.SetAsync(Name, value, Cancellation));
        Assert.DoesNotContain("hunter2", refusal.ToString(), StringComparison.Ordinal);
        Assert.Null(await Store.GetAsync(Name, Cancellation));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("../keys")]
    [InlineData("a.b")]
    [InlineData("a_b")]
    [InlineData("caf\u00e9")]
    public async Task Names_outside_the_rule_are_refused(string name)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Store.SetAsync(name, "value", Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.GetAsync(name, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.DeleteAsync(name, Cancellation));
    }

    [Fact]
    public async Task A_name_may_have_127_characters_and_not_128()
    {
        var name = Name.PadRight(127, 'n');
        var version = await Store.SetAsync(name, "value", Cancellation);
        Assert.Equal("value", (await Store.GetVersionAsync(name, version, Cancellation))!.Value);
        await Assert.ThrowsAsync<ArgumentException>(() => Store.SetAsync(name + "n", "value", Cancellation));
    }

    [Fact]
    public async Task Names_are_the_same_in_upper_and_lower_case()
    {
        var version = await Store.SetAsync(Name.ToUpperInvariant(), "value", Cancellation);
        Assert.Equal("value", (await Store.GetVersionAsync(Name, version, Cancellation))!.Value);
    }
}
