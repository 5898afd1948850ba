using System.Diagnostics;
using System.Text.Json.Nodes;
using IdLcm.Apps.Tests;
using IdLcm.Automation;
using IdLcm.Domain.Connectors;
using IdLcm.LocalHost.Cli.Connectors;

namespace IdLcm.Bench.Apps;

/// <summary>The product's own runner with a connector of the catalog, its sessions kept as an integration's are.</summary>
internal sealed class ProductSide : IAsyncDisposable
{
    private const string Secret = "service-account";

    /// <summary>What its connector says about itself.</summary>
    public ConnectorManifest Manifest => host.Manifest;

    private readonly TrialHost host;
    private readonly string url;

    private ProductSide(TrialHost host, string url)
    {
        this.host = host;
        this.url = url;
    }

    public static async Task<ProductSide> CreateAsync(RealApp app, string connector, string secret, AutomationOptions options)
    {
        var settings = new Dictionary<string, string> { ["appUrl"] = app.Url };
        var host = TrialHost.Create(Path.Combine(Repository.Catalog, connector, "connector.yaml"), settings, options, Console.Error);
        await host.Secrets.SetAsync(Secret, secret);
        return new(host, app.Url);
    }

    /// <summary>
    /// Does a verb as an operation does it: takes the integration's session, looks the account up (for a deletion in the list
    /// alone), does the verb, which reads the result back, and gives the session back. A read is the look-up alone.
    /// </summary>
    /// <returns>Milliseconds of the whole, and of the verb alone.</returns>
    public async Task<(double Whole, double Verb)> RunAsync(ConnectorVerb verb, string login)
    {
        var started = Stopwatch.GetTimestamp();
        await using var session = await OpenAsync("one");
        var before = Stopwatch.GetTimestamp();
        var inputs = Inputs(session.Manifest, verb, login);
        var read = await session.RunAsync(new(ConnectorVerb.GetUser, new JsonObject { ["identifier"] = login }) { WithDetail = verb != ConnectorVerb.Delete });
        Expect(read, read.Succeeded && read.Complete && read.Rows.Count == (verb == ConnectorVerb.CreateUser ? 0 : 1));
        if (verb != ConnectorVerb.GetUser)
        {
            before = Stopwatch.GetTimestamp();
            var done = await session.RunAsync(new(verb, inputs));
            Expect(done, done is { Succeeded: true, Verified: true });
        }

        return (Stopwatch.GetElapsedTime(started).TotalMilliseconds, Stopwatch.GetElapsedTime(before).TotalMilliseconds);
    }

    /// <summary>Opens a session of an integration; two integrations never share one.</summary>
    public async Task<IConnectorSession> OpenAsync(string integration)
    {
        var opened = await host.Runner.OpenAsync(new()
        {
            IntegrationId = integration,
            ConnectorId = host.Manifest.Id,
            ConnectorVersion = host.Manifest.Version,
            Settings = new Dictionary<string, string> { ["appUrl"] = url },
            ServiceAccountUserName = "admin",
            LoginMethod = host.Manifest.Auth.Methods[0],
            PasswordSecret = Secret,
            CorrelationId = "bench",
        });
        return opened.Session ?? throw new InvalidOperationException($"No session: {opened.Failure}");
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    private static JsonObject Inputs(ConnectorManifest manifest, ConnectorVerb verb, string login) => verb switch
    {
        ConnectorVerb.CreateUser => new()
        {
            [manifest.UserSchema.PrimaryIdentifier] = login,
            ["email"] = $"{login}@example.com",
            ["givenName"] = login,
            ["familyName"] = "Bench",
            ["roles"] = new JsonArray(manifest.UserSchema.Roles[0].Value),
        },
        ConnectorVerb.UpdateUser => new() { ["identifier"] = login, ["givenName"] = "Changed" },
        _ => new() { ["identifier"] = login },
    };

    private static void Expect(VerbResult result, bool holds)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"{result.Verb}: {result.Failure?.ToString() ?? $"{result.Rows.Count} rows"}");
        }
    }
}
