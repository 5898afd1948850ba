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

    /// <summary>An API key that was made just now: shown this once.</summary>
    public NewApiKey? NewKey { get; init; }

    /// <summary>A sign-in link that was made just now: shown this once.</summary>
    public (Administrator For, string Address, DateTimeOffset ExpiresAt)? NewLink { get; init; }

    public string? FailedForm { get; init; }

    public Refusal? Refusal { get; init; }
}

/// <summary>The workspace's pause, its administrators and its API keys.</summary>
internal static partial class SettingsPages
{
    private const int MaxDead = 100;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/settings", SettingsAsync).Needs(Permission.ReadWorkspace);
        pages.MapPost("/settings/pause", PauseAsync).Needs(Permission.PauseWorkspace);
        pages.MapPost("/settings/resume", ResumeAsync).Needs(Permission.PauseWorkspace);
        pages.MapPost("/settings/keys", MakeKeyAsync).Needs(Permission.ManageKeys);
        pages.MapPost("/settings/keys/{keyId}/revoke", RevokeKeyAsync).Needs(Permission.ManageKeys);
        pages.MapPost("/settings/administrators", AddAsync).Needs(Permission.ManageKeys);
        pages.MapPost("/settings/administrators/{administratorId}/link", LinkAsync).Needs(Permission.ManageKeys);
        pages.MapPost("/settings/administrators/{administratorId}/remove", RemoveAsync).Needs(Permission.ManageKeys);
    }

    // The parameter of a service makes this a handler that answers, and no delegate whose result is dropped.
    private static Task<IResult> SettingsAsync(HttpContext http, Administrators administrators) => ShowAsync(http, administrators);

    private static async Task<IResult> ShowAsync(HttpContext http, Administrators administrators, Func<SettingsModel, SettingsModel>? with = null, int status = StatusCodes.Status200OK)
    {
        var services = http.RequestServices;
        var store = services.GetRequiredService<IntegrationStore>();
        var clock = services.GetRequiredService<TimeProvider>();
        var caller = ApiCaller.Of(http);
        var manages = caller.Has(Permission.ManageKeys);
        var integrations = await store.ListAsync(http.RequestAborted);
        var (told, untold) = await ToldAsync([.. integrations.Where(integration => caller.MayUse(integration.Id))], services.GetRequiredService<NotificationPump>(), http.RequestAborted);
        var model = new SettingsModel
        {
            Paused = (await store.WorkspaceAsync(http.RequestAborted)).Paused,
            Administrators = manages ? await administrators.ListAsync(http.RequestAborted) : null,
            Keys = manages ? [.. (await store.ListApiKeysAsync(http.RequestAborted)).OrderBy(key => key.Label, StringComparer.OrdinalIgnoreCase)] : null,
            Integrations = manages ? integrations : [],
            Told = told,
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

    private static async Task<IResult> AddAsync(HttpContext http, Administrators administrators, GatewayAddress address, ILogger<Administrators> logger)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var result = await administrators.AddAsync(ApiCaller.Of(http), form.Text("name"), Role(form), Given(form), http.RequestAborted);
        if (result.Value is not { } added)
        {
            return await FailedAsync(http, "administrators", result.Refusal!);
        }

        LogAdded(logger, added.Id, added.Role, DashboardUser.Of(http).Administrator.Id);
        return await ShowLinkAsync(http, administrators, address, added);
    }

    private static async Task<IResult> LinkAsync(string administratorId, HttpContext http, Administrators administrators, GatewayAddress address, ILogger<Administrators> logger)
    {
        if (await administrators.FindAsync(administratorId, http.RequestAborted) is not { } found)
        {
            return await FailedAsync(http, "administrators", Refusal.NotFound("administrator_not_found", "There is no such administrator."));
        }

        if (found.Provider is not null)
        {
            return await FailedAsync(http, "administrators", Refusal.Conflict("has_provider", "This person signs in by the OpenID provider: a link would leave it out."));
        }

        if (found.Role > ApiCaller.Of(http).Role)
        {
            return await FailedAsync(http, "administrators", Refusal.Forbidden("role_too_high", "Nobody signs in as an administrator with a higher role than their own."));
        }

        LogLink(logger, found.Id, DashboardUser.Of(http).Administrator.Id);
        return await ShowLinkAsync(http, administrators, address, found);
    }

    private static async Task<IResult> RemoveAsync(string administratorId, HttpContext http, Administrators administrators, ILogger<Administrators> logger)
    {
        var result = await administrators.RemoveAsync(ApiCaller.Of(http), administratorId, http.RequestAborted);
        if (result.Refusal is { } refusal)
        {
            return await FailedAsync(http, "administrators", refusal);
        }

        LogRemoved(logger, administratorId, DashboardUser.Of(http).Administrator.Id);
        return IntegrationForms.Go("/settings#administrators", "administrator-removed");
    }

    private static async Task<IResult> ShowLinkAsync(HttpContext http, Administrators administrators, GatewayAddress address, Administrator person)
    {
        var (secret, expiresAt) = await administrators.NewLinkAsync(person.Id, http.RequestAborted);
        return await ShowAsync(http, http.RequestServices.GetRequiredService<Administrators>(), model => model with { NewLink = (person, DashboardSignIn.Address(address.Base(http.Request), secret), expiresAt) });
    }

    private static Task<IResult> FailedAsync(HttpContext http, string form, Refusal refusal) => ShowAsync(
        http,
        http.RequestServices.GetRequiredService<Administrators>(),
        model => model with { FailedForm = form, Refusal = refusal },
        refusal.Kind switch
        {
            RefusalKind.Forbidden => StatusCodes.Status403Forbidden,
            RefusalKind.NotFound => StatusCodes.Status404NotFound,
            RefusalKind.Conflict => StatusCodes.Status409Conflict,
            _ => StatusCodes.Status400BadRequest,
        });

    private static WorkspaceRole? Role(IFormCollection form) => Enum.TryParse<WorkspaceRole>(form.Text("role"), out var role) && Enum.IsDefined(role) ? role : null;

    private static List<string> Given(IFormCollection form) => [.. form["integrations"].OfType<string>().Where(id => id.Length > 0)];

    [LoggerMessage(2321, LogLevel.Information, "API key {KeyId} with role {Role} was made by administrator {AdministratorId}")]
    private static partial void LogKeyMade(ILogger logger, string keyId, WorkspaceRole role, string administratorId);

    [LoggerMessage(2322, LogLevel.Information, "API key {KeyId} was revoked by administrator {AdministratorId}")]
    private static partial void LogKeyRevoked(ILogger logger, string keyId, string administratorId);

    [LoggerMessage(2323, LogLevel.Information, "Administrator {AddedId} with role {Role} was added by administrator {AdministratorId}")]
    private static partial void LogAdded(ILogger logger, string addedId, WorkspaceRole role, string administratorId);

    [LoggerMessage(2324, LogLevel.Information, "A sign-in link for administrator {ForId} was made by administrator {AdministratorId}")]
    private static partial void LogLink(ILogger logger, string forId, string administratorId);

    [LoggerMessage(2325, LogLevel.Information, "Administrator {RemovedId} was removed by administrator {AdministratorId}")]
    private static partial void LogRemoved(ILogger logger, string removedId, string administratorId);
}
