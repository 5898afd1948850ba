using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Lint;

/// <summary>Reads give what others rely on, and prove that they are complete.</summary>
internal static class ReadRules
{
    private static readonly ConnectorVerb[] Reads =
        [ConnectorVerb.ListUsers, ConnectorVerb.GetUser, ConnectorVerb.ListRoles, ConnectorVerb.ListEntitlements, ConnectorVerb.ListAssets];

    private static readonly string[] Statuses = ["active", "pending", "suspended"];

    public static void Check(ConnectorDefinition connector, LintPlaces places, DiagnosticBag diagnostics)
    {
        if (!connector.Operations.ContainsKey(ConnectorVerb.ListUsers))
        {
            diagnostics.Error(places.Of("operations"), "missing-verb", "Without the operation listUsers nothing can be synchronized or verified.");
        }

        foreach (var operation in connector.Operations.Values.Where(o => Reads.Contains(o.Verb)))
        {
            CheckRead(connector, operation, diagnostics);
        }

        foreach (var find in connector.Operations.Values.SelectMany(o => TemplateWalk.Expanded(o.AllSteps, connector.Fragments)).OfType<FindStep>().Where(_ => BrowserNeed.Reading(connector) is null).Take(1))
        {
            diagnostics.Error(find.Mark, "missing-verb", "find reads by getUser or listUsers; there is neither.");
        }

        foreach (var operation in connector.Operations.Values.Where(o => o.Detail is not null && o.Verb != ConnectorVerb.GetUser))
        {
            diagnostics.Error(operation.Mark, "unused", $"detail is read by getUser only, not by {CapabilityRules.Name(operation.Verb)}.");
        }

        var reading = connector.Operations.GetValueOrDefault(ConnectorVerb.GetUser) ?? connector.Operations.GetValueOrDefault(ConnectorVerb.ListUsers);
        var readable = (reading?.FieldNames ?? []).ToHashSet(StringComparer.Ordinal);
        foreach (var verify in connector.Operations.Values.Select(o => o.Verify).OfType<Verify>())
        {
            foreach (var unknown in verify.Listed.Keys.Where(f => !readable.Contains(f)))
            {
                diagnostics.Error(verify.Mark, "unknown-name", $"verify compares '{unknown}', which getUser does not read; it reads {string.Join(", ", readable)}.");
            }

            if (verify.Absent is { } absent && absent.Field != connector.Manifest.UserSchema.PrimaryIdentifier)
            {
                diagnostics.Error(verify.Mark, "unknown-name", $"absent names the primary identifier, {connector.Manifest.UserSchema.PrimaryIdentifier}, not '{absent.Field}'.");
            }
        }
    }

    private static void CheckRead(ConnectorDefinition connector, Operation operation, DiagnosticBag diagnostics)
    {
        var name = CapabilityRules.Name(operation.Verb);
        var downloads = TemplateWalk.Expanded(operation.Steps, connector.Fragments).OfType<DownloadStep>().ToList();
        if (operation.Extract is null && downloads.Count == 0)
        {
            diagnostics.Error(operation.Mark, "missing-key", $"'{name}' reads, but has no extract.");
            return;
        }

        if (operation.Verb is not (ConnectorVerb.ListUsers or ConnectorVerb.GetUser))
        {
            return;
        }

        var fields = operation.Extract?.Fields ?? downloads[0].Fields;
        var mark = operation.Extract?.Mark ?? operation.Mark;
        var identifier = connector.Manifest.UserSchema.PrimaryIdentifier;
        if (!fields.ContainsKey(identifier))
        {
            diagnostics.Error(mark, "missing-key", $"'{name}' does not read the primary identifier '{identifier}'.");
        }

        if (!fields.TryGetValue("status", out var status))
        {
            if (operation.FieldNames.Contains("status", StringComparer.Ordinal))
            {
                return;
            }

            diagnostics.Warning(mark, "missing-key", $"'{name}' does not read 'status': suspended and pending people cannot be told from active ones.");
        }
        else
        {
            foreach (var unknown in (status.Map?.Ours ?? []).Where(v => !Statuses.Contains(v, StringComparer.Ordinal)).Distinct(StringComparer.Ordinal))
            {
                diagnostics.Error(status.Mark, "value", $"A status is active, pending or suspended, not '{unknown}'.");
            }
        }

        if (operation is { Verb: ConnectorVerb.ListUsers, Extract: { Counted: false } })
        {
            diagnostics.Warning(mark, "unproved-read", "Without expectCount a list that ends early cannot be told from a complete one.");
        }
    }
}
