using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IdLcm.Automation.Browser;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Sessions;

/// <summary>The service accounts in use, each with its own browser context; closes what is idle.</summary>
internal sealed class ServiceAccounts : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<ServiceAccount>> accounts = new(StringComparer.Ordinal);
    private readonly AutomationOptions options;
    private readonly BrowserHost host;
    private readonly TimeProvider time;
    private readonly ITimer sweeper;
    private DateTimeOffset lastInUse;

    public ServiceAccounts(AutomationOptions options, BrowserHost host, TimeProvider time)
    {
        this.options = options;
        this.host = host;
        this.time = time;
        lastInUse = time.GetUtcNow();
        var period = TimeSpan.FromTicks(Math.Clamp(options.IdleTimeout.Ticks / 4, TimeSpan.TicksPerSecond, TimeSpan.TicksPerMinute));
        host.Retiring = () => _ = SweepAsync();
        sweeper = time.CreateTimer(_ => _ = SweepAsync(), null, period, period);
    }

    /// <summary>The account that a request is for.</summary>
    /// <returns>The account, or what is wrong with the settings.</returns>
    public (ServiceAccount? Account, Failure? Failure) Find(ConnectorSessionRequest request, ConnectorDefinition connector)
    {
        var (values, problem) = Checked(request.Settings, connector.Manifest);
        if (problem is not null)
        {
            return (null, new(FailureCode.InvalidBusinessId, problem));
        }

        var settings = new Scope { Maps = connector.Maps };
        var all = new JsonObject();
        foreach (var (name, value) in values)
        {
            settings.Set(name, value);
            all[name] = value;
        }

        settings.Set("settings", all);
        var policy = HostPolicy.Create(connector, settings, out problem);
        var baseText = connector.BaseUrl.Resolve(settings, out var missing);
        if (policy is null || !Uri.TryCreate(baseText, UriKind.Absolute, out var baseUrl) || !policy.Allows(baseUrl))
        {
            return (null, new(FailureCode.InvalidBusinessId, problem ?? (missing is not null ? $"The setting '{missing}' is needed." : $"'{baseText}' is not an address of an allowed host.")));
        }

        var httpText = (connector.Http.BaseUrl ?? connector.BaseUrl).Resolve(settings, out missing);
        if (!Uri.TryCreate(httpText, UriKind.Absolute, out var httpBaseUrl) || !policy.Allows(httpBaseUrl))
        {
            return (null, new(FailureCode.InvalidBusinessId, missing is not null ? $"The setting '{missing}' is needed." : $"'{httpText}' is not an address of an allowed host."));
        }

        var key = Key(request, values);
        var account = accounts.GetOrAdd(key, k => new(() => new(k, connector, settings, policy, baseUrl, httpBaseUrl, options, time)));
        return (account.Value, null);
    }

    public async ValueTask DisposeAsync()
    {
        host.Retiring = null;
        await sweeper.DisposeAsync();
        foreach (var account in accounts.Values)
        {
            await account.Value.DisposeAsync();
        }

        accounts.Clear();
    }

    /// <summary>Everything that a session depends on: a change of any of it means another session.</summary>
    private static string Key(ConnectorSessionRequest request, IReadOnlyDictionary<string, string> settings)
    {
        string[] parts =
        [
            request.IntegrationId, request.ConnectorId, request.ConnectorVersion, request.LoginMethod, request.ServiceAccountUserName,
            .. settings.OrderBy(s => s.Key, StringComparer.Ordinal).SelectMany(s => new[] { s.Key, s.Value }),
        ];
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(parts))));
    }

    private static (Dictionary<string, string> Values, string? Problem) Checked(IReadOnlyDictionary<string, string> given, ConnectorManifest manifest)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var setting in manifest.Settings)
        {
            var value = given.GetValueOrDefault(setting.Name) is { Length: > 0 } text ? text : setting.Default;
            if (value is null && setting.Required)
            {
                return (values, $"The setting '{setting.Label}' is required.");
            }

            if (value is not null && setting.Pattern is { } pattern
                && !Regex.IsMatch(value, $"^(?:{pattern})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)))
            {
                return (values, $"The setting '{setting.Label}' cannot be '{value}': it has the form {pattern}.");
            }

            if (value is not null)
            {
                values[setting.Name] = value;
            }
        }

        return (values, null);
    }

    private async Task SweepAsync()
    {
        var now = time.GetUtcNow();
        var used = false;
        foreach (var account in accounts.Values.Where(a => a.IsValueCreated).Select(a => a.Value))
        {
            foreach (var session in account.TakeIdleSince(now - options.IdleTimeout))
            {
                await account.CloseAsync(session);
            }

            used |= !account.IsUnused;
        }

        if (used)
        {
            lastInUse = now;
        }
        else if (now - lastInUse > options.IdleTimeout)
        {
            await host.RestAsync();
        }
    }
}
