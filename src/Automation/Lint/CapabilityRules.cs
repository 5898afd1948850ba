using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Lint;

/// <summary>What is declared has a verb, what has a verb is declared, and what is named exists.</summary>
internal static class CapabilityRules
{
    public static void Check(ConnectorDefinition connector, LintPlaces places, DiagnosticBag diagnostics)
    {
        var manifest = connector.Manifest;
        var can = manifest.Capabilities;
        void Pair(bool declared, string capability, params ConnectorVerb[] verbs)
        {
            foreach (var verb in verbs)
            {
                var name = Name(verb);
                if (declared && !connector.Operations.ContainsKey(verb))
                {
                    diagnostics.Error(places.Of("capabilities", capability), "capability-without-verb", $"'{capability}' is declared, but there is no operation '{name}'.");
                }
                else if (!declared && connector.Operations.ContainsKey(verb))
                {
                    diagnostics.Error(places.Of("operations", name), "verb-without-capability", $"There is an operation '{name}', but '{capability}' is not declared under capabilities.");
                }
            }
        }

        Pair(can.CreateUser is CreateUserMode.InviteEmail or CreateUserMode.InviteLink or CreateUserMode.Direct, "createUser", ConnectorVerb.CreateUser);
        Pair(can.SetRoles == SetRolesMode.InPlace, "setRoles", ConnectorVerb.SetRoles);
        Pair(can.UpdateAttributes.Count > 0, "updateUser", ConnectorVerb.UpdateUser);
        Pair(can.Deactivate, "deactivate", ConnectorVerb.Deactivate, ConnectorVerb.Reactivate);
        Pair(can.Delete, "delete", ConnectorVerb.Delete);
        Pair(can.SetEntitlements, "setEntitlements", ConnectorVerb.SetEntitlements);
        Pair(can.ResendInvite, "resendInvite", ConnectorVerb.ResendInvite);
        if (can.SetRoles == SetRolesMode.Recreate && !(connector.Operations.ContainsKey(ConnectorVerb.CreateUser) && connector.Operations.ContainsKey(ConnectorVerb.Delete)))
        {
            diagnostics.Error(places.Of("capabilities", "setRoles"), "capability-without-verb", "'recreate' needs the operations createUser and delete.");
        }

        if (manifest.PasswordRules.Problem() is { } problem)
        {
            diagnostics.Error(places.Of("auth", "passwordRules"), "value", $"The password rules cannot be followed: {problem}");
        }

        CheckLogin(connector, places, diagnostics);
        CheckSchema(manifest, places, diagnostics);
    }

    public static string Name(ConnectorVerb verb)
    {
        var name = verb.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    private static void CheckLogin(ConnectorDefinition connector, LintPlaces places, DiagnosticBag diagnostics)
    {
        var login = connector.Operations.TryGetValue(ConnectorVerb.Login, out var operation)
            ? TemplateWalk.Expanded(operation.Steps, connector.Fragments).ToList()
            : [];
        var answers = login.OfType<TotpStep>().Any();
        if (connector.Manifest.Auth.Mfa.Contains("totp", StringComparer.Ordinal) != answers)
        {
            diagnostics.Error(places.Of("auth", "mfa"), answers ? "verb-without-capability" : "capability-without-verb", answers
                ? "login has a totp step, but totp is not declared under auth.mfa."
                : "totp is declared under auth.mfa, but login has no totp step.");
        }
    }

    private static void CheckSchema(ConnectorManifest manifest, LintPlaces places, DiagnosticBag diagnostics)
    {
        var schema = manifest.UserSchema;
        var names = schema.Attributes.Select(a => a.Name).ToHashSet(StringComparer.Ordinal);
        var attributes = places.Of("userSchema", "attributes");
        if (schema.Attributes.Count(a => a.PrimaryIdentifier) != 1)
        {
            diagnostics.Error(attributes, "primary-identifier", "Exactly one attribute has primaryIdentifier: true.");
        }

        foreach (var twice in schema.Attributes.GroupBy(a => a.Name, StringComparer.Ordinal).Where(g => g.Count() > 1))
        {
            diagnostics.Error(attributes, "duplicate-name", $"The attribute '{twice.Key}' is there twice.");
        }

        foreach (var unknown in manifest.Capabilities.UpdateAttributes.Where(a => !names.Contains(a)))
        {
            diagnostics.Error(places.Of("capabilities", "updateUser"), "unknown-name", $"'{unknown}' is not an attribute of the user schema.");
        }

        var roles = schema.Roles.Select(r => r.Value).ToHashSet(StringComparer.Ordinal);
        foreach (var unknown in schema.Roles.SelectMany(r => r.IncompatibleRoles ?? []).Where(r => !roles.Contains(r)))
        {
            diagnostics.Error(places.Of("userSchema", "roles"), "unknown-name", $"incompatibleRoles names '{unknown}', which is not a role.");
        }
    }
}
