using System.CommandLine;
using IdLcm.LocalHost.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.LocalHost.Cli.Serve;

/// <summary><c>idlcm serve</c>: the options of the server process.</summary>
internal static class ServeCommand
{
    /// <summary>The command's name.</summary>
    public const string Name = "serve";

    /// <summary>Builds the command.</summary>
    /// <returns>The command.</returns>
    public static Command Create()
    {
        var data = CommonOptions.Data();
        var port = CommonOptions.Number("--port", "The loopback port to listen on; 0 takes a free one", LocalEditionOptions.DefaultPort, 0, 65535);
        var urls = new Option<string[]>("--urls") { Description = "Addresses to listen on in place of --port, separated by ';'", HelpName = "URL" };
        var catalog = new Option<string[]>("--catalog") { Description = "More directories of connectors (DIR/<id>/connector.yaml); the last wins", HelpName = "DIR" };
        var publicUrl = CommonOptions.Address("--public-url", "The address by which identity providers reach this gateway, when a proxy stands before it");
        var insecure = new Option<bool>("--allow-insecure-http") { Description = "Listen on plain HTTP beyond this machine; tokens then travel in the clear" };
        var ownerKey = new Option<string?>("--owner-key-file") { Description = "Write the Owner API key of the first start to this file (mode 0600) and do not print it", HelpName = "PATH" };
        var restored = new Option<bool>("--restored") { Description = "The data directory comes from a backup: every integration only observes until it is promoted, and erased people are erased again" };
        var ledger = new Option<string?>("--erasure-ledger") { Description = "Where it is remembered whose data were erased, best apart from the data and its backups [default: erasures.jsonl in the data directory]", HelpName = "PATH" };
        var logFormat = new Option<string>("--log-format") { Description = "How standard error is written", DefaultValueFactory = _ => "text" };
        logFormat.AcceptOnlyFromAmong("text", "json");
        var logLevel = new Option<LogLevel>("--log-level") { Description = "The least level that is logged", DefaultValueFactory = _ => LogLevel.Information };

        var command = new ExampleCommand(
            Name,
            "Runs the gateway: SCIM, management API and automation over one data directory.",
            "idlcm serve --data /var/lib/idlcm",
            "idlcm serve --data /var/lib/idlcm --restored",
            "idlcm serve --data ./data --port 9000 --catalog ./my-connectors",
            "idlcm serve --data ./data --public-url https://scim.example.com   (behind a TLS proxy)",
            "idlcm serve --data ./data --urls https://0.0.0.0:8443             (certificate: Kestrel section of DIR/appsettings.json)")
        {
            data, port, urls, catalog, publicUrl, insecure, ownerKey, restored, ledger, logFormat, logLevel,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var given = parsed.GetValue(urls) ?? [];
            var options = new LocalEditionOptions
            {
                DataDirectory = Path.GetFullPath(parsed.GetValue(data)!),
                ErasureLedger = parsed.GetValue(ledger) is { } path ? Path.GetFullPath(path) : null!,
                Urls = given.Length > 0
                    ? [.. given.SelectMany(value => value.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))]
                    : [$"http://127.0.0.1:{parsed.GetValue(port)}"],
                Catalogs = [.. (parsed.GetValue(catalog) ?? []).Select(Path.GetFullPath)],
                PublicUrl = parsed.GetValue(publicUrl),
                AllowInsecureHttp = parsed.GetValue(insecure),
                JsonLogs = parsed.GetValue(logFormat) == "json",
                LogLevel = parsed.GetValue(logLevel),
            };
            return ServerProcess.RunAsync(options, parsed.GetValue(ownerKey), parsed.GetValue(restored), parsed.InvocationConfiguration.Output, cancellationToken);
        });
        return command;
    }
}
