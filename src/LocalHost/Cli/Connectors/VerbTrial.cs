using System.CommandLine;
using IdLcm.Automation;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;
using IdLcm.LocalHost.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Cli.Connectors;

/// <summary>Runs one verb of a connector file with the product's own runner, without a server or its records.</summary>
internal static class VerbTrial
{
    private const string PasswordName = "trial-password";
    private const string TotpName = "trial-totp";

    /// <summary>Runs the verb.</summary>
    /// <param name="options">Which, and how.</param>
    /// <param name="console">Where it is told.</param>
    /// <param name="cancellationToken">Stops at the next step.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="CommandFailedException">The file has errors, or a setting is missing.</exception>
    public static async Task<int> RunAsync(VerbTrialOptions options, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        var connector = Load(options, console.Error);
        var work = Directory.CreateTempSubdirectory("idlcm-trial-").FullName;
        try
        {
            var folder = Directory.CreateDirectory(Path.Combine(work, "apps", connector.Id)).FullName;
            File.Copy(options.File, Path.Combine(folder, "connector.yaml"));
            await using var services = Services(options, work);
            var report = new TrialReport(options, console);
            var (failure, evidence) = await RunAsync(options, connector, services, report, cancellationToken);
            await KeepAsync(services.GetRequiredService<IBlobStore>(), evidence, options.EvidenceDirectory, report, cancellationToken);
            return report.Finish(failure);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static ConnectorManifest Load(VerbTrialOptions options, TextWriter error)
    {
        var parsed = ConnectorFile.Load(options.File);
        if (parsed.Connector is null)
        {
            foreach (var finding in parsed.Diagnostics)
            {
                error.WriteLine(finding);
            }

            throw new CommandFailedException(ExitCode.Failed, $"'{options.File}' has errors; nothing was run.");
        }

        var manifest = parsed.Connector.Manifest;
        if (manifest.Settings.FirstOrDefault(setting => setting.Required && setting.Default is null && !options.Settings.ContainsKey(setting.Name)) is { } missing)
        {
            throw new CommandFailedException(ExitCode.Usage, $"The connector needs the setting '{missing.Name}' ({missing.Label}): say --set {missing.Name}=VALUE.");
        }

        return manifest;
    }

    private static ServiceProvider Services(VerbTrialOptions options, string work)
    {
        var secrets = new Dictionary<string, string>(StringComparer.Ordinal) { [PasswordName] = options.Password };
        if (options.TotpSecret is not null)
        {
            secrets[TotpName] = options.TotpSecret;
        }

        return new ServiceCollection()
            .AddLogging()
            .AddSingleton<ISecretStore>(new TrialSecrets(secrets))
            .AddSingleton<IBlobStore>(new FileBlobStore(work, TimeProvider.System))
            .AddAutomation(new AutomationOptions
            {
                ConnectorDirectories = [Path.Combine(work, "apps")],
                Headless = !options.Headed,
                Evidence = options.Trace ? EvidenceLevel.Full : EvidenceLevel.Failures,
            })
            .BuildServiceProvider();
    }

    private static async Task<(Failure? Failure, IReadOnlyList<EvidenceItem> Evidence)> RunAsync(
        VerbTrialOptions options, ConnectorManifest connector, ServiceProvider services, TrialReport report, CancellationToken cancellationToken)
    {
        var opened = await services.GetRequiredService<IConnectorRunner>().OpenAsync(
            new ConnectorSessionRequest
            {
                IntegrationId = "trial",
                ConnectorId = connector.Id,
                ConnectorVersion = connector.Version,
                Settings = options.Settings,
                ServiceAccountUserName = options.UserName,
                PasswordSecret = PasswordName,
                TotpSecret = options.TotpSecret is null ? null : TotpName,
                CorrelationId = "trial",
                FreshSignIn = true,
                Observer = report,
            },
            cancellationToken);
        if (opened.Session is null || options.Verb == ConnectorVerb.Login)
        {
            if (opened.Session is not null)
            {
                await opened.Session.DisposeAsync();
            }

            return (opened.Failure, opened.Evidence);
        }

        await using var session = opened.Session;
        var gate = new TrialGate(options.UntilCommit);
        var result = await session.RunAsync(new VerbCall(options.Verb, options.Inputs, gate), cancellationToken);
        report.Rows(result);
        if (gate.Stopped)
        {
            report.StoppedBeforeCommit();
            return (null, result.Evidence);
        }

        return (result.Failure, result.Evidence);
    }

    private static async Task KeepAsync(
        IBlobStore blobs, IReadOnlyList<EvidenceItem> evidence, string directory, TrialReport report, CancellationToken cancellationToken)
    {
        foreach (var item in evidence)
        {
            if (await blobs.OpenAsync("evidence", item.Hash, cancellationToken) is not { } content)
            {
                continue;
            }

            await using (content)
            {
                Directory.CreateDirectory(directory);
                var extension = item.Kind switch { "screenshot" => "png", "dom" => "html", "trace" => "zip", _ => "bin" };
                var path = Path.Combine(directory, $"{item.Kind}-{item.Hash[..12]}.{extension}");
                await using var file = File.Create(path);
                await content.CopyToAsync(file, cancellationToken);
                report.Kept(item, path);
            }
        }
    }

    private sealed class TrialGate(bool stop) : ICommitGate
    {
        public bool Stopped { get; private set; }

        public Task<bool> EnterAsync(string step, CancellationToken cancellationToken)
        {
            Stopped = stop;
            return Task.FromResult(!stop);
        }
    }
}
