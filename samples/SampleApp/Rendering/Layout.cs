using System.Security.Cryptography;
using IdLcm.Samples.SignIn;

namespace IdLcm.Samples.Rendering;

/// <summary>What every page has around its own content.</summary>
internal static class Layout
{
    private static readonly byte[] StyleSheet = Read("site.css");
    private static readonly string StyleSheetVersion = Convert.ToHexStringLower(SHA256.HashData(StyleSheet))[..8];

    private static readonly (string Name, string Path)[] Navigation =
        [("Home", "/home"), ("Members", "/members"), ("Projects", "/projects"), ("Settings", "/settings")];

    public static IResult SendStyleSheet(HttpContext http)
    {
        http.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        return Results.Bytes(StyleSheet, "text/css; charset=utf-8");
    }

    public static Html Page(Visit visit, string title, Flash? flash, Html body) => Html.Of($"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>{title} · {visit.Workspace.Settings.Name}</title>
        <link rel="icon" href="data:,">
        <link rel="stylesheet" href="/site.css?v={StyleSheetVersion}">
        </head>
        <body class="{(visit.User.Length == 0 ? "plain" : "app")}">
        {(visit.User.Length == 0 ? Brand(visit) : Header(visit))}
        <main>
        {Message(flash)}
        {body}
        </main>
        </body>
        </html>
        """);

    private static Html Brand(Visit visit) =>
        Html.Of($"""<div class="brand"><span class="mark" aria-hidden="true">N</span>{visit.Workspace.Settings.Name}</div>""");

    private static Html Header(Visit visit) => Html.Of($"""
        <header>
        {Brand(visit)}
        <nav aria-label="Main">{Navigation.Select(entry => Link(visit, entry.Name, entry.Path))}</nav>
        <div class="account"><a href="/account">{visit.User}</a>{Forms.Post(visit, "/logout", Forms.Button(visit, "Sign out", "quiet"))}</div>
        </header>
        """);

    private static Html Link(Visit visit, string name, string path) =>
        visit.Http.Request.Path.StartsWithSegments(path, StringComparison.Ordinal)
            ? Html.Of($"""<a href="{path}" aria-current="page">{visit.Words(name)}</a>""")
            : Html.Of($"""<a href="{path}">{visit.Words(name)}</a>""");

    private static Html Message(Flash? flash) => flash switch
    {
        null => Html.Empty,
        { IsAlert: true } => Html.Of($"""<div role="alert" class="flash bad">{flash.Text}</div>"""),
        _ => Html.Of($"""<div role="status" class="flash good">{flash.Text}</div>"""),
    };

    private static byte[] Read(string resource)
    {
        using var stream = typeof(Layout).Assembly.GetManifestResourceStream(resource)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
