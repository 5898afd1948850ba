using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdLcm.Automation.Tests;

/// <summary>A small app with an API and one page: people in pages of ten, behind a token.</summary>
public sealed class Api : IAsyncDisposable
{
    public const string Token = "tok-5up3r-s3cret-value";

    private readonly Lock sync = new();
    private readonly List<JsonObject> people = [];
    private WebApplication web = null!;
    private int lastId;

    public string Url => web.Urls.First();

    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The token that is taken.</summary>
    public string Accepted { get; set; } = Token;

    /// <summary>Where the redirecting addresses lead.</summary>
    public string Elsewhere { get; set; } = "http://127.0.0.1:9";

    public static async Task<Api> StartAsync(int people = 0)
    {
        var api = new Api();
        for (var i = 1; i <= people; i++)
        {
            api.Add($"p{i}@x.test", "P", $"{i}", i % 2 == 0 ? ["Editor"] : []);
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        api.web = builder.Build();
        api.Map();
        await api.web.StartAsync();
        return api;
    }

    public IReadOnlyList<JsonObject> Snapshot()
    {
        lock (sync)
        {
            return [.. people.Select(p => (JsonObject)p.DeepClone())];
        }
    }

    public async ValueTask DisposeAsync() => await web.DisposeAsync();

    private JsonObject Add(string mail, string first, string last, string[] groups)
    {
        lock (sync)
        {
            var person = new JsonObject
            {
                ["id"] = ++lastId,
                ["mail"] = mail,
                ["name"] = new JsonObject { ["first"] = first, ["last"] = last },
                ["locked"] = false,
                ["groups"] = new JsonArray([.. groups.Select(g => new JsonObject { ["name"] = g })]),
            };
            people.Add(person);
            return person;
        }
    }

    private void Map()
    {
        web.Use(async (context, next) =>
        {
            Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
            if (context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal) && context.Request.Headers["X-Api-Key"] != Accepted)
            {
                context.Response.StatusCode = 401;
                return;
            }

            await next();
        });
        web.MapGet("/api/me", () => Results.Json(new { login = "svc" }));
        web.MapGet("/api/people", List);
        web.MapGet("/api/people/{id:int}", (int id) => Find(id) is { } person ? Results.Json(person) : Results.NotFound(new { error = "no such person" }));
        web.MapPost("/api/people", Create);
        web.MapPatch("/api/people/{id:int}", Change);
        web.MapDelete("/api/people/{id:int}", (int id) =>
        {
            lock (sync)
            {
                return people.RemoveAll(p => (int)p["id"]! == id) > 0 ? Results.NoContent() : Results.NotFound();
            }
        });
        web.MapGet("/api/away", () => Results.Redirect($"{Elsewhere}/api/people"));
        web.MapGet("/api/round", () => Results.Redirect("/api/round"));
        web.MapGet("/api/endless", () => Results.Json(new { people = new[] { new { mail = "same@x.test" } }, next = "/api/endless?more" }));
        web.MapGet("/api/slow", async (CancellationToken gone) => await Task.Delay(Timeout.Infinite, gone));
        web.MapGet("/api/text", () => Results.Text("<html>maintenance</html>", "text/html"));
        web.MapGet("/api/busy", () => Results.StatusCode(429));
        web.MapGet("/api/echo", (HttpRequest request) => Results.Json(new { query = request.QueryString.Value, path = request.Path.Value, language = request.Headers.AcceptLanguage.ToString() }));
        web.MapGet("/api/leak", () => Results.Json(new { error = $"bad token {Token}" }, statusCode: 500));
        web.MapGet("/api/bomb", Bomb);
        web.MapDelete("/api/hangup", (HttpContext context) => context.Abort());
        web.MapGet("/page", () => Results.Content("<!DOCTYPE html><html><body><h1>Signed in</h1><button>Log out</button><p id=note>a note on the page</p></body></html>", "text/html"));
        web.MapGet("/foreign/echo", (HttpRequest request) => Results.Json(new { key = request.Headers["X-Api-Key"].ToString() }));
    }

    private IResult List(HttpContext context, string? q, int? page)
    {
        lock (sync)
        {
            var found = people.Where(p => q is null || p["mail"]!.ToString().Contains(q, StringComparison.OrdinalIgnoreCase)).ToList();
            context.Response.Headers["X-Total"] = $"{found.Count}";
            var at = page ?? 1;
            if (at * 10 < found.Count)
            {
                context.Response.Headers.Link = $"</api/people?page={at - 1}>; rel=\"prev\", </api/people?page={at + 1}>; rel=\"next\"";
            }

            return Results.Json(new { people = found.Skip((at - 1) * 10).Take(10), total = found.Count, plan = 40 });
        }
    }

    private async Task<IResult> Create(HttpRequest request)
    {
        var body = (JsonObject)(await JsonNode.ParseAsync(request.Body))!;
        var mail = body["mail"]!.ToString();
        lock (sync)
        {
            if (people.Exists(p => p["mail"]!.ToString() == mail))
            {
                return Results.Json(new { errors = new[] { "Mail has already been taken" } }, statusCode: 422);
            }
        }

        var groups = (body["groups"] as JsonArray)?.Select(g => g!.ToString()).ToArray() ?? [];
        var person = Add(mail, body["name"]!["first"]!.ToString(), body["name"]!["last"]!.ToString(), groups);
        return Results.Json(person, statusCode: 201);
    }

    private async Task<IResult> Change(HttpRequest request, int id)
    {
        var body = (JsonObject)(await JsonNode.ParseAsync(request.Body))!;
        if (Find(id) is not { } person)
        {
            return Results.NotFound();
        }

        lock (sync)
        {
            foreach (var (name, value) in body)
            {
                person[name] = value?.DeepClone();
            }

            return Results.Json(person);
        }
    }

    private JsonObject? Find(int id)
    {
        lock (sync)
        {
            return people.Find(p => (int)p["id"]! == id);
        }
    }

    /// <summary>Some kilobytes that unfold into hundreds of megabytes.</summary>
    private static async Task Bomb(HttpResponse response)
    {
        response.Headers.ContentEncoding = "gzip";
        await using var gzip = new GZipStream(response.Body, CompressionLevel.Fastest);
        var zeros = new byte[1024 * 1024];
        for (var i = 0; i < 300; i++)
        {
            await gzip.WriteAsync(zeros);
        }
    }
}
