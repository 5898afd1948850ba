using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Hosting;

/// <summary>What a person sees who opens the gateway's address in a browser. It says nothing that not everybody may know.</summary>
internal static class StartPage
{
    private const string Page =
        """
        <!doctype html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <title>IdLCM</title>
          <style>
            :root { color-scheme: light dark; }
            body { font: 16px/1.6 system-ui, sans-serif; max-width: 42rem; margin: 12vh auto; padding: 0 1.5rem; }
            h1 { font-size: 1.75rem; margin-bottom: .25rem; }
            code { font-size: .95em; }
            li { margin: .25rem 0; }
          </style>
        </head>
        <body>
          <h1>IdLCM is running</h1>
          <p>This gateway lets identity providers manage people's accounts in apps that have no SCIM.</p>
          <ul>
            <li>SCIM base URL of an integration: <code>/scim/v2/{gateway ID}</code></li>
            <li>Management API: <code>/api</code>, described by <a href="/api/openapi.json">its OpenAPI document</a></li>
            <li>Health: <a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a></li>
          </ul>
        </body>
        </html>
        """;

    public static void MapStartPage(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/", (HttpContext http) =>
        {
            http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
            http.Response.Headers.XContentTypeOptions = "nosniff";
            return TypedResults.Content(Page, "text/html; charset=utf-8");
        }).ExcludeFromDescription();
}
