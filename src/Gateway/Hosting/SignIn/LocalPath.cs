namespace IdLcm.Gateway.Hosting.SignIn;

/// <summary>Paths that people are sent to after they have signed in.</summary>
internal static class LocalPath
{
    private const string SignIn = "/sign-in";
    private const int MaxLength = 2000;

    /// <summary>A path of this gateway; <c>/</c> for anything else.</summary>
    public static string Of(string? path) =>
        path is { Length: > 0 and <= MaxLength } && path[0] == '/' && !path.StartsWith("//", StringComparison.Ordinal) && !path.Contains('\\', StringComparison.Ordinal)
        && !path.Any(char.IsControl) && !path.StartsWith(SignIn, StringComparison.Ordinal)
            ? path
            : "/";
}
