using IdLcm.Domain;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Gateway.Api;

namespace IdLcm.Gateway.Dashboard;

/// <summary>Who is an administrator, and as what.</summary>
internal sealed partial class Administrators
{
    private const int MaxName = 100;

    /// <summary>Adds an administrator who signs in by links.</summary>
    public async Task<Result<Administrator>> AddAsync(
        ApiCaller by, string? name, WorkspaceRole? role, IReadOnlyList<string> integrationIds, CancellationToken cancellationToken)
    {
        var problems = new List<FieldProblem>();
        name = name?.Trim() ?? "";
        if (name.Length is 0 or > MaxName || name.Any(char.IsControl))
        {
            problems.Add(new FieldProblem("name", $"is required: one line of at most {MaxName} characters."));
        }

        await CheckAsync(role, integrationIds, problems, cancellationToken);
        if (problems.Count > 0)
        {
            return Refusal.Invalid(problems);
        }

        if (role > by.Role)
        {
            return Refusal.Forbidden("role_too_high", "Nobody adds an administrator with a higher role than their own.");
        }

        var added = new Administrator(Ids.NewShort(8), name, role!.Value, clock.GetUtcNow(), by.Key.Label, GivenTo(role.Value, integrationIds));
        await store.CommitAsync(Partition, [RecordChange.Insert(AdminPrefix + added.Id, DashboardJson.Encode(added))], cancellationToken);
        return added;
    }

    /// <summary>Gives an administrator who signs in by links another role; it holds from the next request of every session. The last Owner stays one.</summary>
    public async Task<Result<Administrator>> ChangeAsync(ApiCaller by, string id, WorkspaceRole? role, IReadOnlyList<string> integrationIds, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { } found)
        {
            return Refusal.NotFound("administrator_not_found", "There is no such administrator.");
        }

        if (found.Provider is not null)
        {
            return Refusal.Conflict("has_provider", "This person has the role that the OpenID provider gives: change it there.");
        }

        var problems = new List<FieldProblem>();
        await CheckAsync(role, integrationIds, problems, cancellationToken);
        if (problems.Count > 0)
        {
            return Refusal.Invalid(problems);
        }

        if (found.Role > by.Role || role > by.Role)
        {
            return Refusal.Forbidden("role_too_high", "Nobody changes an administrator with a higher role than their own, or gives a higher one.");
        }

        if (IsLocalOwner(found) && role != WorkspaceRole.Owner && (await ListAsync(cancellationToken)).Count(IsLocalOwner) == 1)
        {
            return Refusal.Conflict("last_owner", "This is the last Owner who signs in by a link: add another one first.");
        }

        var changed = found with { Role = role!.Value, IntegrationIds = GivenTo(role.Value, integrationIds) };
        await store.CommitAsync(Partition, [RecordChange.Upsert(AdminPrefix + id, DashboardJson.Encode(changed))], cancellationToken);
        return changed;
    }

    private static IReadOnlyList<string>? GivenTo(WorkspaceRole role, IReadOnlyList<string> integrationIds) => role == WorkspaceRole.IntegrationManager ? integrationIds : null;

    private async Task CheckAsync(WorkspaceRole? role, IReadOnlyList<string> integrationIds, List<FieldProblem> problems, CancellationToken cancellationToken)
    {
        if (role is null)
        {
            problems.Add(new FieldProblem("role", "is required."));
        }

        if (role == WorkspaceRole.IntegrationManager && integrationIds.Count == 0)
        {
            problems.Add(new FieldProblem("integrationIds", "is required for an Integration manager: the integrations given to the person."));
        }

        foreach (var id in integrationIds)
        {
            if (await integrations.FindAsync(id, cancellationToken) is null)
            {
                problems.Add(new FieldProblem("integrationIds", $"names '{id}', which is no integration."));
            }
        }
    }

    /// <summary>Removes an administrator; their sessions end with the next request. The last Owner stays.</summary>
    public async Task<Result<Administrator>> RemoveAsync(ApiCaller by, string id, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { } found)
        {
            return Refusal.NotFound("administrator_not_found", "There is no such administrator.");
        }

        if (found.Role > by.Role)
        {
            return Refusal.Forbidden("role_too_high", "Nobody removes an administrator with a higher role than their own.");
        }

        var all = await ListAsync(cancellationToken);
        if (IsLocalOwner(found) && all.Count(IsLocalOwner) == 1)
        {
            return Refusal.Conflict("last_owner", "This is the last Owner who signs in by a link: add another one first.");
        }

        await store.CommitAsync(Partition, [RecordChange.DeleteIfExists(AdminPrefix + id)], cancellationToken);
        return found;
    }
}
