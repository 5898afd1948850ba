using System.Text;
using IdLcm.Domain.Integrations;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What every page knows of its request.</summary>
/// <param name="Path">The path that was asked for.</param>
/// <param name="Query">The query that was asked for, with its question mark.</param>
/// <param name="Theme">light, dark or null for the system's.</param>
/// <param name="User">Who is signed in, or null.</param>
/// <param name="Notice">What to tell about the form that led here, or null.</param>
/// <param name="Assets">The style sheet, the script and the icon.</param>
/// <param name="WorkspacePause">Set while the workspace is paused.</param>
/// <param name="Since">When the request came: whatever changed later may not be on the page.</param>
/// <param name="FormPage">The page that the form was on which this page answers, or null.</param>
internal sealed record PageFrame(string Path, string Query, string? Theme, DashboardUser? User, string? Notice, Assets Assets, Pause? WorkspacePause, DateTimeOffset Since, string? FormPage)
{
    public bool May(Api.Permission permission) => User?.Caller.Has(permission) == true;
}

/// <summary>What a page of a problem shows.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">What is wrong.</param>
/// <param name="Detail">What to do.</param>
/// <param name="Next">Where that is done; null for Home, or for the sign-in page.</param>
internal sealed record ProblemModel(int Status, string Title, string Detail, string? Next = null);

/// <summary>Renders components to HTML on the server, without any state that would outlive the answer.</summary>
internal static class PageResult
{
    /// <summary>Answers with a page.</summary>
    /// <typeparam name="TPage">The page's component; it takes its model as a cascading parameter, so that models need not be public.</typeparam>
    /// <typeparam name="TModel">Its model.</typeparam>
    public static IResult Of<TPage, TModel>(TModel model, int status = StatusCodes.Status200OK, string? notice = null)
        where TPage : IComponent => new RenderedPage(Cascade(model, Component<TPage>()), status, notice);

    private static RenderFragment Component<TPage>()
        where TPage : IComponent => builder =>
    {
        builder.OpenComponent<TPage>(0);
        builder.CloseComponent();
    };

    private static RenderFragment Cascade<T>(T value, RenderFragment content) => builder =>
    {
        builder.OpenComponent<CascadingValue<T>>(0);
        builder.AddComponentParameter(1, nameof(CascadingValue<>.Value), value);
        builder.AddComponentParameter(2, nameof(CascadingValue<>.IsFixed), true);
        builder.AddComponentParameter(3, nameof(CascadingValue<>.ChildContent), content);
        builder.CloseComponent();
    };

    /// <summary>A page that is rendered when it is asked for its text.</summary>
    internal sealed class RenderedPage(RenderFragment content, int status, string? notice) : IResult
    {
        public int Status => status;

        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var bytes = await RenderAsync(httpContext, httpContext.Features.Get<DashboardUser>());
            httpContext.Response.StatusCode = status;
            httpContext.Response.ContentType = "text/html; charset=utf-8";
            httpContext.Response.ContentLength = bytes.Length;
            await httpContext.Response.Body.WriteAsync(bytes, httpContext.RequestAborted);
        }

        /// <summary>Renders it as somebody sees it.</summary>
        public async Task<byte[]> RenderAsync(HttpContext http, DashboardUser? user)
        {
            var services = http.RequestServices;
            var frame = new PageFrame(
                http.Request.Path,
                http.Request.QueryString.ToString(),
                http.Request.Cookies["idlcm_theme"] is "light" or "dark" ? http.Request.Cookies["idlcm_theme"] : null,
                user,
                notice ?? Notices.Find(http.Request.Query["done"]),
                services.GetRequiredService<Assets>(),
                user is null || status >= 500 ? null : (await services.GetRequiredService<IntegrationStore>().WorkspaceAsync(http.RequestAborted)).Paused,
                user?.Since ?? DateTimeOffset.UnixEpoch,
                HttpMethods.IsPost(http.Request.Method) ? DashboardGate.FormPath(http.Request) : null);
            await using var renderer = new HtmlRenderer(services, services.GetRequiredService<ILoggerFactory>());
            var html = await renderer.Dispatcher.InvokeAsync(async () =>
            {
                var parameters = ParameterView.FromDictionary(new Dictionary<string, object?>(StringComparer.Ordinal) { [nameof(Fragment.Content)] = Cascade(frame, content) });
                var root = await renderer.RenderComponentAsync<Fragment>(parameters);
                return root.ToHtmlString();
            });
            return Encoding.UTF8.GetBytes(html);
        }
    }

    /// <summary>The root of every page.</summary>
    private sealed class Fragment : ComponentBase
    {
        [Parameter]
        public RenderFragment? Content { get; set; }

        protected override void BuildRenderTree(Microsoft.AspNetCore.Components.Rendering.RenderTreeBuilder builder) => Content?.Invoke(builder);
    }
}
