using System.Text.Json.Nodes;
using IdLcm.Automation;
using IdLcm.Domain.Connectors;
using IdLcm.LocalHost.Cli.Connectors;

namespace IdLcm.Bench.Apps;

/// <summary>The product's runner with a connector of the catalog, in one signed-in session.</summary>
internal sealed class ProductRun : IWay, IAsyncDisposable
{
    private readonly TrialHost host;
    private readonly IConnectorSession session;

    private ProductRun(TrialHost host, IConnectorSession session)
    {
        this.host = host;
        this.session = session;
    }

    public static async Task<ProductRun> StartAsync(string connector, string url, string user, string? password, string? token)
    {
        var (host, request) = await HostAsync(connector, url, user, password, token, new AutomationOptions());
        var opened = await host.Runner.OpenAsync(request);
        return new(host, opened.Session ?? throw new InvalidOperationException($"{opened.Failure}"));
    }

    public static async Task<(TrialHost Host, ConnectorSessionRequest Request)> HostAsync(string connector, string url, string user, string? password, string? token, AutomationOptions options)
    {
        var settings = new Dictionary<string, string> { ["appUrl"] = url };
        var host = TrialHost.Create(Path.Combine(AppContext.BaseDirectory, "apps", connector, "connector.yaml"), settings, options, Console.Error);
        return (host, await new TrialAccount(user, password, token, TotpSecret: null).RequestAsync(host, settings));
    }

    public async Task<bool> FindAsync(string name) => (await RunAsync(ConnectorVerb.GetUser, new JsonObject { ["identifier"] = name })).Rows.Count == 1;

    public Task CreateAsync(string name) => VerifiedAsync(ConnectorVerb.CreateUser, new JsonObject
    {
        [host.Manifest.UserSchema.PrimaryIdentifier] = name, ["email"] = name, ["givenName"] = "Bench", ["familyName"] = "Person", ["roles"] = new JsonArray(Role(0)),
    });

    public Task PromoteAsync(string name) => VerifiedAsync(ConnectorVerb.SetRoles, new JsonObject { ["identifier"] = name, ["roles"] = new JsonArray(Role(1)) });

    public Task DeleteAsync(string name) => VerifiedAsync(ConnectorVerb.Delete, new JsonObject { ["identifier"] = name });

    public async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        await host.DisposeAsync();
    }

    private string Role(int index) => host.Manifest.UserSchema.Roles[index].Value;

    private async Task VerifiedAsync(ConnectorVerb verb, JsonObject inputs)
    {
        if (await RunAsync(verb, inputs) is { Verified: false })
        {
            throw new InvalidOperationException($"{verb} was not verified.");
        }
    }

    private async Task<VerbResult> RunAsync(ConnectorVerb verb, JsonObject inputs)
    {
        var result = await session.RunAsync(new(verb, inputs));
        return result.Succeeded ? result : throw new InvalidOperationException($"{verb}: {result.Failure}");
    }
}
