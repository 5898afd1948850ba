using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Json;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;
using IdLcm.Functions.Evidence;
using IdLcm.Functions.Secrets;
using IdLcm.Functions.Storage;
using IdLcm.Functions.Tests.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace IdLcm.Functions.Tests.Storage;

/// <summary>An Azurite that wants tokens over TLS, and the services that the product registers for it.</summary>
public sealed class TokenAzurite : IAsyncLifetime
{
    // Azurite's transactions understand addresses with the account in the path only, which it takes of an address without a name.
    private const string Tables = "127.0.0.1";
    private const string Blobs = "devstoreaccount1.blob.core.windows.net";

    private readonly LocalTls _tls = new(Tables, Blobs);
    private readonly AzuriteServer _azurite;

    public TokenAzurite()
    {
        _azurite = AzuriteServer.WithTokens(_tls.Certificate);
        Services = new ServiceCollection().AddAzureStorage(new AzureStorageOptions
        {
            TableEndpoint = new Uri($"https://{Tables}/devstoreaccount1"),
            BlobEndpoint = new Uri("https://" + Blobs),
            Credential = Credential,
            ConfigureClient = client => client.Transport = _tls.Transport(PortOf),
        }).BuildServiceProvider();
    }

    public ServiceProvider Services { get; }

    internal TestCredential Credential { get; } = new(static _ => Jwt());

    public ValueTask InitializeAsync() => _azurite.InitializeAsync();

    public HttpClient Browser() => new(_tls.Handler(PortOf));

    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        await _azurite.DisposeAsync();
        _tls.Dispose();
    }

    // Azurite checks issuer, audience and times, and not the signature.
    private static string Jwt()
    {
        var now = DateTimeOffset.UtcNow;
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["iss"] = "https://sts.windows.net/11111111-2222-3333-4444-555555555555/",
            ["aud"] = "https://storage.azure.com",
            ["tid"] = "11111111-2222-3333-4444-555555555555",
            ["oid"] = "66666666-7777-8888-9999-000000000000",
            ["nbf"] = now.AddMinutes(-5).ToUnixTimeSeconds(),
            ["iat"] = now.AddMinutes(-5).ToUnixTimeSeconds(),
            ["exp"] = now.AddHours(1).ToUnixTimeSeconds(),
        };
        return $"{Part(new Dictionary<string, object>(StringComparer.Ordinal) { ["alg"] = "RS256", ["typ"] = "JWT" })}.{Part(claims)}.{Base64Url.EncodeToString("none"u8)}";

        static string Part(Dictionary<string, object> value) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(value)));
    }

    private int PortOf(string host) => host == Tables ? _azurite.TablePort : _azurite.BlobPort;
}

