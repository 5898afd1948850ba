using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;

namespace IdLcm.Domain.Groups;

/// <summary>
/// Changes what groups give in an app, and lets the app follow. That it has to follow is part of the same commit as the
/// change: whoever changes it follows at once, and where a process ends in between, the upkeep of groups does.
/// </summary>
/// <param name="integrations">The integrations.</param>
/// <param name="profiles">The integrations with their connectors.</param>
/// <param name="reader">Reads groups.</param>
/// <param name="service">Serves the members of a group again.</param>
/// <param name="roll">Rolls change sets forward.</param>
/// <param name="clock">The clock.</param>
public sealed class GroupMappings(
    IntegrationStore integrations, IntegrationProfiles profiles, GroupReader reader, GroupService service, GroupRoll roll, TimeProvider clock)
{
    /// <summary>Maps a group, in place of what it gave before. The app follows as soon as <see cref="FollowAsync"/> runs.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="mapping">The mapping, checked by <see cref="GroupMappingRules"/>.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The integration as it is now, or null where there is none.</returns>
    public Task<Integration?> SaveAsync(string integrationId, GroupMapping mapping, Provenance by, CancellationToken cancellationToken = default) =>
        ChangeAsync(
            integrationId,
            mapping.Group,
            before => [.. before.Where(m => !m.IsAbout(mapping.Group)), mapping],
            $"Group mapping '{mapping.Group}' gives roles [{string.Join(", ", mapping.Roles)}] and entitlements [{string.Join(", ", mapping.Entitlements)}]",
            by,
            cancellationToken);

    /// <summary>Ends the mapping of a group; what only it gave is taken from its members.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="group">The group as the mapping names it, in any letter case.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The integration as it is now, or null where there is none.</returns>
    public Task<Integration?> RemoveAsync(string integrationId, string group, Provenance by, CancellationToken cancellationToken = default) =>
        ChangeAsync(integrationId, group, before => [.. before.Where(m => !m.IsAbout(group))], $"Group mapping '{group}' removed", by, cancellationToken);

    /// <summary>Finds the groups that a mapping is about now.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="group">The group as a mapping names it.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>Their SCIM ids; none while no such group was pushed.</returns>
    public async Task<IReadOnlyList<string>> GroupsOfAsync(IntegrationProfile profile, string group, CancellationToken cancellationToken = default)
    {
        var mapping = new GroupMapping(group, []);
        var named = await reader.FindByIndexAsync(profile, 'd', group, cancellationToken);
        var found = named.Where(g => mapping.Names(g.Id, g.Record.DisplayName)).Select(g => g.Id).ToList();
        if (await reader.FindAsync(profile, group, cancellationToken) is { } byId && !found.Contains(byId.Id, StringComparer.Ordinal))
        {
            found.Add(byId.Id);
        }

        return found;
    }

    /// <summary>
    /// Lets the app follow every mapping that was changed and not followed yet, and rolls the integration's change sets
    /// forward. May run at any time and twice at once: what is served again shows itself as done.
    /// </summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels between commits.</param>
    /// <returns>A task that ends when nothing is pending.</returns>
    public async Task FollowAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        if (await profiles.FindAsync(integrationId, cancellationToken) is not { } profile)
        {
            return;
        }

        foreach (var change in profile.Integration.MappingsToFollow)
        {
            foreach (var id in await GroupsOfAsync(profile, change.Group, cancellationToken))
            {
                await service.ReapplyAsync(profile, id, change.By, cancellationToken);
            }

            await integrations.ChangeAsync(
                integrationId,
                now => now.MappingsToFollow.Contains(change) ? (now with { MappingsToFollow = [.. now.MappingsToFollow.Where(c => c != change)] }, []) : null,
                cancellationToken);
        }

        await roll.RollAsync(profile, cancellationToken);
    }

    private Task<Integration?> ChangeAsync(
        string integrationId,
        string group,
        Func<IReadOnlyList<GroupMapping>, IReadOnlyList<GroupMapping>> change,
        string detail,
        Provenance by,
        CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        return integrations.ChangeAsync(
            integrationId,
            before =>
            {
                var after = change(before.GroupMappings);
                var gives = AccessGrants.Union(after.Select(m => m.Grants));
                var gave = AccessGrants.Union([before.FormerGrants, .. before.GroupMappings.Select(m => m.Grants)]);
                return (
                    before with
                    {
                        GroupMappings = after,
                        FormerGrants = gave.Except(gives),
                        MappingsToFollow = [.. before.MappingsToFollow.Where(c => !string.Equals(c.Group, group, StringComparison.OrdinalIgnoreCase)), new MappingToFollow(group, by, now)],
                        ModifiedAt = now,
                    },
                    [
                        ActivityEvent.Of(now, by.Actor, ActivityKind.SettingsChanged, before.Name, detail),
                    ]);
            },
            cancellationToken);
    }
}
