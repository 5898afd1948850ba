using System.Diagnostics;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Api;

/// <summary>Whoever calls the management API: the holder of a key.</summary>
/// <param name="Key">The key.</param>
internal sealed record ApiCaller(ApiKey Key)
{
    private const int MaxUserAgent = 200;

    public WorkspaceRole Role => Key.Role;

    /// <summary>The integrations that the caller is confined to; null for all.</summary>
    public IReadOnlyList<string>? Confinement => Role == WorkspaceRole.IntegrationManager ? Key.IntegrationIds ?? [] : null;

    public bool Has(Permission permission) => permission == Permission.Anonymous || Permissions.Of(Role).Contains(permission);

    public bool MayUse(string integrationId) => Confinement is not { } given || given.Contains(integrationId, StringComparer.Ordinal);

    /// <summary>The caller of a request that the gate let through.</summary>
    public static ApiCaller Of(HttpContext http) =>
        http.Features.Get<ApiCaller>() ?? throw new InvalidOperationException($"{http.Request.Path} was reached without passing the gate.");

    /// <summary>Who asks, for records and activity.</summary>
    public Provenance Provenance(HttpContext http)
    {
        var agent = http.Request.Headers.UserAgent.ToString();
        return new Provenance(
            Key.Label, "api", agent.Length == 0 ? null : agent[..Math.Min(agent.Length, MaxUserAgent)], Key.Id, Activity.Current?.TraceId.ToString());
    }
}
