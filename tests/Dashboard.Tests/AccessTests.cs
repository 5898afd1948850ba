using System.Text.RegularExpressions;
using System.Text.Json.Nodes;
using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;

namespace IdLcm.Dashboard.Tests;

/// <summary>Who gets in, and what each role may do.</summary>
[Collection(DashboardCollection.Name)]
public sealed partial class AccessTests(RunningDashboard product)
{
    [Fact]
    public async Task Nothing_is_shown_without_a_session_and_every_answer_forbids_foreign_scripts()
    {
        foreach (var path in (string[])["/", "/integrations", "/integrations/new", "/people", "/catalog", "/settings", "/live", "/integrations/x/users.csv"])
        {
            var answer = await product.RequestAsync(HttpMethod.Get, path);
            Assert.Equal((path, 302), (path, answer.Status));
            Assert.StartsWith("/sign-in?return=", answer.Headers.Location!.ToString(), StringComparison.Ordinal);
        }

        var (_, _, headers) = await product.RequestAsync(HttpMethod.Get, "/sign-in");
        var policy = headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Contains("no-store", headers.CacheControl!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_cookie_is_kept_from_scripts_and_other_sites_and_a_return_address_stays_here()
    {
        var address = (string)(await product.ApiAsync(HttpMethod.Post, "sign-in-links"))["address"]!;
        var secret = address[(address.IndexOf("link=", StringComparison.Ordinal) + 5)..];
        var signedIn = await product.RequestAsync(HttpMethod.Post, "/sign-in", form: new Dictionary<string, string> { ["link"] = secret, ["return"] = "//elsewhere.example/" });

        Assert.Equal((302, "/"), (signedIn.Status, signedIn.Headers.Location!.ToString()));
        var cookie = signedIn.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(401, (await product.RequestAsync(HttpMethod.Post, "/sign-in", form: new Dictionary<string, string> { ["link"] = secret })).Status);
    }

    [Fact]
    public async Task A_form_of_another_site_or_without_its_token_changes_nothing()
    {
        var cookie = await product.SignInAsync();
        var token = await FormTokenAsync(cookie);
        var other = await FormTokenAsync(await product.SignInAsync());
        var reason = new Dictionary<string, string> { ["reason"] = "attack" };

        Assert.Equal(403, (await product.RequestAsync(HttpMethod.Post, "/settings/pause", cookie, reason)).Status);
        Assert.Equal(403, (await product.RequestAsync(HttpMethod.Post, "/settings/pause", cookie, With(reason, other))).Status);
        Assert.Equal(403, (await product.RequestAsync(HttpMethod.Post, "/settings/pause", cookie, With(reason, token), ("Sec-Fetch-Site", "cross-site"))).Status);
        Assert.Equal(403, (await product.RequestAsync(HttpMethod.Post, "/settings/pause", cookie, With(reason, token), ("Origin", "https://evil.example"))).Status);
        Assert.Equal(403, (await product.RequestAsync(HttpMethod.Post, "/settings/pause", cookie)).Status);
        Assert.Equal(401, (await product.RequestAsync(HttpMethod.Post, "/settings/pause", null, With(reason, token))).Status);
        Assert.Null((await product.ApiAsync(HttpMethod.Get, "workspace"))["paused"]);

        Assert.Equal(303, (await product.RequestAsync(HttpMethod.Post, "/settings/pause", cookie, With(reason, token), ("Origin", product.Url), ("Sec-Fetch-Site", "same-origin"))).Status);
        Assert.NotNull((await product.ApiAsync(HttpMethod.Get, "workspace"))["paused"]);
        Assert.Equal(303, (await product.RequestAsync(HttpMethod.Post, "/settings/resume", cookie, With([], token))).Status);
    }

    [Fact]
    public async Task Each_role_may_do_what_its_permissions_say_and_an_integration_manager_sees_what_is_given()
    {
        var (given, _) = await product.IntegrationAsync("Given to the manager");
        var (kept, _) = await product.IntegrationAsync("Kept from the manager");
        var owner = await product.SignInAsync();

        // Path, form, then the status for Owner, Super Admin, Admin and Integration manager. Every form is one that changes nothing.
        (string Path, bool Writes, int[] Statuses)[] matrix =
        [
            ("/", false, [200, 200, 200, 200]),
            ($"/integrations/{given}", false, [200, 200, 200, 200]),
            ($"/integrations/{kept}", false, [200, 200, 200, 403]),
            ($"/integrations/{kept}/users.csv", false, [200, 200, 200, 403]),
            ($"/integrations/{given}/safeguard", true, [400, 400, 400, 400]),
            ($"/integrations/{kept}/safeguard", true, [400, 400, 400, 403]),
            ("/integrations/new", false, [200, 200, 200, 403]),
            ("/integrations/new/sample-workspace", true, [400, 400, 400, 403]),
            ($"/integrations/{given}/approvals/none", true, [400, 400, 400, 400]),
            ($"/integrations/{kept}/approvals/none", true, [400, 400, 400, 403]),
            ($"/integrations/{given}/tasks/none/close", true, [404, 404, 404, 404]),
            ($"/integrations/{given}/users/none/exempt", true, [404, 404, 404, 404]),
            ($"/integrations/{kept}/users/none/remove", true, [404, 404, 404, 403]),
            ($"/integrations/{given}/notifications", true, [400, 400, 400, 403]),
            ($"/integrations/{given}/dead-letters/none/replay", true, [404, 404, 404, 404]),
            ($"/integrations/{given}/observe-only", true, [400, 400, 400, 400]),
            ($"/integrations/{kept}/observe-only", true, [400, 400, 400, 403]),
            ($"/integrations/{given}/promote", true, [400, 400, 400, 400]),
            ($"/integrations/{kept}/promote", true, [400, 400, 400, 403]),
            ($"/integrations/{given}/schema/fields", true, [400, 400, 400, 400]),
            ($"/integrations/{kept}/schema/fields", true, [400, 400, 400, 403]),
            ($"/integrations/{given}/retention", true, [303, 303, 303, 303]),
            ($"/integrations/{kept}/retention", true, [303, 303, 303, 403]),
            ($"/integrations/{given}/inbound-hold", true, [303, 303, 303, 303]),
            ($"/integrations/{kept}/inbound-hold", true, [303, 303, 303, 403]),
            ($"/integrations/{kept}/lifecycle", true, [303, 303, 303, 403]),
            ($"/integrations/{kept}/sync-settings", true, [303, 303, 303, 403]),
            ($"/integrations/{kept}/launch", true, [303, 303, 303, 403]),
            ($"/integrations/{kept}/tokens", true, [400, 400, 400, 403]),
            ($"/integrations/{kept}/service-account", true, [400, 400, 400, 403]),
            ($"/integrations/{kept}/users", false, [200, 200, 200, 403]),
            ($"/integrations/{kept}/activity.csv", false, [200, 200, 200, 403]),
            ($"/integrations/{kept}/live", false, [0, 0, 0, 403]),
            ($"/integrations/{given}/disable", true, [400, 400, 400, 400]),
            ($"/integrations/{given}/delete", true, [400, 400, 400, 403]),
            ($"/integrations/{given}/groups", true, [400, 400, 400, 400]),
            ($"/integrations/{kept}/groups", true, [400, 400, 400, 403]),
            ($"/integrations/{kept}/scim-access", true, [303, 303, 303, 403]),
            ($"/integrations/{given}/captures", false, [200, 200, 200, 200]),
            ($"/integrations/{kept}/captures", false, [200, 200, 200, 403]),
            ($"/integrations/{kept}/captures.jsonl", false, [200, 200, 200, 403]),
            ($"/integrations/{kept}/retries", true, [400, 400, 400, 403]),
            ($"/integrations/{kept}/access.csv", false, [200, 200, 200, 403]),
            ($"/integrations/{kept}/drift", false, [200, 200, 200, 403]),
            ($"/integrations/{given}/drift/correct", true, [400, 400, 400, 400]),
            ($"/integrations/{given}/users/none/erase", true, [404, 404, 404, 404]),
            ($"/integrations/{kept}/users/none/skip-claim", true, [404, 404, 404, 403]),
            ("/posture", false, [200, 200, 200, 200]),
            ("/posture.csv", false, [200, 200, 200, 200]),
            ($"/posture/{given}", false, [200, 200, 200, 200]),
            ($"/posture/{kept}", false, [200, 200, 200, 403]),
            ($"/posture/{given}/change", true, [400, 400, 400, 400]),
            ($"/posture/{kept}/change", true, [400, 400, 400, 403]),
            ($"/posture/{given}/exceptions", true, [400, 400, 400, 400]),
            ($"/posture/{kept}/exceptions/end", true, [404, 404, 404, 403]),
            ("/settings/activity", false, [200, 200, 403, 403]),
            ("/settings/resume", true, [303, 303, 303, 403]),
            ("/settings/keys", true, [400, 400, 403, 403]),
            ("/settings/administrators", true, [400, 400, 403, 403]),
            ("/settings/administrators/owner/link", true, [200, 403, 403, 403]),
            ("/settings/administrators/owner/remove", true, [409, 403, 403, 403]),
        ];
        string[] roles = ["Owner", "SuperAdmin", "Admin", "IntegrationManager"];
        for (var i = 0; i < roles.Length; i++)
        {
            var cookie = await AddAsync(owner, roles[i], given);
            var token = await FormTokenAsync(cookie);
            foreach (var (path, writes, statuses) in matrix)
            {
                if (statuses[i] == 0 || (i == 0 && path.EndsWith("/remove", StringComparison.Ordinal)))
                {
                    // A stream that is open does not end; and with a second Owner the first could go.
                    continue;
                }

                var answer = writes
                    ? await product.RequestAsync(HttpMethod.Post, path, cookie, With([], token))
                    : await product.RequestAsync(HttpMethod.Get, path, cookie);
                Assert.True(statuses[i] == answer.Status, $"{roles[i]} {path}: {answer.Status} and not {statuses[i]}");
            }

            var list = (await product.RequestAsync(HttpMethod.Get, "/integrations", cookie)).Body;
            Assert.Contains("Given to the manager", list, StringComparison.Ordinal);
            Assert.Equal(i < 3, list.Contains("Kept from the manager", StringComparison.Ordinal));
        }

        Assert.Contains("role Admin was refused", product.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_page_or_form_is_left_out_each_is_refused_to_every_role_that_lacks_its_permission_and_to_no_other()
    {
        var (given, _) = await product.IntegrationAsync("Given to the other manager");
        var (kept, _) = await product.IntegrationAsync("Kept from the other manager");
        var owner = await product.SignInAsync();
        var actions = await Actions.ListAsync();
        Assert.True(actions.Count > 100, $"{actions.Count}");
        foreach (var role in Enum.GetValues<WorkspaceRole>())
        {
            var cookie = await AddAsync(owner, role.ToString(), role == WorkspaceRole.IntegrationManager ? given : null);
            var token = await FormTokenAsync(cookie);
            string[] integrations = role == WorkspaceRole.IntegrationManager ? [kept, given] : [kept];
            foreach (var (integration, (method, pattern, permission)) in integrations.SelectMany(integration => actions.Select(action => (integration, action))))
            {
                var path = Actions.PathOf(pattern, integration);
                var refused = !Permissions.Of(role).Contains(permission) || (role == WorkspaceRole.IntegrationManager && path.Contains(kept, StringComparison.Ordinal));
                if (permission == Permission.Anonymous || pattern == "/sign-out" || (pattern.EndsWith("/live", StringComparison.Ordinal) && !refused))
                {
                    // What anybody may do, what ends this session, and a stream that does not end.
                    continue;
                }

                var answer = method == "POST"
                    ? await product.RequestAsync(HttpMethod.Post, path, cookie, With([], token))
                    : await product.RequestAsync(HttpMethod.Get, path, cookie);
                Assert.True(answer.Status is not (302 or 401 or >= 500) && refused == (answer.Status == 403), $"{role} {method} {path}, which takes {permission}: {answer.Status}");
            }
        }

        await product.RequestAsync(HttpMethod.Post, "/settings/resume", owner, With([], await FormTokenAsync(owner)));
    }

    [Fact]
    public async Task A_removed_administrator_is_signed_out_at_once()
    {
        var owner = await product.SignInAsync();
        var cookie = await AddAsync(owner, "Admin", null);
        Assert.Equal(200, (await product.RequestAsync(HttpMethod.Get, "/", cookie)).Status);
        var settings = (await product.RequestAsync(HttpMethod.Get, "/settings", owner)).Body;
        foreach (Match match in Removal().Matches(settings))
        {
            if (match.Groups["id"].Value != "owner")
            {
                await product.RequestAsync(HttpMethod.Post, $"/settings/administrators/{match.Groups["id"].Value}/remove", owner, With([], await FormTokenAsync(owner)));
            }
        }

        Assert.Equal(302, (await product.RequestAsync(HttpMethod.Get, "/", cookie)).Status);
        Assert.Equal(200, (await product.RequestAsync(HttpMethod.Get, "/", owner)).Status);
    }

    [Fact]
    public async Task Another_role_holds_at_once_in_open_sessions_and_stands_in_the_activity()
    {
        var owner = await product.SignInAsync();
        var token = await FormTokenAsync(owner);
        var added = await product.RequestAsync(HttpMethod.Post, "/settings/administrators", owner, With(new() { ["name"] = "Rosa Raised", ["role"] = "Admin" }, token));
        var cookie = await product.SignInAsync(Link().Match(added.Body).Value);
        Assert.Equal(403, (await product.RequestAsync(HttpMethod.Get, "/settings/activity", cookie)).Status);
        var id = (await product.RequestAsync(HttpMethod.Get, "/settings/administrators.csv", owner)).Body.Split("\r\n").Single(line => line.StartsWith("Rosa Raised,", StringComparison.Ordinal)).Split(',')[^1];
        Assert.Contains("Rosa Raised", (await product.RequestAsync(HttpMethod.Get, $"/settings/administrators/{id}", owner)).Body, StringComparison.Ordinal);

        Assert.Equal(400, (await product.RequestAsync(HttpMethod.Post, $"/settings/administrators/{id}", owner, With(new() { ["role"] = "IntegrationManager" }, token))).Status);
        var refused = await product.RequestAsync(HttpMethod.Post, "/settings/administrators", owner, With(new() { ["name"] = "Kim Kept", ["role"] = "IntegrationManager" }, token));
        Assert.Equal(400, refused.Status);
        Assert.Contains("value=\"Kim Kept\"", refused.Body, StringComparison.Ordinal);
        Assert.Contains("<option value=\"IntegrationManager\" selected", refused.Body, StringComparison.Ordinal);
        Assert.Equal(303, (await product.RequestAsync(HttpMethod.Post, $"/settings/administrators/{id}", owner, With(new() { ["role"] = "SuperAdmin" }, token))).Status);
        var activity = await product.RequestAsync(HttpMethod.Get, "/settings/activity.csv?q=Rosa", cookie);
        Assert.Equal(200, activity.Status);
        Assert.Contains("administrator is Super Admin now", activity.Body, StringComparison.Ordinal);
        Assert.Contains("administrator added as Admin", activity.Body, StringComparison.Ordinal);

        // Nobody lowers who is above them.
        Assert.Equal(403, (await product.RequestAsync(HttpMethod.Post, "/settings/administrators/owner", cookie, With(new() { ["role"] = "Admin" }, await FormTokenAsync(cookie)))).Status);
    }

    private async Task<string> AddAsync(string owner, string role, string? integration)
    {
        var form = new Dictionary<string, string> { ["name"] = $"A person with {role}", ["role"] = role };
        if (integration is not null)
        {
            form["integrations"] = integration;
        }

        var answer = await product.RequestAsync(HttpMethod.Post, "/settings/administrators", owner, With(form, await FormTokenAsync(owner)));
        Assert.Equal(200, answer.Status);
        return await product.SignInAsync(Link().Match(answer.Body).Value);
    }

    private async Task<string> FormTokenAsync(string cookie) =>
        Token().Match((await product.RequestAsync(HttpMethod.Get, "/settings", cookie)).Body).Groups["token"].Value;

    private static Dictionary<string, string> With(Dictionary<string, string> form, string token) => new(form) { ["_token"] = token };

    [GeneratedRegex("name=\"_token\" value=\"(?<token>[0-9a-f]{64})\"", RegexOptions.None, 1000)]
    private static partial Regex Token();

    [GeneratedRegex("http://127[^\"<]*link=[a-z0-9_]+", RegexOptions.None, 1000)]
    private static partial Regex Link();

    [GeneratedRegex("/settings/administrators/(?<id>[a-z0-9]+)/remove", RegexOptions.None, 1000)]
    private static partial Regex Removal();
}
