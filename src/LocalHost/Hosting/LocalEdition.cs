using IdLcm.Automation;
using IdLcm.Domain.Erasure;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;
using IdLcm.Gateway.Hosting;
using IdLcm.Gateway.Hosting.SignIn;
using IdLcm.Gateway.Notifications;
using IdLcm.Gateway.Scim;
using IdLcm.Gateway.Scim.Access;
using IdLcm.LocalHost.Engine;
using IdLcm.LocalHost.Secrets;
using IdLcm.LocalHost.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.LocalHost.Hosting;

/// <summary>Composes the embedded edition: the gateway with its adapters, in one process over one data directory.</summary>
internal static class LocalEdition
{
    /// <summary>
    /// Builds the application. It does not listen yet. <c>appsettings.json</c> of the data directory, and above it environment
    /// variables <c>IDLCM_Section__Name</c>, may set what Kestrel takes, and the sections <c>Retry</c>
    /// (<see cref="RetryRules"/>), <c>Automation</c> (<see cref="AutomationOptions"/>), <c>Entra</c> (<see cref="EntraAuthority"/>),
    /// <c>Evidence</c> (<see cref="EvidenceRetention"/>) and <c>SignIn</c> (<see cref="SignInOptions"/>).
    /// </summary>
    /// <param name="options">How it is run.</param>
    /// <param name="database">The database of its data directory; the caller disposes of it after the application.</param>
    /// <returns>The application.</returns>
    /// <exception cref="InvalidDataException">A setting of the configuration cannot be read.</exception>
    public static WebApplication Build(LocalEditionOptions options, SqliteDatabase database)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            ApplicationName = "idlcm",
            ContentRootPath = options.DataDirectory,

            // The file is read at the start. Watching its directory would wake a thread for every write of the database.
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
        });
        builder.Configuration.AddEnvironmentVariables("IDLCM_");
        AddLogging(builder, options);
        AddKestrel(builder, options);
        AddAdapters(builder, options, database);

        // The engine before the lanes, so that it stops after them.
        builder.Services.AddEmbeddedEngine();
        builder.Services.AddGateway();
        builder.Services.AddGatewayBackground();
        builder.Services.AddPageWarmUp();

        var app = builder.Build();
        app.MapGateway();
        return app;
    }

    private static void AddLogging(WebApplicationBuilder builder, LocalEditionOptions options)
    {
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter("IdLcm", options.LogLevel);
        if (options.JsonLogs)
        {
            builder.Logging.AddJsonConsole(json => json.UseUtcTimestamp = true);
        }
        else
        {
            builder.Logging.AddSimpleConsole(text =>
            {
                text.SingleLine = true;
                text.UseUtcTimestamp = true;
                text.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            });
        }

        // Standard output is for what scripts read.
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console =>
            console.LogToStandardErrorThreshold = LogLevel.Trace);
        if (OtlpExport.Wanted)
        {
            OtlpExport.AddLogs(builder.Logging);
        }
    }

    private static void AddKestrel(WebApplicationBuilder builder, LocalEditionOptions options)
    {
        builder.WebHost.UseUrls([.. options.Urls]);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 16 * 1024 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        });

        // Requests end within seconds; a browser in the middle of a step gets the rest.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(25));
    }

    private static void AddAdapters(WebApplicationBuilder builder, LocalEditionOptions options, SqliteDatabase database)
    {
        var services = builder.Services;
        services.AddSingleton(Read(builder.Configuration, "Retry", new RetryRules()));
        services.AddSingleton(Read(builder.Configuration, "Smtp", new SmtpOptions()));
        services.AddSingleton(Checked(Read(builder.Configuration, "Entra", new EntraAuthority())));
        services.AddSingleton(Checked(Read(builder.Configuration, "SignIn", new SignInOptions())));
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new GatewayAddress { PublicUrl = options.PublicUrl?.AbsoluteUri.TrimEnd('/') });
        services.AddSingleton(database);
        services.AddSingleton<IRecordStore>(new SqliteRecordStore(database));
        services.AddSingleton<IBlobStore>(new FileBlobStore(options.DataDirectory, TimeProvider.System));
        services.AddSingleton(Checked(Read(builder.Configuration, "Evidence", new EvidenceRetention())));
        services.AddSingleton<IErasureLedger>(new FileErasureLedger(options.ErasureLedger));
        services.AddSingleton<ISecretStore>(_ => new FileSecretStore(options.DataDirectory, TimeProvider.System));
        services.AddAutomation(Read(builder.Configuration, "Automation", new AutomationOptions()) with
        {
            ConnectorDirectories = options.ConnectorDirectories,
            OwnConnectorDirectory = options.OwnConnectorDirectory,
            SessionDirectory = Path.Combine(options.DataDirectory, "sessions"),
        });
    }

    private static EntraAuthority Checked(EntraAuthority authority) => Checked(authority, authority.Problem());

    private static SignInOptions Checked(SignInOptions signIn) => Checked(signIn, signIn.Problem());

    private static EvidenceRetention Checked(EvidenceRetention retention) => Checked(retention, retention.Problem());

    private static T Checked<T>(T settings, string? problem) =>
        problem is null ? settings : throw new InvalidDataException($"The configuration is wrong: {problem}");

    private static T Read<T>(ConfigurationManager configuration, string section, T defaults)
        where T : class
    {
        try
        {
            configuration.GetSection(section).Bind(defaults, binder => binder.ErrorOnUnknownConfiguration = true);
            return defaults;
        }
        catch (InvalidOperationException error)
        {
            throw new InvalidDataException($"The configuration is wrong: {error.Message}", error);
        }
    }

    /// <summary>Tells which addresses of the configuration must not be listened on.</summary>
    /// <param name="configuration">The application's configuration.</param>
    /// <param name="allowInsecureHttp">The administrator allowed plain HTTP beyond this machine.</param>
    /// <returns>The first reason, or null.</returns>
    public static string? RefusedEndpoint(IConfiguration configuration, bool allowInsecureHttp) =>
        configuration.GetSection("Kestrel:Endpoints").GetChildren()
            .Select(endpoint => endpoint["Url"])
            .OfType<string>()
            .Select(url => ListenAddress.Refusal(url, allowInsecureHttp))
            .FirstOrDefault(reason => reason is not null);
}
