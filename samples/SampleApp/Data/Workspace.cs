using System.Security.Cryptography;
using IdLcm.Samples.Testing;

namespace IdLcm.Samples.Data;

/// <summary>
/// The state of the app: in memory, with every change written to the journal before it is seen. Reading is here;
/// what the forms do is in the other parts of this class.
/// </summary>
internal sealed partial class Workspace : IDisposable
{
    private readonly Lock gate = new();
    private readonly SampleAppOptions options;
    private readonly Faults faults;
    private readonly MemberList members = new();
    private readonly List<AuditEntry> audit = [];
    private readonly List<Mail> mails = [];
    private readonly Journal journal;
    private WorkspaceSettings settings = new("", 0, JoinAtOnce: false);
    private int nextMemberId = 1001;
    private long lastCodeStep = -1;
    private AdminCredentials credentials = new(null, null, []);

    public Workspace(SampleAppOptions options, Faults faults)
    {
        (this.options, this.faults) = (options, faults);
        journal = Journal.Open(options.DataDirectory, Apply);
        try
        {
            if (settings.Name.Length == 0)
                Fill();
            NameTheAdministrator();
            journal.Replace(Compacted());
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    public string Id => options.WorkspaceId;

    public static IReadOnlyList<Project> Projects => Seed.Projects;

    public static Project? FindProject(string id) => Projects.FirstOrDefault(p => p.Id == id);

    public WorkspaceSettings Settings
    {
        get
        {
            lock (gate)
                return settings;
        }
    }

    public (int Used, int Total) Seats
    {
        get
        {
            lock (gate)
                return (members.SeatsUsed, SeatLimit);
        }
    }

    public Member? FindMember(int id)
    {
        lock (gate)
            return members.Find(id);
    }

    /// <summary>Everyone, by name and then e-mail.</summary>
    public IReadOnlyList<Member> Members()
    {
        lock (gate)
            return [.. members.Ordered];
    }

    public IReadOnlyList<AuditEntry> Audit()
    {
        lock (gate)
            return [.. audit];
    }

    public IReadOnlyList<Mail> Outbox()
    {
        lock (gate)
            return [.. mails];
    }

    /// <summary>Forgets everything and starts over as at the first start.</summary>
    public void Reset()
    {
        lock (gate)
        {
            members.Clear();
            audit.Clear();
            mails.Clear();
            Fill();
            NameTheAdministrator();
            journal.Replace(Compacted());
        }
    }

    public void Dispose() => journal.Dispose();

    public static string NewToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    private int SeatLimit => faults.Current.SeatLimit ?? settings.Seats;

    private DateTimeOffset Now => options.Time.GetUtcNow();

    private void Fill()
    {
        var seats = options.Seats ?? Math.Max(100, 2 * options.Members);
        var seeded = Seed.Members(nextMemberId + 1, options.Members, Now).ToList();
        Apply(new JournalEntry
        {
            Settings = new WorkspaceSettings("Northwind Workspace", seats, JoinAtOnce: false),
            Members = [Seed.Administrator(nextMemberId, options.AdminUser, Now), .. seeded],
            NextMemberId = nextMemberId + 1 + seeded.Count,
        });
    }

    /// <summary>The administrator is whom the start options name, whatever was so before.</summary>
    private void NameTheAdministrator()
    {
        var administrator = members.Ordered.First(m => m.Role == Role.Administrator);
        if (members.TryFindByEmail(options.AdminUser, out var taken) && taken.Id != administrator.Id)
            throw new InvalidOperationException($"{options.AdminUser} cannot be the administrator: {taken.Name} is a member with that e-mail.");
        if (administrator.Email != options.AdminUser)
            Apply(new JournalEntry { Members = [administrator with { Email = options.AdminUser }] });
    }

    private void Commit(JournalEntry entry)
    {
        journal.Append(entry);
        Apply(entry);
    }

    private void Apply(JournalEntry entry)
    {
        if (entry.RemovedMember is { } removed)
            members.Remove(removed);
        if (entry.Members is { } changed)
            members.PutAll(changed);
        mails.AddRange(entry.Mails ?? []);
        audit.AddRange(entry.Audit ?? []);
        settings = entry.Settings ?? settings;
        nextMemberId = entry.NextMemberId ?? nextMemberId;
        lastCodeStep = entry.LastCodeStep ?? lastCodeStep;
        credentials = entry.Credentials ?? credentials;
    }

    private JournalEntry Compacted() => new()
    {
        Settings = settings,
        Members = [.. members.Ordered],
        NextMemberId = nextMemberId,
        LastCodeStep = lastCodeStep,
        Credentials = credentials,
        Mails = [.. mails],
        Audit = [.. audit],
    };
}
