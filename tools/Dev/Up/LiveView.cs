using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IdLcm.Dev.Up;

/// <summary>Shows an integration's operations on the terminal as they go on.</summary>
internal static class LiveView
{
    /// <summary>Reads the integration's event stream until it breaks off.</summary>
    /// <param name="state">The environment.</param>
    /// <param name="apiKey">The API key.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>A task that ends when the stream did.</returns>
    public static async Task ShowAsync(DevState state, string apiKey, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Stack.ServerUrl(state)}/api/integrations/{state.IntegrationId}/events");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
        request.Headers.Accept.ParseAdd("text/event-stream");
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            response.EnsureSuccessStatusCode();
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            using var reader = new StreamReader(stream);
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line.StartsWith("data:", StringComparison.Ordinal))
                {
                    Show(line["data:".Length..]);
                }
            }
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            // The gateway went away, or goes: whoever called looks after it.
            await Task.Delay(TimeSpan.FromMilliseconds(300), cancellationToken);
        }
    }

    private static void Show(string data)
    {
        JsonObject? change;
        try
        {
            change = JsonNode.Parse(data) as JsonObject;
        }
        catch (JsonException)
        {
            return;
        }

        var operation = change?["operation"] as JsonObject ?? change;
        if (operation?["status"] is null || operation["kind"] is null)
        {
            return;
        }

        var failure = operation["failure"] as JsonObject;
        var changes = string.Join("; ", (operation["changes"] as JsonArray ?? []).Select(item => item?.ToString()));
        Console.Out.WriteLine(
            $"{DateTime.Now:HH:mm:ss}  {operation["kind"],-11} {operation["target"]}: {operation["status"]}"
            + (failure is null ? "" : $" ({failure["code"]}: {failure["detail"]})")
            + (changes.Length == 0 ? "" : $" ({changes})"));
    }
}
