namespace IdLcm.Samples.Data;

/// <summary>How a form post ended: the words for the person, and whether anything changed.</summary>
internal sealed record Outcome(string Message, bool Refused, bool Committed)
{
    public static Outcome Refuse(string message) => new(message, Refused: true, Committed: false);
}

/// <summary>What the invite form and the member form ask for.</summary>
internal sealed record MemberForm(
    string FirstName, string LastName, string Email, string Role, string JobTitle = "", string Department = "")
{
    private const int LongestText = 256;

    public string Name => $"{FirstName} {LastName}".Trim();

    /// <summary>The first thing that is wrong, naming its field, or null.</summary>
    public string? Problem(bool roleIsFixed = false) => this switch
    {
        { FirstName: "" } => "First name is required.",
        { LastName: "" } => "Last name is required.",
        { Email: "" } => "Email is required.",
        _ when !IsEmail(Email) => $"Email is not valid: {Email}",
        _ when !roleIsFixed && RoleValue is null => "Role is required.",
        _ when TooLong() is { } field => $"{field} is too long: at most {LongestText} characters.",
        _ => null,
    };

    public Role? RoleValue =>
        Enum.TryParse<Role>(Role, out var role) && RoleCatalog.Assignable.Contains(role) ? role : null;

    private string? TooLong() =>
        FirstName.Length > LongestText ? "First name"
        : LastName.Length > LongestText ? "Last name"
        : Email.Length > LongestText ? "Email"
        : JobTitle.Length > LongestText ? "Job title"
        : Department.Length > LongestText ? "Department"
        : null;

    private static bool IsEmail(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        return at > 0 && at < text.Length - 1 && at == text.LastIndexOf('@')
            && !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || "<>()[],;:\"".Contains(c, StringComparison.Ordinal));
    }
}

internal static class RoleCatalog
{
    public static IReadOnlyList<Role> Assignable { get; } = [Role.Viewer, Role.Editor, Role.Billing, Role.Owner];

    public static bool IsExclusive(Role role) => role == Role.Owner;

    public static string Describe(Role role) => role switch
    {
        Role.Viewer => "Can see projects they were given access to.",
        Role.Editor => "Can change projects they were given access to.",
        Role.Billing => "Can see and pay invoices.",
        Role.Owner => "Owns the workspace and its contract. Only one member at a time.",
        Role.Administrator => "Runs the workspace. Given by Northwind when the workspace is made.",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, message: null),
    };
}
