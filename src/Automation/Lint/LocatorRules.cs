using IdLcm.Automation.Format;

namespace IdLcm.Automation.Lint;

/// <summary>People's words outlive an app's markup.</summary>
internal static class LocatorRules
{
    public static void Check(ConnectorDefinition connector, DiagnosticBag diagnostics)
    {
        var steps = connector.Operations.Values.SelectMany(o => o.AllSteps)
            .Concat(connector.Fragments.Values.SelectMany(f => f));
        var conditions = connector.Operations.Values.SelectMany(o => o.Errors).Concat(connector.Detect).Select(e => e.When);
        var extracts = connector.Operations.Values.SelectMany(o => o.Also.Select(a => a.Extract).Append(o.Extract)).OfType<Extract>().Concat(connector.Extracts.Values).Distinct();
        var locators = TemplateWalk.Deep(steps).SelectMany(TemplateWalk.Locators)
            .Concat(conditions.SelectMany(TemplateWalk.Locators))
            .Concat(extracts.SelectMany(e => new[] { e.Within, e.Next }).OfType<Locator>())
            .Concat(connector.Probe?.See.Locator is { } probe ? [probe] : []);
        foreach (var locator in locators.SelectMany(Alone).Distinct())
        {
            diagnostics.Warning(locator.Mark, "css-only", $"{locator.Kind switch { LocatorKind.Css => "css", _ => "xpath" }} \"{locator.Value}\" is the only way to find this; say it in people's words (role and name, label, text), or list both under any.");
        }
    }

    /// <summary>The parts of a locator that are found by markup alone.</summary>
    private static IEnumerable<Locator> Alone(Locator locator)
    {
        var own = locator.Kind switch
        {
            LocatorKind.Css or LocatorKind.XPath => [locator],
            LocatorKind.Any when locator.Alternatives.All(a => Alone(a).Any()) => locator.Alternatives.SelectMany(Alone),
            _ => Enumerable.Empty<Locator>(),
        };
        return own.Concat(new[] { locator.Within, locator.Has }.OfType<Locator>().SelectMany(Alone));
    }
}
