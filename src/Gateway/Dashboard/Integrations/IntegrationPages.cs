using System.Text;
using System.Text.Json;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Launch;
using IdLcm.Domain.Operations;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Scim;
using IdLcm.Gateway.Scim.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the list of integrations shows.</summary>
/// <param name="Views">The integrations of this page.</param>
/// <param name="Total">How many match.</param>
/// <param name="All">How many there are for this person.</param>
/// <param name="Query">The search.</param>
/// <param name="App">The app filtered by.</param>
/// <param name="Status">The status filtered by.</param>
/// <param name="Sort">The column sorted by; with '-' before it, the other way round.</param>
/// <param name="Page">The page, from 1.</param>
/// <param name="Apps">The apps in use, to choose from.</param>
internal sealed record IntegrationListModel(
    IReadOnlyList<IntegrationView> Views, int Total, int All, string? Query, string? App, string? Status, string Sort, int Page, IReadOnlyList<(string Id, string Name)> Apps)
{
    public const int PageSize = 50;

    public string Link(string? sort = null, int page = 1, string file = "") => Words.Link(
        "/integrations" + file, ("q", Query), ("app", App), ("status", Status), ("sort", IntegrationPages.Sorter.Parameter(sort ?? Sort)), ("page", page > 1 ? $"{page}" : null));
}

/// <summary>What the Settings tab shows, and what it holds after a form could not be carried out.</summary>
internal sealed record IntegrationSettingsModel
{
    public required IntegrationView View { get; init; }

    public required string ScimBaseUrl { get; init; }

