using System.Net;
using IdLcm.Gateway.Dashboard;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Launch;

/// <summary>The pages that people see who are no administrators: the dashboard's style sheet, one small script, nothing from elsewhere.</summary>
internal static class LaunchPages
{
    public static string Text(string? text) => WebUtility.HtmlEncode(text ?? "");

    /// <summary>A page.</summary>
    /// <param name="http">The request.</param>
    /// <param name="status">The status.</param>
    /// <param name="title">The title, as text.</param>
    /// <param name="body">The body, as HTML.</param>
    /// <param name="head">More of the head, as HTML.</param>
    /// <param name="looksAgain">True for a page that looks by itself whether there is news. A reload at fixed times would take the reader's place away, so the script asks, and only a browser without scripts reloads.</param>
    public static IResult Page(HttpContext http, int status, string title, string body, string head = "", bool looksAgain = false)
    {
        http.Response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.XFrameOptions = "DENY";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        var assets = http.RequestServices.GetRequiredService<Assets>();
        return Results.Content(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">"
            + $"<title>{Text(title)}</title>{head}{(looksAgain ? "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>" : "")}<link rel=\"icon\" href=\"{assets["icon.svg"]}\" type=\"image/svg+xml\"><link rel=\"stylesheet\" href=\"{assets["dashboard.css"]}\"><script type=\"module\" src=\"{assets["person.js"]}\"></script></head>"
            + $"<body class=\"bare\"><main class=\"card person-page\"{(looksAgain ? " data-again" : "")}><img class=\"logo\" src=\"{assets["icon.svg"]}\" alt=\"\" width=\"40\" height=\"40\"><h1>{Text(title)}</h1>{body}</main></body></html>",
            "text/html; charset=utf-8",
            statusCode: status);
    }
}
