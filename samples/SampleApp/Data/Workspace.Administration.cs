using IdLcm.Samples.Testing;

namespace IdLcm.Samples.Data;

/// <summary>What the forms of sign-in, Projects and Settings do.</summary>
internal sealed partial class Workspace
{
    public Outcome GrantAccess(string project, string email, string permission, string actor)
    {
        if (email.Length == 0)
            return Outcome.Refuse("Email is required.");
        if (!Enum.TryParse<Permission>(permission, out var value) || !Enum.IsDefined(value))
            return Outcome.Refuse("Permission is required.");
        lock (gate)
        {
            if (!members.TryFindByEmail(email, out var member))
                return Outcome.Refuse($"No member has the email {email}.");
            var grant = new Grant(project, value);
            return Write(WriteAction.Grant, $"Access granted to {member.Email}.", member.Grants.Contains(grant) ? null : new JournalEntry
            {
                Members = [member with { Grants = Without(member, project, grant) }],
                Audit = [Entry(actor, "Access granted", member.Email, $"{project}: {value}")],
            });
        }
    }

    public Outcome RevokeAccess(string project, int id, string actor) => OnMember(id, member =>
        Write(WriteAction.Revoke, $"Access of {member.Email} was revoked.", member.Grants.All(g => g.Project != project) ? null : new JournalEntry
        {
            Members = [member with { Grants = Without(member, project) }],
            Audit = [Entry(actor, "Access revoked", member.Email, project)],
        }));

    public Outcome SaveSettings(string name, string seats, bool joinAtOnce, string actor)
    {
        if (name.Length is 0 or > 100)
            return Outcome.Refuse("Workspace name is required: at most 100 characters.");
        if (!int.TryParse(seats, out var total) || total < 1)
            return Outcome.Refuse("Plan seats must be a number above zero.");
        lock (gate)
        {
            if (total < members.SeatsUsed)
                return Outcome.Refuse($"Plan seats cannot be fewer than the {members.SeatsUsed} in use.");
            var changed = new WorkspaceSettings(name, total, joinAtOnce);
            return Write(WriteAction.Settings, "Settings saved.", changed == settings ? null : new JournalEntry
            {
                Settings = changed,
                Audit = [Entry(actor, "Settings changed", Id, $"{name}, {total} seats, join {(joinAtOnce ? "at once" : "by invitation")}")],
            });
        }
    }

    /// <summary>Takes the code of one time step, which no later sign-in can use again (RFC 6238 section 5.2).</summary>
    public bool TakeCodeStep(long step)
    {
        lock (gate)
        {
            if (step <= lastCodeStep)
                return false;
            Commit(new JournalEntry { LastCodeStep = step });
            return true;
        }
    }

    public void NoteSignIn(string user, bool succeeded)
    {
        lock (gate)
        {
            Commit(new JournalEntry
            {
                Members = succeeded && members.TryFindByEmail(user, out var member) ? [member with { LastActiveAt = Now }] : null,
                Audit = [Entry(user, succeeded ? "Signed in" : "Sign-in failed", user)],
            });
        }
    }

    private static IReadOnlyList<Grant> Without(Member member, string project, params IEnumerable<Grant> added) =>
        [.. member.Grants.Where(g => g.Project != project).Concat(added).OrderBy(g => g.Project, StringComparer.Ordinal)];
}
