using System.Collections.Concurrent;
using IdLcm.Domain;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Storage;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Api;

/// <summary>Tells the workspace's activity of refused calls, each caller at most once a minute of each kind, so that nobody floods it.</summary>
internal sealed class DeniedCalls(ActivityLog log, TimeProvider clock)
{
    private const int MaxCallers = 1000;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> told = new(StringComparer.Ordinal);

    public async Task NoteAsync(string actor, string caller, HttpContext http, string why, ActivityKind kind = ActivityKind.CallDenied)
    {
        var now = clock.GetUtcNow();

        // A refused call must not hide that somebody tries to sign in from the same address.
        var key = $"{kind} {caller}";
        if (told.Count >= MaxCallers)
        {
            foreach (var old in told.Where(pair => now - pair.Value >= Interval))
            {
                told.TryRemove(old);
            }
        }

        if (told.Count >= MaxCallers || (told.TryGetValue(key, out var last) && now - last < Interval))
        {
            return;
        }

        told[key] = now;
        var path = http.Request.Path.ToString();
        try
        {
            await log.NoteAsync(ActivityLog.Workspace, ActivityEvent.Of(now, actor, kind, $"{http.Request.Method} {path[..Math.Min(path.Length, 200)]}", $"{caller}: {why}"));
        }
        catch (RecordStoreUnavailableException)
        {
            // A refusal is a refusal whether it can be noted or not; the log has it.
        }
    }
}
