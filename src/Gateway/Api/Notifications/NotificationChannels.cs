using System.Net.Mail;
using System.Security.Cryptography;
using IdLcm.Domain;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Notifications;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Secrets;

namespace IdLcm.Gateway.Api;

/// <summary>Makes and removes notification channels, with the secrets that belong to them.</summary>
internal sealed class NotificationChannels(NotificationPump pump, ISecretStore secrets, TimeProvider clock)
{
    private const int MaxName = 100;
    private const int MaxDigestMinutes = 1440;

    /// <summary>Makes a channel. The signing secret of a webhook is told this once.</summary>
    public async Task<Result<CreatedChannel>> CreateAsync(string integrationId, ChannelRequest request, Provenance by, CancellationToken cancellationToken)
    {
        var problems = new List<FieldProblem>();
        var target = Target(request, problems);
        var events = Events(request, problems);
        if (string.IsNullOrWhiteSpace(request.Name) || request.Name.Length > MaxName || request.Name.Any(char.IsControl))
        {
            problems.Add(new FieldProblem("name", $"is required: one line of at most {MaxName} characters."));
        }

        if (request.DigestMinutes is < 0 or > MaxDigestMinutes)
        {
            problems.Add(new FieldProblem("digestMinutes", $"must be 0 to {MaxDigestMinutes}."));
        }

        if (problems.Count > 0)
        {
            return Refusal.Invalid(problems);
        }

        var channel = new NotificationChannel
        {
            Id = Ids.NewShort(),
            Kind = request.Kind!.Value,
            Name = request.Name!.Trim(),
            Target = target!,
            Events = events,
            DigestMinutes = request.DigestMinutes,
            CreatedAt = clock.GetUtcNow(),
        };
        var secret = channel.Kind switch
        {
            ChannelKind.Webhook => "whsec_" + RandomNumberGenerator.GetHexString(64, lowercase: true),
            ChannelKind.Email => null,
            _ => request.Url,
        };
        if (secret is not null)
        {
            var name = NotificationChannel.Secret(integrationId, channel.Id);
            await secrets.PromoteAsync(name, await secrets.SetAsync(name, secret, cancellationToken), cancellationToken);
        }

        await pump.AddAsync(integrationId, channel, by, cancellationToken);
        return new CreatedChannel(ChannelResource.Of(channel), channel.Kind == ChannelKind.Webhook ? secret : null);
    }

    /// <summary>Removes a channel and its secret.</summary>
    /// <returns>Null, or why there was nothing to remove.</returns>
    public async Task<Refusal?> RemoveAsync(string integrationId, string channelId, Provenance by, CancellationToken cancellationToken)
    {
        if (!await pump.RemoveAsync(integrationId, channelId, by, cancellationToken))
        {
            return Refusal.NotFound("channel_not_found", $"The integration has no notification channel '{channelId}'.");
        }

        await secrets.DeleteAsync(NotificationChannel.Secret(integrationId, channelId), cancellationToken);
        return null;
    }

    private static string? Target(ChannelRequest request, List<FieldProblem> problems)
    {
        if (request.Kind is null)
        {
            problems.Add(new FieldProblem("kind", $"is required: one of {string.Join(", ", Enum.GetNames<ChannelKind>())}."));
            return null;
        }

        if (request.Kind == ChannelKind.Email)
        {
            if (request.To is not { Count: > 0 and <= 20 } to || to.Any(address => address is null || address.Contains(',') || !MailAddress.TryCreate(address, out _)))
            {
                problems.Add(new FieldProblem("to", "is required: 1 to 20 e-mail addresses."));
                return null;
            }

            return string.Join(", ", to);
        }

        if (!Uri.TryCreate(request.Url, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttps && !(url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)) || url.UserInfo.Length > 0)
        {
            problems.Add(new FieldProblem("url", "is required: an https address without user name, or http on this machine."));
            return null;
        }

        return request.Kind == ChannelKind.Webhook ? url.AbsoluteUri : url.Host;
    }

    private static List<ActivityKind> Events(ChannelRequest request, List<FieldProblem> problems)
    {
        var events = new List<ActivityKind>();
        foreach (var name in request.Events ?? [])
        {
            if (EnumNames<ActivityKind>.TryParse(name ?? "", out var kind))
            {
                events.Add(kind);
            }
            else
            {
                problems.Add(new FieldProblem("events", $"'{name}' is no event of the activity."));
            }
        }

        return events;
    }
}
