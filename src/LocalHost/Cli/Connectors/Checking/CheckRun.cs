using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;

namespace IdLcm.LocalHost.Cli.Connectors.Checking;

/// <summary>Goes through the checklist of a connector against the real app, with people of its own whom it removes again.</summary>
/// <param name="host">The runner.</param>
/// <param name="request">The service account.</param>
/// <param name="people">Whom to create.</param>
/// <param name="log">Keeps the outcomes.</param>
/// <param name="options">What to leave out.</param>
internal sealed class CheckRun(TrialHost host, ConnectorSessionRequest request, CheckPeople people, CheckLog log, CheckOptions options)
{
    private static readonly string[] OddNames = ["Ånne-Márie Łó", "O'Brien \"Bob\" & Söhne", "<script>alert(1)</script>", new string('x', 200)];

    private readonly List<string> _created = [];
    private IConnectorSession _session = null!;

    private ConnectorCapabilities Can => host.Manifest.Capabilities;

    private IReadOnlyList<string> Roles => [.. host.Manifest.UserSchema.Roles.Where(r => !r.Exclusive).Select(r => r.Value)];

    /// <summary>Runs the checklist.</summary>
    /// <param name="cancellationToken">Stops it; people who were made are then left, and named.</param>
    /// <returns>A task that ends when all points have an outcome.</returns>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!await SignInAsync(cancellationToken))
        {
            return;
        }

        await using (_session)
        {
            await ReadsAsync(cancellationToken);
            if (options.ReadOnly || !host.Manifest.Verbs.Contains(ConnectorVerb.CreateUser))
            {
                log.Skip("create, change and remove people", options.ReadOnly ? "--read-only" : "the connector makes no accounts");
            }
            else
            {
                await WritesAsync(cancellationToken);
                await CleanUpAsync(cancellationToken);
            }
        }

