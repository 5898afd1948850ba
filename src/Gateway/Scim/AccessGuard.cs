using System.Collections.Concurrent;
using System.Net;
using IdLcm.Domain;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Gateway.Scim.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Scim;

/// <summary>
/// Audits requests that were refused. One event a minute for an address (of IPv6 its /64) and integration: a flood of bad tokens must not
/// become a flood of writes, and good requests never wait.
/// </summary>
internal sealed partial class AccessGuard(IRecordStore store, TimeProvider clock, ILogger<AccessGuard> logger)
{
    private const int MaxRemembered = 10_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(string Integration, IPAddress Address), DateTimeOffset> audited = new();

    public async Task DeniedAsync(string integrationId, HttpContext http, string reason)
    {
        var remote = http.Connection.RemoteIpAddress ?? IPAddress.None;
        var now = clock.GetUtcNow();
        var key = (integrationId, RemoteNetwork.Of(remote));
        if (audited.TryGetValue(key, out var last) && now - last < Interval)
        {
            return;
        }

        if (audited.Count >= MaxRemembered)
        {
            audited.Clear();
        }

        audited[key] = now;
        LogDenied(integrationId, remote, reason);
        var denied = ActivityEvent.Of(now, remote.ToString(), ActivityKind.AccessDenied, "SCIM gateway", $"{http.Request.Method} with {reason}");
        await store.CommitAsync(Rows.Partition(integrationId), [ActivityLog.Append(denied)], http.RequestAborted);
    }

    [LoggerMessage(2103, LogLevel.Warning, "SCIM gateway {IntegrationId} refused {Address}: {Reason}")]
    private partial void LogDenied(string integrationId, IPAddress address, string reason);
}
