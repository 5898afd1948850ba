using IdLcm.Automation;
using IdLcm.Domain.Operations;
using IdLcm.Functions.Storage;
using IdLcm.Gateway.Hosting.SignIn;
using IdLcm.Gateway.Notifications;
using IdLcm.Gateway.Scim.Access;
using Microsoft.Extensions.Configuration;

namespace IdLcm.Functions;

/// <summary>How the Azure edition is set up: app settings <c>IdLcm__Name</c>, explained in docs/azure.md.</summary>
public sealed record AzureEditionOptions
{
    /// <summary>What this app does: setting <c>IdLcm__Role</c>.</summary>
    public EditionRole Role { get; init; }

    /// <summary>The address by which identity providers reach the gateway, where a front door stands before it: setting <c>IdLcm__PublicUrl</c>.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>
    /// Where administrators see histories of orchestrations, with <c>{instanceId}</c> in it, for example the dashboard of the Durable
    /// Task Scheduler; null for no link: setting <c>IdLcm__HistoryUrl</c>.
    /// </summary>
    public string? HistoryUrl { get; init; }

    /// <summary>Directories of connectors besides the shipped ones, between semicolons: setting <c>IdLcm__Connectors</c>.</summary>
    public IReadOnlyList<string> Connectors { get; init; } = [];

    /// <summary>How long histories of ended orchestrations are kept, in whole days: setting <c>IdLcm__HistoryDays</c>, 30 where it is not set.</summary>
    public TimeSpan HistoryRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long evidence is kept, in whole days: setting <c>IdLcm__EvidenceDays</c>, 30 where it is not set.</summary>
    public TimeSpan EvidenceRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>
    /// A name for a restore, for example its date, where the data come from a backup: they are prepared once for each name, before
    /// any request or operation; null where they do not: setting <c>IdLcm__Restored</c>.
    /// </summary>
    public string? Restored { get; init; }

    /// <summary>Which Application Insights the worker's telemetry goes to; null for none: setting <c>APPLICATIONINSIGHTS_CONNECTION_STRING</c>.</summary>
    public string? TelemetryConnectionString { get; init; }

    /// <summary>Where data and secrets are: section <c>IdLcm__Azure</c>.</summary>
    public AzureStorageOptions Storage { get; init; } = new();

    /// <summary>How failed attempts are repeated: section <c>IdLcm__Retry</c>.</summary>
    public RetryRules Retry { get; init; } = new();

    /// <summary>How people sign in to the dashboard: section <c>IdLcm__SignIn</c>.</summary>
    public SignInOptions SignIn { get; init; } = new();

    /// <summary>Whose tokens are taken for Entra ID's: section <c>IdLcm__Entra</c>.</summary>
    public EntraAuthority Entra { get; init; } = new();

    /// <summary>By which server e-mail is sent: section <c>IdLcm__Smtp</c>.</summary>
    public SmtpOptions Smtp { get; init; } = new();

    /// <summary>
    /// How long an integration in which nothing happens may go without being looked after, in whole seconds: setting
    /// <c>IdLcm__IdleSeconds</c>, 60 where it is not set. What happens in this process is looked after within seconds all the same.
    /// </summary>
    public TimeSpan IdleInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// For how long a SCIM request may go by what this process read of its integration a moment ago: what another replica
    /// has changed, a revoked gateway token too, counts after this time. What this process changes counts at once.
    /// </summary>
    public TimeSpan IntegrationMaxAge { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How connectors are run: section <c>IdLcm__Automation</c>.</summary>
    public AutomationOptions Automation { get; init; } = new();

    /// <summary>Reads the settings.</summary>
    /// <param name="configuration">The app's configuration.</param>
    /// <returns>The options.</returns>
    /// <exception cref="InvalidDataException">A setting cannot be read; the message says which, and what it may be.</exception>
    public static AzureEditionOptions Read(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var section = configuration.GetSection("IdLcm");
        return new AzureEditionOptions
        {
            Role = section["Role"] is not { Length: > 0 } role
                ? EditionRole.All
                : Enum.TryParse<EditionRole>(role, ignoreCase: true, out var known) && Enum.IsDefined(known)
                    ? known
                    : throw new InvalidDataException($"IdLcm__Role is '{role}'; it can be all, gateway or automation."),
            PublicUrl = section["PublicUrl"] is not { Length: > 0 } url
                ? null
                : Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps
                    ? address
                    : throw new InvalidDataException($"IdLcm__PublicUrl is '{url}'; it must be an absolute https address."),
            HistoryUrl = section["HistoryUrl"] is not { Length: > 0 } history
                ? null
                : history.StartsWith("https://", StringComparison.Ordinal)
                    ? history
                    : throw new InvalidDataException($"IdLcm__HistoryUrl is '{history}'; it must be an absolute https address."),
            Connectors = section["Connectors"]?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
            HistoryRetention = Days(section, "HistoryDays"),
            EvidenceRetention = Days(section, "EvidenceDays"),
            Restored = section["Restored"] is not { Length: > 0 } restore
                ? null
                : restore.Length <= 64 && restore.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')
                    ? restore
                    : throw new InvalidDataException($"IdLcm__Restored is '{restore}'; it must be 1 to 64 letters, digits, '-', '.' and '_', for example the date of the restore."),
            TelemetryConnectionString = configuration["APPLICATIONINSIGHTS_CONNECTION_STRING"] is { Length: > 0 } telemetry ? telemetry : null,
            Storage = Bind(section.GetSection("Azure"), new AzureStorageOptions()),
            Retry = Bind(section.GetSection("Retry"), new RetryRules()),
            SignIn = Checked(Bind(section.GetSection("SignIn"), new SignInOptions())),
            Entra = Checked(Bind(section.GetSection("Entra"), new EntraAuthority())),
            Smtp = Bind(section.GetSection("Smtp"), new SmtpOptions()),
            IdleInterval = section["IdleSeconds"] is not { Length: > 0 } idle
                ? TimeSpan.FromSeconds(60)
                : int.TryParse(idle, out var seconds) && seconds is >= 5 and <= 3600
                    ? TimeSpan.FromSeconds(seconds)
                    : throw new InvalidDataException($"IdLcm__IdleSeconds is '{idle}'; it must be a whole number from 5 to 3600."),
            Automation = Bind(section.GetSection("Automation"), new AutomationOptions()),
        };
    }

    private static TimeSpan Days(IConfigurationSection section, string name) =>
        section[name] is not { Length: > 0 } days
            ? TimeSpan.FromDays(30)
            : int.TryParse(days, out var number) && number is >= 1 and <= 3650
                ? TimeSpan.FromDays(number)
                : throw new InvalidDataException($"IdLcm__{name} is '{days}'; it must be a whole number from 1 to 3650.");

    private static SignInOptions Checked(SignInOptions signIn) => Checked("SignIn", signIn, signIn.Problem());

    private static EntraAuthority Checked(EntraAuthority authority) => Checked("Entra", authority, authority.Problem());

    private static T Checked<T>(string section, T settings, string? problem) =>
        problem is null ? settings : throw new InvalidDataException($"A setting below IdLcm__{section} is wrong: {problem}");

    private static T Bind<T>(IConfigurationSection section, T defaults)
        where T : class
    {
        try
        {
            section.Bind(defaults, binder => binder.ErrorOnUnknownConfiguration = true);
            return defaults;
        }
        catch (InvalidOperationException error)
        {
            throw new InvalidDataException($"A setting below IdLcm__{section.Key} is wrong: {error.Message}", error);
        }
    }
}
