using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using IdLcm.Samples.Data;
using IdLcm.Samples.Rendering;

namespace IdLcm.Samples.Testing;

/// <summary>
/// The switches of the faults, for tests and for whoever tries the sample. It is no part of the app that the sample plays:
/// it asks for no sign-in and answers this machine only.
/// </summary>
internal static class TestBench
{
    public static void MapTestBench(this IEndpointRouteBuilder app)
    {
        var bench = app.MapGroup("/testing").AddEndpointFilter(async (context, next) =>
            context.HttpContext.Connection.RemoteIpAddress is { } from && IPAddress.IsLoopback(from)
                ? await next(context)
                : Results.NotFound());

        bench.MapGet("", (Site site) => new HtmlPage(TestBenchPage.Show(site), StatusCodes.Status200OK));
        bench.MapPost("", async (HttpRequest request, Site site) =>
        {
            site.Faults.Current = TestBenchPage.Read(await request.ReadFormAsync());
            return new SeeOther("/testing");
        });
        bench.MapGet("/faults", (Site site) => Json(site.Faults.Current));
        bench.MapPost("/faults", SetFaults);
        bench.MapPost("/sessions/expire", (HttpRequest request, Site site) => Done(request, site.Faults.ExpireSessions));
        bench.MapPost("/reset", (HttpRequest request, Site site) => Done(request, () =>
        {
            site.Faults.Clear();
            if (request.Query["data"] == "true")
                site.Workspace.Reset();
        }));
        bench.MapGet("/state", (Site site) => Results.Json(
            new TestBenchState(site.Workspace.Id, site.Workspace.Seats.Used, site.Workspace.Seats.Total, site.Workspace.Members(), site.Workspace.Audit()),
            TestBenchJson.Default.TestBenchState));
        bench.MapFallback(() => Results.NotFound());
    }

    private static async Task<IResult> SetFaults(HttpRequest request, Site site)
    {
        using var reader = new StreamReader(request.Body);
        var json = await reader.ReadToEndAsync();
        try
        {
            site.Faults.Change(now => now.With(json));
        }
        catch (JsonException e)
        {
            return Results.Problem(e.Message, statusCode: StatusCodes.Status400BadRequest);
        }

        return Json(site.Faults.Current);
    }

    private static IResult Json(FaultSettings faults) => Results.Json(faults, FaultJson.Default.FaultSettings);

    /// <summary>Back to the page for its own buttons, no content for programs.</summary>
    private static IResult Done(HttpRequest request, Action act)
    {
        act();
        return request.HasFormContentType ? new SeeOther("/testing") : Results.NoContent();
    }
}

internal sealed record TestBenchState(
    string WorkspaceId, int SeatsUsed, int Seats, IReadOnlyList<Member> Members, IReadOnlyList<AuditEntry> Audit);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TestBenchState))]
internal sealed partial class TestBenchJson : JsonSerializerContext;
