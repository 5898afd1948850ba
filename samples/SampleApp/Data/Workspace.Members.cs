using IdLcm.Samples.Testing;

namespace IdLcm.Samples.Data;

/// <summary>What the forms of the Members pages do.</summary>
internal sealed partial class Workspace
{
    private const string OnlyOneOwner = "Only one owner is allowed.";
    private const string NoSeatsLeft = "No seats left on your plan.";
    private const string NotYourself = "You cannot remove yourself.";

    public Outcome Invite(MemberForm form, string actor)
    {
        if (form.Problem() is { } problem)
            return Outcome.Refuse(problem);
        lock (gate)
        {
            if (members.TryFindByEmail(form.Email, out _))
                return Outcome.Refuse($"{form.Email} is already a member.");
            if (OwnerIsAnotherThan(id: null, form.RoleValue))
                return Outcome.Refuse(OnlyOneOwner);
            if (members.SeatsUsed >= SeatLimit)
                return Outcome.Refuse(NoSeatsLeft);

            var member = new Member
            {
                Id = nextMemberId,
                FirstName = form.FirstName,
                LastName = form.LastName,
                Email = form.Email,
                Role = form.RoleValue!.Value,
                Status = settings.JoinAtOnce ? MemberStatus.Active : MemberStatus.Pending,
                JoinedAt = settings.JoinAtOnce ? Now : null,
                InvitationToken = NewToken(),
            };
            return Write(WriteAction.Invite, $"Invitation sent to {form.Email}.", new JournalEntry
            {
                Members = [member],
                NextMemberId = nextMemberId + 1,
                Mails = [InvitationTo(member)],
                Audit = [Entry(actor, "Member invited", member.Email, $"{member.Name}, {member.Role}, {member.Status}")],
            });
        }
    }

    public Outcome Save(int id, MemberForm form, string actor) => OnMember(id, member =>
    {
        var isAdministrator = member.Role == Role.Administrator;
        if (form.Problem(isAdministrator) is { } problem)
            return Outcome.Refuse(problem);
        if (isAdministrator && form.Email != member.Email)
            return Outcome.Refuse("Email of the administrator cannot be changed here.");
        if (members.TryFindByEmail(form.Email, out var other) && other.Id != id)
            return Outcome.Refuse($"{form.Email} is already a member.");
        if (OwnerIsAnotherThan(id, form.RoleValue))
            return Outcome.Refuse(OnlyOneOwner);

        var changed = member with
        {
            FirstName = form.FirstName,
            LastName = form.LastName,
            Email = form.Email,
            JobTitle = form.JobTitle,
            Department = form.Department,
            Role = isAdministrator ? member.Role : form.RoleValue!.Value,
        };
        return Write(WriteAction.Save, "Changes saved.", changed == member ? null : new JournalEntry
        {
            Members = [changed],
            Audit = [Entry(actor, "Member changed", changed.Email, Differences(member, changed))],
        });
    });

    public Outcome Suspend(int id, string actor) => OnMember(id, member =>
        member.Role == Role.Administrator ? Outcome.Refuse(NotYourself)
        : Write(WriteAction.Suspend, $"{member.Name} was suspended.", member.Status == MemberStatus.Suspended ? null : new JournalEntry
        {
            Members = [member with { Status = MemberStatus.Suspended }],
            Audit = [Entry(actor, "Member suspended", member.Email)],
        }));

    public Outcome Reactivate(int id, string actor) => OnMember(id, member =>
    {
        if (member.Status == MemberStatus.Suspended && members.SeatsUsed >= SeatLimit)
            return Outcome.Refuse(NoSeatsLeft);
        var status = member.JoinedAt is null ? MemberStatus.Pending : MemberStatus.Active;
        return Write(WriteAction.Reactivate, $"{member.Name} was reactivated.", member.Status != MemberStatus.Suspended ? null : new JournalEntry
        {
            Members = [member with { Status = status }],
            Audit = [Entry(actor, "Member reactivated", member.Email)],
        });
    });

    public Outcome Resend(int id, string actor) => OnMember(id, member =>
        member.Status != MemberStatus.Pending ? Outcome.Refuse($"{member.Name} has no open invitation.")
        : Write(WriteAction.Resend, "Invitation sent again.", new JournalEntry
        {
            Mails = [InvitationTo(member)],
            Audit = [Entry(actor, "Invitation resent", member.Email)],
        }));

    public Outcome Remove(int id, string actor) => OnMember(id, member =>
        member.Role == Role.Administrator ? Outcome.Refuse(NotYourself)
        : Write(WriteAction.Remove, $"{member.Name} was removed.", new JournalEntry
        {
            RemovedMember = id,
            Audit = [Entry(actor, "Member removed", member.Email, member.Name)],
        }));

    public Member? FindInvitation(string token)
    {
        lock (gate)
            return token.Length == 0 ? null : members.Ordered.FirstOrDefault(m => m.InvitationToken == token);
    }

    public Outcome Accept(string token)
    {
        lock (gate)
        {
            if (FindInvitation(token) is not { Status: MemberStatus.Pending } member)
                return Outcome.Refuse("This invitation is no longer valid.");
            Commit(new JournalEntry
            {
                Members = [member with { Status = MemberStatus.Active, JoinedAt = Now, LastActiveAt = Now }],
                Audit = [Entry(member.Email, "Invitation accepted", member.Email)],
            });
            return new Outcome($"Welcome to {settings.Name}, {member.FirstName}.", Refused: false, Committed: true);
        }
    }

    private Outcome OnMember(int id, Func<Member, Outcome> write)
    {
        lock (gate)
            return members.Find(id) is { } member ? write(member) : Outcome.Refuse("This member is no longer in the workspace.");
    }

    /// <summary>Commits, unless there is nothing to change or the fault switches have this action only pretend.</summary>
    private Outcome Write(WriteAction action, string message, JournalEntry? entry)
    {
        if (entry is null || faults.Current.FakeSuccess.Contains(action))
            return new Outcome(message, Refused: false, Committed: false);
        Commit(entry);
        return new Outcome(message, Refused: false, Committed: true);
    }

    private AuditEntry Entry(string actor, string happened, string target, string detail = "") =>
        new(Now, actor, happened, target, detail);

    private Mail InvitationTo(Member member) => member.Status == MemberStatus.Pending
        ? new(Now, member.Email, $"You are invited to {settings.Name}", $"/accept/{member.InvitationToken}")
        : new(Now, member.Email, $"You have joined {settings.Name}", "/login");

    private bool OwnerIsAnotherThan(int? id, Role? role) =>
        role is { } wanted && RoleCatalog.IsExclusive(wanted) && members.Ordered.Any(m => m.Role == wanted && m.Id != id);

    private static string Differences(Member before, Member after)
    {
        var parts = new List<string>();
        void Note(string field, string was, string becomes)
        {
            if (was != becomes)
                parts.Add($"{field}: {was} → {becomes}");
        }

        Note("First name", before.FirstName, after.FirstName);
        Note("Last name", before.LastName, after.LastName);
        Note("Email", before.Email, after.Email);
        Note("Job title", before.JobTitle, after.JobTitle);
        Note("Department", before.Department, after.Department);
        Note("Role", before.Role.ToString(), after.Role.ToString());
        return string.Join("; ", parts);
    }
}
