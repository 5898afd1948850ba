using Microsoft.Playwright;

namespace IdLcm.Automation.Browser;

/// <summary>Lets <see cref="AutomationOptions.BeforeRequest"/> stand between the pages of a context and the app.</summary>
internal static class TrialRoute
{
    public static Task AddAsync(IBrowserContext context, Func<Uri, CancellationToken, Task<string?>> before) => context.RouteAsync("**/*", async route =>
    {
        try
        {
            await AnswerAsync(route, before);
        }
        catch (PlaywrightException)
        {
            // The page that asked is gone.
        }
    });

    private static async Task AnswerAsync(IRoute route, Func<Uri, CancellationToken, Task<string?>> before)
    {
        if (route.Request.ResourceType is not ("document" or "xhr" or "fetch"))
        {
            await route.ContinueAsync();
            return;
        }

        string? page;
        try
        {
            page = await before(new Uri(route.Request.Url), CancellationToken.None);
        }
        catch (HttpRequestException)
        {
            await route.AbortAsync("connectionrefused");
            return;
        }

        await (page is null ? route.ContinueAsync() : route.FulfillAsync(new() { Status = 200, ContentType = "text/html; charset=utf-8", Body = page }));
    }
}
