using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Notifications;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the page of notifications shows.</summary>
/// <param name="View">The integration.</param>
/// <param name="Channels">Where people are told.</param>
/// <param name="Dead">What was given up.</param>
/// <param name="MoreDead">True where more was given up than is shown.</param>
/// <param name="Made">A channel that was made just now: its signing secret is shown this once.</param>
/// <param name="Refusal">What was wrong about the form.</param>
/// <param name="Typed">What was typed into it.</param>
internal sealed record NotificationModel(
    IntegrationView View, IReadOnlyList<ChannelResource> Channels, IReadOnlyList<NotificationDelivery> Dead, bool MoreDead, CreatedChannel? Made, Refusal? Refusal, IReadOnlyDictionary<string, string> Typed)
{
    public string NameOf(string channelId) => Channels.FirstOrDefault(channel => channel.Id == channelId)?.Name ?? channelId;
}

/// <summary>What the page of one channel shows.</summary>
/// <param name="View">The integration.</param>
/// <param name="Channel">The channel.</param>
/// <param name="Chosen">The names of the events that are chosen; none for those that need a person.</param>
/// <param name="Refusal">What was wrong about the form.</param>
/// <param name="Typed">What was typed into it.</param>
internal sealed record ChannelModel(IntegrationView View, NotificationChannel Channel, IReadOnlyCollection<string> Chosen, Refusal? Refusal, IReadOnlyDictionary<string, string> Typed)
{
    public string Home => $"/integrations/{View.Integration.Id}/notifications";
}

