using System.Security.Cryptography;
using System.Text;
using IdLcm.Domain;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Hosting.SignIn;

namespace IdLcm.Gateway.Dashboard;

/// <summary>Keeps the administrators, their sign-in links and their sessions.</summary>
internal sealed partial class Administrators(IRecordStore store, IntegrationStore integrations, SignInOptions options, TimeProvider clock)
{
    /// <summary>How long a link of the start-up or of another administrator can be used.</summary>
    public static readonly TimeSpan LinkLifetime = TimeSpan.FromHours(1);

    private const string FirstOwner = "owner";
    private const string Partition = "dashboard";
    private const string AdminPrefix = "admin:";
    private const string LinkPrefix = "link:";
    private const string SessionPrefix = "session:";
    private const string LinkSecret = "idlcm_signin";
    private const string SessionSecret = "idlcm_session";

    // What a secret that is not known is compared with, so that it takes as long as one that is.
    private static readonly string NoHash = new('0', 64);

    public async Task<IReadOnlyList<Administrator>> ListAsync(CancellationToken cancellationToken)
    {
        var page = await store.QueryAsync(Partition, RowRange.Prefix(AdminPrefix), RecordLimits.MaxPageSize, null, cancellationToken);
        return [.. page.Records.Select(record => DashboardJson.Decode<Administrator>(record.Value)).OrderBy(a => a.Name, StringComparer.OrdinalIgnoreCase)];
    }

    public async Task<Administrator?> FindAsync(string id, CancellationToken cancellationToken) =>
        IntegrationStore.IsWellFormed(id) && await store.GetAsync(Partition, AdminPrefix + id, cancellationToken) is { } record
            ? DashboardJson.Decode<Administrator>(record.Value)
            : null;

    /// <summary>The first Owner; made where there is none yet.</summary>
    public async Task<Administrator> EnsureOwnerAsync(CancellationToken cancellationToken)
    {
        // The first Owner signs in as themselves, whoever was added since; another one only where the first was removed.
        var owners = (await ListAsync(cancellationToken)).Where(IsLocalOwner).ToList();
        if ((owners.Find(a => a.Id == FirstOwner) ?? owners.FirstOrDefault()) is { } owner)
        {
            return owner;
        }

        // A fixed id: of two processes that start at once, the second finds the first one's.
        var first = new Administrator(FirstOwner, "Owner", WorkspaceRole.Owner, clock.GetUtcNow(), "system");
        await store.CommitAsync(Partition, [RecordChange.Insert(AdminPrefix + first.Id, DashboardJson.Encode(first))], cancellationToken);
        return (await FindAsync(first.Id, cancellationToken))!;
    }

    /// <summary>Makes a link that signs an administrator in once.</summary>
    /// <returns>The secret to put into the address, and until when it works.</returns>
    public async Task<(string Secret, DateTimeOffset ExpiresAt)> NewLinkAsync(string administratorId, CancellationToken cancellationToken)
    {
        await SweepAsync(cancellationToken);
        var id = Ids.NewShort(8);
        var secret = BearerSecrets.New(LinkSecret, id);
        var expiresAt = clock.GetUtcNow() + LinkLifetime;
        var link = new SignInLink(BearerSecrets.HashOf(secret), administratorId, expiresAt);
        await store.CommitAsync(Partition, [RecordChange.Insert(LinkPrefix + id, DashboardJson.Encode(link))], cancellationToken);
        return (secret, expiresAt);
    }

    /// <summary>Uses a link up and opens a session.</summary>
    /// <returns>The administrator and the session's cookie; null when the link is wrong, used or expired.</returns>
    public async Task<(Administrator Administrator, string Cookie)?> SignInAsync(string? secret, CancellationToken cancellationToken)
    {
        var record = IdOf(secret, LinkSecret) is { } id ? await store.GetAsync(Partition, LinkPrefix + id, cancellationToken) : null;
        var link = record is null ? null : DashboardJson.Decode<SignInLink>(record.Value);
        var matches = BearerSecrets.Matches(BearerSecrets.HashOf(secret ?? ""), link?.Hash ?? NoHash);
        if (!matches || link!.ExpiresAt <= clock.GetUtcNow() || await FindAsync(link.AdministratorId, cancellationToken) is not { } administrator)
        {
            return null;
        }

        // One commit: of two who open the same link at once, one gets in.
        var (cookie, opened) = Open(administrator.Id);
        var committed = await store.CommitAsync(Partition, [RecordChange.Delete(record!.Row, record.ETag), opened], cancellationToken);
        if (!committed.Committed)
        {
            return null;
        }

        await NoteSignInAsync(administrator.Id, cancellationToken);
        return (administrator, cookie);
    }

