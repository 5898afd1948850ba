using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Lint;

/// <summary>A write names the one step that cannot be taken back, and proves its result.</summary>
internal static class WriteRules
{
    private static readonly ConnectorVerb[] Writes =
    [
        ConnectorVerb.CreateUser, ConnectorVerb.UpdateUser, ConnectorVerb.SetRoles, ConnectorVerb.SetEntitlements, ConnectorVerb.Deactivate,
        ConnectorVerb.Reactivate, ConnectorVerb.Delete, ConnectorVerb.ResendInvite, ConnectorVerb.RotatePassword, ConnectorVerb.EnableMfa,
        ConnectorVerb.DisableMfa, ConnectorVerb.ResetPassword, ConnectorVerb.SignOutEverywhere,
    ];

    /// <summary>Writes whose result no list shows.</summary>
    private static readonly ConnectorVerb[] Invisible =
    [
        ConnectorVerb.ResendInvite, ConnectorVerb.RotatePassword, ConnectorVerb.EnableMfa, ConnectorVerb.DisableMfa, ConnectorVerb.ResetPassword, ConnectorVerb.SignOutEverywhere,
    ];

    public static void Check(ConnectorDefinition connector, DiagnosticBag diagnostics)
    {
        foreach (var operation in connector.Operations.Values)
        {
            var name = CapabilityRules.Name(operation.Verb);
            if (!Writes.Contains(operation.Verb))
            {
                foreach (var step in TemplateWalk.Expanded(operation.Steps, connector.Fragments).Where(s => s.Commit))
                {
                    diagnostics.Error(step.Mark, "commit", $"'{name}' only reads: none of its steps is a commit.");
                }

                continue;
            }

            var commits = Most(operation.Steps, connector, new(StringComparer.Ordinal));
            if (commits == 0)
            {
                diagnostics.Error(operation.Mark, "commit", $"'{name}' writes, but no step has commit: true; without it an interrupted run would be repeated blindly.");
            }
            else if (commits > 1)
            {
                var last = TemplateWalk.Expanded(operation.Steps, connector.Fragments).Last(s => s.Commit);
                diagnostics.Error(last.Mark, "commit", $"'{name}' has more than one step with commit: true on one way through it; mark the one that cannot be taken back.");
            }

            CheckPosture(connector, operation, diagnostics);
            if (operation.Verify is null && !Invisible.Contains(operation.Verb))
            {
                diagnostics.Error(operation.Mark, "unverified-write", $"'{name}' writes without verify: \"no error seen\" is not success.");
            }
            else if (operation.Verify is not null && !connector.Operations.ContainsKey(ConnectorVerb.GetUser) && !connector.Operations.ContainsKey(ConnectorVerb.ListUsers))
            {
                diagnostics.Error(operation.Verify.Mark, "unverified-write", "verify reads back by getUser or listUsers; there is neither.");
            }
        }
    }

    /// <summary>What the gateway cannot do without: a new password that is typed, a secret that is read before the factor is on.</summary>
    private static void CheckPosture(ConnectorDefinition connector, Operation operation, DiagnosticBag diagnostics)
    {
        if (operation.Verb is ConnectorVerb.RotatePassword or ConnectorVerb.ResetPassword && operation.Inputs.All(i => i.Name != "newPassword"))
        {
            diagnostics.Error(operation.Mark, "value", $"'{CapabilityRules.Name(operation.Verb)}' needs the input newPassword.");
        }

        if (operation.Verb != ConnectorVerb.EnableMfa)
        {
            return;
        }

        var steps = TemplateWalk.Expanded(operation.Steps, connector.Fragments).ToList();
        var reads = steps.FindIndex(s => s is ReadStep { To: "totpSecret" });
        if (reads < 0 || steps.FindIndex(s => s.Commit) is >= 0 and var commit && commit < reads)
        {
            diagnostics.Error(operation.Mark, "value", "'enableMfa' has to extract totpSecret before its commit step: a factor that is on and whose secret nobody has locks the account out.");
        }
    }

    /// <summary>The most commit steps on any one way; a loop of single commits counts once. Known counts of fragments are kept; one that uses itself counts nothing.</summary>
    private static int Most(IReadOnlyList<Step> steps, ConnectorDefinition connector, Dictionary<string, int> known) => Math.Min(2, steps.Sum(step => step switch
    {
        WhenStep s => Math.Max(Most(s.Then, connector, known), Most(s.Else, connector, known)),
        ForEachStep s => Math.Min(1, Most(s.Steps, connector, known)),
        FrameStep s => Most(s.Steps, connector, known),
        PopUpStep s => Most(s.Steps, connector, known),
        UseStep s => Most(s.Fragment, connector, known),
        _ => step.Commit ? 1 : 0,
    }));

    private static int Most(string fragment, ConnectorDefinition connector, Dictionary<string, int> known)
    {
        if (!known.TryGetValue(fragment, out var count) && connector.Fragments.TryGetValue(fragment, out var steps))
        {
            known[fragment] = 0;
            count = Most(steps, connector, known);
            known[fragment] = count;
        }

        return count;
    }
}
