using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;

namespace IdLcm.Suites;

/// <summary>A person in <see cref="InMemoryApp"/>.</summary>
public sealed record InMemoryPerson(string Email, string FirstName, string LastName, string Role, string Status);

/// <summary>
/// A disconnected app in memory behind the connector port: it signs in with the secrets on file, asks the commit gate
/// before each write, shows what was written, and fails where a test tells it to.
/// </summary>
public sealed class InMemoryApp(ISecretStore secrets, IBlobStore blobs, TimeProvider clock) : IConnectorRunner
{
    private readonly Lock sync = new();
    private readonly Dictionary<(string Tenant, string Email), InMemoryPerson> people = [];
    private readonly List<ConnectorVerb> journal = [];

    /// <summary>The password that the app lets its administrator in with.</summary>
    public string Password { get; set; } = "right-password";

    /// <summary>Asked before each verb; a failure is what the verb ends with, before anything is written.</summary>
    public Func<VerbCall, Failure?>? Fault { get; set; }

    /// <summary>Awaited before each verb, so that a test can hold an operation in the middle.</summary>
    public Func<ConnectorVerb, CancellationToken, Task>? Hold { get; set; }

    /// <summary>The writes that were done, in order.</summary>
    public IReadOnlyList<ConnectorVerb> Journal
    {
        get
        {
            lock (sync)
            {
                return [.. journal];
            }
        }
    }

    /// <summary>Everybody in an organization of the app.</summary>
    public IReadOnlyList<InMemoryPerson> PeopleOf(string tenant)
    {
        lock (sync)
        {
            return [.. people.Where(pair => pair.Key.Tenant == tenant).Select(pair => pair.Value)];
        }
    }

    /// <summary>The person with an e-mail address in an organization, or null.</summary>
    public InMemoryPerson? Find(string tenant, string email)
    {
        lock (sync)
        {
            return people.GetValueOrDefault(Key(tenant, email));
        }
    }

    /// <summary>Puts a person there behind the gateway's back.</summary>
    public void Put(string tenant, InMemoryPerson person)
    {
        lock (sync)
        {
            people[Key(tenant, person.Email)] = person;
        }
    }

    /// <inheritdoc/>
    public async Task<ConnectorSessionResult> OpenAsync(ConnectorSessionRequest request, CancellationToken cancellationToken = default)
    {
        var secret = await secrets.GetAsync(request.PasswordSecret, cancellationToken);
        var step = new StepRecord(ConnectorVerb.Login, 1, "sign in", clock.GetUtcNow(), 1, secret?.Value == Password ? "done" : "failed");
        request.Observer?.StepEnded(step);
        if (secret?.Value != Password)
        {
            var evidence = await CaptureAsync("sign-in refused", cancellationToken);
            return new ConnectorSessionResult(null, new Failure(FailureCode.BadCredentials, "The app says: wrong user name or password."), [step], [evidence]);
        }

        return new ConnectorSessionResult(new Session(this, request), null, [step], []);
    }

    private DateTimeOffset Now => clock.GetUtcNow();

    private async Task<EvidenceItem> CaptureAsync(string caption, CancellationToken cancellationToken)
    {
        var page = Encoding.UTF8.GetBytes($"<!doctype html><title>{caption}</title><script>alert(1)</script>");
        var kept = await blobs.PutAsync("evidence", page, "text/html", cancellationToken);
        return new EvidenceItem("dom", kept.Hash, kept.ContentType, kept.Length, caption);
    }

    private static (string Tenant, string Email) Key(string tenant, string email) => (tenant, email.ToLowerInvariant());

