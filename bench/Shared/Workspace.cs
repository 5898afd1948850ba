using IdLcm.Automation;
using IdLcm.Domain;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Hosting;
using IdLcm.LocalHost.Secrets;
using IdLcm.LocalHost.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Bench;

/// <summary>
/// A data directory with one integration of the sample app, made with the product's own parts before the server is
/// started on it.
/// </summary>
internal sealed class Workspace : IAsyncDisposable
{
    public const string AppPassword = "Sample-admin-1!";

    private readonly ServiceProvider services;
    private readonly SettledStore settled;

    private Workspace(string data, ServiceProvider services, SettledStore settled, Integration integration, string token)
    {
        Data = data;
        this.services = services;
        this.settled = settled;
        Integration = integration;
        Token = token;
    }

    public string Data { get; }

    public Integration Integration { get; }

    /// <summary>The gateway token.</summary>
    public string Token { get; }

    /// <summary>The path of a SCIM endpoint.</summary>
    public string Scim(string rest) => $"/scim/v2/{Integration.Id}/{rest}";

    /// <summary>Makes the data directory.</summary>
    /// <param name="data">Where.</param>
    /// <param name="catalog">The connectors.</param>
    /// <param name="appUrl">Where the app answers; null pauses the automation.</param>
    public static Task<Workspace> CreateAsync(string data, string catalog, string? appUrl = null) => CreateAsync(
        data,
        catalog,
        new("sample-workspace", new() { ["appUrl"] = appUrl ?? "http://127.0.0.1:9", ["workspaceId"] = "ws-1001" }, "admin@sample.test", AppPassword),
        appUrl is null ? new Pause("bench", DateTimeOffset.UtcNow, "Measures the gateway alone.") : null);

    /// <summary>Makes the data directory with an integration of any app, whose service account has a password.</summary>
    /// <param name="data">Where.</param>
    /// <param name="catalog">The connectors.</param>
    /// <param name="app">The app.</param>
    /// <param name="pause">Why the automation rests; null to let it work.</param>
    public static async Task<Workspace> CreateAsync(string data, string catalog, BenchApp app, Pause? pause = null)
    {
        var collection = new ServiceCollection();
        collection.AddLogging();
        collection.AddSingleton(_ => SqliteDatabase.Open(data));
        collection.AddSingleton<IRecordStore>(s => new SqliteRecordStore(s.GetRequiredService<SqliteDatabase>()));
        collection.AddAutomation(new AutomationOptions { ConnectorDirectories = [catalog] });
        collection.AddGateway();
        var services = collection.BuildServiceProvider();
        var now = DateTimeOffset.UtcNow;
        var (kept, token) = GatewayTokens.New("Entra ID", now, TimeSpan.FromDays(1));
        var connector = services.GetRequiredService<Domain.Connectors.IConnectorCatalog>().Find(app.ConnectorId)
            ?? throw new InvalidOperationException($"There is no connector '{app.ConnectorId}' in '{catalog}'.");
        var integration = new Integration
        {
            Id = Ids.NewShort(),
            Name = connector.AppName,
            ConnectorId = connector.Id,
            ConnectorVersion = connector.Version,
            Settings = app.Settings,
            ServiceAccount = new ServiceAccount(app.UserName, "password", HasTotp: false, now),
            Tokens = [kept],
            Paused = pause,
            CreatedAt = now,
            CreatedBy = "bench",
            ModifiedAt = now,
        };
        var secrets = new FileSecretStore(data, TimeProvider.System);
        var name = ServiceAccount.PasswordSecret(integration.Id);
        await secrets.PromoteAsync(name, await secrets.SetAsync(name, app.Password));
        await services.GetRequiredService<IntegrationStore>().AddAsync(integration, []);
        return new Workspace(data, services, new SettledStore(services.GetRequiredService<IRecordStore>()), integration, token);
    }

    /// <summary>Makes users as they are when their accounts have been made in the app and nothing is to be done.</summary>
    /// <returns>Their SCIM ids.</returns>
    public async Task<string[]> SeedAsync(int count) => await SeedAsync(Integration.Id, count);

    /// <summary>Makes more integrations like the first one, each with as many people.</summary>
    /// <returns>Their ids, the first one's among them.</returns>
    public async Task<string[]> SpreadAsync(int integrations, int peopleOfEach)
    {
        var ids = new List<string> { Integration.Id };
        for (var i = 1; i < integrations; i++)
        {
            var more = Integration with { Id = Ids.NewShort(), Name = $"Sample workspace {i + 1}" };
            await services.GetRequiredService<IntegrationStore>().AddAsync(more, []);
            ids.Add(more.Id);
        }

        foreach (var id in ids)
        {
            await SeedAsync(id, peopleOfEach);
        }

        return [.. ids];
    }

    private async Task<string[]> SeedAsync(string integrationId, int count)
    {
        var profile = (await services.GetRequiredService<IntegrationProfiles>().FindAsync(integrationId))!;
        var users = new UserService(settled, new LaneSignal(), TimeProvider.System);
        var ids = new string[count];
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, 128).Select(_ => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < count;)
            {
                var written = await users.CreateAsync(profile, ScimResource.Parse(System.Text.Encoding.UTF8.GetBytes(People.Json(i)), profile.UserType), Provenance.System);
                ids[i] = written.Kind == UserWriteKind.Created ? written.User!.Id : throw new InvalidOperationException($"Person {i}: {written.Kind} {written.Detail}");
            }
        })));
        await services.GetRequiredService<ActivityLog>().SealAsync(integrationId);
        return ids;
    }

    /// <summary>The rows that accepting a person commits.</summary>
    public async Task<IReadOnlyList<RecordChange>> CommitOfCreateAsync(int person)
    {
        var recorder = new RecordingStore(services.GetRequiredService<IRecordStore>());
        var profile = await ProfileAsync();
        await new UserService(recorder, new LaneSignal(), TimeProvider.System)
            .CreateAsync(profile, ScimResource.Parse(System.Text.Encoding.UTF8.GetBytes(People.Json(person)), profile.UserType), new Provenance("Entra ID", "scim"));
        return recorder.Last!;
    }

    /// <summary>Lets go of the data directory, so that the server can have it.</summary>
    public ValueTask DisposeAsync() => services.DisposeAsync();

    private async Task<IntegrationProfile> ProfileAsync() => (await services.GetRequiredService<IntegrationProfiles>().FindAsync(Integration.Id))!;
}

/// <summary>An app with a connector, and its service account.</summary>
/// <param name="ConnectorId">The connector.</param>
/// <param name="Settings">What it asks for.</param>
/// <param name="UserName">The service account.</param>
/// <param name="Password">Its password.</param>
internal sealed record BenchApp(string ConnectorId, Dictionary<string, string> Settings, string UserName, string Password);
