using IdLcm.Samples.Rendering;
using IdLcm.Samples.Testing;

namespace IdLcm.Samples.SignIn;

internal static class SignInPages
{
    public static void MapSignIn(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/", (Visit visit) => new SeeOther("/home"));
        pages.MapGet("/login", (Visit visit) => visit.User.Length > 0 ? new SeeOther("/home") : LoginPage(visit));
        pages.MapPost("/login", Login);
        pages.MapGet("/login/code", (Visit visit) =>
            visit.Session is { PasswordAccepted: true } ? CodePage(visit) : new SeeOther("/login"));
        pages.MapPost("/login/code", EnterCode);
        pages.MapGet("/human", (Visit visit) => Captcha(visit));
        pages.MapPost("/human", ConfirmHuman);
        pages.MapPost("/logout", (Visit visit) =>
        {
            visit.Site.Sessions.End(visit.Session!);
            return new SeeOther("/login");
        });
    }

    public static IResult Captcha(Visit visit, string? alert = null) => visit.Page("Are you human?", Html.Of($"""
        <section class="card narrow"><h1>One more step</h1>
        <p>Please confirm you are human</p>
        {Forms.Post(visit, "/human", Html.Of($"""
            <input type="hidden" name="return" value="{visit.Http.Request.Path}{visit.Http.Request.QueryString.Value}">
            <label class="check"><input type="checkbox" name="human" value="yes"> I am human</label>
            {Forms.Button(visit, "Continue")}
            """))}
        </section>
        """), alert);

    private static IResult LoginPage(Visit visit, string email = "", string? alert = null) => visit.Page("Sign in", Html.Of($"""
        <section class="card narrow"><h1>Sign in</h1>
        {Forms.Post(visit, "/login", Html.Of($"""
            {Forms.Text(visit, "Email", "email", email)}
            {Forms.Text(visit, "Password", "password", "", type: "password")}
            {Forms.Button(visit, "Sign in", "wide")}
            """))}
        </section>
        """), alert);

    private static IResult CodePage(Visit visit, string? alert = null) => visit.Page("Authentication code", Html.Of($"""
        <section class="card narrow"><h1>Two-step verification</h1>
        <p>Enter the six digits that your authenticator app shows.</p>
        {Forms.Post(visit, "/login/code", Html.Of($"""
            {Forms.Text(visit, "Authentication code", "code", "")}
            {Forms.Button(visit, "Verify", "wide")}
            """))}
        </section>
        """), alert);

    private static IResult Login(Visit visit)
    {
        var (email, password) = (visit.Field("email"), visit.Http.Request.Form["password"].ToString());
        if (visit.Workspace.Authenticate(email, password) is not { } user)
        {
            visit.Workspace.NoteSignIn(email, succeeded: false);
            return LoginPage(visit, email, "Wrong email or password.");
        }

        visit.Session!.Accepted = user;
        return GoOn(visit);
    }

    /// <summary>To whatever this sign-in still lacks, or in.</summary>
    private static SeeOther GoOn(Visit visit)
    {
        if (visit.Faults.Captcha == CaptchaPlace.SignIn && !visit.Session!.ConfirmedHuman)
            return new SeeOther("/human");
        return visit.Site.TotpSecret is null || visit.Session!.Accepted != visit.Site.Options.AdminUser ? Enter(visit) : new SeeOther("/login/code");
    }

    private static IResult EnterCode(Visit visit)
    {
        if (visit.Session is not { PasswordAccepted: true } || visit.Site.TotpSecret is not { } secret)
            return new SeeOther("/login");
        if (visit.Workspace.TakeBackupCode(visit.Field("code")))
            return Enter(visit);
        var step = Totp.StepOf(visit.Field("code").Replace(" ", "", StringComparison.Ordinal), secret, visit.Site.Options.Time.GetUtcNow());
        return step is { } valid && visit.Workspace.TakeCodeStep(valid)
            ? Enter(visit)
            : CodePage(visit, "That code is not valid.");
    }

    private static IResult ConfirmHuman(Visit visit)
    {
        if (visit.Field("human") != "yes")
            return Captcha(visit, "Tick the box to continue.");
        visit.Session!.ConfirmedHuman = true;
        var back = visit.Field("return");
        return visit.Session.PasswordAccepted && visit.User.Length == 0 ? GoOn(visit)
            : new SeeOther(back.StartsWith('/') && !back.StartsWith("//", StringComparison.Ordinal) && back != "/human" ? back : "/home");
    }

    private static SeeOther Enter(Visit visit)
    {
        var before = visit.Session!;
        visit.Site.Sessions.End(before);
        visit.Site.Sessions.Open(visit.Http, before.Accepted, before.ConfirmedHuman);
        visit.Workspace.NoteSignIn(before.Accepted!, succeeded: true);
        return new SeeOther("/home");
    }
}