    public required string BaseUrl { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>The user schema in force.</summary>
    public required UserSchema Schema { get; init; }

    /// <summary>The user schema as the editor shows it.</summary>
    public required string SchemaJson { get; init; }

    /// <summary>The versions of the connector, newest first.</summary>
    public required IReadOnlyList<ConnectorMove> Versions { get; init; }

    /// <summary>A gateway token that was generated just now: shown this once.</summary>
    public GeneratedToken? NewToken { get; init; }

    /// <summary>Whether people are launched into the app.</summary>
    public required LaunchSettings Launch { get; init; }

    /// <summary>True when the connector names the sign-in page that people are launched to.</summary>
    public required bool LaunchOffered { get; init; }

    /// <summary>What groups give.</summary>
    public required IReadOnlyList<GroupMappingResource> Groups { get; init; }

    /// <summary>Who may call beside the holders of gateway tokens, and until when that is captured.</summary>
    public required ScimAccessResource ScimAccess { get; init; }

    /// <summary>How failed operations are tried again where the integration says nothing else.</summary>
    public required RetryRules RetryRules { get; init; }

    /// <summary>When it syncs next by its schedule; null where it has none.</summary>
    public DateTimeOffset? NextSync { get; init; }

    public string BookmarkUrl => $"{BaseUrl}/launch/{View.Integration.Id}";

    public string Home => $"/integrations/{View.Integration.Id}";

    /// <summary>The form that could not be carried out, by the id of its section.</summary>
    public string? FailedForm { get; init; }

    public Refusal? Refusal { get; init; }

    /// <summary>The user schema as the form of fields had it, where that is the one that could not be carried out.</summary>
    public UserSchema? SchemaDraft { get; init; }

    /// <summary>What was typed into the form that could not be carried out; secrets are not among it.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>();

    /// <summary>Why a form was not carried out; null for every other form.</summary>
    public Refusal? ProblemsOf(string form) => FailedForm == form ? Refusal : null;

    /// <summary>What was typed into a field of a form that was not carried out, or what is in force.</summary>
    public string? Typed(string form, string field, string? otherwise) => FailedForm == form ? Fields.GetValueOrDefault(field, otherwise!) : otherwise;

    /// <summary>Whether a box was checked, likewise.</summary>
    public bool Checked(string form, string field, bool otherwise) => FailedForm == form ? Fields.ContainsKey(field) : otherwise;
}

/// <summary>The list of integrations and the Settings tab of one.</summary>
internal static class IntegrationPages
{
    /// <summary>What the list can be sorted by.</summary>
    public static readonly ListSorter<IntegrationView> Sorter = new(
        "name",
        ("name", view => view.Integration.Name), ("app", view => view.AppName), ("id", view => view.Integration.Id), ("synced", view => view.LastSynced), ("status", view => Words.Of(view.Status)));

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations", ListAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations.csv", ExportAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}", SettingsAsync).Needs(Permission.ReadIntegrations);
    }

    public static IResult Missing() =>
        DashboardGate.Problem(StatusCodes.Status404NotFound, "There is no such integration", "It may have been deleted, or the address is wrong.");

    /// <summary>Shows the Settings tab.</summary>
    public static async Task<IResult> ShowAsync(
        HttpContext http, string integrationId, Func<IntegrationSettingsModel, IntegrationSettingsModel>? with = null, int status = StatusCodes.Status200OK)
    {
        var services = http.RequestServices;
        var views = services.GetRequiredService<IntegrationViews>();
        var address = services.GetRequiredService<GatewayAddress>();
        var clock = services.GetRequiredService<TimeProvider>();
        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view)
        {
            return Missing();
        }

        var schema = view.Integration.UserSchema ?? view.Manifest?.UserSchema ?? new UserSchema();
        var profile = await services.GetRequiredService<IntegrationProfiles>().FindAsync(integrationId, http.RequestAborted);
        var model = new IntegrationSettingsModel
        {
            View = view,
            ScimBaseUrl = address.ScimBase(http.Request, integrationId),
            BaseUrl = address.Base(http.Request),
            Now = clock.GetUtcNow(),
            Schema = schema,
            SchemaJson = SchemaText.Write(schema),
            Versions = await services.GetRequiredService<IntegrationService>().ConnectorVersionsAsync(integrationId, http.RequestAborted) ?? [],
            Launch = profile is null ? new LaunchSettings() : await services.GetRequiredService<LaunchService>().SettingsAsync(profile, http.RequestAborted),
            Groups = profile is null ? [] : await services.GetRequiredService<GroupMappingChanges>().ListAsync(profile, http.RequestAborted),
            ScimAccess = services.GetRequiredService<ScimAccessSettings>().Describe(view.Integration),
            RetryRules = services.GetRequiredService<RetryRules>(),
            NextSync = view.Integration.Sync.Schedule?.Next(services.GetRequiredService<TimeProvider>().GetUtcNow()),
            LaunchOffered = profile?.Manifest.Launch?.AddressOf(profile.Integration.Settings) is not null,
        };
        return PageResult.Of<IntegrationSettingsPage, IntegrationSettingsModel>(with?.Invoke(model) ?? model, status);
    }

    private static Task<IResult> SettingsAsync(string integrationId, HttpContext http) => ShowAsync(http, integrationId);

    /// <summary>Shows the list.</summary>
    public static async Task<IResult> ListAsync(
        HttpContext http, IntegrationStore integrations, IntegrationViews views,
        string? q = null, string? app = null, string? status = null, string? sort = null, string? page = null)
    {
        var text = string.IsNullOrWhiteSpace(q) ? null : q.Trim();
        var all = await ReadAsync(http, integrations, views);
        var sorted = Wanted(all, text, app, status, sort);
        var number = Math.Clamp(int.TryParse(page, out var given) ? given : 1, 1, Math.Max(1, (sorted.Count + IntegrationListModel.PageSize - 1) / IntegrationListModel.PageSize));
        return PageResult.Of<IntegrationListPage, IntegrationListModel>(new IntegrationListModel(
            [.. sorted.Skip((number - 1) * IntegrationListModel.PageSize).Take(IntegrationListModel.PageSize)],
            sorted.Count,
            all.Count,
            text,
            app,
            status,
            Sorter.Read(sort),
            number,
            [.. all.DistinctBy(view => view.Integration.ConnectorId).Select(view => (view.Integration.ConnectorId, view.AppName)).OrderBy(item => item.AppName, StringComparer.OrdinalIgnoreCase)]));
    }

    private static async Task<IResult> ExportAsync(
        HttpContext http, IntegrationStore integrations, IntegrationViews views, string? q = null, string? app = null, string? status = null, string? sort = null)
    {
        var wanted = Wanted(await ReadAsync(http, integrations, views), string.IsNullOrWhiteSpace(q) ? null : q.Trim(), app, status, sort);
        await Csv.BeginAsync(http, "integrations.csv", "App or service", "Integration name", "SCIM Gateway ID", "Last synced (UTC)", "Status", "Paused", "Connector", "Connector version");
        foreach (var view in wanted)
        {
            await Csv.LineAsync(
                http, view.AppName, view.Integration.Name, view.Integration.Id, view.LastSynced is { } synced ? Exports.Time(synced) : null, Words.Of(view.Status),
                view.Integration.Paused is null ? "No" : "Yes", view.Integration.ConnectorId, view.Integration.ConnectorVersion);
        }

        return Results.Empty;
    }

    private static async Task<List<IntegrationView>> ReadAsync(HttpContext http, IntegrationStore integrations, IntegrationViews views)
    {
        var caller = ApiCaller.Of(http);
        var all = new List<IntegrationView>();
        foreach (var integration in await integrations.ListAsync(http.RequestAborted))
        {
            if (caller.MayUse(integration.Id))
            {
                all.Add(await views.ViewAsync(integration, http.RequestAborted));
            }
        }

        return all;
    }

    private static IReadOnlyList<IntegrationView> Wanted(List<IntegrationView> all, string? text, string? app, string? status, string? sort) => Sorter.Sort(
        all.Where(view =>
            Filters.Contains(text, view.Integration.Name, view.Integration.Id, view.AppName)
            && (string.IsNullOrEmpty(app) || view.Integration.ConnectorId == app)
            && (string.IsNullOrEmpty(status) || Words.Of(view.Status).Equals(status, StringComparison.OrdinalIgnoreCase))),
        Sorter.Read(sort));
}

/// <summary>The user schema as people edit it.</summary>
internal static class SchemaText
{
    public static string Write(UserSchema schema)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            JsonSerializer.Serialize(writer, schema, ApiJson.Info<UserSchema>());
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Reads a schema; null with the problem where the text is none.</summary>
    public static UserSchema? Read(string text, out Refusal? problem)
    {
        try
        {
            problem = null;
            if (JsonSerializer.Deserialize(text, ApiJson.Info<UserSchema>()) is { } schema)
            {
                return IntegrationRequest.Complete(schema);
            }

            problem = Refusal.Invalid("userSchema", "must be a JSON object.");
        }
        catch (JsonException error)
        {
            var place = error.LineNumber is { } line ? $" at line {line + 1}, position {error.BytePositionInLine + 1}" : "";
            problem = Refusal.Invalid("userSchema", $"is not what a user schema looks like{place}{(error.Path is { Length: > 1 } path ? $" ({path[2..]})" : "")}.");
        }

        return null;
    }
}
