using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdLcm.LocalHost.Tests.Life;

/// <summary>What a receiver of notifications was sent.</summary>
internal sealed record ReceivedCall(string Path, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>A receiver of notifications on a real port.</summary>
internal sealed class Receiver(WebApplication app) : IAsyncDisposable
{
    private readonly List<ReceivedCall> calls = [];

    public int Status { get; set; } = 200;

    /// <summary>While set, every answer waits for it, and what came before is not counted.</summary>
    public Task? Gate { get; set; }

    public string Url => app.Urls.First();

    public IReadOnlyList<ReceivedCall> Calls
    {
        get
        {
            lock (calls)
            {
                return [.. calls];
            }
        }
    }

    public static async Task<Receiver> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add($"http://127.0.0.1:{port}");
        var receiver = new Receiver(app);
        app.MapPost("/{**path}", async (HttpContext http) =>
        {
            if (receiver.Gate is { IsCompleted: false } gate)
            {
                await gate.WaitAsync(http.RequestAborted);
            }

            using var reader = new StreamReader(http.Request.Body);
            var headers = http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            var call = new ReceivedCall(http.Request.Path, headers, await reader.ReadToEndAsync());
            lock (receiver.calls)
            {
                receiver.calls.Add(call);
            }

            return Results.StatusCode(receiver.Status);
        });
        await app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();
}
