using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Scim.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the page of captured requests shows.</summary>
/// <param name="View">The integration.</param>
/// <param name="Until">Until when requests are captured; null while they are not.</param>
/// <param name="Captures">The newest first.</param>
/// <param name="Total">How many there are.</param>
internal sealed record CaptureListModel(IntegrationView View, DateTimeOffset? Until, IReadOnlyList<Capture> Captures, int Total)
{
    public string Home => $"/integrations/{View.Integration.Id}/captures";
}

/// <summary>Who may call the SCIM gateway beside the holders of its tokens, and the requests that were captured.</summary>
internal static class ScimAccessForms
{
    /// <summary>The choice that leaves a capture as it runs.</summary>
    public const string KeepCapturing = "keep";

    /// <summary>How long requests may be captured from now on.</summary>
    public static readonly (string Value, string Text, TimeSpan Time)[] Captures =
        [("hour", "For an hour", TimeSpan.FromHours(1)), ("day", "For a day", TimeSpan.FromDays(1)), ("week", "For a week", TimeSpan.FromDays(7))];

    private const string Section = "scim-access";

    /// <summary>How many are on the page; all of them are in the download.</summary>
    private const int MaxShown = 50;

    public static void Map(RouteGroupBuilder pages)
    {
        const string home = "/integrations/{integrationId}";
        pages.MapPost(home + "/scim-access", SaveAsync).Needs(Permission.ManageIntegrations);
        pages.MapGet(home + "/captures", ListAsync).Needs(Permission.ManageIntegrations);
        pages.MapGet(home + "/captures.jsonl", DownloadAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost(home + "/captures/clear", ClearAsync).Needs(Permission.ManageIntegrations);
    }

    private static async Task<IResult> SaveAsync(string integrationId, HttpContext http, IntegrationStore integrations, ScimAccessSettings settings, TimeProvider clock)
    {
        if (await integrations.FindAsync(integrationId, http.RequestAborted) is not { } found)
        {
            return IntegrationPages.Missing();
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var chosen = form.Text("capture");
        var until = chosen == KeepCapturing ? settings.Describe(found.Value).CaptureUntil
            : Array.Find(Captures, choice => choice.Value == chosen) is { Value: not null } choice ? clock.GetUtcNow() + choice.Time
            : (DateTimeOffset?)null;
        var result = await settings.SaveAsync(
            integrationId, new ScimAccessResource(form.Lines("entraTenants"), form.Lines("basicUserNames"), until), DashboardUser.Of(http).Provenance(http), http.RequestAborted);
        return result.Refusal is { } refusal
            ? await IntegrationForms.FailedAsync(http, integrationId, Section, refusal, form)
            : IntegrationForms.Go($"/integrations/{integrationId}#{Section}", "saved");
    }

    private static async Task<IResult> ListAsync(string integrationId, HttpContext http, IntegrationViews views, ScimAccessSettings settings, ScimCaptures captures)
    {
        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view)
        {
            return IntegrationPages.Missing();
        }

        var all = await captures.ListAsync(integrationId, http.RequestAborted);
        return PageResult.Of<CaptureListPage, CaptureListModel>(new CaptureListModel(view, settings.Describe(view.Integration).CaptureUntil, [.. all.Take(MaxShown)], all.Count));
    }

    private static async Task<IResult> DownloadAsync(string integrationId, HttpContext http, IntegrationStore integrations, ScimCaptures captures) =>
        await integrations.FindAsync(integrationId, http.RequestAborted) is null
            ? IntegrationPages.Missing()
            : Exports.JsonLines($"captures-{integrationId}.jsonl", (await captures.ListAsync(integrationId, http.RequestAborted)).ToAsyncEnumerable());

    private static async Task<IResult> ClearAsync(string integrationId, HttpContext http, IntegrationStore integrations, ScimCaptures captures)
    {
        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return IntegrationPages.Missing();
        }

        await captures.ClearAsync(integrationId, http.RequestAborted);
        return IntegrationForms.Go($"/integrations/{integrationId}/captures", "captures-cleared");
    }
}
