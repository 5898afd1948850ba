using IdLcm.Samples.Rendering;

namespace IdLcm.Samples.Testing;

internal static class TestBenchPage
{
    public static Html Show(Site site)
    {
        var faults = site.Faults.Current;
        return Html.Of($"""
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><title>Test bench</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/site.css"></head>
            <body class="app"><main>
            <h1>Test bench</h1>
            <p class="muted">Fault switches of the sample app, for tests. This page is no part of the app, needs no sign-in and answers this machine only. Switches are lost at restart.</p>
            <section class="card form">
            <form method="post" action="/testing" novalidate>
            {Number("Slow: milliseconds before each page", "slow", faults.Slow == 0 ? "" : $"{faults.Slow}")}
            <h2>Requests that fail (false, true, or how many)</h2>
            {Number("Down: connection aborted", "down", faults.Down.ToString())}
            {Number("Rate limited: 429", "rateLimited", faults.RateLimited.ToString())}
            {Number("Error page: 500", "errorPage", faults.ErrorPage.ToString())}
            {Number("Error page on paths that begin with", "errorPagePath", faults.ErrorPagePath)}
            {Number("Crash after commit: written, never answered", "crashAfterCommit", faults.CrashAfterCommit.ToString())}
            <h2>Pages that changed</h2>
            <div class="field"><label for="renamedLabels">Renamed labels, one a line: usual = shown</label>
            <textarea id="renamedLabels" name="renamedLabels" rows="3">{string.Join('\n', faults.RenamedLabels.Select(r => $"{r.Key} = {r.Value}"))}</textarea></div>
            {Check("Moved button: “Invite member” and “Remove member” in a “More” menu", "movedButton", faults.MovedButton)}
            {Check("Hide pending members", "hidePending", faults.HidePending)}
            {Number("Short list: the members list ends after this many pages", "shortList", $"{faults.ShortList}")}
            <h2>Accounts and plan</h2>
            {Number("Seat limit", "seatLimit", $"{faults.SeatLimit}")}
            {Number("Least length of a new password", "passwordLength", $"{faults.PasswordLength}")}
            {Number("Session ends after this many requests", "sessionRequests", $"{faults.SessionRequests}")}
            <div class="field"><label for="captcha">CAPTCHA</label><select id="captcha" name="captcha">{Enum.GetNames<CaptchaPlace>().Select(p => Html.Of($"""<option{Forms.Flag(p == faults.Captcha.ToString(), " selected")}>{p}</option>"""))}</select></div>
            {Check("Underpermissioned administrator", "underpermissioned", faults.Underpermissioned)}
            {Check("Subscription deactivated", "subscriptionDeactivated", faults.SubscriptionDeactivated)}
            <h2>Success without effect</h2>
            {Enum.GetValues<WriteAction>().Select(a => Check(a.ToString(), $"fake{a}", faults.FakeSuccess.Contains(a)))}
            <div class="actions"><button type="submit">Apply</button></div>
            </form>
            </section>
            <div class="actions">
            {Press("/testing/sessions/expire", "Expire all sessions")}{Press("/testing/reset", "Clear all faults")}{Press("/testing/reset?data=true", "Clear all faults and data")}
            </div>
            <p class="muted">For programs: GET and POST /testing/faults (JSON; only what is named changes, null is the default), POST /testing/sessions/expire, POST /testing/reset, GET /testing/state.</p>
            </main></body></html>
            """);
    }

    public static FaultSettings Read(IFormCollection form)
    {
        string Value(string name) => form[name].ToString().Trim();
        int? Count(string name) => int.TryParse(Value(name), out var n) && n >= 0 ? n : null;
        bool On(string name) => Value(name) == "on";

        return new FaultSettings
        {
            Slow = Count("slow") ?? 0,
            Down = Times.Parse(Value("down")),
            RateLimited = Times.Parse(Value("rateLimited")),
            ErrorPage = Times.Parse(Value("errorPage")),
            ErrorPagePath = Value("errorPagePath") is ['/', ..] path ? path : "/",
            CrashAfterCommit = Times.Parse(Value("crashAfterCommit")),
            RenamedLabels = Value("renamedLabels").Split('\n')
                .Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries))
                .Where(pair => pair.Length == 2 && pair[0].Length > 0)
                .DistinctBy(pair => pair[0])
                .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal),
            MovedButton = On("movedButton"),
            HidePending = On("hidePending"),
            ShortList = Count("shortList"),
            SeatLimit = Count("seatLimit"),
            SessionRequests = Count("sessionRequests"),
            PasswordLength = Count("passwordLength"),
            Captcha = Enum.TryParse<CaptchaPlace>(Value("captcha"), out var place) ? place : CaptchaPlace.None,
            Underpermissioned = On("underpermissioned"),
            SubscriptionDeactivated = On("subscriptionDeactivated"),
            FakeSuccess = [.. Enum.GetValues<WriteAction>().Where(a => On($"fake{a}"))],
        };
    }

    private static Html Number(string label, string name, string value) => Html.Of($"""
        <div class="field"><label for="{name}">{label}</label><input id="{name}" name="{name}" value="{value}" autocomplete="off"></div>
        """);

    private static Html Check(string label, string name, bool on) => Html.Of($"""
        <label class="check"><input type="checkbox" name="{name}"{Forms.Flag(on, " checked")}> {label}</label>
        """);

    private static Html Press(string path, string name) => Html.Of($"""
        <form method="post" action="{path}"><button type="submit" class="quiet">{name}</button></form>
        """);
}
