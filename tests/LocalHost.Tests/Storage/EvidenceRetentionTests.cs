using IdLcm.Domain.Storage;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Storage;

public sealed class EvidenceRetentionTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Evidence_past_its_days_goes_by_itself_and_what_is_younger_stays()
    {
        await using var gateway = await RunningGateway.StartAsync(services: services => services.AddSingleton(new EvidenceRetention { Days = 10 }));
        var blobs = gateway.Services.GetRequiredService<IBlobStore>();
        var kept = await blobs.PutAsync("evidence", "how the page looked"u8.ToArray(), "text/plain", Stop);
        var other = await blobs.PutAsync("someone-elses", "not evidence"u8.ToArray(), "text/plain", Stop);

        gateway.Clock.Leap(TimeSpan.FromDays(9));
        await SweptAsync(gateway);
        Assert.True(await IsKeptAsync(blobs, "evidence", kept));

        gateway.Clock.Leap(TimeSpan.FromDays(1.1));
        await GoneAsync(blobs, kept);
        Assert.True(await IsKeptAsync(blobs, "someone-elses", other));
    }

    [Fact]
    public async Task Of_more_evidence_than_fits_the_oldest_goes()
    {
        await using var gateway = await RunningGateway.StartAsync(services: services => services.AddSingleton(new EvidenceRetention { Megabytes = 1 }));
        var blobs = gateway.Services.GetRequiredService<IBlobStore>();
        var older = await blobs.PutAsync("evidence", new byte[600_000], "image/png", Stop);
        var newer = await blobs.PutAsync("evidence", new byte[700_000], "image/png", Stop);

        gateway.Clock.Leap(TimeSpan.FromHours(2));

        await GoneAsync(blobs, older);
        Assert.True(await IsKeptAsync(blobs, "evidence", newer));
    }

    [Theory]
    [InlineData(0, 10, "Evidence:Days is 0")]
    [InlineData(30, -1, "Evidence:Megabytes is -1")]
    public void A_retention_that_cannot_be_says_so(int days, long megabytes, string problem) =>
        Assert.StartsWith(problem, new EvidenceRetention { Days = days, Megabytes = megabytes }.Problem()!, StringComparison.Ordinal);

    /// <summary>A blob of the plans, which the same turn sweeps after evidence, has come of age: the turn is over.</summary>
    private static async Task SweptAsync(RunningGateway gateway)
    {
        var blobs = gateway.Services.GetRequiredService<IBlobStore>();
        var marker = await blobs.PutAsync("plans", "a marker"u8.ToArray(), "text/plain", Stop);
        var file = Directory.EnumerateFiles(Path.Combine(gateway.DataDirectory, "blobs", "plans"), "*", SearchOption.AllDirectories).Single();
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-300));
        gateway.Clock.Leap(TimeSpan.FromHours(1.1));
        while (await IsKeptAsync(blobs, "plans", marker))
        {
            await Task.Delay(50, Stop);
        }
    }

    private static async Task GoneAsync(IBlobStore blobs, BlobReference blob)
    {
        while (await IsKeptAsync(blobs, "evidence", blob))
        {
            await Task.Delay(50, Stop);
        }
    }

    private static async Task<bool> IsKeptAsync(IBlobStore blobs, string container, BlobReference blob)
    {
        await using var content = await blobs.OpenAsync(container, blob.Hash, Stop);
        return content is not null;
    }
}
