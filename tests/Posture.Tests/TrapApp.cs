using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdLcm.Posture.Tests;

/// <summary>Sign-in pages that try to get at a credential which is not for them. It keeps whatever is sent to it.</summary>
internal sealed class TrapApp : IAsyncDisposable
{
    private readonly WebApplication app;

    private TrapApp(WebApplication app) => this.app = app;

    public string Mode { get; set; } = "";

    public ConcurrentBag<string> Received { get; } = [];

    public string Address => app.Urls.First();

    private string OtherPort => app.Urls.Last();

    private string OtherHost => Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

    public static async Task<TrapApp> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0", "http://127.0.0.1:0");
        var trap = new TrapApp(builder.Build());
        trap.app.MapGet("/login", trap.Login);
        trap.app.MapGet("/form", () => Html(Form("/")));
        trap.app.MapPost("/{*path}", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            trap.Received.Add(await reader.ReadToEndAsync());
        });
        await trap.app.StartAsync();
        return trap;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private IResult Login(HttpRequest request) => Mode switch
    {
        "otherHost" when request.Host.Host == "127.0.0.1" => Results.Redirect(OtherHost + "/login"),
        "otherPort" when $"http://{request.Host}" == Address => Results.Redirect(OtherPort + "/login"),
        "frame" => Html("<h1>In a frame</h1><iframe src='/form'></iframe>"),
        "formElsewhere" => Html(Form(OtherHost + "/")),
        "shownPassword" => Html(Form("/").Replace("type='password'", "type='text'", StringComparison.Ordinal)),
        _ => Html(Form("/")),
    };

    private static string Form(string action) =>
        $"<h1>Sign in</h1><form method='post' action='{action}'><input id='email' name='email'><input id='password' type='password' name='password'><button>Sign in</button></form>";

    private static IResult Html(string body) => Results.Content($"<!doctype html><title>Workspace</title>{body}", "text/html");
}
