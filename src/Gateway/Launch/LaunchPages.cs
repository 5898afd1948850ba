using System.Net;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Launch;

/// <summary>The plain pages that people see: no script but the one that copies, nothing from elsewhere.</summary>
internal static class LaunchPages
{
    /// <summary>The one script of these pages: copies a field when its button is pressed.</summary>
    public const string Script = "for(const b of document.querySelectorAll('button[data-copy]'))b.addEventListener('click',()=>navigator.clipboard.writeText(document.getElementById(b.dataset.copy).value));";

    private const string Style =
        ":root{color-scheme:light dark}body{font:16px/1.6 system-ui,sans-serif;max-width:44rem;margin:10vh auto;padding:0 1.5rem}button,input{font:inherit;padding:.4rem .8rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #8884;vertical-align:top}tbody th{font-weight:600}small{font-weight:400}form{display:inline}.act{display:flex;gap:.6rem;align-items:center;margin:.4rem 0}"
        + "@media(max-width:36rem){thead{position:absolute;clip-path:inset(50%)}table,tbody,tr,th,td{display:block}tr{padding:.6rem 0;border-bottom:1px solid #8884}th,td{border:0;padding:.2rem 0}td[data-label]::before{content:attr(data-label) \": \"}}";

    public static string Text(string? text) => WebUtility.HtmlEncode(text ?? "");

    /// <summary>A page.</summary>
    /// <param name="http">The request.</param>
    /// <param name="status">The status.</param>
    /// <param name="title">The title, as text.</param>
    /// <param name="body">The body, as HTML.</param>
    /// <param name="head">More of the head, as HTML.</param>
    public static IResult Page(HttpContext http, int status, string title, string body, string head = "")
    {
        http.Response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.XFrameOptions = "DENY";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        return Results.Content(
            $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{Text(title)}</title>{head}<style>{Style}</style></head>"
            + $"<body><main><h1>{Text(title)}</h1>{body}</main></body></html>",
            "text/html; charset=utf-8",
            statusCode: status);
    }
}
