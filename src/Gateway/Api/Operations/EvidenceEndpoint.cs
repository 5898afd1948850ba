using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace IdLcm.Gateway.Api;

/// <summary>Hands out what an operation kept to show what happened. Pages of foreign apps are among it, so nothing of it may act in a browser.</summary>
internal static class EvidenceEndpoint
{
    private const string Container = "evidence";

    /// <summary>From here on a link is worth its round trips.</summary>
    private const long Large = 1 << 20;

    private static readonly TimeSpan LinkLifetime = TimeSpan.FromMinutes(5);

    /// <summary>What a browser may show, and the file name's ending; all else is a file to save.</summary>
    private static readonly Dictionary<string, (string Extension, bool Inline)> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        ["image/png"] = ("png", true),
        ["image/jpeg"] = ("jpg", true),
        ["image/webp"] = ("webp", true),
        ["text/plain"] = ("txt", true),
        ["text/html"] = ("html", true),
        ["application/json"] = ("json", false),
        ["application/zip"] = ("zip", false),
    };

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/operations/{operationId}/evidence/{hash}", GetAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("getEvidence", "Operations", "Read evidence of an operation", "A screenshot, the masked DOM or the trace, as it was kept. Only what belongs to this operation. Where storage signs links, a large file to save is a redirect (302) to one that opens for five minutes.")
            .AnswersFile();

    public static async Task<IResult> GetAsync(
        string operationId, string hash, HttpContext http, OperationLocator locator, OperationService operations, IBlobStore blobs, IServiceProvider services, string? integrationId = null)
    {
        if (await locator.FindAsync(ApiCaller.Of(http), operationId, integrationId, http.RequestAborted) is not { } operation)
        {
            return ApiProblems.NoOperation(operationId);
        }

        var attempts = await operations.AttemptsAsync(operation, http.RequestAborted);
        var item = attempts.SelectMany(attempt => attempt.Evidence).FirstOrDefault(item => item.Hash == hash);
        // What a page shows stays with this origin, which its content security policy asks for.
        if (item is { Length: >= Large } && !KindOf(item).Inline && services.GetService<IEvidenceLinks>() is { } links
            && await links.CreateAsync(Container, item.Hash, FileName(item), LinkLifetime, http.RequestAborted) is { } link)
        {
            http.Response.Headers.CacheControl = "no-store";
            return Results.Redirect(link.AbsoluteUri);
        }

        if (item is null || await blobs.OpenAsync(Container, item.Hash, http.RequestAborted) is not { } content)
        {
            return ApiProblems.Of(Refusal.NotFound("evidence_not_found", item is null
                ? "The operation has no such evidence."
                : "The evidence is past its retention."));
        }

        return Send(http, item, content);
    }

    private static (string Extension, bool Inline, string Type) KindOf(EvidenceItem item)
    {
        var type = MediaTypeHeaderValue.TryParse(item.ContentType, out var parsed) ? parsed.MediaType.ToString() : "";
        var (extension, inline) = Types.GetValueOrDefault(type, ("bin", false));
        return (extension, inline, type);
    }

    private static string FileName(EvidenceItem item) =>
        $"{item.Kind switch { "screenshot" or "dom" or "trace" => item.Kind, _ => "evidence" }}-{item.Hash[..Math.Min(12, item.Hash.Length)]}.{KindOf(item).Extension}";

    private static IResult Send(HttpContext http, EvidenceItem item, Stream content)
    {
        var (_, inline, type) = KindOf(item);
        var headers = http.Response.Headers;

        // A sandbox lets nothing be saved unless it says so.
        headers.ContentSecurityPolicy = $"sandbox{(inline ? "" : " allow-downloads")}; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.ContentDisposition = $"{(inline ? "inline" : "attachment")}; filename=\"{FileName(item)}\"";
        var safe = Types.ContainsKey(type) ? type.StartsWith("text/", StringComparison.OrdinalIgnoreCase) ? $"{type}; charset=utf-8" : type : "application/octet-stream";
        return Results.Stream(content, safe);
    }
}
