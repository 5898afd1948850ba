#nullable disable
using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Azure.Core;
using Azure.Core.Pipeline;
using IdLcm.Functions.Tests.Sdk;

namespace Azure.Storage.Blobs;

/// <summary>Requests and errors as https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api has them.</summary>
internal sealed class BlobWire(HttpPipeline pipeline)
{
    // Its version of a signature has the same fields as the newest, https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas.
    public const string Version = "2021-12-02";

    public static string Moment(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static XDocument Xml(Response response) => XDocument.Load(response.Content.ToStream());

    public HttpMessage Message(RequestMethod method, string url)
    {
        var message = pipeline.CreateMessage();
        message.Request.Method = method;
        message.Request.Uri.Reset(new Uri(url));
        message.Request.Headers.SetValue("x-ms-version", Version);
        return message;
    }

    public async Task<Response> SendAsync(HttpMessage message, int[] expected, CancellationToken cancellationToken)
    {
        await pipeline.SendAsync(message, cancellationToken);
        return expected.Contains(message.Response.Status)
            ? message.Response
            : throw new RequestFailedException(message.Response, null, new ErrorParser());
    }

    private sealed class ErrorParser : RequestFailedDetailsParser
    {
        public override bool TryParse(Response response, out ResponseError error, out IDictionary<string, string> data)
        {
            (error, data) = (null, null);
            response.Headers.TryGetValue("x-ms-error-code", out var code);
            var message = "";
            try
            {
                if (response.ContentStream is { CanSeek: true, Length: > 0 } && Xml(response).Root is { Name.LocalName: "Error" } root)
                {
                    code ??= (string)root.Element("Code");
                    message = (string)root.Element("Message");
                }
            }
            catch (XmlException)
            {
                // Not the service's own words: a proxy's.
            }

            error = code is null ? null : new ResponseError(code, message);
            return error is not null;
        }
    }
}

/// <summary>Signs as https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key says.</summary>
internal sealed class SharedKeyPolicy(StorageAccount account) : HttpPipelineSynchronousPolicy
{
    private static readonly string[] Signed =
    [
        "Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date", "If-Modified-Since", "If-Match",
        "If-None-Match", "If-Unmodified-Since", "Range",
    ];

    public override void OnSendingRequest(HttpMessage message)
    {
        var request = message.Request;
        request.Headers.SetValue("x-ms-date", DateTimeOffset.UtcNow.ToString("R", CultureInfo.InvariantCulture));
        if (request.Content is not null && request.Content.TryComputeLength(out var length))
        {
            request.Headers.SetValue("Content-Length", length.ToString(CultureInfo.InvariantCulture));
        }

        var text = new StringBuilder(request.Method.Method).Append('\n');
        foreach (var name in Signed)
        {
            var value = request.Headers.TryGetValue(name, out var found) ? found : "";
            text.Append(name == "Content-Length" && value == "0" ? "" : value).Append('\n');
        }

        foreach (var header in request.Headers.Where(static header => header.Name.StartsWith("x-ms-", StringComparison.OrdinalIgnoreCase))
            .Select(static header => (Name: header.Name.ToLowerInvariant(), header.Value)).OrderBy(static header => header.Name, StringComparer.Ordinal))
        {
            text.Append(header.Name).Append(':').Append(header.Value).Append('\n');
        }

        var uri = request.Uri.ToUri();
        text.Append('/').Append(account.Name).Append(uri.AbsolutePath);
        foreach (var parameter in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(static pair => pair.Split('=', 2)).OrderBy(static pair => pair[0], StringComparer.Ordinal))
        {
            text.Append('\n').Append(parameter[0].ToLowerInvariant()).Append(':').Append(Uri.UnescapeDataString(parameter.ElementAtOrDefault(1) ?? ""));
        }

        request.Headers.SetValue("Authorization", $"SharedKey {account.Name}:{account.Sign(text.ToString())}");
    }
}
