using System.Text.Json.Nodes;
using IdLcm.Domain;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Users;

namespace IdLcm.LocalHost.Tests.Lifecycle;

/// <summary>
/// An app in memory behind the connector runner's port, for tests of what happens around the app: it keeps members and
/// an audit of every change, and can be told to fail in the ways that apps fail.
/// </summary>
public sealed class InMemoryApp : IConnectorRunner, IConnectorCatalog
{
    private readonly Lock sync = new();
    // As the runner compares what an app lists.
    private readonly Dictionary<string, JsonObject> members = new(EqualityComparer<string>.Create(UserNames.AreSame, name => Ids.KeyOf(name).GetHashCode(StringComparison.Ordinal)));
    private readonly List<string> audit = [];
    private readonly Queue<Func<ConnectorVerb, Failure?>> faults = new();

    public static ConnectorManifest Manifest { get; } = new()
    {
        Id = "in-memory",
        Version = "1.0.0",
        AppName = "In-memory app",
        Settings = [new ConnectorSetting("tenant", "Organization ID", Required: true, "^[a-z0-9-]+$", null)],
        Auth = new ConnectorAuth(["password"], ["totp"], ReuseSession: true, TimeSpan.FromHours(1)),
        SettleTime = TimeSpan.FromMilliseconds(20),
        Capabilities = new ConnectorCapabilities
        {
            CreateUser = CreateUserMode.InviteEmail,
            SetRoles = SetRolesMode.InPlace,
            UpdateAttributes = ["email", "givenName", "familyName", "jobTitle"],
            Deactivate = true,
            Delete = true,
            PendingUsersVisible = true,
        },
        UserSchema = new UserSchema
        {
            Attributes =
            [
                new UserSchemaAttribute("email", "Email", Scim: "userName", Required: true, PrimaryIdentifier: true),
                new UserSchemaAttribute("givenName", "First name", Scim: "name.givenName"),
                new UserSchemaAttribute("familyName", "Last name", Scim: "name.familyName"),
                new UserSchemaAttribute("jobTitle", "Job title", Scim: "title"),
            ],
            Roles =
            [
                new RoleOption("Viewer", "Viewer", Ranking: 1),
                new RoleOption("Editor", "Editor", Ranking: 2),
                new RoleOption("Owner", "Owner", Ranking: 3, IncompatibleRoles: ["Viewer"], Exclusive: true),
            ],
        },
        Verbs = new HashSet<ConnectorVerb>
        {
            ConnectorVerb.Login, ConnectorVerb.Validate, ConnectorVerb.ListUsers, ConnectorVerb.GetUser, ConnectorVerb.CreateUser,
            ConnectorVerb.UpdateUser, ConnectorVerb.SetRoles, ConnectorVerb.Deactivate, ConnectorVerb.Reactivate, ConnectorVerb.Delete,
        },
        Inputs = new Dictionary<ConnectorVerb, IReadOnlyList<string>>
        {
            [ConnectorVerb.CreateUser] = ["email", "givenName", "familyName", "roles"],
            [ConnectorVerb.UpdateUser] = ["email", "givenName", "familyName", "jobTitle"],
        },
    };

    /// <summary>What the app can do; tests narrow it.</summary>
    public ConnectorManifest Offered { get; init; } = Manifest;

    /// <summary>The roles that its list of roles shows, where a test has it offer that list.</summary>
    public IReadOnlyList<string> Roles { get; set; } = ["Viewer", "Editor", "Owner"];

    /// <summary>How many reads of the list say that they could not be proved complete.</summary>
    public int IncompleteReads { get; set; }

    /// <summary>Awaited before a list of accounts is read, once its reading has begun.</summary>
    public Func<Task>? BeforeList { get; set; }

    /// <summary>How many lists of accounts somebody has begun to read.</summary>
    public int ListsBegun { get; private set; }

    /// <summary>Lists show what this says instead of what is there: a stale copy.</summary>
    public IReadOnlyList<JsonObject>? StaleList { get; set; }

    /// <summary>While set, every sign-in waits for it, and in sessions that are open already whatever changes something.</summary>
    public Task? Gate { get; set; }

    /// <summary>How many calls have come to the <see cref="Gate"/> so far.</summary>
    public int CameToGate => Volatile.Read(ref cameToGate);

    private int cameToGate;

    /// <summary>Awaited after something was changed, before the verb ends.</summary>
    public Func<ConnectorVerb, Task>? AfterWrite { get; set; }

    /// <summary>Why nobody can sign in, or null.</summary>
    public Failure? SignInFailure { get; set; }

    /// <summary>The roles of a member after each change of them, in order.</summary>
    public IReadOnlyList<string> RoleSets
    {
        get
        {
            lock (sync)
            {
                return [.. roleSets];
            }
        }
    }

    private readonly List<string> roleSets = [];