/// <summary>Channels by which people are told of events, and what could not be delivered.</summary>
internal static class NotificationPages
{
    private const int MaxDead = 50;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/notifications", ShowAsync).Needs(Permission.ReadIntegrations);
        pages.MapPost("/integrations/{integrationId}/notifications", CreateAsync).Needs(Permission.AllowHosts);
        pages.MapGet("/integrations/{integrationId}/notifications/{channelId}", (string integrationId, string channelId, HttpContext http, IntegrationViews views) => ChannelAsync(integrationId, channelId, http, views))
            .Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/notifications/{channelId}", ChangeAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/notifications/{channelId}/remove", RemoveAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/dead-letters/{deliveryId}/replay", ReplayAsync).Needs(Permission.ManageIntegrations);
    }

    private static Task<IResult> ShowAsync(string integrationId, HttpContext http, IntegrationViews views) => PageAsync(integrationId, http, views, model => model);

    private static async Task<IResult> CreateAsync(string integrationId, HttpContext http, IntegrationViews views, IntegrationStore integrations, NotificationChannels channels)
    {
        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return IntegrationPages.Missing();
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var kind = Enum.TryParse<ChannelKind>(form.Text("kind"), out var chosen) && Enum.IsDefined(chosen) ? chosen : (ChannelKind?)null;
        var target = form.Text("target");
        var request = new ChannelRequest
        {
            Kind = kind,
            Name = form.Text("name"),
            Url = kind == ChannelKind.Email ? null : target,
            To = kind == ChannelKind.Email ? Recipients(target) : null,
            Events = EventsOf(form),
            DigestMinutes = form.Number("digestMinutes") ?? 0,
        };
        var result = await channels.CreateAsync(integrationId, request, DashboardUser.Of(http).Provenance(http), http.RequestAborted);
        return result.Value switch
        {
            { SigningSecret: not null } made => await PageAsync(integrationId, http, views, model => model with { Made = made }),
            { } => IntegrationForms.Go($"/integrations/{integrationId}/notifications", "channel-made"),
            null => await PageAsync(integrationId, http, views, model => model with { Refusal = result.Refusal, Typed = form.Typed() }, StatusCodes.Status400BadRequest),
        };
    }

    private static async Task<IResult> ChangeAsync(
        string integrationId, string channelId, HttpContext http, IntegrationViews views, IntegrationStore integrations, NotificationPump pump, NotificationChannels channels)
    {
        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null || await pump.FindAsync(integrationId, channelId, http.RequestAborted) is not { } channel)
        {
            return NoChannel();
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var target = form.Text("target");
        var patch = new ChannelPatch
        {
            Name = form.Text("name") ?? "",
            Url = channel.Kind == ChannelKind.Email ? null : target,
            To = channel.Kind == ChannelKind.Email && target is not null ? Recipients(target) : null,
            Events = EventsOf(form),
            DigestMinutes = form.Number("digestMinutes") ?? 0,
        };
        var result = await channels.ChangeAsync(
            integrationId, channelId, patch, ApiCaller.Of(http).Has(Permission.AllowHosts), DashboardUser.Of(http).Provenance(http), http.RequestAborted);
        return result.Refusal is { Kind: RefusalKind.Invalid } refusal ? await ChannelAsync(integrationId, channelId, http, views, refusal, form)
            : result.Refusal is { } other ? IntegrationForms.Refused(other)
            : IntegrationForms.Go($"/integrations/{integrationId}/notifications", "saved");
    }

    private static string[]? Recipients(string? text) => text?.Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static List<string> EventsOf(IFormCollection form) => [.. form["events"].OfType<string>().Where(name => name.Length > 0)];

    private static IResult NoChannel() => DashboardGate.Problem(StatusCodes.Status404NotFound, "There is no such channel", "It may have been removed.");

    private static async Task<IResult> ChannelAsync(
        string integrationId, string channelId, HttpContext http, IntegrationViews views, Refusal? refusal = null, IFormCollection? form = null)
    {
        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view
            || await http.RequestServices.GetRequiredService<NotificationPump>().FindAsync(integrationId, channelId, http.RequestAborted) is not { } channel)
        {
            return NoChannel();
        }

        IReadOnlyCollection<string> chosen = form is null ? [.. channel.Events.Select(EnumNames<ActivityKind>.Of)] : EventsOf(form);
        return PageResult.Of<ChannelPage, ChannelModel>(
            new ChannelModel(view, channel, chosen, refusal, form?.Typed() ?? new Dictionary<string, string>()), refusal is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> RemoveAsync(string integrationId, string channelId, HttpContext http, IntegrationStore integrations, NotificationChannels channels)
    {
        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return IntegrationPages.Missing();
        }

        return await channels.RemoveAsync(integrationId, channelId, DashboardUser.Of(http).Provenance(http), http.RequestAborted) is { } refusal
            ? IntegrationForms.Refused(refusal)
            : IntegrationForms.Go($"/integrations/{integrationId}/notifications", "channel-removed");
    }

    private static async Task<IResult> ReplayAsync(string integrationId, string deliveryId, HttpContext http, IntegrationStore integrations, NotificationPump pump)
    {
        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return IntegrationPages.Missing();
        }

        return await pump.ReplayAsync(integrationId, deliveryId, http.RequestAborted)
            ? IntegrationForms.Go($"/integrations/{integrationId}/notifications", "replayed")
            : IntegrationForms.Refused(Refusal.NotFound("delivery_not_found", "There is no such notification among those that were given up."));
    }

    private static async Task<IResult> PageAsync(
        string integrationId, HttpContext http, IntegrationViews views, Func<NotificationModel, NotificationModel> with, int status = StatusCodes.Status200OK)
    {
        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view)
        {
            return IntegrationPages.Missing();
        }

        var pump = http.RequestServices.GetRequiredService<NotificationPump>();
        var channels = (await pump.ChannelsAsync(integrationId, http.RequestAborted)).Items;
        var (dead, more) = await pump.DeadAsync(integrationId, MaxDead, null, http.RequestAborted);
        var model = new NotificationModel(view, [.. channels.Select(ChannelResource.Of)], dead, more, null, null, new Dictionary<string, string>());
        return PageResult.Of<NotificationPage, NotificationModel>(with(model), status);
    }
}
