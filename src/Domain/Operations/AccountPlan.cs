using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Operations;

/// <summary>The next thing to do in the app so that an account comes closer to its goal.</summary>
/// <param name="Call">The verb to run, or null when the goal is reached or cannot be.</param>
/// <param name="Inputs">Its inputs.</param>
/// <param name="Change">What it changes, in words.</param>
/// <param name="Failure">Why the goal cannot be reached, or null.</param>
public sealed record AccountStep(ConnectorVerb? Call, JsonObject? Inputs, string? Change, Failure? Failure)
{
    /// <summary>What a person has to approve before the goal can be reached; null for nothing.</summary>
    public string? NeedsApproval { get; init; }

    /// <summary>The app shows what is wished.</summary>
    public static AccountStep Done { get; } = new(null, null, null, null);
}

/// <summary>
/// Compares the wish with what the app shows and names the difference, one step at a time: after each step the app is
/// read again, so the plan never relies on what a step should have done.
/// </summary>
public static class AccountPlan
{
    private const string EntitlementsInput = "entitlements";

    /// <summary>Finds the next step.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="goal">The goal.</param>
    /// <param name="desired">The wish.</param>
    /// <param name="seen">What the app shows; null when the account is not there.</param>
    /// <param name="applied">The values last written, for attributes that the app does not show.</param>
    /// <returns>The step.</returns>
    public static AccountStep Next(
        IntegrationProfile profile, AccountGoal goal, DesiredAccount desired, ObservedAccount? seen, JsonObject? applied)
    {
        if (goal != AccountGoal.Active && seen is not null && profile.Integration.IsServiceAccount(seen.Identifier))
        {
            return Refuse($"'{seen.Identifier}' is the service account itself: it is never deactivated or deleted.");
        }

        return (goal, seen) switch
        {
            (AccountGoal.Gone, null) => AccountStep.Done,
            (AccountGoal.Gone, _) => Take(profile, seen),
            (AccountGoal.Inactive, null) => AccountStep.Done,
            (AccountGoal.Inactive, { Active: false }) => AccountStep.Done,
            (AccountGoal.Inactive, _) => Run(profile, ConnectorVerb.Deactivate, Identify(seen), "deactivated"),
            (_, null) => Create(profile, desired),
            (_, { Active: false }) => Run(profile, ConnectorVerb.Reactivate, Identify(seen), "reactivated"),
            _ => Adjust(profile, desired, seen, applied),
        };
    }

    private static AccountStep Take(IntegrationProfile profile, ObservedAccount seen) =>
        Run(profile, ConnectorVerb.Delete, Identify(seen), "deleted");

    private static AccountStep Create(IntegrationProfile profile, DesiredAccount desired)
    {
        if (profile.Manifest.Capabilities.CreateUser is CreateUserMode.None or CreateUserMode.Jit)
        {
            return Refuse($"{profile.Manifest.AppName} has no way for an administrator to create accounts.");
        }

        var inputs = Written(profile, ConnectorVerb.CreateUser, desired);
        inputs["identifier"] = desired.Identifier;
        var change = desired.Roles.Count == 0 ? "created" : $"created with role {string.Join(", ", desired.Roles)}";
        return Run(profile, ConnectorVerb.CreateUser, inputs, change);
    }

    private static AccountStep Adjust(IntegrationProfile profile, DesiredAccount desired, ObservedAccount seen, JsonObject? applied)
    {
        var different = Different(profile, desired, seen, applied);
        if (different.Contains(profile.PrimaryIdentifier.Name) && profile.Integration.IsServiceAccount(seen.Identifier))
        {
            return Refuse($"'{seen.Identifier}' is the service account itself: it keeps the name that it signs in with.");
        }

        var fixable = different.Where(profile.Manifest.Capabilities.UpdateAttributes.Contains).ToList();
        if (fixable.Count < different.Count)
        {
            var names = string.Join(", ", different.Except(fixable));
            return Refuse($"{profile.Manifest.AppName} cannot change {names} of an existing account.");
        }

        if (different.Count > 0)
        {
            var inputs = Written(profile, ConnectorVerb.UpdateUser, desired);
            inputs["identifier"] = seen.Identifier;
            return Run(profile, ConnectorVerb.UpdateUser, inputs, $"changed {string.Join(", ", different)}");
        }

        if (desired.RolesFor(profile, seen.Roles) is { } roles && !SameSet(roles, seen.Roles))
        {
            if (profile.Integration.IsServiceAccount(seen.Identifier)
                && (profile.Manifest.Capabilities.SetRoles == SetRolesMode.Recreate || seen.Roles.Except(roles, StringComparer.OrdinalIgnoreCase).Any()))
            {
                // Without them nothing could be done in the app any more, not even giving them back.
                return Refuse($"'{seen.Identifier}' is the service account itself: its roles are never taken away.");
            }

            if (profile.Manifest.Capabilities.SetRoles == SetRolesMode.Recreate)
            {
                // In this app roles are given when an account is made, and only then.
                return desired.Recreate ? Take(profile, seen) : Refuse(
                    $"{profile.Manifest.AppName} changes roles only by removing the account and making it again, which a person has to approve.") with
                {
                    NeedsApproval = $"change role from {Named(seen.Roles)} to {Named(roles)}",
                };
            }

            if (profile.Manifest.Capabilities.SetRoles != SetRolesMode.InPlace)
            {
                return Refuse($"{profile.Manifest.AppName} cannot change the roles of an existing account.");
            }

            return SetRoles(profile, seen, roles);
        }

        return Entitle(profile, desired, seen, applied);
    }

