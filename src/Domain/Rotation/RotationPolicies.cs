using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Rotation;

/// <summary>Changes rotation policies.</summary>
/// <param name="store">The record store.</param>
/// <param name="clock">The clock.</param>
public sealed class RotationPolicies(IRecordStore store, TimeProvider clock)
{
    internal const string WorkspaceRow = "rotation";

    private const int MaxListed = 1000;

    /// <summary>Reads the policy that an integration has of its own.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The policy, or null.</returns>
    public async Task<RotationPolicy?> OwnAsync(IntegrationProfile profile, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return (await store.FindAsync<RotationPolicy>(profile.Partition, RotationPolicy.Row, cancellationToken))?.Value;
    }

    /// <summary>Sets or removes the policy that an integration has of its own.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="policy">The policy; null to remove it.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>Why it was refused, or null.</returns>
    public async Task<Refusal?> SetAsync(IntegrationProfile profile, RotationPolicy? policy, Provenance by, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(by);
        if (policy?.Problems() is { Count: > 0 } problems)
        {
            return Refusal.Invalid(problems);
        }

        var change = policy is null ? RecordChange.DeleteIfExists(RotationPolicy.Row) : RecordChange.Upsert(RotationPolicy.Row, DomainJson.Encode(policy));
        await store.CommitAsync(
            profile.Partition, [change, ActivityLog.Append(Changed(by, profile.Integration.Name, policy is null ? "rotation policy removed" : "rotation policy set"))], cancellationToken);
        return null;
    }

    /// <summary>Sets the policy of the workspace.</summary>
    /// <param name="rotation">The policy with its lists.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>Why it was refused, or null.</returns>
    public async Task<Refusal?> SetWorkspaceAsync(WorkspaceRotation rotation, Provenance by, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rotation);
        ArgumentNullException.ThrowIfNull(by);
        var problems = new List<FieldProblem>(rotation.Policy?.Problems().Select(p => p with { Field = $"policy.{p.Field}" }) ?? []);
        foreach (var (name, list) in (ReadOnlySpan<(string, IReadOnlyList<string>)>)[("include", rotation.Include), ("exclude", rotation.Exclude)])
        {
            if (list.Count > MaxListed || list.Any(id => !IntegrationStore.IsWellFormed(id)))
            {
                problems.Add(new FieldProblem(name, $"must be ids of integrations, at most {MaxListed}."));
            }
        }

        if (problems.Count > 0)
        {
            return Refusal.Invalid(problems);
        }

        await store.CommitAsync(
            ActivityLog.Workspace,
            [RecordChange.Upsert(WorkspaceRow, DomainJson.Encode(rotation)), ActivityLog.Append(Changed(by, "Workspace", "rotation policy of the workspace set"))],
            cancellationToken);
        return null;
    }

    private ActivityEvent Changed(Provenance by, string target, string detail)
    {
        var now = clock.GetUtcNow();
        return ActivityEvent.Of(now, by.Actor, ActivityKind.SettingsChanged, target, detail);
    }
}
