using System.Security.Cryptography;

namespace IdLcm.Automation.Running;

/// <summary>A first password for apps that make no account without one; it is typed and forgotten.</summary>
internal static class GeneratedPassword
{
    public const string Name = "generatedPassword";

    private const int Length = 24;
    private const string Letters = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    /// <summary>About 140 random bits, and a character of each kind that rules for passwords ask for.</summary>
    public static string Create() => RandomNumberGenerator.GetString(Letters, Length) + "aZ7!";
}
