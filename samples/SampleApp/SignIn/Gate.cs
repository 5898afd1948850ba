using System.Security.Cryptography;
using System.Text;
using IdLcm.Samples.Rendering;
using IdLcm.Samples.Testing;

namespace IdLcm.Samples.SignIn;

/// <summary>What stands before every page: session, CAPTCHA, subscription, antiforgery token.</summary>
internal sealed class Gate(RequestDelegate next, Site site)
{
    private static readonly string[] OpenPaths = ["/login", "/human", "/accept"];

    /// <summary>What a member who does not run the workspace may open.</summary>
    private static readonly string[] MemberPaths = ["/", "/home", "/logout"];

    public async Task InvokeAsync(HttpContext http)
    {
        if (FaultGate.IsOutside(http.Request.Path))
        {
            await next(http);
            return;
        }

        var session = LiveSession(http);
        var isOpen = OpenPaths.Any(p => http.Request.Path.StartsWithSegments(p, StringComparison.Ordinal));
        if (isOpen && HttpMethods.IsGet(http.Request.Method))
            session ??= site.Sessions.Open(http);
        var visit = new Visit(http, site, session);
        http.Items[typeof(Visit)] = visit;
        if (await AnswerInstead(visit, isOpen) is { } answer)
            await answer.ExecuteAsync(http);
        else
            await next(http);
    }

    private Session? LiveSession(HttpContext http)
    {
        var session = site.Sessions.Find(http.Request.Cookies[Sessions.Cookie]);
        if (session?.User is null || site.Faults.Current.SessionRequests is not { } limit || session.CountRequest() <= limit)
            return session;
        site.Sessions.End(session);
        return null;
    }

    private static async Task<IResult?> AnswerInstead(Visit visit, bool isOpen)
    {
        if (visit.Session is null || (!isOpen && visit.User.Length == 0))
            return new SeeOther("/login");
        if (HttpMethods.IsPost(visit.Http.Request.Method) && !await HasToken(visit.Http, visit.Session))
            return visit.Page("Form expired", Html.Of($"<h1>Form expired</h1><p>Go back, reload the page and try again.</p>"), status: StatusCodes.Status400BadRequest);
        var path = visit.Http.Request.Path;
        if (visit.User.Length > 0 && visit.User != visit.Site.Options.AdminUser && !isOpen && !MemberPaths.Contains(path.Value))
            return visit.Forbidden();
        if (visit.Faults.Captcha == CaptchaPlace.Everywhere && !visit.Session.ConfirmedHuman && path != "/human")
            return SignInPages.Captcha(visit);
        if (visit.Faults.SubscriptionDeactivated && visit.User.Length > 0 && !isOpen && path != "/logout")
            return visit.Page("Subscription", Html.Of($"""<h1>Subscription</h1><p role="alert" class="flash bad">Your subscription has been deactivated.</p>"""));
        return null;
    }

    private static async Task<bool> HasToken(HttpContext http, Session session)
    {
        if (!http.Request.HasFormContentType)
            return false;
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        return CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(form[Forms.TokenField].ToString()), Encoding.UTF8.GetBytes(session.FormToken));
    }
}
