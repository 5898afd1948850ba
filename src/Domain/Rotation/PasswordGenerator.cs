using System.Security.Cryptography;
using IdLcm.Domain.Connectors;

namespace IdLcm.Domain.Rotation;

/// <summary>Makes passwords that follow an app's rules, from the system's random numbers and without bias.</summary>
public static class PasswordGenerator
{
    /// <summary>So many draws against the rules that only a defect of the rules can use them up.</summary>
    private const int MaxDraws = 10_000;

    /// <summary>The shortest part of a user name that must not stand in a password.</summary>
    private const int NamePart = 3;

    /// <summary>Makes a password.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="userName">The account's user name: neither it nor a part of it stands in the password.</param>
    /// <returns>The password, or null when no password follows the rules.</returns>
    public static string? Make(PasswordRules rules, string userName)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(userName);
        if (rules.Problem() is not null)
        {
            return null;
        }

        var all = string.Concat(rules.Classes.Values);
        var length = Math.Clamp(rules.Length, rules.MinLength, rules.MaxLength);
        for (var draw = 0; draw < MaxDraws; draw++)
        {
            var password = RandomNumberGenerator.GetString(all, length);
            if (Follows(rules, password, userName))
            {
                return password;
            }
        }

        return null;
    }

    /// <summary>Tells whether a password follows the rules.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="password">The password.</param>
    /// <param name="userName">The account's user name.</param>
    /// <returns>True when it does.</returns>
    public static bool Follows(PasswordRules rules, string password, string userName)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(password);
        ArgumentNullException.ThrowIfNull(userName);
        return password.Length >= rules.MinLength && password.Length <= rules.MaxLength
            && rules.Classes.All(c => !rules.Require.Contains(c.Key) || password.Any(c.Value.Contains))
            && password.All(c => char.IsAsciiLetterOrDigit(c) || rules.Symbols.Contains(c, StringComparison.Ordinal))
            && !password.Any(rules.Forbidden.Contains)
            && LongestRun(password) <= rules.MaxRepeat
            && (!rules.StartWithLetter || char.IsAsciiLetter(password[0]))
            && !userName.Split('@', '.', '-', '_', '+').Any(part => part.Length >= NamePart && password.Contains(part, StringComparison.OrdinalIgnoreCase));
    }

    private static int LongestRun(string text)
    {
        var (longest, run) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            run = i > 0 && text[i] == text[i - 1] ? run + 1 : 1;
            longest = Math.Max(longest, run);
        }

        return longest;
    }
}
