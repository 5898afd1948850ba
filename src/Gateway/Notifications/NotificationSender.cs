using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Notifications;
using IdLcm.Domain.Secrets;
using IdLcm.Gateway.Api;

namespace IdLcm.Gateway.Notifications;

/// <summary>
/// Sends notifications. Webhooks are signed: <c>X-IdLCM-Signature: v1=</c> and the HMAC-SHA256 (RFC 2104) over the
/// timestamp of <c>X-IdLCM-Timestamp</c> (seconds since 1970), a dot, and the body, in lower-case hexadecimal.
/// </summary>
internal sealed class NotificationSender(ISecretStore secrets, Mailer mailer, TimeProvider clock) : INotificationSender, IDisposable
{
    /// <summary>How long a receiver may take.</summary>
    internal TimeSpan Patience
    {
        get => http.Timeout;
        init => http.Timeout = value;
    }

    // Redirects would carry a signed body to where nobody said that it may go.
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = TimeSpan.FromSeconds(10) };

    public async Task<string?> SendAsync(Integration integration, NotificationChannel channel, NotificationDelivery delivery, CancellationToken cancellationToken = default)
    {
        try
        {
            return channel.Kind switch
            {
                ChannelKind.Webhook => await PostSignedAsync(integration, channel, delivery, cancellationToken),
                ChannelKind.Email => await MailAsync(integration, channel, delivery, cancellationToken),
                _ => await PostAsync(integration, channel, channel.Kind == ChannelKind.Slack ? Slack(integration, delivery) : Teams(integration, delivery), cancellationToken),
            };
        }
        catch (HttpRequestException error)
        {
            return error.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no answer within {Patience.TotalSeconds:0} seconds";
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<string?> PostSignedAsync(Integration integration, NotificationChannel channel, NotificationDelivery delivery, CancellationToken cancellationToken)
    {
        if (await secrets.GetAsync(NotificationChannel.Secret(integration.Id, channel.Id), cancellationToken) is not { } key)
        {
            return "its signing secret is not in the secret store";
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(WebhookBody.Of(integration, delivery), ApiJson.Info<WebhookBody>());
        var timestamp = clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Post, channel.Target) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("X-IdLCM-Delivery", delivery.Id);
        request.Headers.Add("X-IdLCM-Timestamp", timestamp);
        request.Headers.Add("X-IdLCM-Signature", "v1=" + Sign(key.Value, timestamp, body));
        return await JudgeAsync(request, cancellationToken);
    }

    /// <summary>The signature of a webhook.</summary>
    internal static string Sign(string key, string timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(key));
        hmac.AppendData(Encoding.ASCII.GetBytes(timestamp + "."));
        hmac.AppendData(body);
        return Convert.ToHexStringLower(hmac.GetHashAndReset());
    }

    private async Task<string?> PostAsync(Integration integration, NotificationChannel channel, JsonObject payload, CancellationToken cancellationToken)
    {
        if (await secrets.GetAsync(NotificationChannel.Secret(integration.Id, channel.Id), cancellationToken) is not { } address)
        {
            return "its address is not in the secret store";
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, address.Value) { Content = new StringContent(payload.ToJsonString(), Encoding.UTF8, "application/json") };
        return await JudgeAsync(request, cancellationToken);
    }

    private async Task<string?> JudgeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return response.IsSuccessStatusCode ? null : $"the receiver answered {(int)response.StatusCode}";
    }

    private Task<string?> MailAsync(Integration integration, NotificationChannel channel, NotificationDelivery delivery, CancellationToken cancellationToken) =>
        mailer.SendAsync(
            channel.Target.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            $"IdLCM {integration.Name}: {Title(delivery)}",
            [.. Lines(delivery), "", $"Integration {integration.Name} ({integration.Id}), delivery {delivery.Id}"],
            delivery.Id,
            cancellationToken);

    /// <summary>Slack's incoming webhooks take mrkdwn: what people wrote must not become links or mentions.</summary>
    private static JsonObject Slack(Integration integration, NotificationDelivery delivery) => new()
    {
        ["text"] = $"*{Escape(integration.Name)}*: {Escape(Title(delivery))}\n" + string.Join("\n", Lines(delivery).Select(line => $"• {Escape(line)}")),
    };

    private static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    /// <summary>The message form of Teams' workflow webhooks: an adaptive card as its only attachment.</summary>
    private static JsonObject Teams(Integration integration, NotificationDelivery delivery) => new()
    {
        ["type"] = "message",
        ["attachments"] = new JsonArray(new JsonObject
        {
            ["contentType"] = "application/vnd.microsoft.card.adaptive",
            ["content"] = new JsonObject
            {
                ["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json",
                ["type"] = "AdaptiveCard",
                ["version"] = "1.4",
                ["body"] = new JsonArray(
                [
                    new JsonObject { ["type"] = "TextBlock", ["weight"] = "Bolder", ["wrap"] = true, ["text"] = $"{integration.Name}: {Title(delivery)}" },
                    .. Lines(delivery).Select(line => (JsonNode)new JsonObject { ["type"] = "TextBlock", ["wrap"] = true, ["text"] = line }),
                ]),
            },
        }),
    };

    private static string Title(NotificationDelivery delivery) => delivery is { Events: [var one], Omitted: 0 }
        ? $"{EnumNames<ActivityKind>.Of(one.Event)}, {one.Target}"
        : $"{delivery.Events.Count + delivery.Omitted} events";

    private static IEnumerable<string> Lines(NotificationDelivery delivery)
    {
        foreach (var item in delivery.Events)
        {
            yield return OneLine($"{Exports.Time(item.Date)} {EnumNames<ActivityKind>.Of(item.Event)}: {item.Target}{(item.Detail is null ? "" : $" ({item.Detail})")}");
        }

        if (delivery.Omitted > 0)
        {
            yield return $"and {delivery.Omitted} more: see the activity of the integration";
        }
    }

    private static string OneLine(string text) => Mailer.OneLine(text);
}

/// <summary>The body of a webhook.</summary>
internal sealed record WebhookBody(string Id, string IntegrationId, string IntegrationName, DateTimeOffset CreatedAt, IReadOnlyList<ActivityResource> Events, int Omitted)
{
    public static WebhookBody Of(Integration integration, NotificationDelivery delivery) =>
        new(delivery.Id, integration.Id, integration.Name, delivery.CreatedAt, [.. delivery.Events.Select(ActivityResource.Of)], delivery.Omitted);
}