        await DownAsync(cancellationToken);
        log.Skip("the app slow, or showing a wrong page", "not brought about here; the runner's own tests do it with the sample app's faults");
    }

    private async Task<bool> SignInAsync(CancellationToken cancellationToken)
    {
        var good = await host.Runner.OpenAsync(request with { FreshSignIn = true }, cancellationToken);
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
        var pages = again.Steps.Count > 0 || again.Session?.Reused == true;
        await log.AddAsync("session is used again", again.Failure is null && (again.Session!.Reused || !host.Manifest.Auth.ReuseSession || pages), again.Failure?.ToString() ?? "no second sign-in", again.Steps, again.Evidence);
        if (again.Session is null)
        {
            return false;
        }

        _session = again.Session;
        if (options.NoBadSignIn)
        {
            log.Skip("wrong credential", "--no-bad-sign-in");
            return true;
        }

        await host.Secrets.SetAsync("trial-wrong", $"wrong-{Guid.NewGuid():N}", cancellationToken);
        var bad = await host.Runner.OpenAsync(request with { IntegrationId = "trial-wrong", PasswordSecret = "trial-wrong", FreshSignIn = true }, cancellationToken);
        await log.AddAsync("wrong credential", bad.Failure?.Code == FailureCode.BadCredentials, bad.Failure?.ToString() ?? "the app let it in", bad.Steps, bad.Evidence);
        if (bad.Session is not null)
        {
            await bad.Session.DisposeAsync();
        }

        return true;
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

        var known = identifiers[^1];
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

    private async Task WritesAsync(CancellationToken cancellationToken)
    {
        var lacking = people.Next(Roles is [var any, ..] ? any : null);
        var left = lacking.Select(p => p.Key).LastOrDefault(k => k != people.Identifier && k != "roles") ?? people.Identifier;
        lacking.Remove(left);
        await CheckAsync($"create without {left} is refused before anything is done", ConnectorVerb.CreateUser, lacking, r => r is { Succeeded: false, CommitEntered: false }, cancellationToken);
        JsonObject? first = null;
        foreach (var role in Roles.DefaultIfEmpty(null!))
        {
            var person = people.Next(role);
            first = await CreateAsync(role is null ? "create" : $"create with role {role}", person, cancellationToken) ? first ?? person : first;
        }

        if (first is null)
        {
            return;
        }

        var identifier = first[people.Identifier]!.ToString();
        await CheckAsync("create someone who is there already", ConnectorVerb.CreateUser, first, r => r.Failure?.Code == FailureCode.AlreadyExists, cancellationToken);
        if (Can.ResendInvite)
        {
            await CheckAsync("send the invitation again", ConnectorVerb.ResendInvite, One(identifier), r => r is { Succeeded: true, CommitEntered: true }, cancellationToken);
        }

        if (Can.SetRoles == SetRolesMode.InPlace && Roles.Count > 1)
        {
            await VerifiedAsync("change the role", ConnectorVerb.SetRoles, One(identifier, ("roles", new JsonArray(Roles[1]))), cancellationToken);
        }

        if (Can.UpdateAttributes.Intersect(people.NameAttributes(), StringComparer.Ordinal).FirstOrDefault() is { } name)
        {
            await VerifiedAsync($"change {name}", ConnectorVerb.UpdateUser, One(identifier, (name, "Changed")), cancellationToken);
        }

        if (Can.Deactivate)
        {
            await VerifiedAsync("deactivate", ConnectorVerb.Deactivate, One(identifier), cancellationToken);
            await VerifiedAsync("reactivate", ConnectorVerb.Reactivate, One(identifier), cancellationToken);
        }

        await CheckAsync("a change to someone who is not there", Can.Delete ? ConnectorVerb.Delete : ConnectorVerb.SetRoles, One("idlcm-nobody@example.com", ("roles", new JsonArray([.. Roles.Take(1).Select(r => (JsonNode)r)]))), r => r.Failure?.Code == FailureCode.UserNotFound, cancellationToken);
        await OddNamesAsync(cancellationToken);
    }

    /// <summary>Odd names arrive as they are, or are refused in words.</summary>
    private async Task OddNamesAsync(CancellationToken cancellationToken)
    {
        if (people.NameAttributes() is not [.., var attribute])
        {
            log.Skip("odd names", "createUser takes no name of a person");
            return;
        }

        foreach (var odd in OddNames)
        {
            var person = people.Next(Roles is [var role, ..] ? role : null);
            person[attribute] = odd;
            _created.Add(person[people.Identifier]!.ToString());
            await CheckAsync(
                $"a name like {(odd.Length > 40 ? $"{odd.Length} characters" : odd)}",
                ConnectorVerb.CreateUser,
                person,
                r => r.Verified || r.Failure?.Code is FailureCode.UnsupportedOperation or FailureCode.VerificationFailed,
                cancellationToken,
                r => r.Verified ? "shown as it was given" : r.Failure!.Detail);
        }
    }

    private async Task<bool> CreateAsync(string name, JsonObject person, CancellationToken cancellationToken)
    {
        _created.Add(person[people.Identifier]!.ToString());
        return await VerifiedAsync(name, ConnectorVerb.CreateUser, person, cancellationToken);
    }

    private async Task CleanUpAsync(CancellationToken cancellationToken)
    {
        if (!Can.Delete)
        {
            log.Skip("delete", $"the app deletes nobody; left behind: {string.Join(", ", _created)}");
            return;
        }

        foreach (var identifier in _created)
        {
            var found = await _session.RunAsync(new(ConnectorVerb.GetUser, One(identifier)), cancellationToken);
            if (found is { Succeeded: true, Rows.Count: 1 })
            {
                await VerifiedAsync($"delete {identifier}", ConnectorVerb.Delete, One(identifier), cancellationToken);
            }
        }
    }

    private async Task DownAsync(CancellationToken cancellationToken)
    {
        if (request.Settings.FirstOrDefault(s => CommonOptions.TryAddress(s.Value, out _)).Key is not { } setting)
        {
            log.Skip("the app down", "no setting is an address that could be changed");
            return;
        }

        // A port on which nothing listens.
        var settings = new Dictionary<string, string>(request.Settings, StringComparer.Ordinal) { [setting] = "http://127.0.0.1:4" };
        var down = await host.Runner.OpenAsync(request with { IntegrationId = "trial-down", Settings = settings, FreshSignIn = true }, cancellationToken);
        await log.AddAsync("the app down", down.Failure?.Code == FailureCode.AppUnavailable, down.Failure?.ToString() ?? "it signed in to nothing", down.Steps, []);
        if (down.Session is not null)
        {
            await down.Session.DisposeAsync();
        }
    }

    private async Task<bool> VerifiedAsync(string name, ConnectorVerb verb, JsonObject inputs, CancellationToken cancellationToken) =>
        (await CheckAsync(name, verb, inputs, r => r.Verified, cancellationToken, _ => "done, and read back")).Verified;

    private async Task<VerbResult> CheckAsync(
        string name, ConnectorVerb verb, JsonObject inputs, Func<VerbResult, bool> expected, CancellationToken cancellationToken, Func<VerbResult, string>? said = null)
    {
        log.Begin();
        var result = await _session.RunAsync(new(verb, inputs), cancellationToken);
        var passed = expected(result);
        await log.AddAsync(name, passed, passed ? said?.Invoke(result) ?? result.Failure?.Detail ?? "as expected" : result.Failure?.ToString() ?? $"{result.Rows.Count} rows", result.Steps, passed ? [] : result.Evidence);
        return result;
    }

    private string? Identifier(JsonObject row) => row[people.Identifier]?.ToString();

    private static JsonObject One(string identifier, params (string Name, JsonNode Value)[] more)
    {
        var inputs = new JsonObject { ["identifier"] = identifier };
        foreach (var (name, value) in more)
        {
            inputs[name] = value;
        }

        return inputs;
    }
}