    /// <summary>Notes when somebody signed in last. A change of the person at the same moment is not overwritten, and goes before.</summary>
    private async Task NoteSignInAsync(string administratorId, CancellationToken cancellationToken)
    {
        if (await store.GetAsync(Partition, AdminPrefix + administratorId, cancellationToken) is { } record)
        {
            var signedIn = DashboardJson.Decode<Administrator>(record.Value) with { SignedInAt = clock.GetUtcNow() };
            await store.CommitAsync(Partition, [RecordChange.Replace(record.Row, DashboardJson.Encode(signedIn), record.ETag)], cancellationToken);
        }
    }

    /// <summary>Opens a session for a person whom the OpenID provider vouches for. The role is the one of now: an earlier one is forgotten, in other sessions, too.</summary>
    public async Task<(Administrator Administrator, string Cookie)> SignInAsync(
        OpenIdPerson person, WorkspaceRole role, IReadOnlyList<string>? integrationIds, CancellationToken cancellationToken)
    {
        await SweepAsync(cancellationToken);
        var id = IdOf(person);
        var now = clock.GetUtcNow();
        var before = await FindAsync(id, cancellationToken);
        var administrator = new Administrator(id, person.Name, role, before?.CreatedAt ?? now, before?.CreatedBy ?? person.Issuer, integrationIds, person.Issuer, now);
        var (cookie, opened) = Open(id);
        await store.CommitAsync(Partition, [RecordChange.Upsert(AdminPrefix + id, DashboardJson.Encode(administrator)), opened], cancellationToken);
        return (administrator, cookie);
    }

    /// <summary>Forgets a person whom the provider gives no role any more; open sessions end.</summary>
    public async Task ForgetAsync(OpenIdPerson person, CancellationToken cancellationToken) =>
        await store.CommitAsync(Partition, [RecordChange.DeleteIfExists(AdminPrefix + IdOf(person))], cancellationToken);

    /// <summary>The administrator whom a cookie stands for.</summary>
    public async ValueTask<(Administrator Administrator, DashboardSession Session)?> AuthenticateAsync(string? cookie, CancellationToken cancellationToken)
    {
        if (IdOf(cookie, SessionSecret) is not { } id || await store.GetAsync(Partition, SessionPrefix + id, cancellationToken) is not { } record)
        {
            return null;
        }

        var session = DashboardJson.Decode<DashboardSession>(record.Value);
        return BearerSecrets.Matches(BearerSecrets.HashOf(cookie!), session.Hash) && session.ExpiresAt > clock.GetUtcNow()
            && await FindAsync(session.AdministratorId, cancellationToken) is { } administrator
                ? (administrator, session)
                : null;
    }

    public async Task SignOutAsync(string? cookie, CancellationToken cancellationToken)
    {
        if (IdOf(cookie, SessionSecret) is { } id)
        {
            await store.CommitAsync(Partition, [RecordChange.DeleteIfExists(SessionPrefix + id)], cancellationToken);
        }
    }

    private static bool IsLocalOwner(Administrator administrator) => administrator is { Role: WorkspaceRole.Owner, Provider: null };

    // Subjects are compared by letter case, too (OpenID Connect Core 1.0 section 2).
    private static string IdOf(OpenIdPerson person) =>
        "p" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{person.Issuer}\n{person.Subject}")))[..24];

    private (string Cookie, RecordChange Opened) Open(string administratorId)
    {
        var id = Ids.NewShort(12);
        var cookie = BearerSecrets.New(SessionSecret, id);
        var now = clock.GetUtcNow();
        var session = new DashboardSession(BearerSecrets.HashOf(cookie), administratorId, now, now + options.SessionLifetime);
        return (cookie, RecordChange.Insert(SessionPrefix + id, DashboardJson.Encode(session)));
    }

    private static string? IdOf(string? secret, string prefix) =>
        secret is { Length: <= 200 } && secret.StartsWith(prefix + "_", StringComparison.Ordinal)
        && secret[(prefix.Length + 1)..].Split('_') is [var id, _] && IntegrationStore.IsWellFormed(id)
            ? id
            : null;

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var links = await store.QueryAsync(Partition, RowRange.Prefix(LinkPrefix), 100, null, cancellationToken);
        var sessions = await store.QueryAsync(Partition, RowRange.Prefix(SessionPrefix), 100, null, cancellationToken);
        List<RecordChange> past =
        [
            .. links.Records.Where(r => DashboardJson.Decode<SignInLink>(r.Value).ExpiresAt <= now).Select(r => RecordChange.DeleteIfExists(r.Row)),
            .. sessions.Records.Where(r => DashboardJson.Decode<DashboardSession>(r.Value).ExpiresAt <= now).Select(r => RecordChange.DeleteIfExists(r.Row)),
        ];
        foreach (var batch in past.Chunk(RecordLimits.MaxChangesPerCommit))
        {
            await store.CommitAsync(Partition, batch, cancellationToken);
        }
    }
}
