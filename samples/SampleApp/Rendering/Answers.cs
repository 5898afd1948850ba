using System.Text;

namespace IdLcm.Samples.Rendering;

/// <summary>A whole HTML page.</summary>
internal sealed class HtmlPage(Html page, int status) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
        var bytes = Encoding.UTF8.GetBytes(page.Markup);
        response.ContentLength = bytes.Length;
        await response.Body.WriteAsync(bytes);
    }
}

/// <summary>After a form post, on to a page with GET (303).</summary>
internal sealed class SeeOther(string path) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        httpContext.Response.Headers.Location = path;
        return Task.CompletedTask;
    }
}

/// <summary>The connection breaks and no answer arrives.</summary>
internal sealed class NoAnswer : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Abort();
        return Task.CompletedTask;
    }
}
