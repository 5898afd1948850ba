using IdLcm.Domain.Integrations;
using IdLcm.Domain.Notifications;
using IdLcm.Domain.Storage;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Scim;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Dashboard;

/// <summary>Whom an integration tells of what happens, and how long it keeps it.</summary>
internal sealed record ToldIntegration(Integration Integration, int Channels, int Dead);

/// <summary>What Settings shows.</summary>
internal sealed record SettingsModel
{
    public required Pause? Paused { get; init; }

    /// <summary>The administrators; null for who may not see them.</summary>
    public IReadOnlyList<Administrator>? Administrators { get; init; }

    /// <summary>The API keys; null for who may not see them.</summary>
    public IReadOnlyList<ApiKey>? Keys { get; init; }

    public required IReadOnlyList<Integration> Integrations { get; init; }

    /// <summary>The integrations that tell somebody of events or that keep their activity for a time only.</summary>
    public required IReadOnlyList<ToldIntegration> Told { get; init; }

    /// <summary>How many other integrations there are: they tell nobody and keep their activity for good.</summary>
    public required int Untold { get; init; }

    /// <summary>How long evidence is kept.</summary>
    public required EvidenceRetention Evidence { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>How each table of the page is sorted.</summary>
    public required SettingsOrder Order { get; init; }

    /// <summary>An API key that was made just now: shown this once.</summary>
    public NewApiKey? NewKey { get; init; }

    /// <summary>A sign-in link that was made just now: shown this once.</summary>
    public (Administrator For, string Address, DateTimeOffset ExpiresAt)? NewLink { get; init; }

    public string? FailedForm { get; init; }

    public Refusal? Refusal { get; init; }

    /// <summary>What was typed into the form that could not be carried out.</summary>
    public IFormCollection? Fields { get; init; }

    /// <summary>What was typed into a field of a form that was not carried out; null for every other form.</summary>
    public string? Typed(string form, string field) => FailedForm == form ? Fields?[field].ToString() : null;

    /// <summary>Whether an integration was chosen in a form that was not carried out.</summary>
    public bool Chose(string form, string integrationId) => FailedForm == form && Fields is { } fields && fields["integrations"].Contains(integrationId);
}

/// <summary>How the tables of Settings are sorted.</summary>
internal sealed record SettingsOrder(string Administrators, string Keys, string Webhooks)
{
    public static readonly ListSorter<Administrator> OfAdministrators = new(
        "name", ("name", person => person.Name), ("role", person => person.Role), ("added", person => person.CreatedAt), ("signed-in", person => person.SignedInAt));

    public static readonly ListSorter<ApiKey> OfKeys = new(
        "label", ("label", key => key.Label), ("id", key => key.Id), ("role", key => key.Role), ("made", key => key.CreatedAt), ("until", key => key.ExpiresAt ?? DateTimeOffset.MaxValue));

    public static readonly ListSorter<ToldIntegration> OfWebhooks = new(
        "name", ("name", item => item.Integration.Name), ("channels", item => item.Channels), ("dead", item => item.Dead));

    public static SettingsOrder Of(IQueryCollection query) => new(OfAdministrators.Read(query["administrators"]), OfKeys.Read(query["keys"]), OfWebhooks.Read(query["webhooks"]));

    /// <summary>The page in this order, at one of its tables.</summary>
    public string Link(string table) => Words.Link(
        "/settings", ("administrators", OfAdministrators.Parameter(Administrators)), ("keys", OfKeys.Parameter(Keys)), ("webhooks", OfWebhooks.Parameter(Webhooks))) + "#" + table;
}

/// <summary>The workspace's pause and its API keys, beside the page that shows them with its administrators.</summary>
internal static partial class SettingsPages
{
    private const int MaxDead = 100;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/settings", SettingsAsync).Needs(Permission.ReadWorkspace);
        pages.MapPost("/settings/pause", PauseAsync).Needs(Permission.PauseWorkspace);
        pages.MapPost("/settings/resume", ResumeAsync).Needs(Permission.PauseWorkspace);
        pages.MapGet("/settings/keys.csv", KeysCsvAsync).Needs(Permission.ManageKeys);
        pages.MapPost("/settings/keys", MakeKeyAsync).Needs(Permission.ManageKeys);
        pages.MapPost("/settings/keys/{keyId}/revoke", RevokeKeyAsync).Needs(Permission.ManageKeys);
    }

    // The parameter of a service makes this a handler that answers, and no delegate whose result is dropped.
    private static Task<IResult> SettingsAsync(HttpContext http, Administrators administrators) => ShowAsync(http, administrators);

    /// <summary>Shows the page, with what a form made or what was wrong about it.</summary>
    public static async Task<IResult> ShowAsync(HttpContext http, Administrators administrators, Func<SettingsModel, SettingsModel>? with = null, int status = StatusCodes.Status200OK)
    {
        var services = http.RequestServices;
        var store = services.GetRequiredService<IntegrationStore>();
        var clock = services.GetRequiredService<TimeProvider>();
        var caller = ApiCaller.Of(http);
        var order = SettingsOrder.Of(http.Request.Query);
        var manages = caller.Has(Permission.ManageKeys);
        var integrations = await store.ListAsync(http.RequestAborted);
        var (told, untold) = await ToldAsync([.. integrations.Where(integration => caller.MayUse(integration.Id))], services.GetRequiredService<NotificationPump>(), http.RequestAborted);
        var model = new SettingsModel
        {
            Paused = (await store.WorkspaceAsync(http.RequestAborted)).Paused,
            Administrators = manages ? SettingsOrder.OfAdministrators.Sort(await administrators.ListAsync(http.RequestAborted), order.Administrators) : null,
            Keys = manages ? SettingsOrder.OfKeys.Sort(await store.ListApiKeysAsync(http.RequestAborted), order.Keys) : null,
            Integrations = manages ? integrations : [],
            Told = SettingsOrder.OfWebhooks.Sort(told, order.Webhooks),
            Order = order,
            Untold = untold,
            Evidence = services.GetRequiredService<EvidenceRetention>(),
            Now = clock.GetUtcNow(),
        };
        return PageResult.Of<SettingsPage, SettingsModel>(with?.Invoke(model) ?? model, status);
    }

