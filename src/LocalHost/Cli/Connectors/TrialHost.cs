using IdLcm.Automation;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;
using IdLcm.LocalHost.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Cli.Connectors;

/// <summary>The product's own runner around one connector file, without a server or its records; gone with its directory when disposed.</summary>
internal sealed class TrialHost : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly string _directory;

    private TrialHost(ConnectorManifest manifest, TrialSecrets secrets, ServiceProvider services, string directory)
    {
        Manifest = manifest;
        Secrets = secrets;
        _services = services;
        _directory = directory;
    }

    /// <summary>What the connector says about itself.</summary>
    public ConnectorManifest Manifest { get; }

    /// <summary>Where sessions find their secrets.</summary>
    public TrialSecrets Secrets { get; }

    /// <summary>The runner.</summary>
    public IConnectorRunner Runner => _services.GetRequiredService<IConnectorRunner>();

    /// <summary>Prepares a connector file for running.</summary>
    /// <param name="file">The file.</param>
    /// <param name="settings">The settings that it asks for.</param>
    /// <param name="options">How to run it; the connector directory is set here.</param>
    /// <param name="error">Where the file's errors are told.</param>
    /// <returns>The host.</returns>
    /// <exception cref="CommandFailedException">The file has errors, or a setting is missing.</exception>
    public static TrialHost Create(string file, IReadOnlyDictionary<string, string> settings, AutomationOptions options, TextWriter error)
    {
        var manifest = Load(file, settings, error);
        var directory = Directory.CreateTempSubdirectory("idlcm-trial-").FullName;
        var folder = Directory.CreateDirectory(Path.Combine(directory, "apps", manifest.Id)).FullName;
        File.Copy(file, Path.Combine(folder, "connector.yaml"));
        var secrets = new TrialSecrets(new Dictionary<string, string>(StringComparer.Ordinal));
        var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<ISecretStore>(secrets)
            .AddSingleton<IBlobStore>(new FileBlobStore(directory, TimeProvider.System))
            .AddAutomation(options with { ConnectorDirectories = [Path.Combine(directory, "apps")] })
            .BuildServiceProvider();
        return new(manifest, secrets, services, directory);
    }

    /// <summary>Copies evidence to where a person finds it.</summary>
    /// <param name="evidence">The evidence.</param>
    /// <param name="directory">Where to.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Each piece with its path.</returns>
    public async Task<IReadOnlyList<(EvidenceItem Item, string Path)>> KeepAsync(
        IReadOnlyList<EvidenceItem> evidence, string directory, CancellationToken cancellationToken)
    {
        var blobs = _services.GetRequiredService<IBlobStore>();
        var kept = new List<(EvidenceItem, string)>();
        foreach (var item in evidence)
        {
            if (await blobs.OpenAsync("evidence", item.Hash, cancellationToken) is not { } content)
            {
                continue;
            }

            await using (content)
            {
                Directory.CreateDirectory(directory);
                var extension = item.Kind switch { "screenshot" => "png", "dom" => "html", "trace" => "zip", "response" => "txt", _ => "bin" };
                var path = Path.Combine(directory, $"{item.Kind}-{item.Hash[..12]}.{extension}");
                await using var file = File.Create(path);
                await content.CopyToAsync(file, cancellationToken);
                kept.Add((item, path));
            }
        }

        return kept;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static ConnectorManifest Load(string file, IReadOnlyDictionary<string, string> settings, TextWriter error)
    {
        var parsed = ConnectorFile.Load(file);
        if (parsed.Connector is null)
        {
            foreach (var finding in parsed.Diagnostics)
            {
                error.WriteLine(LintCommand.LineOf(finding));
            }

            throw new CommandFailedException(ExitCode.Failed, $"'{file}' has errors; nothing was run.");
        }

        var manifest = parsed.Connector.Manifest;
        if (manifest.Settings.FirstOrDefault(setting => setting.Required && setting.Default is null && !settings.ContainsKey(setting.Name)) is { } missing)
        {
            throw new CommandFailedException(ExitCode.Usage, $"The connector needs the setting '{missing.Name}' ({missing.Label}): say --set {missing.Name}=VALUE.");
        }

        return manifest;
    }
}
