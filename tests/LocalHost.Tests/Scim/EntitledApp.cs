using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>The app in memory, with entitlements beside its roles.</summary>
internal sealed class EntitledApp : IConnectorRunner, IConnectorCatalog
{
    private readonly Lock sync = new();
    private readonly Dictionary<string, List<string>> held = new(StringComparer.OrdinalIgnoreCase);

    public static ConnectorManifest Manifest { get; } = InMemoryApp.Manifest with
    {
        Capabilities = InMemoryApp.Manifest.Capabilities with { SetEntitlements = true },
        UserSchema = InMemoryApp.Manifest.UserSchema with { EntitlementTypes = ["project-permission", "licence"] },
        Verbs = new HashSet<ConnectorVerb>(InMemoryApp.Manifest.Verbs) { ConnectorVerb.ListEntitlements, ConnectorVerb.SetEntitlements },
        Inputs = new Dictionary<ConnectorVerb, IReadOnlyList<string>>(InMemoryApp.Manifest.Inputs) { [ConnectorVerb.SetEntitlements] = ["addedEntitlements", "removedEntitlements"] },
    };

    /// <summary>What was given (+) and taken (-), in order.</summary>
    public List<string> Steps { get; } = [];

    /// <summary>The people and what was done to them.</summary>
    public InMemoryApp People { get; } = new();

    /// <summary>What the app offers.</summary>
    public List<JsonObject> Offered { get; } =
    [
        new() { ["value"] = "project:1/read", ["name"] = "Read project 1", ["type"] = "project-permission", ["description"] = new string('d', 2_000) },
        new() { ["value"] = "project:1/write", ["displayName"] = "Write project 1", ["type"] = "Project-Permission", ["incompatible"] = new JsonArray("audit") },
        new() { ["id"] = "audit", ["type"] = "licence" },
        new() { ["name"] = "nobody can assign this" },
    ];

    public static Action<IServiceCollection> Services(EntitledApp app) => services =>
    {
        services.AddSingleton<IConnectorRunner>(app);
        services.AddSingleton<IConnectorCatalog>(app);
    };

    public IReadOnlyList<string> Of(string email)
    {
        lock (sync)
        {
            return [.. (held.GetValueOrDefault(email) ?? []).Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>Somebody gives an entitlement by hand.</summary>
    public void Give(string email, string value)
    {
        lock (sync)
        {
            (held.TryGetValue(email, out var values) ? values : held[email] = []).Add(value);
        }
    }

    IReadOnlyList<ConnectorManifest> IConnectorCatalog.List() => [Manifest];

    ConnectorManifest? IConnectorCatalog.Find(string id, string? version) => id == Manifest.Id ? Manifest : null;

    IReadOnlyList<ConnectorManifest> IConnectorCatalog.Versions(string id) => id == Manifest.Id ? [Manifest] : [];

    IReadOnlyList<ConnectorChange>? IConnectorCatalog.Compare(string id, string from, string to) =>
        id == Manifest.Id && from == Manifest.Version && to == Manifest.Version ? [] : null;

    RepairedConnector IConnectorCatalog.Repair(string id, string version, LocatorRepair repair) => new(null, "The connector is not a file.");

    public async Task<ConnectorSessionResult> OpenAsync(ConnectorSessionRequest request, CancellationToken cancellationToken = default)
    {
        var opened = await People.OpenAsync(request, cancellationToken);
        return opened.Session is null ? opened : opened with { Session = new Session(this, opened.Session) };
    }

    private sealed class Session(EntitledApp app, IConnectorSession inner) : IConnectorSession
    {
        public ConnectorManifest Manifest => EntitledApp.Manifest;

        public bool Reused => false;

        public async Task<VerbResult> RunAsync(VerbCall call, CancellationToken cancellationToken = default)
        {
            switch (call.Verb)
            {
                case ConnectorVerb.ListEntitlements:
                    return new VerbResult(call.Verb, null, [.. app.Offered.Select(row => (JsonObject)row.DeepClone())], Complete: true, CommitEntered: false, Verified: false, [], []);
                case ConnectorVerb.SetEntitlements:
                    if (!await call.CommitGate!.EnterAsync($"{call.Verb}", cancellationToken))
                    {
                        return new VerbResult(call.Verb, new Failure(FailureCode.Cancelled, "stopped"), [], Complete: false, CommitEntered: false, Verified: false, [], []);
                    }

                    app.Set((string)call.Inputs["identifier"]!, call.Inputs);
                    return new VerbResult(call.Verb, null, [], Complete: true, CommitEntered: true, Verified: false, [], []);
                default:
                    var result = await inner.RunAsync(call with { Rows = null }, cancellationToken);
                    return await InMemoryApp.HandOnAsync(call, result with { Rows = [.. result.Rows.Select(app.Entitle)] }, cancellationToken);
            }
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private JsonObject Entitle(JsonObject row)
    {
        row["entitlements"] = new JsonArray([.. Of((string)row["email"]!).Select(value => (JsonNode)value)]);
        return row;
    }

    /// <summary>Does what is added and removed only, as most apps' pages work.</summary>
    private void Set(string email, JsonObject inputs)
    {
        lock (sync)
        {
            var values = held.TryGetValue(email, out var known) ? known : held[email] = [];
            Steps.AddRange(inputs["addedEntitlements"]!.AsArray().Select(value => $"+{value}"));
            Steps.AddRange(inputs["removedEntitlements"]!.AsArray().Select(value => $"-{value}"));
            values.AddRange(inputs["addedEntitlements"]!.AsArray().Select(value => (string)value!));
            values.RemoveAll(value => inputs["removedEntitlements"]!.AsArray().Any(gone => (string)gone! == value));
        }
    }
}
