using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using IdLcm.Domain.Operations;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What a page or form demands of whoever asks: the same permissions as the management API. Every endpoint declares exactly one.</summary>
/// <param name="Permission">The permission.</param>
internal sealed record DashboardAccess(Permission Permission);

/// <summary>A signed-in request.</summary>
/// <param name="Administrator">Who is signed in.</param>
/// <param name="Caller">The same person to the services of the management API.</param>
/// <param name="Cookie">The session's cookie.</param>
/// <param name="Since">When the request came.</param>
internal sealed record DashboardUser(Administrator Administrator, ApiCaller Caller, string Cookie, DateTimeOffset Since)
{
    private const int MaxUserAgent = 200;

    /// <summary>What every form of this session carries: nobody who does not hold the cookie can know it.</summary>
    public string FormToken { get; init; } = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.ASCII.GetBytes(Cookie), "dashboard form"u8));

    /// <summary>The same rights without anything of the person or the session: for a page that several people are given.</summary>
    public DashboardUser Anybody => this with { Administrator = Administrator with { Name = "" }, FormToken = "" };

    public static DashboardUser Of(HttpContext http) =>
        http.Features.Get<DashboardUser>() ?? throw new InvalidOperationException($"{http.Request.Path} was reached without passing the gate.");

    /// <summary>Who asks, for records and activity.</summary>
    public Provenance Provenance(HttpContext http)
    {
        var agent = http.Request.Headers.UserAgent.ToString();
        return new Provenance(
            Administrator.Name, "dashboard", agent.Length == 0 ? null : agent[..Math.Min(agent.Length, MaxUserAgent)], Administrator.Id, Activity.Current?.TraceId.ToString());
    }
}

/// <summary>Declares access.</summary>
internal static class DashboardAccessExtensions
{
    public static RouteHandlerBuilder Needs(this RouteHandlerBuilder endpoint, Permission permission) =>
        endpoint.WithMetadata(new DashboardAccess(permission)).ExcludeFromDescription();
}
