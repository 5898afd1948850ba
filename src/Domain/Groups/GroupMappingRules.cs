using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Groups;

/// <summary>Checks what a group is to give against what the app of an integration has.</summary>
/// <param name="profile">The integration.</param>
/// <param name="catalog">The entitlements that the app offers.</param>
public sealed class GroupMappingRules(IntegrationProfile profile, EntitlementCatalog catalog)
{
    private const int MaxName = 256;
    private const int MaxGiven = 50;

    /// <summary>Checks a mapping.</summary>
    /// <param name="group">The group: its SCIM id or its displayName.</param>
    /// <param name="roles">The values or names of the roles.</param>
    /// <param name="entitlements">The value strings of the entitlements.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>The mapping with values as the app spells them, and what is wrong with it.</returns>
    public async Task<(GroupMapping Mapping, List<FieldProblem> Problems)> CheckAsync(
        string group, IReadOnlyList<string> roles, IReadOnlyList<string> entitlements, CancellationToken cancellationToken = default)
    {
        var problems = new List<FieldProblem>();
        if (string.IsNullOrWhiteSpace(group) || group.Length > MaxName || group.Any(char.IsControl))
        {
            problems.Add(new FieldProblem("group", $"must be the id or the displayName of a group, of 1 to {MaxName} characters."));
        }

        if (roles.Count + entitlements.Count is 0 or > MaxGiven)
        {
            problems.Add(new FieldProblem("roles", $"and entitlements together must be 1 to {MaxGiven}; to give nothing, delete the mapping."));
        }

        var given = Roles(roles, problems);
        var values = await EntitlementsAsync(entitlements, problems, cancellationToken);
        return (new GroupMapping(group, given) { Entitlements = values }, problems);
    }

    private List<string> Roles(IReadOnlyList<string> roles, List<FieldProblem> problems)
    {
        var options = profile.Schema.Roles;
        var given = new List<string>();
        foreach (var role in roles.Select(value => value?.Trim() ?? ""))
        {
            if (options.FirstOrDefault(o => IsSame(o.Value, role) || IsSame(o.DisplayName, role)) is not { } option)
            {
                problems.Add(new FieldProblem("roles", $"'{role}' is not a role of {profile.Manifest.AppName}. Its roles are {string.Join(", ", options.Select(o => $"'{o.Value}'"))}."));
            }
            else if (!given.Contains(option.Value))
            {
                given.Add(option.Value);
            }
        }

        if (given.Count > 1 && !profile.Manifest.Capabilities.MultipleRoles)
        {
            problems.Add(new FieldProblem("roles", $"{profile.Manifest.AppName} knows one role for each account: a group can give one. Of several groups the highest ranking role wins."));
        }

        foreach (var option in options.Where(o => given.Contains(o.Value)))
        {
            if (option.IncompatibleRoles?.FirstOrDefault(other => given.Exists(value => IsSame(value, other))) is { } clash)
            {
                problems.Add(new FieldProblem("roles", $"The roles '{option.Value}' and '{clash}' of {profile.Manifest.AppName} cannot be held together."));
            }
        }

        return given;
    }

    private async Task<IReadOnlyList<string>> EntitlementsAsync(IReadOnlyList<string> entitlements, List<FieldProblem> problems, CancellationToken cancellationToken)
    {
        List<string> given = [.. entitlements.Select(value => value?.Trim() ?? "").Distinct(StringComparer.OrdinalIgnoreCase)];
        if (given.Count == 0)
        {
            return given;
        }

        if (profile.Schema.EntitlementTypes.Count == 0 || !profile.Manifest.Capabilities.SetEntitlements)
        {
            problems.Add(new FieldProblem("entitlements", $"{profile.Manifest.AppName} has no entitlements that could be given."));
        }
        else if (given.Contains(""))
        {
            problems.Add(new FieldProblem("entitlements", "holds an empty value."));
        }
        else if (await catalog.ProblemAsync(profile, given, cancellationToken) is { } problem)
        {
            problems.Add(new FieldProblem("entitlements", problem));
        }
        else
        {
            var options = await catalog.FindAsync(profile, given, cancellationToken);
            return [.. given.Select((value, i) => options[i]?.Value ?? value)];
        }

        return given;
    }

    private static bool IsSame(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
