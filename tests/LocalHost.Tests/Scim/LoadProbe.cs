using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using IdLcm.Domain.Listing;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>
/// A quick look at the hot reads: how many a second, beside a bare Kestrel endpoint that returns as many bytes in the same
/// process at the same time. Run by hand: <c>-explicit only -method "*LoadProbe*"</c>.
/// </summary>
public sealed class LoadProbe(ITestOutputHelper output)
{
    private const int Users = 10_000;
    private const int Connections = 8;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    [Fact(Explicit = true)]
    public async Task Rates_of_the_hot_reads()
    {
        await using var gateway = await Wire.PausedAsync();
        var ids = await Seed.UsersAsync(gateway, Users);
        await new ListingKeeper(gateway.Store, TimeProvider.System).KeepAsync(gateway.Integration.Id, cancellationToken: TestContext.Current.CancellationToken);
        foreach (var (name, path) in new (string, Func<int, string>)[]
        {
            ("get user", i => $"Users/{ids[i * 7919 % ids.Count]}"),
            ("filter userName", i => $"Users?filter=userName%20eq%20%22{Seed.NameOf(i * 7919 % Users)}%22"),
            ("list 100", i => $"Users?startIndex={1 + (i * 7919 % (Users - 100))}&count=100"),
            ("last page", _ => $"Users?startIndex={Users - 99}&count=100"),
        })
        {
            var size = (await gateway.GetAsync(path(1))).Text.Length;
            await using var bare = await BareAsync(size);
            var ours = await RateAsync(gateway.Scim.BaseAddress!, gateway.Scim.DefaultRequestHeaders.Authorization!.ToString(), path);
            var theirs = await RateAsync(new Uri(bare.Urls.First() + "/"), "Bearer none", _ => "x");
            output.WriteLine($"{name,-16} {ours.Rate,8:N0}/s {ours.Bytes,9:N0} B allocated each; bare Kestrel, {size,6:N0} B: {theirs.Rate,8:N0}/s {theirs.Bytes,7:N0} B; ratio {ours.Rate / theirs.Rate:0.00}");
        }
    }

    private static async Task<WebApplication> BareAsync(int size)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var body = new byte[size];
        app.Run(http =>
        {
            http.Response.ContentLength = body.Length;
            return http.Response.Body.WriteAsync(body).AsTask();
        });
        await app.StartAsync();
        return app;
    }

    /// <summary>Plain sockets, one request after the other on each: the client costs next to nothing.</summary>
    private static async Task<(double Rate, double Bytes)> RateAsync(Uri root, string authorization, Func<int, string> path)
    {
        await RunAsync(root, authorization, path, TimeSpan.FromSeconds(1));
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var (count, elapsed) = await RunAsync(root, authorization, path, Duration);
        return (count / elapsed.TotalSeconds, (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / count);
    }

    private static async Task<(long Count, TimeSpan Elapsed)> RunAsync(Uri root, string authorization, Func<int, string> path, TimeSpan duration)
    {
        var requests = Enumerable.Range(0, 1_000).Select(i => Encoding.ASCII.GetBytes(
            $"GET {root.AbsolutePath}{path(i)} HTTP/1.1\r\nHost: {root.Authority}\r\nAuthorization: {authorization}\r\n\r\n")).ToArray();
        var clock = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, Connections).Select(lane => Task.Run(async () =>
        {
            using var client = new TcpClient { NoDelay = true };
            await client.ConnectAsync(root.Host, root.Port);
            var stream = client.GetStream();
            var buffer = new byte[512 * 1024];
            long count = 0;
            for (var i = lane * 100; clock.Elapsed < duration; i++, count++)
            {
                await stream.WriteAsync(requests[i % requests.Length]);
                var read = 0;
                int end, length = -1;
                do
                {
                    read += await stream.ReadAsync(buffer.AsMemory(read));
                    end = buffer.AsSpan(0, read).IndexOf("\r\n\r\n"u8);
                    if (end >= 0 && length < 0)
                    {
                        length = LengthOf(buffer.AsSpan(0, end));
                    }
                }
                while (end < 0 || read < end + 4 + length);
            }

            return count;
        })));
        return (counts.Sum(), clock.Elapsed);
    }

    private static int LengthOf(ReadOnlySpan<byte> head)
    {
        Assert.True(head.StartsWith("HTTP/1.1 200"u8), Encoding.ASCII.GetString(head));
        var at = head.IndexOf("Content-Length: "u8) + 16;
        Assert.True(System.Buffers.Text.Utf8Parser.TryParse(head[at..], out int length, out _));
        return length;
    }
}
