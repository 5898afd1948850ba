using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using IdLcm.Automation.Tests;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;
using IdLcm.Samples;
using Microsoft.Extensions.DependencyInjection;

[assembly: AssemblyFixture(typeof(Lab))]

namespace IdLcm.Automation.Tests;

/// <summary>One browser for all tests; each test starts its own sample app, which takes milliseconds.</summary>
public class Lab : IAsyncLifetime
{
    private readonly string directory = Directory.CreateTempSubdirectory("idlcm-automation-").FullName;
    private readonly Lock writing = new();
    private readonly List<SampleApp> apps = [];
    private ServiceProvider provider = null!;

    public static string RepositoryRoot { get; } = FindRoot();

    public IServiceProvider Services => provider;

    public MemorySecrets Secrets { get; } = new();

    public MemoryBlobs Blobs { get; } = new();

    public IConnectorRunner Runner => provider.GetRequiredService<IConnectorRunner>();

    public virtual ValueTask InitializeAsync()
    {
        // The connector as published, but a verification that fails does so in seconds.
        var connector = File.ReadAllText(Path.Combine(RepositoryRoot, "apps", "sample-workspace", "connector.yaml"));
        Write("sample-workspace", connector.Replace("within: 30s", "within: 3s", StringComparison.Ordinal));
        provider = Build(Options);
        return ValueTask.CompletedTask;
    }

    public virtual AutomationOptions Options => new() { ConnectorDirectories = [Path.Combine(directory, "apps")], StepTimeout = TimeSpan.FromSeconds(3) };

    /// <summary>Puts a connector into the catalog of the tests.</summary>
    public void Write(string id, string yaml)
    {
        // A reload that began before this file was written must not end after the one that sees it.
        lock (writing)
        {
            Directory.CreateDirectory(Path.Combine(directory, "apps", id));
            File.WriteAllText(Path.Combine(directory, "apps", id, "connector.yaml"), yaml);
            provider?.GetRequiredService<Catalog.FileConnectorCatalog>().Reload();
        }
    }

    public string NewDirectory() => Directory.CreateDirectory(Path.Combine(directory, Guid.NewGuid().ToString("N"))).FullName;

    public ServiceProvider Build(AutomationOptions options, Action<IServiceCollection>? more = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<ISecretStore>(Secrets);
        services.AddSingleton<IBlobStore>(Blobs);
        more?.Invoke(services);
        services.AddAutomation(options);
        return services.BuildServiceProvider();
    }

    public async Task<Site> StartAsync(Func<SampleAppOptions, SampleAppOptions>? configure = null)
    {
        var options = new SampleAppOptions { DataDirectory = Path.Combine(directory, Guid.NewGuid().ToString("N")) };
        options = configure?.Invoke(options) ?? options;
        var app = await SampleAppHost.StartAsync(options, CancellationToken.None);
        lock (apps)
        {
            apps.Add(app);
        }

        var integration = Guid.NewGuid().ToString("N");
        await Secrets.PutAsync($"{integration}-password", options.AdminPassword);
        if (options.AdminTotp is { } totp)
        {
            await Secrets.PutAsync($"{integration}-totp", totp);
        }

        return new(this, app, options, integration, app.BaseAddress.GetLeftPart(UriPartial.Authority));
    }

