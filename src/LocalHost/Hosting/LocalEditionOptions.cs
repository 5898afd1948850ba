using Microsoft.Extensions.Logging;

namespace IdLcm.LocalHost.Hosting;

/// <summary>How the embedded edition is run.</summary>
internal sealed record LocalEditionOptions
{
    /// <summary>The port listened on where no addresses are given.</summary>
    public const int DefaultPort = 8480;

    /// <summary>Where everything is kept: database, secrets, keys, blobs, sessions.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Where it is remembered whose data were erased; in the data directory unless told otherwise.</summary>
    public string ErasureLedger { get => field ?? Path.Combine(DataDirectory, "erasures.jsonl"); init; }

    /// <summary>The addresses to listen on, as Kestrel takes them; port 0 takes a free one.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [$"http://127.0.0.1:{DefaultPort}"];

    /// <summary>Directories of connectors besides the ones that ship with the product and <c>connectors</c> of the data directory.</summary>
    public IReadOnlyList<string> Catalogs { get; init; } = [];

    /// <summary>The address by which others reach the gateway, where a proxy stands before it; null to take the request's.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Allows addresses that others can reach without TLS.</summary>
    public bool AllowInsecureHttp { get; init; }

    /// <summary>Logs as JSON, one object a line, rather than as text.</summary>
    public bool JsonLogs { get; init; }

    /// <summary>What is logged of the product itself; libraries log warnings and worse.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>
    /// The connector directories in force, the least important first: the shipped ones, the data directory's own, then
    /// <see cref="Catalogs"/>.
    /// </summary>
    public IReadOnlyList<string> ConnectorDirectories =>
    [
        Path.Combine(AppContext.BaseDirectory, "apps"),
        OwnConnectorDirectory,
        .. Catalogs,
    ];

    /// <summary>The data directory's own connectors: those that somebody put there, and versions that were approved in this gateway.</summary>
    public string OwnConnectorDirectory => Path.Combine(DataDirectory, "connectors");
}
