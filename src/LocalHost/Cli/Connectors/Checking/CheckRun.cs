using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;

namespace IdLcm.LocalHost.Cli.Connectors.Checking;

/// <summary>Goes through the checklist of a connector against the real app, with people of its own whom it removes again.</summary>
/// <param name="host">The runner.</param>
/// <param name="request">The service account.</param>
/// <param name="people">Whom to create.</param>
/// <param name="log">Keeps the outcomes.</param>
/// <param name="options">What to leave out.</param>
internal sealed partial class CheckRun(TrialHost host, ConnectorSessionRequest request, CheckPeople people, CheckLog log, CheckOptions options)
{
    // The app may take the last two otherwise, as long as the run says so.
    private static readonly (string Name, bool Exact)[] OddNames =
        [("Ånne-Márie Łó", true), ("O'Brien \"Bob\" & Söhne", true), ("<script>alert(1)</script>", false), (new string('x', 200), false)];

    private readonly List<string> _created = [];
    private IConnectorSession _session = null!;

    private ConnectorCapabilities Can => host.Manifest.Capabilities;

    /// <summary>When the account signed in; a one-time code of that time is not given again.</summary>
    public DateTimeOffset SignedInAt { get; private set; }

    /// <summary>Someone of the last page of the app's list, or null where it shows nobody.</summary>
    public string? Known { get; private set; }

    /// <summary>A role that people can be given, or null where there are none.</summary>
    public string? AnyRole => Roles is [var role, ..] ? role : null;

    /// <summary>True where people are created.</summary>
    public bool MayCreate => !options.ReadOnly && host.Manifest.Verbs.Contains(ConnectorVerb.CreateUser);

    private bool Invites => Can is { PendingUsersVisible: true, CreateUser: CreateUserMode.InviteEmail or CreateUserMode.InviteLink };

    private IReadOnlyList<string> Roles => [.. host.Manifest.UserSchema.Roles.Where(r => !r.Exclusive).Select(r => r.Value)];

    /// <summary>Runs the checklist.</summary>
    /// <param name="cancellationToken">Stops it; people who were made are then left, and named.</param>
    /// <returns>False when nobody could sign in, and nothing more was tried.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        if (!await SignInAsync(cancellationToken))
        {
            return false;
        }

        await using (_session)
        {
            await ReadsAsync(cancellationToken);
            if (!MayCreate)
            {
                log.Skip("create, change and remove people", options.ReadOnly ? "--read-only" : "the connector makes no accounts");
            }
            else
            {
                await WritesAsync(cancellationToken);
                await CleanUpAsync(cancellationToken);
            }
        }

        return true;
    }

    private async Task WritesAsync(CancellationToken cancellationToken)
    {
        var lacking = people.Next(AnyRole);
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
        await PendingAsync(identifier, cancellationToken);
        await CheckAsync($"create someone who is {(Invites ? "invited" : "there")} already", ConnectorVerb.CreateUser, first, r => r.Failure?.Code == FailureCode.AlreadyExists, cancellationToken);
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

    private async Task PendingAsync(string identifier, CancellationToken cancellationToken)
    {
        if (!Invites)
        {
            log.Skip("pending people", Can.PendingUsersVisible ? "the app's accounts exist at once" : "the app does not show them");
            return;
        }

        await CheckAsync("someone invited is found as pending", ConnectorVerb.GetUser, One(identifier), r => r is { Succeeded: true, Rows: [var row] } && row["status"]?.ToString() == "pending", cancellationToken);
        await CheckAsync(
            "someone invited is listed as pending",
            ConnectorVerb.ListUsers,
            [],
            r => r is { Succeeded: true, Complete: true } && r.Rows.Any(row => row["status"]?.ToString() == "pending" && string.Equals(Identifier(row), identifier, StringComparison.OrdinalIgnoreCase)),
            cancellationToken);
    }

    /// <summary>Odd names arrive as they are, or are refused in words; what the app makes of them is told.</summary>
    private async Task OddNamesAsync(CancellationToken cancellationToken)
    {
        if (people.NameAttributes() is not [.., var attribute])
        {
            log.Skip("odd names", "createUser takes no name of a person");
            return;
        }

        foreach (var (odd, exact) in OddNames)
        {
            var person = people.Next(AnyRole);
            person[attribute] = odd;
            _created.Add(person[people.Identifier]!.ToString());
            await CheckAsync(
                $"a name like {(odd.Length > 40 ? $"{odd.Length} characters" : odd)}",
                ConnectorVerb.CreateUser,
                person,
                r => r.Verified || r.Failure?.Code == FailureCode.UnsupportedOperation || (!exact && r.Failure?.Code == FailureCode.VerificationFailed),
                cancellationToken,
                r => r.Verified ? "shown as it was given" : r.Failure!.Code == FailureCode.VerificationFailed ? $"the app changes it, and the run fails for it: {r.Failure.Detail}" : $"refused: {r.Failure.Detail}");
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
                await VerifiedAsync($"delete {identifier} ({found.Rows[0]["status"]?.ToString() ?? "active"})", ConnectorVerb.Delete, One(identifier), cancellationToken);
            }
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