/// <summary>Everything with tokens and over TLS, as in Azure.</summary>
public sealed class ManagedIdentityTests(TokenAzurite azurite) : IClassFixture<TokenAzurite>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Records_blobs_and_anchors_are_written_and_read_with_tokens_for_storage_alone()
    {
        var records = azurite.Services.GetRequiredService<IRecordStore>();
        Assert.True((await records.CommitAsync("p", [RecordChange.Insert("it's (a) row", "1"u8.ToArray())], Cancellation)).Committed);
        Assert.Equal("1"u8.ToArray(), (await records.GetAsync("p", "it's (a) row", Cancellation))!.Value.ToArray());
        var anchor = azurite.Services.GetRequiredService<IChainAnchor>();
        await anchor.AppendAsync("i", new ActivityHead(1, new string('a', 64)), Cancellation);
        await foreach (var head in anchor.ReadAsync("i", Cancellation))
        {
            Assert.Equal(1, head.Sequence);
        }

        Assert.All(azurite.Credential.Asked, static asked => Assert.Equal("https://storage.azure.com/.default", asked.Scopes.Single()));
    }

    [Fact]
    public async Task A_link_opens_its_blob_without_a_token_and_no_other()
    {
        var blobs = azurite.Services.GetRequiredService<IBlobStore>();
        var shown = await blobs.PutAsync("evidence", "screenshot"u8.ToArray(), "image/png", Cancellation);
        var hidden = await blobs.PutAsync("evidence", "other"u8.ToArray(), "image/png", Cancellation);
        var link = await azurite.Services.GetRequiredService<IEvidenceLinks>().CreateAsync("evidence", shown.Hash, "screen.png", TimeSpan.FromMinutes(5), Cancellation);
        using var browser = azurite.Browser();

        Assert.NotNull(link);
        Assert.Equal("https", link.Scheme);
        Assert.Equal("screenshot", await browser.GetStringAsync(link, Cancellation));
        var answer = await browser.GetAsync(new Uri(link.AbsoluteUri.Replace(shown.Hash, hidden.Hash, StringComparison.Ordinal)), Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        answer = await browser.GetAsync(new Uri(link.GetLeftPart(UriPartial.Path)), Cancellation);
        Assert.False(answer.IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_link_is_dead_after_its_time()
    {
        var reference = await azurite.Services.GetRequiredService<IBlobStore>().PutAsync("evidence", "x"u8.ToArray(), "image/png", Cancellation);
        using var links = new EvidenceLinks(azurite.Services.GetRequiredService<Azure.Storage.Blobs.BlobServiceClient>(), "idlcm", new EarlierTime(), NullLogger<EvidenceLinks>.Instance);
        var link = await links.CreateAsync("evidence", reference.Hash, "screen.png", TimeSpan.FromMinutes(5), Cancellation);
        using var browser = azurite.Browser();
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.GetAsync(link, Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData("", 5)]
    [InlineData("a/b", 5)]
    [InlineData("a\"b", 5)]
    [InlineData("screen.png", 0)]
    [InlineData("screen.png", 61)]
    public async Task Links_outside_the_limits_are_refused(string fileName, int minutes) =>
        await Assert.ThrowsAsync<ArgumentException>(() => azurite.Services.GetRequiredService<IEvidenceLinks>().CreateAsync(
            "evidence", new string('a', 64), fileName, TimeSpan.FromMinutes(minutes), Cancellation));

    [Theory]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=prod;AccountKey=a2V5;EndpointSuffix=core.windows.net")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=prod;AccountKey=a2V5;TableEndpoint=https://prod.table.core.windows.net;BlobEndpoint=http://127.0.0.1:1/a")]
    [InlineData("AccountName=prod;AccountKey=a2V5")]
    public void A_shared_key_of_a_real_account_is_refused(string connectionString)
    {
        using var services = new ServiceCollection().AddAzureStorage(new AzureStorageOptions { DevelopmentConnectionString = connectionString }).BuildServiceProvider();
        Assert.Throws<InvalidOperationException>(services.GetRequiredService<IRecordStore>);
        Assert.Throws<InvalidOperationException>(services.GetRequiredService<IBlobStore>);
    }

    [Fact]
    public void A_missing_or_plain_endpoint_is_named()
    {
        using var missing = new ServiceCollection().AddAzureStorage(new AzureStorageOptions()).BuildServiceProvider();
        Assert.Contains("TableEndpoint", Assert.Throws<InvalidOperationException>(missing.GetRequiredService<IRecordStore>).Message, StringComparison.Ordinal);
        using var plain = new ServiceCollection().AddAzureStorage(new AzureStorageOptions { KeyVaultEndpoint = new Uri("http://vault") }).BuildServiceProvider();
        Assert.Contains("https", Assert.Throws<InvalidOperationException>(plain.GetRequiredService<ISecretStore>).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_beside_the_records_are_for_an_emulator_without_a_vault_only()
    {
        var emulator = new AzureStorageOptions { DevelopmentConnectionString = "UseDevelopmentStorage=true" };
        using var development = new ServiceCollection().AddAzureStorage(emulator).BuildServiceProvider();
        Assert.IsType<DevelopmentSecretStore>(development.GetRequiredService<ISecretStore>());
        using var mixed = new ServiceCollection().AddAzureStorage(emulator with { KeyVaultEndpoint = new Uri("https://v.vault.azure.net") }).BuildServiceProvider();
        Assert.IsType<KeyVaultSecretStore>(mixed.GetRequiredService<ISecretStore>());
        Assert.Throws<InvalidOperationException>(azurite.Services.GetRequiredService<ISecretStore>);
    }

    private sealed class EarlierTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow - TimeSpan.FromMinutes(30);
    }
}
