using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IdLcm.LocalHost.Cli.Remote;

/// <summary>Speaks to the management API of a running server.</summary>
internal sealed class ManagementClient : IDisposable
{
    private readonly HttpClient _http;

    /// <summary>Makes a client.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="apiKey">The API key.</param>
    public ManagementClient(Uri server, string apiKey)
    {
        Server = server;
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = !server.IsLoopback, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(server.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = TimeSpan.FromSeconds(100),
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("idlcm-cli");
    }

    /// <summary>The server's address.</summary>
    public Uri Server { get; }

    /// <summary>Sends a request and reads its JSON answer.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path, relative to the server's address.</param>
    /// <param name="body">The body, or null.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The answer; an empty object where it has no body.</returns>
    /// <exception cref="ManagementException">The server refused, or could not be reached.</exception>
    public async Task<JsonObject> SendAsync(HttpMethod method, string path, JsonNode? body = null, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw new ManagementException((int)response.StatusCode, Problem((int)response.StatusCode, text));
            }

            return text.Length == 0 ? [] : JsonNode.Parse(text) as JsonObject ?? throw new ManagementException((int)response.StatusCode, $"{path} answered with something else than an object.");
        }
        catch (HttpRequestException error)
        {
            throw new ManagementException(null, $"The server at {Server} cannot be reached: {error.Message}", error);
        }
        catch (TaskCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ManagementException(null, $"The server at {Server} did not answer within {_http.Timeout.TotalSeconds:F0} s.", error);
        }
        catch (JsonException error)
        {
            throw new ManagementException(null, $"The server at {Server} did not answer with JSON; is it IdLCM?", error);
        }
    }

    /// <summary>Reads a resource.</summary>
    /// <param name="path">The path.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="ManagementException">The server refused, or could not be reached.</exception>
    public Task<JsonObject> GetAsync(string path, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Get, path, body: null, cancellationToken);

    /// <summary>Reads a list, page after page.</summary>
    /// <param name="path">The path, with its query but for <c>limit</c> and <c>cursor</c>.</param>
    /// <param name="limit">The most items.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <returns>The items.</returns>
    /// <exception cref="ManagementException">The server refused, or could not be reached.</exception>
    public async Task<List<JsonNode>> ListAsync(string path, int limit, CancellationToken cancellationToken = default)
    {
        var items = new List<JsonNode>();
        string? cursor = null;
        do
        {
            var query = $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit={Math.Min(100, limit - items.Count)}"
                + (cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}");
            var page = await GetAsync(query, cancellationToken);
            items.AddRange((page["items"] as JsonArray ?? []).OfType<JsonNode>());
            cursor = (string?)page["nextCursor"];
        }
        while (cursor is not null && items.Count < limit);
        return items;
    }

    /// <summary>Waits until an operation has ended.</summary>
    /// <param name="id">The operation.</param>
    /// <param name="changed">Told of the operation as it is, each time it was read.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The operation as it ended.</returns>
    /// <exception cref="ManagementException">The server refused, or could not be reached.</exception>
    public async Task<JsonObject> WaitAsync(string id, Action<JsonObject>? changed, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var operation = await GetAsync($"api/operations/{Uri.EscapeDataString(id)}?wait=20", cancellationToken);
            changed?.Invoke(operation);
            if ((bool?)operation["ended"] is true)
            {
                return operation;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    // Problem details (RFC 9457), with the validation errors that ASP.NET Core adds.
    private static string Problem(int status, string text)
    {
        try
        {
            var problem = JsonNode.Parse(text) as JsonObject;
            var parts = new List<string>();
            parts.AddRange(new[] { (string?)problem?["title"], (string?)problem?["detail"] }.OfType<string>().Where(part => part.Length > 0).Distinct(StringComparer.Ordinal));
            if (problem?["errors"] is JsonObject errors)
            {
                // The detail of a single wrong field says it already.
                parts.AddRange(errors.Select(error => $"{error.Key}: {string.Join(' ', (error.Value as JsonArray ?? []).Select(message => message?.ToString()))}").Except(parts, StringComparer.Ordinal));
            }

            if (parts.Count > 0)
            {
                return $"{string.Join(": ", parts)} (HTTP {status})";
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // No problem details; what follows says what there is.
        }

        return $"The server answered HTTP {status}.";
    }
}

/// <summary>The management API refused, or could not be reached.</summary>
/// <param name="status">The HTTP status, or null where there was no answer.</param>
/// <param name="message">Why, in words.</param>
/// <param name="inner">The cause.</param>
internal sealed class ManagementException(int? status, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The HTTP status, or null where there was no answer.</summary>
    public int? Status { get; } = status;
}
