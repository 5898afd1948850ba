using System.Net.Mail;
using System.Security.Cryptography;
using IdLcm.Domain;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Notifications;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Secrets;

namespace IdLcm.Gateway.Api;

/// <summary>Makes, changes and removes notification channels, with the secrets that belong to them.</summary>
internal sealed class NotificationChannels(NotificationPump pump, ISecretStore secrets, TimeProvider clock)
{
    private const int MaxName = 100;
    private const int MaxDigestMinutes = 1440;

    /// <summary>Makes a channel. The signing secret of a webhook is told this once.</summary>
    public async Task<Result<CreatedChannel>> CreateAsync(string integrationId, ChannelRequest request, Provenance by, CancellationToken cancellationToken)
    {
        var problems = new List<FieldProblem>();
        if (request.Kind is null)
        {
            problems.Add(new FieldProblem("kind", $"is required: one of {string.Join(", ", Enum.GetNames<ChannelKind>())}."));
        }

        var target = request.Kind is { } kind ? Target(kind, request.Url, request.To, problems) : null;
        var events = Events(request.Events, problems);
        CheckName(request.Name, problems);
        CheckDigest(request.DigestMinutes, problems);
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
            await KeepAsync(integrationId, channel.Id, secret, cancellationToken);
        }

        await pump.AddAsync(integrationId, channel, by, cancellationToken);
        return new CreatedChannel(ChannelResource.Of(channel), channel.Kind == ChannelKind.Webhook ? secret : null);
    }

    /// <summary>Changes a channel; what is left out stays. The signing secret of a webhook stays too, its kind for good.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="channelId">The channel; any text.</param>
    /// <param name="patch">What is to change.</param>
    /// <param name="mayNameHosts">Whether whoever asks may name a host that the server calls.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The channel as it is then, or why it was not changed.</returns>
    public async Task<Result<ChannelResource>> ChangeAsync(
        string integrationId, string channelId, ChannelPatch patch, bool mayNameHosts, Provenance by, CancellationToken cancellationToken)
    {
        if (await pump.FindAsync(integrationId, channelId, cancellationToken) is not { } before)
        {
            return NoChannel(channelId);
        }

        var elsewhere = patch.Url is not null || patch.To is not null;
        if (elsewhere && !mayNameHosts)
        {
            return Refusal.Forbidden("channel_needs_admin", "Where a channel tells is changed by an Admin: the server calls the host that is named.");
        }

        var problems = new List<FieldProblem>();
        var target = elsewhere ? Target(before.Kind, patch.Url, patch.To, problems) : before.Target;
        var events = patch.Events is null ? before.Events : Events(patch.Events, problems);
        if (patch.Name is not null)
        {
            CheckName(patch.Name, problems);
        }

        CheckDigest(patch.DigestMinutes ?? before.DigestMinutes, problems);
        if (problems.Count > 0)
        {
            return Refusal.Invalid(problems);
        }

        if (elsewhere && before.Kind is ChannelKind.Slack or ChannelKind.Teams)
        {
            await KeepAsync(integrationId, before.Id, patch.Url!, cancellationToken);
        }

        var changed = await pump.ChangeAsync(
            integrationId,
            channelId,
            channel => channel with { Name = patch.Name?.Trim() ?? channel.Name, Target = target!, Events = events, DigestMinutes = patch.DigestMinutes ?? channel.DigestMinutes },
            by,
            cancellationToken);
        return changed is null ? NoChannel(channelId) : ChannelResource.Of(changed);
    }

    /// <summary>Removes a channel and its secret.</summary>
    /// <returns>Null, or why there was nothing to remove.</returns>
    public async Task<Refusal?> RemoveAsync(string integrationId, string channelId, Provenance by, CancellationToken cancellationToken)
    {
        if (!await pump.RemoveAsync(integrationId, channelId, by, cancellationToken))
        {
            return NoChannel(channelId);
        }

        await secrets.DeleteAsync(NotificationChannel.Secret(integrationId, channelId), cancellationToken);
        return null;
    }

    private async Task KeepAsync(string integrationId, string channelId, string secret, CancellationToken cancellationToken)
    {
        var name = NotificationChannel.Secret(integrationId, channelId);
        await secrets.PromoteAsync(name, await secrets.SetAsync(name, secret, cancellationToken), cancellationToken);
    }

    private static Refusal NoChannel(string channelId) => Refusal.NotFound("channel_not_found", $"The integration has no notification channel '{channelId}'.");

    private static void CheckName(string? name, List<FieldProblem> problems)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > MaxName || name.Any(char.IsControl))
        {
            problems.Add(new FieldProblem("name", $"is required: one line of at most {MaxName} characters."));
        }
    }

    private static void CheckDigest(int minutes, List<FieldProblem> problems)
    {
        if (minutes is < 0 or > MaxDigestMinutes)
        {
            problems.Add(new FieldProblem("digestMinutes", $"must be 0 to {MaxDigestMinutes}."));
        }
    }

    private static string? Target(ChannelKind kind, string? address, IReadOnlyList<string>? recipients, List<FieldProblem> problems)
    {
        if (kind == ChannelKind.Email)
        {
            if (recipients is not { Count: > 0 and <= 20 } to || to.Any(mail => mail is null || mail.Contains(',') || !MailAddress.TryCreate(mail, out _)))
            {
                problems.Add(new FieldProblem("to", "is required: 1 to 20 e-mail addresses."));
                return null;
            }

            return string.Join(", ", to);
        }

        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttps && !(url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)) || url.UserInfo.Length > 0)
        {
            problems.Add(new FieldProblem("url", "is required: an https address without user name, or http on this machine."));
            return null;
        }

        return kind == ChannelKind.Webhook ? url.AbsoluteUri : url.Host;
    }

    private static List<ActivityKind> Events(IReadOnlyList<string>? names, List<FieldProblem> problems)
    {
        var events = new List<ActivityKind>();
        foreach (var name in names ?? [])
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
