using System.Net;
using IdLcm.Automation.Format;

namespace IdLcm.Automation.Browser;

/// <summary>Which hosts one integration's browser may talk to; everything else is blocked.</summary>
internal sealed class HostPolicy
{
    private readonly IReadOnlyList<HostRule> rules;
    private readonly bool insecureHttp;

    private HostPolicy(IReadOnlyList<HostRule> rules, bool insecureHttp)
    {
        this.rules = rules;
        this.insecureHttp = insecureHttp;
    }

    /// <summary>Resolves a connector's hosts with an integration's settings.</summary>
    /// <returns>The policy, or null where a host is not one; <paramref name="problem"/> then says which.</returns>
    public static HostPolicy? Create(ConnectorDefinition connector, Scope settings, out string? problem)
    {
        var found = new List<HostRule>();
        foreach (var host in connector.AllowedHosts)
        {
            if (host.Resolve(settings, out var missing) is not { } text)
            {
                problem = $"The setting '{missing}' is needed for the host {host}.";
                return null;
            }

            if (HostRule.Parse(text) is not { } rule)
            {
                problem = $"'{text}' is not a host (from {host} in allowedHosts).";
                return null;
            }

            found.Add(rule);
        }

        problem = null;
        return new(found, connector.InsecureHttp);
    }

    public bool Allows(Uri address) => address.Scheme switch
    {
        "https" or "wss" => AllowsTunnel(address.Host, address.Port),
        "http" or "ws" => AllowsPlain(address.Host, address.Port),
        "about" or "data" or "blob" => true,
        _ => false,
    };

    /// <summary>For https and WebSockets: the browser asks for a tunnel and encrypts inside it.</summary>
    public bool AllowsTunnel(string host, int port) =>
        rules.Any(r => r.Covers(host) && (r.Port is { } named ? named == port : port == 443 || (port == 80 && PlainAllowed(host))));

    public bool AllowsPlain(string host, int port) =>
        PlainAllowed(host) && rules.Any(r => r.Covers(host) && (r.Port ?? 80) == port);

    private bool PlainAllowed(string host) => insecureHttp || IsLoopback(host);

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}

/// <summary>One allowed host: <c>host</c>, <c>host:port</c>, <c>*.host</c>, or the address of a setting.</summary>
internal sealed record HostRule(string Host, bool Subdomains, int? Port)
{
    public static HostRule? Parse(string text)
    {
        if (text.Contains("://", StringComparison.Ordinal))
        {
            return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.UserInfo.Length == 0
                ? new(address.Host, Subdomains: false, address.Port)
                : null;
        }

        var wide = text.StartsWith("*.", StringComparison.Ordinal);
        var rest = wide ? text[2..] : text;
        int? port = null;
        var colon = rest.LastIndexOf(':');
        if (colon > 0 && !rest.EndsWith(']'))
        {
            if (!ushort.TryParse(rest.AsSpan(colon + 1), out var number) || number == 0)
            {
                return null;
            }

            (rest, port) = (rest[..colon], number);
        }

        return Uri.CheckHostName(rest.Trim('[', ']')) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6
            ? new(rest.TrimEnd('.'), wide, port)
            : null;
    }

    public bool Covers(string host)
    {
        host = host.TrimEnd('.');
        return Subdomains
            ? host.Length > Host.Length + 1 && host.EndsWith("." + Host, StringComparison.OrdinalIgnoreCase)
            : host.Equals(Host, StringComparison.OrdinalIgnoreCase);
    }
}
