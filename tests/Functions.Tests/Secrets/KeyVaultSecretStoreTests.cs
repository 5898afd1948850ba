using System.Diagnostics;
using IdLcm.Domain.Secrets;
using IdLcm.Functions.Secrets;
using IdLcm.Functions.Tests.Azurite;
using IdLcm.Suites;

namespace IdLcm.Functions.Tests.Secrets;

/// <summary>The port's suite on Key Vault, and what only a vault does.</summary>
public sealed class KeyVaultSecretStoreTests(LocalKeyVault vault) : SecretStoreSuite
{
    public override ValueTask DisposeAsync()
    {
        vault.Decide = null;
        return ValueTask.CompletedTask;
    }

    protected override Task<ISecretStore> OpenAsync() => Task.FromResult<ISecretStore>(vault.Open());

    [Fact]
    public async Task The_sign_in_follows_the_vaults_challenge()
    {
        await Store.GetAsync(Name, Cancellation);
        Assert.Contains(
            vault.Credential.Asked,
            static asked => asked.Scopes.Single() == "https://vault.azure.net/.default" && asked.TenantId == "11111111-2222-3333-4444-555555555555");
    }

    [Fact]
    public async Task Another_process_reads_the_promoted_version_and_not_the_newest()
    {
        var first = await SetAndPromoteAsync("first");
        await Store.SetAsync(Name, "pending", Cancellation);
        Assert.Equal(new SecretValue("first", first), await vault.Open().GetAsync(Name, Cancellation));
    }

    [Fact]
    public async Task Who_was_refused_with_a_remembered_value_gets_what_another_process_promoted_meanwhile()
    {
        var first = await SetAndPromoteAsync("first");
        var other = vault.Open();
        Assert.Equal(new SecretValue("first", first), await other.GetAsync(Name, Cancellation));
        var second = await SetAndPromoteAsync("second");
        Assert.Equal(new SecretValue("first", first), await other.GetAsync(Name, Cancellation));

        Assert.Equal(new SecretValue("second", second), await other.GetLatestAsync(Name, Cancellation));

        Assert.Equal(new SecretValue("second", second), await other.GetAsync(Name, Cancellation));
    }

    [Fact]
    public async Task The_current_version_is_found_among_a_hundred()
    {
        var current = await SetAndPromoteAsync("current");
        for (var i = 0; i < 60; i++)
        {
            await Store.SetAsync(Name, $"pending {i}", Cancellation);
        }

        Assert.Equal(new SecretValue("current", current), await vault.Open().GetAsync(Name, Cancellation));
    }

    [Fact]
    public async Task A_version_that_a_person_sets_in_the_portal_is_current_at_once()
    {
        var version = vault.SetByHand(Name, "by hand");
        Assert.Equal(new SecretValue("by hand", version), await Store.GetAsync(Name, Cancellation));
    }

    [Fact]
    public async Task A_secret_disabled_in_the_portal_is_not_handed_out_once_the_cache_is_old()
    {
        var time = new TickingTime();
        var store = vault.Open(time);
        await SetAndPromoteAsync("value");
        Assert.NotNull(await store.GetAsync(Name, Cancellation));
        vault.DisableByHand(Name);
        Assert.NotNull(await store.GetAsync(Name, Cancellation));
        time.Pass(TimeSpan.FromMinutes(2));
        Assert.Null(await store.GetAsync(Name, Cancellation));
        Assert.Null(await store.GetAsync(Name, Cancellation));
    }

    [Fact]
    public async Task A_secret_deleted_in_the_portal_is_gone_and_setting_it_again_brings_no_old_version_back()
    {
        var old = await SetAndPromoteAsync("old");
        vault.DeleteByHand(Name);
        Assert.Null(await vault.Open().GetAsync(Name, Cancellation));

        var next = await Store.SetAsync(Name, "new", Cancellation);

        Assert.Null(await vault.Open().GetVersionAsync(Name, old, Cancellation));
        Assert.Null(await vault.Open().GetAsync(Name, Cancellation));
        await Store.PromoteAsync(Name, next, Cancellation);
        Assert.Equal(new SecretValue("new", next), await vault.Open().GetAsync(Name, Cancellation));
    }