    /// <summary>How many seats its plan has; null for no limit. Lists show them.</summary>
    public int? Seats { get; set; }

    /// <summary>How many sessions were opened: the visits to the app.</summary>
    public int Visits { get; private set; }

    /// <summary>The most sessions that were open at once.</summary>
    public int MostAtOnce { get; private set; }

    /// <summary>How many sessions are open now.</summary>
    public int OpenSessions
    {
        get
        {
            lock (sync)
            {
                return openSessions;
            }
        }
    }

    private int openSessions;

    public IReadOnlyList<string> Audit
    {
        get
        {
            lock (sync)
            {
                return [.. audit];
            }
        }
    }

    IReadOnlyList<ConnectorManifest> IConnectorCatalog.List() => [Offered];

    ConnectorManifest? IConnectorCatalog.Find(string id, string? version) => id == Manifest.Id && version is null or "1.0.0" ? Offered : null;

    IReadOnlyList<ConnectorManifest> IConnectorCatalog.Versions(string id) => id == Manifest.Id ? [Offered] : [];

    IReadOnlyList<ConnectorChange>? IConnectorCatalog.Compare(string id, string from, string to) =>
        id == Manifest.Id && from == Manifest.Version && to == Manifest.Version ? [] : null;

    RepairedConnector IConnectorCatalog.Repair(string id, string version, LocatorRepair repair) => new(null, "The connector is not a file.");

    public JsonObject? Find(string email)
    {
        lock (sync)
        {
            return (JsonObject?)members.GetValueOrDefault(email)?.DeepClone();
        }
    }

    /// <summary>Everybody who is there, as the list shows them.</summary>
    public IReadOnlyList<JsonObject> Everybody()
    {
        lock (sync)
        {
            return [.. members.Values.Select(m => (JsonObject)m.DeepClone())];
        }
    }

    /// <summary>Somebody changes a member by hand.</summary>
    public void Set(string email, string attribute, JsonNode value)
    {
        lock (sync)
        {
            members[email][attribute] = value;
        }
    }

    public void Put(string email, string role = "Viewer", string status = "active")
    {
        lock (sync)
        {
            members[email] = new JsonObject { ["email"] = email, ["givenName"] = "", ["familyName"] = "", ["jobTitle"] = "", ["status"] = status, ["roles"] = new JsonArray(role) };
        }
    }

    /// <summary>Somebody takes a member away by hand.</summary>
    public void Remove(string email)
    {
        lock (sync)
        {
            members.Remove(email);
        }
    }

    /// <summary>The next verb that changes something fails before it begins.</summary>
    public void FailNext(FailureCode code) => faults.Enqueue(verb => new Failure(code, $"told to fail {verb}"));

    /// <summary>The next verb that changes something is done, and then fails: its outcome is unknown.</summary>
    public bool LoseNextAnswer { get; set; }

    /// <summary>Verbs that change something say that they succeeded and do nothing.</summary>
    public bool FakeSuccess { get; set; }

    public async Task<ConnectorSessionResult> OpenAsync(ConnectorSessionRequest request, CancellationToken cancellationToken = default)
    {
        try
        {
            await PassGateAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // As the real runner answers.
            return new ConnectorSessionResult(null, new Failure(FailureCode.Cancelled, "The run was stopped."), [], []);
        }

        lock (sync)
        {
            Visits++;
            if (SignInFailure is { } failure)
            {
                return new ConnectorSessionResult(null, failure, [], []);
            }

            MostAtOnce = Math.Max(MostAtOnce, ++openSessions);
        }

        return new ConnectorSessionResult(new Session(this, request), null, [], []);
    }

