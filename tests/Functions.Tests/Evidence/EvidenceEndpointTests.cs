using System.Net;
using IdLcm.Domain;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using IdLcm.Functions.Tests.Storage;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Functions.Tests.Evidence;

/// <summary>Large evidence goes from the blob service to the person, by a link that the gateway gives to those who may.</summary>
public sealed class EvidenceEndpointTests(TokenAzurite azurite) : IClassFixture<TokenAzurite>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_large_trace_is_a_link_for_who_may_read_it_and_a_screenshot_is_not()
    {
        var blobs = azurite.Services.GetRequiredService<IBlobStore>();
        await using var gateway = await RunningGateway.StartAsync(services: services => services
            .AddSingleton(blobs)
            .AddSingleton(azurite.Services.GetRequiredService<IEvidenceLinks>()));
        await gateway.CreateAsync("ada@acme.test");
        var operation = (await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded)).LastOperationId!;
        var trace = await KeepAsync(gateway, blobs, operation, "trace", "application/zip");
        var screenshot = await KeepAsync(gateway, blobs, operation, "screenshot", "image/png");
        var key = await gateway.OwnerKeyAsync();
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(gateway.Url) };
        Task<HttpResponseMessage> GetAsync(string hash, string? bearer)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, $"/api/operations/{operation}/evidence/{hash}");
            request.Headers.Authorization = bearer is null ? null : new("Bearer", bearer);
            return client.SendAsync(request, Stop);
        }

        using var redirected = await GetAsync(trace, key);
        using var streamed = await GetAsync(screenshot, key);
        using var refused = await GetAsync(trace, bearer: null);
        Assert.Equal((HttpStatusCode.Redirect, HttpStatusCode.OK, HttpStatusCode.Unauthorized), (redirected.StatusCode, streamed.StatusCode, refused.StatusCode));
        Assert.Contains("no-store", redirected.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        Assert.Null(refused.Headers.Location);
        using var browser = azurite.Browser();
        var content = await browser.GetByteArrayAsync(redirected.Headers.Location, Stop);
        Assert.Equal(2 << 20, content.Length);
    }

    private static async Task<string> KeepAsync(RunningGateway gateway, IBlobStore blobs, string operation, string kind, string type)
    {
        var content = new byte[2 << 20];
        Random.Shared.NextBytes(content);
        var kept = await blobs.PutAsync("evidence", content, type, Stop);
        var row = Rows.Attempt(operation, 1);
        var attempt = (await gateway.Store.FindAsync<OperationAttempt>(gateway.Partition, row, Stop))!;
        var item = new EvidenceItem(kind, kept.Hash, type, content.Length, "kept");
        var result = await gateway.Store.CommitAsync(
            gateway.Partition, [TypedRecords.Write(row, attempt.Value with { Evidence = [.. attempt.Value.Evidence, item] }, attempt.ETag)], Stop);
        Assert.True(result.Committed);
        return kept.Hash;
    }
}
