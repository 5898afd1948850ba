using IdLcm.Domain.Activity;
using IdLcm.Domain.Groups;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Access;

/// <summary>What a person is to have after a decision.</summary>
/// <param name="Entitlements">The value strings of the entitlements.</param>
/// <param name="OperationId">The operation that carries it to the app; null when nothing had to be done there.</param>
public sealed record DecidedAccess(IReadOnlyList<string> Entitlements, string? OperationId);

/// <summary>Gives and takes entitlements by their value strings, on an administrator's word: the wish changes, and the app follows as it does for identity providers.</summary>
/// <param name="store">The record store.</param>
/// <param name="users">Changes wishes.</param>
/// <param name="log">The activity.</param>
/// <param name="clock">The clock.</param>
public sealed class AccessDecisions(IRecordStore store, UserService users, ActivityLog log, TimeProvider clock)
{
    private const int MaxValues = 100;

    /// <summary>Gives and takes entitlements.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="userId">The SCIM user; any text.</param>
    /// <param name="grant">The value strings to give.</param>
    /// <param name="revoke">The value strings to take.</param>
    /// <param name="reason">Why.</param>
    /// <param name="by">Whose word it is.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>What the person is to have, or why nothing was changed.</returns>
    public async Task<Result<DecidedAccess>> ChangeAsync(
        IntegrationProfile profile, string userId, IReadOnlyList<string> grant, IReadOnlyList<string> revoke, string? reason, Provenance by, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(grant);
        ArgumentNullException.ThrowIfNull(revoke);
        ArgumentNullException.ThrowIfNull(by);
        var problems = new List<FieldProblem>();
        var why = IntegrationRules.Text(reason, "reason", IntegrationRules.MaxText, problems);
        if (grant.Count + revoke.Count is 0 or > MaxValues || grant.Concat(revoke).Any(string.IsNullOrWhiteSpace))
        {
            problems.Add(new FieldProblem("grant", $"name 1 to {MaxValues} entitlements to grant or revoke, none of them empty."));
        }

        if (grant.Intersect(revoke, StringComparer.OrdinalIgnoreCase).FirstOrDefault() is { } both)
        {
            problems.Add(new FieldProblem("revoke", $"'{both}' cannot be granted and revoked at once."));
        }

        if (problems.Count > 0)
        {
            return Refusal.Invalid(problems);
        }

        if (!profile.Manifest.Capabilities.SetEntitlements)
        {
            return Refusal.Conflict("entitlements_unsupported", $"{profile.Manifest.AppName} has no way to change single entitlements.");
        }

        var user = await users.FindAsync(profile, userId, cancellationToken);
        if (user is not { Owned: true })
        {
            return user is null
                ? Refusal.NotFound("user_not_found", $"The integration has no user '{userId}'.")
                : Refusal.Conflict("user_unmatched", "No identity provider claims the account: match it first.");
        }

        IReadOnlyList<string> wished = [];
        var had = await HeldAsync(profile, user, cancellationToken);
        var write = await users.ChangeAsync(
            profile,
            userId,
            (_, resource) =>
            {
                var own = resource["entitlements"] is null ? had : DesiredAccount.EntitlementsOf(profile, resource);
                wished = [.. own.Except(revoke, StringComparer.OrdinalIgnoreCase).Union(grant, StringComparer.OrdinalIgnoreCase)];
                return resource.With("entitlements", new ScimArray([.. wished.Select(value => (ScimValue)new ScimComplex(new ScimMember("value", value)))]));
            },
            versions: null,
            by,
            cancellationToken);
        switch (write.Kind)
        {
            case UserWriteKind.Invalid or UserWriteKind.Refused or UserWriteKind.Taken:
                return Refusal.Invalid("grant", write.Detail!);
            case UserWriteKind.NotFound:
                return Refusal.NotFound("user_not_found", $"The integration has no user '{userId}'.");
        }

        var now = clock.GetUtcNow();
        string[] what = [.. grant.Select(value => $"+{value}"), .. revoke.Select(value => $"-{value}")];
        await log.NoteAsync(
            profile.Integration.Id,
            ActivityEvent.Of(now, by.Actor, ActivityKind.AccessDecided, ScimResource.FromStored(user.Resource.Span, profile.UserType).UserName ?? user.Id, $"{string.Join(", ", what)}: {why}", user.Id, write.OperationId),
            cancellationToken);
        return new DecidedAccess(wished, write.OperationId);
    }

    /// <summary>What a person has in the app beside what groups give: it is kept where the identity provider names nothing.</summary>
    private async Task<IReadOnlyList<string>> HeldAsync(IntegrationProfile profile, UserRecord user, CancellationToken cancellationToken)
    {
        var account = (await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.AccountKey), cancellationToken))?.Value;
        return [.. (account?.Observed?.Entitlements ?? []).Except(GroupAccess.ManagedBy(profile).Entitlements, StringComparer.OrdinalIgnoreCase)];
    }
}
