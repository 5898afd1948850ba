using IdLcm.Domain.Connectors;

namespace IdLcm.LocalHost.Cli.Connectors.Checking;

/// <content>What changes nothing: signing in, and reading.</content>
internal sealed partial class CheckRun
{
    private async Task<bool> SignInAsync(CancellationToken cancellationToken)
    {
        var good = await host.Runner.OpenAsync(request with { FreshSignIn = true }, cancellationToken);
        SignedInAt = TimeProvider.System.GetUtcNow();
        await log.AddAsync("sign in", good.Failure is null, good.Failure?.ToString() ?? "signed in", good.Steps, good.Evidence);
        if (good.Session is null)
        {
            return false;
        }

        await good.Session.DisposeAsync();
        if (request.TotpSecret is null)
        {
            log.Skip("second factor", host.Manifest.Auth.Mfa.Count == 0 ? "the connector knows none" : "no --totp-env given");
        }
        else
        {
            await log.AddAsync("second factor", good.Steps.Any(s => s.Description.Contains("one-time code", StringComparison.Ordinal)), "a one-time code was asked for", good.Steps, []);
        }

        var again = await host.Runner.OpenAsync(request, cancellationToken);
        if (host.Manifest.Auth.ReuseSession && good.Steps.Any(s => s.Verb == ConnectorVerb.Login && host.Manifest.Verbs.Contains(s.Verb)))
        {
            var signedInTwice = again.Steps.Any(s => s.Verb == ConnectorVerb.Login);
            await log.AddAsync("session is used again", again.Session is { Reused: true } && !signedInTwice, again.Failure?.ToString() ?? (signedInTwice ? "it signed in a second time" : "no second sign-in"), again.Steps, again.Evidence);
        }
        else
        {
            log.Skip("session is used again", again.Failure?.ToString() ?? "the connector keeps no session");
        }

        if (again.Session is null)
        {
            return false;
        }

        _session = again.Session;
        if (options.NoBadSignIn)
        {
            log.Skip("wrong credential", "--no-bad-sign-in");
        }
        else
        {
            await BadSignInsAsync(cancellationToken);
        }

        return true;
    }

    /// <summary>Apps have a sentence of their own for each of these, and the connector has to know all of them.</summary>
    private async Task BadSignInsAsync(CancellationToken cancellationToken)
    {
        await host.Secrets.SetAsync("trial-wrong", $"wrong-{Guid.NewGuid():N}", cancellationToken);
        await RefusedAsync("wrong credential", request with { PasswordSecret = "trial-wrong" }, cancellationToken);
        if (request.LoginMethod != "accessToken")
        {
            var nobody = $"idlcm-nobody-{Guid.NewGuid():N}{(request.ServiceAccountUserName.Contains('@', StringComparison.Ordinal) ? "@example.com" : "")}";
            await RefusedAsync("unknown user name", request with { ServiceAccountUserName = nobody }, cancellationToken);
        }

        if (request.TotpSecret is not null)
        {
            // Sixteen letters, any of which are Base32.
            await host.Secrets.SetAsync("trial-wrong-totp", string.Concat(Guid.NewGuid().ToByteArray().Select(b => (char)('A' + (b % 26)))), cancellationToken);
            await RefusedAsync("wrong one-time code", request with { TotpSecret = "trial-wrong-totp" }, cancellationToken);
        }
    }

    private async Task RefusedAsync(string name, ConnectorSessionRequest wrong, CancellationToken cancellationToken)
    {
        log.Begin();
        var bad = await host.Runner.OpenAsync(wrong with { IntegrationId = "trial-wrong", FreshSignIn = true }, cancellationToken);
        await log.AddAsync(name, bad.Failure?.Code == FailureCode.BadCredentials, bad.Failure?.ToString() ?? "the app let it in", bad.Steps, bad.Evidence);
        if (bad.Session is not null)
        {
            await bad.Session.DisposeAsync();
        }
    }

    private async Task ReadsAsync(CancellationToken cancellationToken)
    {
        if (host.Manifest.Verbs.Contains(ConnectorVerb.Validate))
        {
            await CheckAsync("validate", ConnectorVerb.Validate, [], r => r.Succeeded, cancellationToken);
        }

        var all = await CheckAsync("list everyone", ConnectorVerb.ListUsers, [], r => r is { Succeeded: true, Complete: true }, cancellationToken, r => $"{r.Rows.Count} people, proved complete");
        var identifiers = all.Rows.Select(Identifier).OfType<string>().ToList();
        if (identifiers.Count == 0)
        {
            return;
        }

        var known = Known = identifiers[^1];
        await CheckAsync("find someone of the last page", ConnectorVerb.GetUser, One(known), r => r is { Succeeded: true, Rows.Count: 1 }, cancellationToken);
        var near = known[..^1];
        if (near.Length > 0 && !identifiers.Contains(near, StringComparer.OrdinalIgnoreCase))
        {
            await CheckAsync("a near miss is no hit", ConnectorVerb.GetUser, One(near), r => r is { Succeeded: true, Complete: true, Rows.Count: 0 }, cancellationToken);
        }

        await CheckAsync("no hit is proved", ConnectorVerb.GetUser, One($"idlcm-nobody-{Guid.NewGuid():N}"), r => r is { Succeeded: true, Complete: true, Rows.Count: 0 }, cancellationToken);
        if (host.Manifest.Verbs.Contains(ConnectorVerb.ListRoles))
        {
            await CheckAsync("list the roles", ConnectorVerb.ListRoles, [], r => r.Succeeded, cancellationToken);
        }
    }
}
