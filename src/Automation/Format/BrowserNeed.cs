using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Format;

/// <summary>Whether a verb looks at pages; one that does not is run without a browser.</summary>
internal static class BrowserNeed
{
    public static bool Of(ConnectorDefinition connector, Operation operation) =>
        connector.Http.Cookies || OfItself(connector, operation)
        || ((operation.Verify is not null || TemplateWalk.Expanded(operation.Steps, connector.Fragments).Any(s => s is FindStep)) && Reading(connector) is { } reading && reading != operation && OfItself(connector, reading));

    /// <summary>The verb by which writes are verified.</summary>
    public static Operation? Reading(ConnectorDefinition connector) =>
        connector.Operations.GetValueOrDefault(ConnectorVerb.GetUser) ?? connector.Operations.GetValueOrDefault(ConnectorVerb.ListUsers);

    private static bool OfItself(ConnectorDefinition connector, Operation operation) =>
        TemplateWalk.Expanded(operation.AllSteps, connector.Fragments).Any(NeedsPage)
        || operation.Also.Select(a => a.Extract).Append(operation.Extract).Any(e => e is { RowPath: null })
        || operation.Detail?.Fields.Values.Any(f => f is { Path: null, Value: null }) == true;

    /// <summary>Whether a step looks at a page; the steps inside it are another matter.</summary>
    public static bool NeedsPage(Step step) => step switch
    {
        HttpStep or UseStep or FindStep => false,
        WhenStep s => NeedsPage(s.Condition),
        ExpectStep s => NeedsPage(s.Condition),
        WaitForStep s => NeedsPage(s.Condition),
        ForEachStep s => s.Rows is not null,
        _ => true,
    };

    private static bool NeedsPage(Condition condition) =>
        condition is { See.Locator: not null } or { NotSee.Locator: not null } or { Alert: not null } or { Url: not null };
}