    private Failure? Write(string tenant, VerbCall call)
    {
        var inputs = call.Inputs;
        var email = Text(inputs, "email") ?? Text(inputs, "identifier")!;
        var identifier = Text(inputs, "identifier") ?? email;
        lock (sync)
        {
            var known = people.GetValueOrDefault(Key(tenant, identifier));
            if (call.Verb == ConnectorVerb.CreateUser)
            {
                if (known is not null)
                {
                    return new Failure(FailureCode.AlreadyExists, $"'{identifier}' is a member already.");
                }

                people[Key(tenant, email)] = new InMemoryPerson(email, Text(inputs, "firstName") ?? "", Text(inputs, "lastName") ?? "", Role(inputs) ?? "Member", "active");
                journal.Add(call.Verb);
                return null;
            }

            if (known is null)
            {
                return new Failure(FailureCode.UserNotFound, $"'{identifier}' is no member.");
            }

            people.Remove(Key(tenant, identifier));
            var changed = call.Verb switch
            {
                ConnectorVerb.UpdateUser => known with { Email = email, FirstName = Text(inputs, "firstName") ?? known.FirstName, LastName = Text(inputs, "lastName") ?? known.LastName },
                ConnectorVerb.SetRoles => known with { Role = Role(inputs) ?? known.Role },
                ConnectorVerb.Deactivate => known with { Status = "suspended" },
                ConnectorVerb.Reactivate => known with { Status = "active" },
                _ => null,
            };
            if (changed is not null)
            {
                people[Key(tenant, changed.Email)] = changed;
            }

            journal.Add(call.Verb);
            return null;
        }
    }

    private List<JsonObject> Read(string tenant, VerbCall call) => call.Verb switch
    {
        ConnectorVerb.ListUsers => [.. PeopleOf(tenant).Select(Row)],
        ConnectorVerb.GetUser => Find(tenant, Text(call.Inputs, "identifier") ?? "") is { } person ? [Row(person)] : [],
        ConnectorVerb.ListRoles => [.. InMemoryAppCatalog.Manifest.UserSchema.Roles.Select(role => new JsonObject { ["value"] = role.Value })],
        _ => [],
    };

    private static JsonObject Row(InMemoryPerson person) => new()
    {
        ["email"] = person.Email,
        ["firstName"] = person.FirstName,
        ["lastName"] = person.LastName,
        ["status"] = person.Status,
        ["roles"] = new JsonArray(person.Role),
    };

    private static string? Text(JsonObject inputs, string name) => inputs[name]?.GetValue<string>();

    private static string? Role(JsonObject inputs) => (inputs["roles"] as JsonArray)?[0]?.GetValue<string>();

    private sealed class Session(InMemoryApp app, ConnectorSessionRequest request) : IConnectorSession
    {
        public ConnectorManifest Manifest => InMemoryAppCatalog.Manifest;

        public bool Reused => false;

        private string Tenant => request.Settings["tenant"];

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        public async Task<VerbResult> RunAsync(VerbCall call, CancellationToken cancellationToken = default)
        {
            if (app.Hold is { } hold)
            {
                await hold(call.Verb, cancellationToken);
            }

            if (app.Fault?.Invoke(call) is { } fault)
            {
                return await EndAsync(call, fault, committed: false, cancellationToken);
            }

            if (call.CommitGate is null)
            {
                return await EndAsync(call, null, committed: false, cancellationToken);
            }

            return await call.CommitGate.EnterAsync($"click \"{call.Verb}\"", cancellationToken)
                ? await EndAsync(call, app.Write(Tenant, call), committed: true, cancellationToken)
                : await EndAsync(call, new Failure(FailureCode.Cancelled, "It was called off before the commit step."), committed: false, cancellationToken);
        }

        private async Task<VerbResult> EndAsync(VerbCall call, Failure? failure, bool committed, CancellationToken cancellationToken)
        {
            var step = new StepRecord(call.Verb, 1, $"do {call.Verb}", app.Now, 1, failure is null ? "done" : "failed", committed, Error: failure?.Detail);
            request.Observer?.StepEnded(step);
            IReadOnlyList<EvidenceItem> evidence = failure is null ? [] : [await app.CaptureAsync(failure.Detail, cancellationToken)];
            var result = new VerbResult(call.Verb, failure, failure is null ? app.Read(Tenant, call) : [], Complete: failure is null, committed, Verified: false, [step], evidence);
            if (call.Rows is not { } sink || failure is not null)
            {
                return result;
            }

            await sink.BeginAsync(cancellationToken);
            await sink.TakeAsync(result.Rows, cancellationToken);
            return result with { Rows = [] };
        }
    }
}
