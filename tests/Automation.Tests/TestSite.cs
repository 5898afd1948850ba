using IdLcm.Domain.Connectors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IdLcm.Automation.Tests;

/// <summary>A small web application of one test class, with connectors that are written for it on the spot.</summary>
public sealed class TestSite : IAsyncDisposable
{
    private readonly Lab lab;
    private readonly WebApplication web;

    private TestSite(Lab lab, WebApplication web)
    {
        this.lab = lab;
        this.web = web;
    }

    public string Url => web.Urls.First();

    public static IResult Html(string body) => Results.Content($"<!DOCTYPE html><html><body>{body}</body></html>", "text/html; charset=utf-8");

    /// <summary>Starts it. Its start page shows who is signed in, as the connectors' probe wants it.</summary>
    public static async Task<TestSite> StartAsync(Lab lab, Action<WebApplication> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var web = builder.Build();
        web.MapGet("/", () => Html("<button>Log out</button>"));
        map(web);
        await web.StartAsync();
        return new(lab, web);
    }

    /// <summary>A connector with these steps for listUsers.</summary>
    public static string Yaml(string steps, string more = "", string top = "", string app = "") => $$"""
        schema: idlcm.connector/v1
        id: host-tests
        version: 1.0.0
        app: { name: Host tests, baseUrl: "{appUrl}", allowedHosts: ["{appUrl}"]{{app}} }
        settings: { appUrl: { label: Address, required: true } }
        auth: { methods: [password], session: { probe: { goto: /, see: { role: button, name: Log out } } } }
        capabilities: {}
        userSchema: { attributes: [{ name: email, label: Email, primaryIdentifier: true }] }
        {{top}}
        operations:
          login: { steps: [goto: /] }
          listUsers:
            steps: {{steps.ReplaceLineEndings(" ")}}
            {{more}}
        """;

    /// <summary>Runs listUsers with these steps in a session of its own.</summary>
    public Task<VerbResult> RunAsync(string steps, string more = "", string top = "", string app = "", IServiceProvider? process = null) =>
        RunAsync(Yaml(steps, more, top, app), Site.Call(ConnectorVerb.ListUsers), process);

    /// <summary>Runs a verb of a connector whose id is host-tests.</summary>
    public async Task<VerbResult> RunAsync(string yaml, VerbCall call, IServiceProvider? process = null)
    {
        await using var session = await OpenAsync(yaml, process);
        return await session.RunAsync(call);
    }

    /// <summary>Runs listUsers of a connector that the process's catalog has.</summary>
    public async Task<VerbResult> RunAsync(IServiceProvider process, string id, string version)
    {
        await using var session = await OpenAsync(process.GetRequiredService<IConnectorRunner>(), id, version);
        return await session.RunAsync(Site.Call(ConnectorVerb.ListUsers));
    }

    public Task<IConnectorSession> OpenAsync(string yaml, IServiceProvider? process = null)
    {
        var id = $"host-tests-{Guid.NewGuid():N}";
        lab.Write(id, yaml.Replace("id: host-tests", $"id: {id}", StringComparison.Ordinal));
        process?.GetRequiredService<Catalog.FileConnectorCatalog>().Reload();
        return OpenAsync(process?.GetRequiredService<IConnectorRunner>() ?? lab.Runner, id, "1.0.0");
    }

    private async Task<IConnectorSession> OpenAsync(IConnectorRunner runner, string id, string version)
    {
        await lab.Secrets.PutAsync("host-password", "not-used-here");
        var opened = await runner.OpenAsync(new()
        {
            IntegrationId = id,
            ConnectorId = id,
            ConnectorVersion = version,
            Settings = new Dictionary<string, string> { ["appUrl"] = Url },
            ServiceAccountUserName = "admin",
            PasswordSecret = "host-password",
            CorrelationId = "test",
        });
        Assert.True(opened.Failure is null, opened.Failure?.ToString());
        return opened.Session!;
    }

    public ValueTask DisposeAsync() => web.DisposeAsync();
}
