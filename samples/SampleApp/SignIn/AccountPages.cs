using IdLcm.Samples.Data;
using IdLcm.Samples.Rendering;

namespace IdLcm.Samples.SignIn;

/// <summary>The administrator's own account: password and two-step verification.</summary>
internal static class AccountPages
{
    private const string Account = "/account";
    private const string TwoStep = "/account/two-step";

    public static void MapAccount(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Account, (Visit visit) => AccountPage(visit));
        pages.MapPost("/account/password", ChangePassword);
        pages.MapGet(TwoStep, (Visit visit) => visit.Workspace.AdminTotp is null ? SetupPage(visit) : OffPage(visit));
        pages.MapPost("/account/two-step/on", TurnOn);
        pages.MapPost("/account/two-step/off", TurnOff);
    }

    private static IResult AccountPage(Visit visit, string? alert = null) => visit.Page("Account", Html.Of($"""
        <h1>Account</h1>
        <section class="card form"><h2>Password</h2>
        <p>{Workspace.ShortestPassword} to {Workspace.LongestPassword} characters: small and capital letters, a digit, and one of {Workspace.PasswordSymbols}</p>
        {Forms.Post(visit, "/account/password", Html.Of($"""
            {Forms.Text(visit, "Current password", "current", "", type: "password")}
            {Forms.Text(visit, "New password", "wanted", "", type: "password")}
            {Forms.Text(visit, "Repeat new password", "again", "", type: "password")}
            <div class="actions">{Forms.Button(visit, "Change password")}</div>
            """))}
        </section>
        <section class="card"><h2>Two-step verification</h2>
        <p>It is {(visit.Workspace.AdminTotp is null ? "off" : "on")}. <a href="{TwoStep}">{visit.Words("Two-step verification")}</a></p>
        </section>
        """), alert);

    private static IResult ChangePassword(Visit visit)
    {
        var form = visit.Http.Request.Form;
        var outcome = visit.Workspace.ChangePassword(form["current"].ToString(), form["wanted"].ToString(), form["again"].ToString(), visit.User);
        if (outcome.Refused)
            return AccountPage(visit, outcome.Message);
        if (outcome.Committed)
            visit.Site.Sessions.EndOthers(visit.Session!);
        return visit.Finish(outcome, Account);
    }

    private static IResult SetupPage(Visit visit, string? alert = null)
    {
        var secret = visit.Session!.NewTotp ??= Totp.NewSecret();
        return visit.Page("Two-step verification", Html.Of($"""
            <h1>Two-step verification</h1>
            <section class="card form"><p>Give this key to your authenticator app, and enter the six digits that it shows.</p>
            <p>Setup key: <code data-testid="setup-key">{string.Join(' ', secret.Chunk(4).Select(c => new string(c)))}</code></p>
            {Forms.Post(visit, "/account/two-step/on", Html.Of($"""
                {Forms.Text(visit, "Authentication code", "code", "")}
                <div class="actions">{Forms.Button(visit, "Turn on")}</div>
                """))}
            </section>
            """), alert);
    }

    private static IResult TurnOn(Visit visit)
    {
        if (visit.Workspace.AdminTotp is not null || visit.Session!.NewTotp is not { } secret)
            return new SeeOther(TwoStep);
        if (!TakeCode(visit, Totp.DecodeSecret(secret)))
            return SetupPage(visit, "That code is not valid.");
        var (outcome, codes) = visit.Workspace.TurnTwoStepOn(secret, visit.User);
        if (outcome.Committed && visit.Site.Faults.TakeCrashAfterCommit())
            return new NoAnswer();
        visit.Session.NewTotp = null;
        return visit.Page("Two-step verification", Html.Of($"""
            <h1>Two-step verification</h1>
            <p role="status" class="flash good">{outcome.Message}</p>
            <section class="card"><h2>Backup codes</h2><p>Each works once, when you do not have your authenticator. They are not shown again.</p>
            <ul data-testid="backup-codes">{codes.Select(code => Html.Of($"<li>{code}</li>"))}</ul>
            </section>
            """));
    }

    private static IResult OffPage(Visit visit, string? alert = null) => visit.Page("Two-step verification", Html.Of($"""
        <h1>Two-step verification</h1>
        <section class="card form"><p>Two-step verification is on.</p>
        {Forms.Post(visit, "/account/two-step/off", Html.Of($"""
            {Forms.Text(visit, "Authentication code", "code", "")}
            <div class="actions">{Forms.Button(visit, "Turn off")}</div>
            """))}
        </section>
        """), alert);

    private static IResult TurnOff(Visit visit)
    {
        if (visit.Site.TotpSecret is not { } secret)
            return new SeeOther(TwoStep);
        return TakeCode(visit, secret)
            ? visit.Finish(visit.Workspace.TurnTwoStepOff(visit.User), Account)
            : OffPage(visit, "That code is not valid.");
    }

    private static bool TakeCode(Visit visit, byte[] secret) =>
        Totp.StepOf(visit.Field("code").Replace(" ", "", StringComparison.Ordinal), secret, visit.Site.Options.Time.GetUtcNow()) is { } step
        && visit.Workspace.TakeCodeStep(step);
}
