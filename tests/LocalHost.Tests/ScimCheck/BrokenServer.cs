using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdLcm.LocalHost.Tests.ScimCheck;

/// <summary>A SCIM server with the mistakes that servers make: it works for its author's own client.</summary>
internal sealed class BrokenServer : IAsyncDisposable
{
    public const string Token = "broken-server-token-1234567890";

    private readonly ConcurrentDictionary<string, JsonObject> users = new(StringComparer.Ordinal);
    private readonly WebApplication app;

    private BrokenServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Use(async (http, next) =>
        {
            if (http.Request.Headers.Authorization != $"Bearer {Token}")
            {
                // Mistake: no SCIM error, so that Okta sees no reason.
                http.Response.StatusCode = 401;
                return;
            }

            await next(http);
        });
        app.MapGet("/Users", List);
        app.MapPost("/Users", CreateAsync);
        app.MapGet("/Users/{id}", (string id) => users.TryGetValue(id, out var user) ? Scim(200, user) : Results.NotFound());
        app.MapMethods("/Users/{id}", ["PATCH"], PatchAsync);
        app.MapPut("/Users/{id}", PutAsync);
        app.MapDelete("/Users/{id}", (string id) => users.TryRemove(id, out _) ? Results.NoContent() : Results.NotFound());
    }

    public string Url => app.Urls.First();

    public int Users => users.Count;

    public static async Task<BrokenServer> StartAsync()
    {
        var server = new BrokenServer();
        await server.app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private static IResult Scim(int status, JsonObject body) => Results.Text(body.ToJsonString(), "application/scim+json", statusCode: status);

    private IResult List(HttpRequest request)
    {
        var all = users.Values.OrderBy(user => (string)user["id"]!, StringComparer.Ordinal).ToList();
        if (request.Query["filter"].ToString() is { Length: > 0 } filter)
        {
            // Mistake: case-sensitive, knows only plain attributes, and 404 where nothing is found.
            var parts = filter.Split(' ', 3);
            all = [.. all.Where(user => $"\"{user[parts[0]]}\"" == parts.ElementAtOrDefault(2))];
            if (all.Count == 0)
            {
                return Results.NotFound();
            }
        }

        // Mistake: counters as texts, and no pages.
        return Scim(200, new JsonObject
        {
            ["schemas"] = new JsonArray("urn:ietf:params:scim:api:messages:2.0:ListResponse"),
            ["totalResults"] = $"{all.Count}",
            ["Resources"] = new JsonArray([.. all.Select(user => user.DeepClone())]),
        });
    }

    private async Task<IResult> CreateAsync(HttpRequest request)
    {
        // Mistake: no duplicates are found, the password comes back, no Location.
        var user = (await JsonNode.ParseAsync(request.Body))!.AsObject();
        user["id"] = Guid.NewGuid().ToString();
        users[(string)user["id"]!] = user;
        return Scim(201, user);
    }

    private async Task<IResult> PatchAsync(string id, HttpRequest request)
    {
        if (!users.TryGetValue(id, out var user))
        {
            return Results.NotFound();
        }

        // Mistake: values as they come, also "False"; what has no path is passed over; paths are names; nothing is ever refused.
        foreach (var operation in (await JsonNode.ParseAsync(request.Body))!["Operations"]!.AsArray())
        {
            if ((string?)operation!["path"] is { } path)
            {
                user[path] = operation["value"]?.DeepClone();
            }
        }

        return Scim(200, user);
    }

    private async Task<IResult> PutAsync(string id, HttpRequest request)
    {
        var user = (await JsonNode.ParseAsync(request.Body))!.AsObject();
        user["id"] = id;
        users[id] = user;
        return Scim(200, user);
    }
}
