using System.Security.Cryptography;
using System.Text;
using IdLcm.Samples.Testing;

namespace IdLcm.Samples.Data;

/// <summary>What the administrator changed about their sign-in since the first start.</summary>
/// <param name="Password">The password; null for the one of the start options.</param>
/// <param name="Totp">Base32 secret of the authenticator; empty for none, null for the one of the start options.</param>
/// <param name="BackupCodes">Backup codes that were not used yet.</param>
internal sealed record AdminCredentials(string? Password, string? Totp, IReadOnlyList<string> BackupCodes);

/// <summary>The administrator's own sign-in: password, authenticator, backup codes.</summary>
internal sealed partial class Workspace
{
    public const int ShortestPassword = 12;
    public const int LongestPassword = 64;
    public const string PasswordSymbols = "!@#$%^*-_=+?.";

    private const string CodeAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    public string AdminPassword
    {
        get
        {
            lock (gate)
                return credentials.Password ?? options.AdminPassword;
        }
    }

    /// <summary>The Base32 secret of the authenticator, or null while none is asked for.</summary>
    public string? AdminTotp
    {
        get
        {
            lock (gate)
                return (credentials.Totp ?? options.AdminTotp) is { Length: > 0 } secret ? secret : null;
        }
    }

    public Outcome ChangePassword(string current, string wanted, string again, string actor)
    {
        lock (gate)
        {
            if (!Same(current, AdminPassword))
                return Outcome.Refuse("The current password is not right.");
            if (wanted != again)
                return Outcome.Refuse("The two new passwords differ.");
            if (Problem(wanted, actor, AdminPassword) is { } problem)
                return Outcome.Refuse($"Choose another password: {problem}");
            return Write(WriteAction.Password, "Password changed.", new JournalEntry
            {
                Credentials = credentials with { Password = wanted },
                Audit = [Entry(actor, "Password changed", actor)],
            });
        }
    }

    /// <summary>Gives a member a password, as an administrator does for somebody who cannot.</summary>
    public Outcome SetPassword(int id, string wanted, string actor) => OnMember(id, member =>
        member.Role == Role.Administrator ? Outcome.Refuse("Change your own password on the Account page.")
        : Problem(wanted, member.Email, member.Password) is { } problem ? Outcome.Refuse($"Choose another password: {problem}")
        : Write(WriteAction.Password, $"Password of {member.Name} set.", new JournalEntry
        {
            Members = [member with { Password = wanted }],
            Audit = [Entry(actor, "Member password set", member.Email)],
        }));

    /// <summary>Notes that every session of a member ends; the sessions themselves are the site's.</summary>
    public Outcome SignOutEverywhere(int id, string actor) => OnMember(id, member =>
        Write(WriteAction.SignOut, $"{member.Name} is signed out everywhere.", new JournalEntry { Audit = [Entry(actor, "Member signed out", member.Email)] }));

    /// <summary>The e-mail of whoever may sign in with this password, or null.</summary>
    public string? Authenticate(string email, string password)
    {
        lock (gate)
        {
            return email.Equals(options.AdminUser, StringComparison.OrdinalIgnoreCase) ? Same(password, AdminPassword) ? options.AdminUser : null
                : members.TryFindByEmail(email, out var member) && member is { Status: MemberStatus.Active, Password.Length: > 0 } && Same(password, member.Password) ? member.Email
                : null;
        }
    }

    /// <summary>Turns two-step verification on, with fresh backup codes.</summary>
    public (Outcome Outcome, IReadOnlyList<string> BackupCodes) TurnTwoStepOn(string secret, string actor)
    {
        var codes = Enumerable.Range(0, 8).Select(_ => RandomNumberGenerator.GetString(CodeAlphabet, 10)).ToList();
        lock (gate)
        {
            return (Write(WriteAction.TwoStep, "Two-step verification is on.", new JournalEntry
            {
                Credentials = credentials with { Totp = secret, BackupCodes = codes },
                Audit = [Entry(actor, "Two-step verification turned on", actor)],
            }), codes);
        }
    }

    public Outcome TurnTwoStepOff(string actor)
    {
        lock (gate)
        {
            return Write(WriteAction.TwoStep, "Two-step verification is off.", new JournalEntry
            {
                Credentials = credentials with { Totp = "", BackupCodes = [] },
                Audit = [Entry(actor, "Two-step verification turned off", actor)],
            });
        }
    }

    /// <summary>Takes a backup code, which works once.</summary>
    public bool TakeBackupCode(string code)
    {
        lock (gate)
        {
            if (!credentials.BackupCodes.Contains(code, StringComparer.Ordinal))
                return false;
            Commit(new JournalEntry { Credentials = credentials with { BackupCodes = [.. credentials.BackupCodes.Where(c => c != code)] } });
            return true;
        }
    }

    private string? Problem(string password, string user, string before) => password switch
    {
        { Length: < ShortestPassword or > LongestPassword } => $"it must have {ShortestPassword} to {LongestPassword} characters.",
        _ when password.Length < faults.Current.PasswordLength => $"it must have at least {faults.Current.PasswordLength} characters.",
        _ when !password.Any(char.IsAsciiLetterLower) || !password.Any(char.IsAsciiLetterUpper) || !password.Any(char.IsAsciiDigit) => "it needs a small letter, a capital letter and a digit.",
        _ when !password.Any(PasswordSymbols.Contains) => $"it needs one of {PasswordSymbols}",
        _ when password.FirstOrDefault(c => !char.IsAsciiLetterOrDigit(c) && !PasswordSymbols.Contains(c, StringComparison.Ordinal)) is not '\0' and var other => $"it must not contain {other}",
        _ when password.Contains(user.Split('@')[0], StringComparison.OrdinalIgnoreCase) => "it must not contain your name.",
        _ when Same(password, before) => "it is the one you have.",
        _ => null,
    };

    private static bool Same(string given, string expected) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(expected));
}
