using IdLcm.Automation.Format;

namespace IdLcm.Automation.Lint;

/// <summary>Fragments exist, end, and are used.</summary>
internal static class FragmentRules
{
    private const int MaxDepth = 200;

    public static void Check(ConnectorDefinition connector, LintPlaces places, DiagnosticBag diagnostics)
    {
        var roots = connector.Operations.Values.SelectMany(o => o.AllSteps).ToList();
        foreach (var use in TemplateWalk.Deep(roots.Concat(connector.Fragments.Values.SelectMany(f => f))).OfType<UseStep>().Where(u => !connector.Fragments.ContainsKey(u.Fragment)))
        {
            var nearest = Nearest.Of(use.Fragment, connector.Fragments.Keys);
            diagnostics.Error(use.Mark, "unknown-name", $"There is no fragment '{use.Fragment}'{(nearest is null ? "" : $"; did you mean '{nearest}'?")}");
        }

        var ended = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in connector.Fragments.Keys)
        {
            FindCycles(name, connector, [], ended, places, diagnostics);
        }

        var used = TemplateWalk.Expanded(roots, connector.Fragments).OfType<UseStep>().Select(u => u.Fragment).ToHashSet(StringComparer.Ordinal);
        foreach (var unused in connector.Fragments.Keys.Where(f => !used.Contains(f)))
        {
            diagnostics.Warning(places.Of("fragments", unused), "unused", $"The fragment '{unused}' is not used.");
        }

        foreach (var (name, extract) in connector.Extracts.Where(e => !connector.Operations.Values.Any(o => o.Also.Select(a => a.Extract).Append(o.Extract).Contains(e.Value))))
        {
            diagnostics.Warning(extract.Mark, "unused", $"The extract '{name}' is not used.");
        }
    }

    /// <summary>Depth-first, each fragment once.</summary>
    private static void FindCycles(string name, ConnectorDefinition connector, List<string> path, HashSet<string> ended, LintPlaces places, DiagnosticBag diagnostics)
    {
        var before = path.IndexOf(name);
        if (before >= 0)
        {
            diagnostics.Error(places.Of("fragments", name), "circular", $"The fragment uses itself: {string.Join(" → ", path.Skip(before).Append(name).Take(20))}.");
            return;
        }

        if (ended.Contains(name) || path.Count > MaxDepth)
        {
            return;
        }

        path.Add(name);
        foreach (var use in TemplateWalk.Deep(connector.Fragments[name]).OfType<UseStep>().Where(u => connector.Fragments.ContainsKey(u.Fragment)))
        {
            FindCycles(use.Fragment, connector, path, ended, places, diagnostics);
        }

        path.RemoveAt(path.Count - 1);
        ended.Add(name);
    }
}
