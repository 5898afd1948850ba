using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>The dashboard's own files. They lie in the assembly; their addresses hold their hash, so browsers keep them for good.</summary>
internal sealed class Assets
{
    private static readonly (string Name, string ContentType)[] Files =
        [("dashboard.css", "text/css; charset=utf-8"), ("dashboard.js", "text/javascript; charset=utf-8"), ("person.js", "text/javascript; charset=utf-8"), ("icon.svg", "image/svg+xml")];

    private readonly FrozenDictionary<string, Asset> byName;
    private readonly FrozenDictionary<string, Asset> byAddress;

    public Assets()
    {
        byName = Files.Select(file => Load(file.Name, file.ContentType)).ToFrozenDictionary(asset => asset.Name, StringComparer.Ordinal);
        byAddress = byName.Values.ToFrozenDictionary(asset => asset.Address, StringComparer.Ordinal);
    }

    /// <summary>The address of a file.</summary>
    public string this[string name] => byName[name].Address;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/assets/{name}", (string name, HttpContext http, Assets assets) => assets.Answer(name, http)).ExcludeFromDescription();

    private IResult Answer(string name, HttpContext http)
    {
        if (!byAddress.TryGetValue("/assets/" + name, out var asset))
        {
            return Results.NotFound();
        }

        var headers = http.Response.Headers;
        headers.CacheControl = "public, max-age=31536000, immutable";
        headers.XContentTypeOptions = "nosniff";
        headers.Vary = "Accept-Encoding";
        if (!http.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase))
        {
            return Results.Bytes(asset.Content, asset.ContentType);
        }

        headers.ContentEncoding = "gzip";
        return Results.Bytes(asset.Compressed, asset.ContentType);
    }

    private static Asset Load(string name, string contentType)
    {
        using var resource = typeof(Assets).Assembly.GetManifestResourceStream("dashboard/" + name)
            ?? throw new InvalidOperationException($"The assembly lacks {name}.");
        using var buffer = new MemoryStream();
        resource.CopyTo(buffer);
        var content = buffer.ToArray();
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.SmallestSize))
        {
            gzip.Write(content);
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(content))[..16];
        return new Asset(name, $"/assets/{Path.GetFileNameWithoutExtension(name)}.{hash}{Path.GetExtension(name)}", contentType, content, compressed.ToArray());
    }

    private sealed record Asset(string Name, string Address, string ContentType, byte[] Content, byte[] Compressed);
}