    public virtual async ValueTask DisposeAsync()
    {
        await provider.DisposeAsync();
        foreach (var app in apps)
        {
            await app.DisposeAsync();
        }

        Directory.Delete(directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "IdLcm.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}

/// <summary>A running sample app with an integration for it.</summary>
public sealed record Site(Lab Lab, SampleApp App, SampleAppOptions Options, string Integration, string Url)
{
    public ConnectorSessionRequest Request => new()
    {
        IntegrationId = Integration,
        ConnectorId = "sample-workspace",
        ConnectorVersion = "1.0.0",
        Settings = new Dictionary<string, string> { ["appUrl"] = Url, ["workspaceId"] = Options.WorkspaceId },
        ServiceAccountUserName = Options.AdminUser,
        PasswordSecret = $"{Integration}-password",
        TotpSecret = Options.AdminTotp is null ? null : $"{Integration}-totp",
        CorrelationId = "test",
    };

    public async Task<IConnectorSession> OpenAsync(Func<ConnectorSessionRequest, ConnectorSessionRequest>? change = null)
    {
        var result = await Lab.Runner.OpenAsync(change?.Invoke(Request) ?? Request);
        Assert.True(result.Failure is null, $"{result.Failure?.Code}: {result.Failure?.Detail} at {result.Failure?.Step}");
        return result.Session!;
    }

    public async Task<VerbResult> RunAsync(ConnectorVerb verb, object? inputs = null, ICommitGate? gate = null)
    {
        await using var session = await OpenAsync();
        return await session.RunAsync(Call(verb, inputs, gate));
    }

    public static VerbCall Call(ConnectorVerb verb, object? inputs = null, ICommitGate? gate = null) =>
        new(verb, inputs is null ? [] : (JsonObject)System.Text.Json.JsonSerializer.SerializeToNode(inputs)!, gate);
}

/// <summary>Secrets in a dictionary.</summary>
public sealed class MemorySecrets : ISecretStore
{
    private readonly ConcurrentDictionary<(string Name, string Version), string> values = new();
    private readonly ConcurrentDictionary<string, string> current = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> remembered = new(StringComparer.Ordinal);

    public async Task PutAsync(string name, string value) => await PromoteAsync(name, await SetAsync(name, value));

    /// <summary>From now on a plain read gives what is in force now, as in a process that remembers it, until somebody asks for the latest.</summary>
    public void Remember(string name) => remembered[name] = current[name];

    public Task<SecretValue?> GetLatestAsync(string name, CancellationToken cancellationToken = default)
    {
        remembered.TryRemove(name, out _);
        return GetAsync(name, cancellationToken);
    }

    public Task<SecretValue?> GetAsync(string name, CancellationToken cancellationToken = default) =>
        remembered.TryGetValue(name, out var version) || current.TryGetValue(name, out version) ? GetVersionAsync(name, version, cancellationToken) : Task.FromResult<SecretValue?>(null);

    public Task<SecretValue?> GetVersionAsync(string name, string version, CancellationToken cancellationToken = default) =>
        Task.FromResult(values.TryGetValue((name, version), out var value) ? new SecretValue(value, version) : null);

    public Task<string> SetAsync(string name, string value, CancellationToken cancellationToken = default)
    {
        var version = Guid.NewGuid().ToString("N");
        values[(name, version)] = value;
        return Task.FromResult(version);
    }

    public Task PromoteAsync(string name, string version, CancellationToken cancellationToken = default)
    {
        current[name] = version;
        return Task.CompletedTask;
    }

    public Task DisableAsync(string name, string version, CancellationToken cancellationToken = default)
    {
        values.TryRemove((name, version), out _);
        return Task.CompletedTask;
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        current.TryRemove(name, out _);
        return Task.CompletedTask;
    }
}

/// <summary>Blobs in a dictionary.</summary>
public sealed class MemoryBlobs : IBlobStore
{
    private readonly ConcurrentDictionary<(string Container, string Hash), byte[]> blobs = new();

    public IReadOnlyCollection<byte[]> All => [.. blobs.Values];

    public byte[] Read(string hash) => blobs[("evidence", hash)];

    public Task<BlobReference> PutAsync(string container, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken = default)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        blobs[(container, hash)] = content.ToArray();
        return Task.FromResult(new BlobReference(hash, content.Length, contentType));
    }

    public async Task<BlobReference> PutFileAsync(string container, string path, string contentType, CancellationToken cancellationToken = default) =>
        await PutAsync(container, await File.ReadAllBytesAsync(path, cancellationToken), contentType, cancellationToken);

    public Task<Stream?> OpenAsync(string container, string hash, CancellationToken cancellationToken = default) =>
        Task.FromResult<Stream?>(blobs.TryGetValue((container, hash), out var bytes) ? new MemoryStream(bytes) : null);

    public Task DeleteAsync(string container, string hash, CancellationToken cancellationToken = default)
    {
        blobs.TryRemove((container, hash), out _);
        return Task.CompletedTask;
    }

    public Task<int> SweepAsync(string container, DateTimeOffset olderThan, long maxBytes, CancellationToken cancellationToken = default) => Task.FromResult(0);
}
