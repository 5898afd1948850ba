using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace IdLcm.Gateway.Scim;

/// <summary>One authenticated SCIM request and its answer.</summary>
internal sealed class ScimExchange(HttpContext http, IntegrationProfile profile, GatewayToken token, string baseUrl)
{
    /// <summary>The media type of every answer (RFC 7644 section 3.1).</summary>
    public const string MediaType = "application/scim+json";

    private const int MaxUserAgent = 200;

    /// <summary>Text stays as the client sent it: nothing here is ever put into HTML.</summary>
    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? spareBuffer;

    public HttpContext Http { get; } = http;

    public IntegrationProfile Profile { get; } = profile;

    /// <summary>The absolute base URL of this gateway, without a slash at its end.</summary>
    public string BaseUrl { get; } = baseUrl;

    public CancellationToken Aborted => Http.RequestAborted;

    /// <summary>Who asks: the token's label stands for the identity provider.</summary>
    public Provenance Provenance
    {
        get
        {
            var agent = Http.Request.Headers.UserAgent.ToString();
            return new Provenance(
                token.Label, "scim", agent.Length == 0 ? null : agent[..Math.Min(agent.Length, MaxUserAgent)], token.Id, Activity.Current?.TraceId.ToString());
        }
    }

    public string Route(string name) => (string)Http.Request.RouteValues[name]!;

    /// <summary>Reads the body, whatever its media type is called as long as it is JSON.</summary>
    /// <exception cref="ScimException">413 or 415.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadBodyAsync()
    {
        var limit = ScimLimits.Default.BodyBytes;
        var type = Http.Request.ContentType;
        if (type is not null && !IsJson(type))
        {
            throw new ScimError(StatusCodes.Status415UnsupportedMediaType, ScimErrorType.None, $"The body must be {MediaType} or application/json.").ToException();
        }

        if (type is not null && !IsUtf8(type))
        {
            throw new ScimError(StatusCodes.Status415UnsupportedMediaType, ScimErrorType.None, "The body must be UTF-8.").ToException();
        }

        if (Http.Request.Headers.ContentEncoding is { Count: > 0 } coding && IsCompressed(coding.ToString()))
        {
            // RFC 9110 section 15.5.16: which one would do.
            Http.Response.Headers.AcceptEncoding = "identity";
            throw new ScimError(StatusCodes.Status415UnsupportedMediaType, ScimErrorType.None, "The body must not be compressed.").ToException();
        }

        if (Http.Request.ContentLength > limit)
        {
            throw ScimError.PayloadTooLarge(limit).ToException();
        }

        var reader = Http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(Aborted);
            if (read.Buffer.Length > limit)
            {
                throw ScimError.PayloadTooLarge(limit).ToException();
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Answers with a resource, its version and, for a new one, its location.</summary>
    public Task WriteResourceAsync(int status, ScimResource resource, ScimProjection? projection)
    {
        Http.Response.Headers.ETag = resource.Meta!.ETag;
        Http.Response.Headers.Location = resource.Location(BaseUrl);
        return WriteAsync(Http, status, (resource, projection, BaseUrl), static (writer, state) => state.resource.WriteTo(writer, state.projection, state.BaseUrl));
    }

    /// <summary>Answers with a JSON document.</summary>
    public static Task WriteAsync<TState>(HttpContext http, int status, TState state, Action<Utf8JsonWriter, TState> write)
    {
        // The document is built in memory of the thread and handed to the connection whole, so that its length is known.
        var buffer = spareBuffer ?? new ArrayBufferWriter<byte>(16 * 1024);
        spareBuffer = null;
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            write(writer, state);
        }

        var response = http.Response;
        response.StatusCode = status;
        response.ContentType = MediaType;
        response.ContentLength = buffer.WrittenCount;
        response.BodyWriter.Write(buffer.WrittenSpan);
        if (buffer.Capacity <= 1024 * 1024)
        {
            buffer.ResetWrittenCount();
            spareBuffer = buffer;
        }

        var flush = response.BodyWriter.FlushAsync(http.RequestAborted);
        return flush.IsCompletedSuccessfully ? Task.CompletedTask : flush.AsTask();
    }

    /// <summary>Answers with an error. Every error of the gateway goes through here.</summary>
    public static Task WriteErrorAsync(HttpContext http, ScimError error) =>
        WriteAsync(http, error.Status, error, static (writer, e) => e.WriteTo(writer));

    private static bool IsCompressed(string codings) => codings.Split(',', StringSplitOptions.TrimEntries)
        .Any(coding => coding.ToUpperInvariant() is "GZIP" or "X-GZIP" or "DEFLATE" or "BR" or "ZSTD" or "COMPRESS" or "X-COMPRESS");

    /// <summary>Whether a body is in the only encoding that SCIM knows (RFC 7644 section 3.8), or one that is part of it.</summary>
    private static bool IsUtf8(string contentType) =>
        !contentType.Contains("charset", StringComparison.OrdinalIgnoreCase)
        || !MediaTypeHeaderValue.TryParse(contentType, out var type)
        || type.Charset.Value?.Trim('"', '\'').ToUpperInvariant() is null or "" or "UTF-8" or "UTF8" or "US-ASCII";

    private static bool IsJson(string contentType)
    {
        var type = contentType.AsSpan();
        var end = type.IndexOf(';');
        type = (end < 0 ? type : type[..end]).Trim();
        return type.Equals(MediaType, StringComparison.OrdinalIgnoreCase)
            || type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.Equals("text/json", StringComparison.OrdinalIgnoreCase);
    }
}