    private static AccountStep Entitle(IntegrationProfile profile, DesiredAccount desired, ObservedAccount seen, JsonObject? applied)
    {
        // What the app does not show is compared with what was last written.
        var has = seen.Attributes.ContainsKey(EntitlementsInput) ? seen.Entitlements : AttributeValues.Strings(applied?[EntitlementsInput]);
        if (desired.EntitlementsFor(has) is not { } wished || SameSet(wished, has))
        {
            return AccountStep.Done;
        }

        if (!profile.Manifest.Capabilities.SetEntitlements)
        {
            return Refuse($"{profile.Manifest.AppName} cannot change the entitlements of an existing account.");
        }

        var oneByOne = profile.Manifest.IsPiecemeal(ConnectorVerb.SetEntitlements, "addedAsset");
        var (added, removed) = oneByOne
            ? AccessChange.OneStep(has, wished, desired)
            : AccessChange.FirstStep(has, wished, profile.Manifest.IsPiecemeal(ConnectorVerb.SetEntitlements, "addedEntitlements"), desired.ClashesAsEntitlement);
        var inputs = Identify(seen);
        if (oneByOne)
        {
            var (asset, permission) = desired.PartsOf(added.Count > 0 ? added[0] : removed[0]);
            inputs[added.Count > 0 ? "addedAsset" : "removedAsset"] = asset;
            inputs[added.Count > 0 ? "addedPermission" : "removedPermission"] = permission;
        }

        inputs[EntitlementsInput] = Values(AccessChange.After(has, added, removed));
        inputs["addedEntitlements"] = Values(added);
        inputs["removedEntitlements"] = Values(removed);
        string[] change =
        [
            .. added.Count == 0 ? [] : new[] { $"given {string.Join(", ", added)}" },
            .. removed.Count == 0 ? [] : new[] { $"relieved of {string.Join(", ", removed)}" },
        ];
        return Run(profile, ConnectorVerb.SetEntitlements, inputs, string.Join(" and ", change));
    }

    private static AccountStep SetRoles(IntegrationProfile profile, ObservedAccount seen, IReadOnlyList<string> wished)
    {
        var (added, removed) = AccessChange.FirstStep(
            seen.Roles, wished, profile.Manifest.IsPiecemeal(ConnectorVerb.SetRoles, "addedRoles"), (one, other) => DesiredAccount.Clash(profile, one, other));
        var isWhole = added.Count + removed.Count == AccessChange.Size(seen.Roles, wished);
        var roles = isWhole ? wished : AccessChange.After(seen.Roles, added, removed);
        var inputs = Identify(seen);
        inputs["roles"] = Values(roles);
        inputs["addedRoles"] = Values(added);
        inputs["removedRoles"] = Values(removed);
        return Run(profile, ConnectorVerb.SetRoles, inputs, $"changed role from {Named(seen.Roles)} to {Named(roles)}");
    }

    private static JsonArray Values(IReadOnlyList<string> values) => new([.. values.Select(value => (JsonNode)value)]);

    private static List<string> Different(IntegrationProfile profile, DesiredAccount desired, ObservedAccount seen, JsonObject? applied)
    {
        var identifierName = profile.PrimaryIdentifier.Name;
        var different = new List<string>();
        foreach (var (name, wished) in desired.Attributes)
        {
            var known = seen.Attributes.ContainsKey(name) ? seen.Attributes[name] : applied?[name];
            if (!AttributeValues.AreSame(wished, known, ignoreCase: name == identifierName))
            {
                different.Add(name);
            }
        }

        return different;
    }

    private static string Named(IReadOnlyList<string> roles) => roles.Count == 0 ? "no role" : string.Join(", ", roles);

    private static bool SameSet(IReadOnlyList<string> a, IReadOnlyList<string> b) =>
        a.Count == b.Count && a.All(role => b.Contains(role, StringComparer.OrdinalIgnoreCase));

    private static JsonObject Written(IntegrationProfile profile, ConnectorVerb verb, DesiredAccount desired)
    {
        var inputs = new JsonObject();
        var declared = profile.Manifest.Inputs.GetValueOrDefault(verb);
        foreach (var (name, value) in desired.Attributes)
        {
            if (declared is null || declared.Contains(name))
            {
                inputs[name] = value?.DeepClone();
            }
        }

        if (desired.Roles.Count > 0 && (declared is null || declared.Contains("roles")))
        {
            inputs["roles"] = Values(desired.Roles);
        }

        if (desired.Entitlements.Count > 0 && declared?.Contains(EntitlementsInput) == true)
        {
            inputs[EntitlementsInput] = Values(desired.Entitlements);
        }

        return inputs;
    }

    private static JsonObject Identify(ObservedAccount seen)
    {
        var inputs = (JsonObject)seen.Attributes.DeepClone();
        inputs["identifier"] = seen.Identifier;
        return inputs;
    }

    private static AccountStep Run(IntegrationProfile profile, ConnectorVerb verb, JsonObject inputs, string change) =>
        profile.Manifest.Verbs.Contains(verb)
            ? new AccountStep(verb, inputs, change, null)
            : Refuse($"The connector of {profile.Manifest.AppName} has no way to do '{verb}'.");

    private static AccountStep Refuse(string detail) => new(null, null, null, new Failure(FailureCode.UnsupportedOperation, detail));
}