    private static async Task<(List<ToldIntegration> Told, int Untold)> ToldAsync(IReadOnlyList<Integration> integrations, NotificationPump pump, CancellationToken cancellationToken)
    {
        var told = new List<ToldIntegration>();
        var untold = 0;
        foreach (var integration in integrations)
        {
            var channels = (await pump.ChannelsAsync(integration.Id, cancellationToken)).Items.Count;
            if (channels == 0 && integration.ActivityDays is null)
            {
                untold++;
            }
            else
            {
                told.Add(new ToldIntegration(integration, channels, channels == 0 ? 0 : (await pump.DeadAsync(integration.Id, MaxDead, null, cancellationToken)).Items.Count));
            }
        }

        return (told, untold);
    }

    private static async Task<IResult> KeysCsvAsync(HttpContext http, IntegrationStore store)
    {
        await Csv.BeginAsync(http, "api-keys.csv", "For", "Key ID", "Role", "Integrations", "Made (UTC)", "Valid until (UTC)");
        foreach (var key in (await store.ListApiKeysAsync(http.RequestAborted)).OrderBy(key => key.Label, StringComparer.OrdinalIgnoreCase))
        {
            await Csv.LineAsync(
                http, key.Label, key.Id, Words.Of(key.Role), key.IntegrationIds is { } given ? string.Join("; ", given) : "All", Exports.Time(key.CreatedAt), key.ExpiresAt is { } until ? Exports.Time(until) : null);
        }

        return Results.Empty;
    }

    private static async Task<IResult> PauseAsync(HttpContext http, IntegrationService service)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var result = await service.PauseWorkspaceAsync(form.Text("reason"), DashboardUser.Of(http).Provenance(http), http.RequestAborted);
        return result.Refusal is { } refusal ? await FailedAsync(http, "workspace", refusal) : IntegrationForms.Go("/settings#workspace", "paused");
    }

    private static async Task<IResult> ResumeAsync(HttpContext http, IntegrationService service)
    {
        await service.ResumeWorkspaceAsync(DashboardUser.Of(http).Provenance(http), http.RequestAborted);
        return IntegrationForms.Go("/settings#workspace", "resumed");
    }

    private static async Task<IResult> MakeKeyAsync(HttpContext http, ApiKeys keys, TimeProvider clock, ILogger<ApiKeys> logger)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var request = new ApiKeyRequest
        {
            Label = form.Text("label"),
            Role = Role(form),
            ExpiresAt = form.Number("days") is { } days ? clock.GetUtcNow().AddDays(Math.Min(days, 36_500)) : null,
            IntegrationIds = Role(form) == WorkspaceRole.IntegrationManager ? Given(form) : null,
        };
        var result = await keys.CreateAsync(ApiCaller.Of(http), request, http.RequestAborted);
        if (result.Value is not { } made)
        {
            return await FailedAsync(http, "keys", result.Refusal!);
        }

        LogKeyMade(logger, made.Kept.Id, made.Kept.Role, DashboardUser.Of(http).Administrator.Id);
        return await ShowAsync(http, http.RequestServices.GetRequiredService<Administrators>(), model => model with { NewKey = made });
    }

    private static async Task<IResult> RevokeKeyAsync(string keyId, HttpContext http, ApiKeys keys, ILogger<ApiKeys> logger)
    {
        var result = await keys.RevokeAsync(ApiCaller.Of(http), keyId, http.RequestAborted);
        if (result.Refusal is { } refusal)
        {
            return await FailedAsync(http, "keys", refusal);
        }

        LogKeyRevoked(logger, keyId, DashboardUser.Of(http).Administrator.Id);
        return IntegrationForms.Go("/settings#keys", "key-revoked");
    }

    /// <summary>Shows the page with what was wrong about a form.</summary>
    public static Task<IResult> FailedAsync(HttpContext http, string form, Refusal refusal) => ShowAsync(
        http,
        http.RequestServices.GetRequiredService<Administrators>(),
        model => model with { FailedForm = form, Refusal = refusal, Fields = http.Request.Form },
        refusal.Kind switch
        {
            RefusalKind.Forbidden => StatusCodes.Status403Forbidden,
            RefusalKind.NotFound => StatusCodes.Status404NotFound,
            RefusalKind.Conflict => StatusCodes.Status409Conflict,
            _ => StatusCodes.Status400BadRequest,
        });

    public static WorkspaceRole? Role(IFormCollection form) => Enum.TryParse<WorkspaceRole>(form.Text("role"), out var role) && Enum.IsDefined(role) ? role : null;

    public static List<string> Given(IFormCollection form) => [.. form["integrations"].OfType<string>().Where(id => id.Length > 0)];

    [LoggerMessage(2321, LogLevel.Information, "API key {KeyId} with role {Role} was made by administrator {AdministratorId}")]
    private static partial void LogKeyMade(ILogger logger, string keyId, WorkspaceRole role, string administratorId);

    [LoggerMessage(2322, LogLevel.Information, "API key {KeyId} was revoked by administrator {AdministratorId}")]
    private static partial void LogKeyRevoked(ILogger logger, string keyId, string administratorId);
}