    [Fact]
    public async Task An_expired_version_is_not_handed_out_and_cannot_be_promoted()
    {
        var version = await SetAndPromoteAsync("value");
        var pending = await Store.SetAsync(Name, "pending", Cancellation);
        vault.Expire(Name, DateTimeOffset.UtcNow.AddMinutes(-1));
        var store = vault.Open();
        Assert.Null(await store.GetAsync(Name, Cancellation));
        Assert.Null(await store.GetVersionAsync(Name, version, Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.PromoteAsync(Name, pending, Cancellation));
    }

    [Fact]
    public async Task A_promotion_does_not_enable_what_was_disabled_in_the_meantime()
    {
        var version = await Store.SetAsync(Name, "value", Cancellation);
        vault.Decide = request =>
        {
            if (request.Method == "PATCH")
            {
                vault.DisableByHand(Name);
            }

            return null;
        };
        await Store.PromoteAsync(Name, version, Cancellation);
        Assert.Null(await vault.Open().GetAsync(Name, Cancellation));
        Assert.Null(await vault.Open().GetVersionAsync(Name, version, Cancellation));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_busy_vault_is_asked_again_when_it_said(int status)
    {
        var version = await SetAndPromoteAsync("value");
        var refused = 0;
        vault.Decide = request => Mine(request.Path) && refused++ == 0 ? (status, 1) : null;
        var began = Stopwatch.GetTimestamp();
        Assert.Equal(new SecretValue("value", version), await vault.Open().GetAsync(Name, Cancellation));
        Assert.True(Stopwatch.GetElapsedTime(began) >= TimeSpan.FromSeconds(0.95), "The vault was asked again too early.");
    }

    [Fact]
    public async Task Running_operations_go_on_through_an_outage_and_no_longer_than_its_time()
    {
        var time = new TickingTime();
        var store = vault.Open(time, retryDelay: TimeSpan.FromMilliseconds(10));
        var version = await SetAndPromoteAsync("value");
        await store.GetAsync(Name, Cancellation);
        vault.Decide = request => Mine(request.Path) ? (503, 0) : null;
        time.Pass(TimeSpan.FromMinutes(5));
        Assert.Equal(new SecretValue("value", version), await store.GetAsync(Name, Cancellation));
        time.Pass(TimeSpan.FromMinutes(15));
        var failure = await Assert.ThrowsAsync<SecretStoreUnavailableException>(() => store.GetAsync(Name, Cancellation));
        Assert.DoesNotContain("value", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vault_that_refuses_the_identity_is_not_papered_over_by_the_cache()
    {
        var time = new TickingTime();
        var store = vault.Open(time);
        await SetAndPromoteAsync("value");
        await store.GetAsync(Name, Cancellation);
        vault.Decide = request => Mine(request.Path) ? (403, 0) : null;
        time.Pass(TimeSpan.FromMinutes(2));
        await Assert.ThrowsAsync<SecretStoreUnavailableException>(() => store.GetAsync(Name, Cancellation));
    }

    [Fact]
    public async Task A_secret_read_again_within_a_minute_costs_the_vault_nothing()
    {
        await SetAndPromoteAsync("value");
        var store = vault.Open();
        var requests = 0;
        vault.Decide = request =>
        {
            requests += Mine(request.Path) ? 1 : 0;
            return null;
        };
        for (var i = 0; i < 10; i++)
        {
            Assert.NotNull(await store.GetAsync(Name, Cancellation));
        }

        Assert.Equal(2, requests);
    }

    private bool Mine(string? path) => path?.Contains(Name, StringComparison.OrdinalIgnoreCase) == true;

    private async Task<string> SetAndPromoteAsync(string value)
    {
        var version = await Store.SetAsync(Name, value, Cancellation);
        await Store.PromoteAsync(Name, version, Cancellation);
        return version;
    }

    private sealed class TickingTime : TimeProvider
    {
        private TimeSpan _passed;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(TimeSpan time) => _passed += time;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow + _passed;

        public override long GetTimestamp() => (System.GetElapsedTime(0) + _passed).Ticks;
    }
}

/// <summary>The port's suite on what development uses.</summary>
public sealed class DevelopmentSecretStoreTests(AzuriteServer azurite) : SecretStoreSuite
{
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override Task<ISecretStore> OpenAsync() =>
        Task.FromResult<ISecretStore>(new DevelopmentSecretStore(TestStorage.Records(azurite.Options())));
}
