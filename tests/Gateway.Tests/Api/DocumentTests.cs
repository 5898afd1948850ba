using System.Text.Json;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Tests.Api;

public sealed class DocumentTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task The_document_describes_every_endpoint_and_every_reference_resolves()
    {
        var document = (await fixture.Gateway.ClientFor(null).GetAsync("/api/openapi.json")).Json;

        Assert.StartsWith("3.", document.GetProperty("openapi").GetString());
        Assert.Equal("bearer", document.GetProperty("components").GetProperty("securitySchemes").GetProperty("apiKey").GetProperty("scheme").GetString());
        var described = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"))
            .Order(StringComparer.Ordinal);
        var mapped = fixture.Gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<RequiredPermission>() is { Permission: not Permission.Anonymous } && e.Metadata.GetMetadata<HttpMethodMetadata>() is not null)
            .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} {e.RoutePattern.RawText}"))
            .Order(StringComparer.Ordinal);
        Assert.Equal(mapped, described);

        var ids = new List<string>();
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                ids.Add(operation.Value.GetProperty("operationId").GetString()!);
                Assert.NotEmpty(operation.Value.GetProperty("summary").GetString()!);
                Assert.NotEmpty(operation.Value.GetProperty("tags").EnumerateArray());
                Assert.Contains(operation.Value.GetProperty("responses").EnumerateObject(), r => r.Name[0] == '2');
                Assert.True(operation.Value.GetProperty("responses").TryGetProperty("401", out _));
            }
        }

        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(References(document), reference => Assert.True(Resolves(document, reference), reference));
    }

    [Fact]
    public async Task Bodies_parameters_and_answers_have_their_shapes()
    {
        var document = (await fixture.Gateway.ClientFor(null).GetAsync("/api/openapi.json")).Json;
        var paths = document.GetProperty("paths");

        var create = paths.GetProperty("/api/integrations").GetProperty("post");
        var body = Follow(document, create.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema"));
        Assert.Contains(body.GetProperty("properties").EnumerateObject(), p => p.Name == "serviceAccount");
        var created = Follow(document, create.GetProperty("responses").GetProperty("201").GetProperty("content").GetProperty("application/json").GetProperty("schema"));
        Assert.Contains(created.GetProperty("properties").EnumerateObject(), p => p.Name == "gatewayToken");
        Assert.Contains(created.GetProperty("properties").EnumerateObject(), p => p.Name == "scimBaseUrl");

        var limit = paths.GetProperty("/api/integrations/{integrationId}/users").GetProperty("get").GetProperty("parameters")
            .EnumerateArray().Single(p => p.GetProperty("name").GetString() == "limit");
        Assert.Equal("query", limit.GetProperty("in").GetString());
        Assert.Equal("integer", limit.GetProperty("schema").GetProperty("type").GetString());
        var names = paths.EnumerateObject().SelectMany(p => p.Value.EnumerateObject())
            .SelectMany(o => o.Value.TryGetProperty("parameters", out var list) ? list.EnumerateArray().Select(p => p.GetProperty("name").GetString()!) : [])
            .ToHashSet(StringComparer.Ordinal);
        string[] expected = ["app", "connectorId", "cursor", "event", "failureCode", "from", "hash", "integrationId", "keyId", "kind", "limit", "operationId", "q", "state", "status", "to", "tokenId", "userId", "version", "wait"];
        Assert.Superset(expected.ToHashSet(StringComparer.Ordinal), names);
        Assert.All(names, name => Assert.Matches("^[a-z][A-Za-z]*$", name));
        var problem = Follow(document, create.GetProperty("responses").GetProperty("400").GetProperty("content").GetProperty("application/problem+json").GetProperty("schema"));
        Assert.Contains(problem.GetProperty("properties").EnumerateObject(), p => p.Name == "code");
    }

    [Fact]
    public async Task The_catalog_shows_the_whole_manifest()
    {
        var app = await fixture.Gateway.Owner.GetAsync("/api/apps/memory-desk");

        Assert.Equal("Memory Desk", app.Text("name"));
        Assert.Equal("Organization ID", app["settings"][0].GetProperty("label").GetString());
        Assert.Equal("Direct", app["capabilities"].GetProperty("createUser").GetString());
        Assert.Contains("CreateUser", app["verbs"].EnumerateArray().Select(v => v.GetString()));
        Assert.Equal("memory-desk", Assert.Single((await fixture.Gateway.Owner.GetAsync("/api/apps?q=desk")).Items).GetProperty("id").GetString());
        Assert.Equal(404, (await fixture.Gateway.Owner.GetAsync("/api/apps/memory-desk?version=9.9.9")).Status);
        Assert.Equal(404, (await fixture.Gateway.Owner.GetAsync("/api/apps/unknown")).Status);
    }

    private static JsonElement Follow(JsonElement document, JsonElement schema) =>
        schema.TryGetProperty("$ref", out var reference) ? Find(document, reference.GetString()!)!.Value : schema;

    private static bool Resolves(JsonElement document, string reference) => Find(document, reference) is not null;

    private static JsonElement? Find(JsonElement document, string reference)
    {
        var found = document;
        foreach (var part in reference.TrimStart('#', '/').Split('/'))
        {
            var name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (found.ValueKind != JsonValueKind.Object || !found.TryGetProperty(name, out found))
            {
                return null;
            }
        }

        return found;
    }

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => p.NameEquals("$ref") ? [p.Value.GetString()!] : References(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
