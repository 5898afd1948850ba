using IdLcm.Samples.Rendering;

namespace IdLcm.Samples.Testing;

/// <summary>The faults that strike before a page is looked at: down, slow, rate limit, error page.</summary>
internal sealed class FaultGate(RequestDelegate next, Site site)
{
    /// <summary>The test bench and what is no page are never struck.</summary>
    public static bool IsOutside(PathString path) =>
        path.StartsWithSegments("/testing", StringComparison.Ordinal) || path == "/site.css";

    public async Task InvokeAsync(HttpContext http)
    {
        if (IsOutside(http.Request.Path))
        {
            await next(http);
            return;
        }

        var faults = site.Faults;
        if (faults.TakeDown())
        {
            http.Abort();
            return;
        }

        if (faults.Current.Slow is > 0 and var slow)
            await Task.Delay(TimeSpan.FromMilliseconds(slow), http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        if (http.RequestAborted.IsCancellationRequested)
            return;
        if (faults.TakeRateLimited())
        {
            http.Response.Headers.RetryAfter = "30";
            await Bare(http, "Too many requests", "Too many requests. Try again later.", StatusCodes.Status429TooManyRequests);
        }
        else if (http.Request.Path.StartsWithSegments(faults.Current.ErrorPagePath.TrimEnd('/'), StringComparison.Ordinal) && faults.TakeErrorPage())
        {
            await Bare(http, "Something went wrong", "Something went wrong on our side. We have been told.", StatusCodes.Status500InternalServerError);
        }
        else
        {
            await next(http);
        }
    }

    private Task Bare(HttpContext http, string title, string text, int status) =>
        new Visit(http, site, session: null).Page(title, Html.Of($"""<section class="card narrow"><h1>{title}</h1><p>{text}</p></section>"""), status: status).ExecuteAsync(http);
}