    private async Task PassGateAsync(CancellationToken cancellationToken)
    {
        if (Gate is { } gate)
        {
            Interlocked.Increment(ref cameToGate);
            await gate.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Gives the rows of a list to whoever takes them, three to a page.</summary>
    public static async Task<VerbResult> HandOnAsync(VerbCall call, VerbResult result, CancellationToken cancellationToken)
    {
        if (call.Rows is not { } sink)
        {
            return result;
        }

        await sink.BeginAsync(cancellationToken);
        foreach (var page in result.Rows.Chunk(3))
        {
            await sink.TakeAsync(page, cancellationToken);
        }

        return result with { Rows = [] };
    }

    private sealed class Session(InMemoryApp app, ConnectorSessionRequest request) : IConnectorSession
    {
        public ConnectorManifest Manifest => InMemoryApp.Manifest;

        public bool Reused => false;

        public async Task<VerbResult> RunAsync(VerbCall call, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (call.CommitGate is null)
            {
                if (call.Verb == ConnectorVerb.ListUsers)
                {
                    app.ListsBegun++;
                    await (app.BeforeList?.Invoke() ?? Task.CompletedTask);
                }

                if (call.Verb == ConnectorVerb.ListRoles && app.Roles.Count == 0)
                {
                    return Done(call, [], committed: false) with { Complete = false };
                }

                if (call.Verb == ConnectorVerb.ListUsers && app.IncompleteReads > 0)
                {
                    app.IncompleteReads--;
                    return await HandOnAsync(call, Done(call, [.. app.Read(call).Take(1)], committed: false) with { Complete = false }, cancellationToken);
                }

                return await HandOnAsync(call, Done(call, app.Read(call), committed: false), cancellationToken);
            }

            await app.PassGateAsync(cancellationToken);
            if (app.faults.TryDequeue(out var fault) && fault(call.Verb) is { } failure)
            {
                return Failed(call, failure, committed: false);
            }

            if (!await call.CommitGate.EnterAsync($"{call.Verb}", cancellationToken))
            {
                return Failed(call, new Failure(FailureCode.Cancelled, "stopped before the commit step"), committed: false);
            }

            var refused = app.FakeSuccess ? null : app.Write(call);
            request.Observer?.StepEnded(new StepRecord(call.Verb, 1, $"{call.Verb}", DateTimeOffset.UtcNow, 1, "done", Commit: true));
            await (app.AfterWrite?.Invoke(call.Verb) ?? Task.CompletedTask);
            if (app.LoseNextAnswer)
            {
                app.LoseNextAnswer = false;
                return Failed(call, new Failure(FailureCode.AppUnavailable, "the answer was lost"), committed: true);
            }

            return refused is null ? Done(call, [], committed: true) : Failed(call, refused, committed: true);
        }

        public ValueTask DisposeAsync()
        {
            lock (app.sync)
            {
                app.openSessions--;
            }

            return ValueTask.CompletedTask;
        }

        private static VerbResult Done(VerbCall call, IReadOnlyList<JsonObject> rows, bool committed) =>
            new(call.Verb, null, rows, Complete: true, committed, Verified: false, [], []);

        private static VerbResult Failed(VerbCall call, Failure failure, bool committed) =>
            new(call.Verb, failure, [], Complete: false, committed, Verified: false, [], []);
    }

    private List<JsonObject> Read(VerbCall call)
    {
        lock (sync)
        {
            return call.Verb switch
            {
                ConnectorVerb.ListUsers when StaleList is { } stale => [.. stale.Select(row => (JsonObject)row.DeepClone())],
                ConnectorVerb.ListUsers => [.. members.Values.Where(member => Offered.Capabilities.PendingUsersVisible || (string?)member["status"] != "pending").Select(Listed)],
                ConnectorVerb.ListRoles => [.. Roles.Select(role => new JsonObject { ["value"] = role, ["description"] = $"may be {role}" })],
                ConnectorVerb.GetUser => members.TryGetValue((string)call.Inputs["identifier"]!, out var member) ? [(JsonObject)member.DeepClone()] : [],
                _ => [],
            };
        }
    }

    private JsonObject Listed(JsonObject member)
    {
        var row = (JsonObject)member.DeepClone();
        if (Seats is { } total)
        {
            row["seatsUsed"] = SeatsUsed;
            row["seatsTotal"] = total;
        }

        return row;
    }

    private int SeatsUsed => members.Values.Count(member => (string?)member["status"] != "suspended");

    private Failure? Write(VerbCall call)
    {
        lock (sync)
        {
            var identifier = (string)(call.Inputs["identifier"] ?? call.Inputs["email"])!;
            if (call.Verb == ConnectorVerb.CreateUser)
            {
                if (members.ContainsKey(identifier))
                {
                    return new Failure(FailureCode.AlreadyExists, $"{identifier} is a member");
                }

                if (SeatsUsed >= Seats)
                {
                    return new Failure(FailureCode.NotEnoughSeats, "No seats left on your plan.");
                }

                Put(identifier, status: "pending");
            }
            else if (!members.ContainsKey(identifier))
            {
                return new Failure(FailureCode.UserNotFound, $"{identifier} is no member");
            }

            audit.Add($"{call.Verb} {identifier}");
            var member = members[identifier];
            switch (call.Verb)
            {
                case ConnectorVerb.Delete:
                    members.Remove(identifier);
                    break;
                case ConnectorVerb.Deactivate:
                    member["status"] = "suspended";
                    break;
                case ConnectorVerb.Reactivate:
                    member["status"] = "active";
                    break;
                default:
                    members.Remove(identifier);
                    foreach (var (name, value) in call.Inputs.Where(input => member.ContainsKey(input.Key) && input.Key != "status"))
                    {
                        member[name] = value?.DeepClone();
                    }

                    members[(string)member["email"]!] = member;
                    if (call.Verb == ConnectorVerb.SetRoles)
                    {
                        roleSets.Add(string.Join('+', member["roles"]!.AsArray().Select(role => (string)role!)));
                    }

                    break;
            }

            return null;
        }
    }
}
