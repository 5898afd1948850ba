using IdLcm.Domain.Connectors;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Automation.Tests;

/// <summary>An app with an API, and a connector for it whose verbs are calls.</summary>
public abstract class ApiConnector(Lab lab) : IAsyncLifetime
{
    private ServiceProvider provider = null!;

    protected Lab Lab => lab;

    protected Api App { get; private set; } = null!;

    /// <summary>A browser that cannot be started: what works here works without one.</summary>
    protected AutomationOptions WithoutBrowser => lab.Options with { BrowserExecutable = "/nowhere/chromium", StepTimeout = TimeSpan.FromSeconds(2) };

    public async ValueTask InitializeAsync()
    {
        App = await Api.StartAsync(people: 25);
        provider = lab.Build(WithoutBrowser);
        await lab.Secrets.PutAsync("api-token", Api.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await provider.DisposeAsync();
        await App.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The connector, without a finding.</summary>
    protected static string Connector() => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "api.yaml"));

    protected IConnectorRunner Runner => provider.GetRequiredService<IConnectorRunner>();

    protected async Task<ConnectorSessionResult> OpenAsync(string yaml, Func<ConnectorSessionRequest, ConnectorSessionRequest>? change = null, IServiceProvider? services = null)
    {
        var id = $"api-{Guid.NewGuid():N}";
        Lab.Write(id, yaml.Replace("id: api-tests", $"id: {id}", StringComparison.Ordinal));
        var from = services ?? provider;
        from.GetRequiredService<Catalog.FileConnectorCatalog>().Reload();
        var request = new ConnectorSessionRequest
        {
            IntegrationId = id,
            ConnectorId = id,
            ConnectorVersion = "1.0.0",
            Settings = new Dictionary<string, string> { ["appUrl"] = App.Url },
            ServiceAccountUserName = "svc",
            LoginMethod = "accessToken",
            PasswordSecret = "api-token",
            CorrelationId = "test",
        };
        return await from.GetRequiredService<IConnectorRunner>().OpenAsync(change?.Invoke(request) ?? request);
    }

    protected async Task<VerbResult> RunAsync(ConnectorVerb verb, object? inputs = null, string? yaml = null, ICommitGate? gate = null, IServiceProvider? services = null)
    {
        var opened = await OpenAsync(yaml ?? Connector(), services: services);
        Assert.True(opened.Failure is null, opened.Failure?.ToString());
        await using var session = opened.Session!;
        return await session.RunAsync(Site.Call(verb, inputs, gate));
    }
}
