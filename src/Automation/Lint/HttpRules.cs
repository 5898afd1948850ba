using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Lint;

/// <summary>Calls of an API carry a credential, go over TLS, and are marked where they write.</summary>
internal static class HttpRules
{
    private static readonly string[] Carriers = ["accessToken", "password"];

    public static void Check(ConnectorDefinition connector, LintPlaces places, DiagnosticBag diagnostics)
    {
        var http = connector.Http;
        var carries = http.Basic || http.Cookies || connector.SignsInByHttp
            || http.Headers.Values.SelectMany(h => h.Placeholders).Any(p => Carriers.Contains(p.Root, StringComparer.Ordinal));
        var methods = connector.Manifest.Auth.Methods;
        if (methods.Contains("accessToken", StringComparer.Ordinal) && !carries && !UsesInLogin(connector, "accessToken"))
        {
            diagnostics.Error(places.Of("auth", "methods"), "capability-without-verb", "The login method 'accessToken' is declared, but nothing sends {accessToken}: put it under http.headers, or say http.basic: true.");
        }

        if (connector.CallsApi && !carries)
        {
            diagnostics.Warning(places.Of(places.Has("http") ? "http" : "operations"), "credential", "The calls of http steps carry no credential: say http.headers, http.basic or http.cookies.");
        }

        if (connector.CallsApi && http is { Probe: null, Cookies: false } && !connector.SignsInByHttp && connector.OpensWithoutBrowser)
        {
            diagnostics.Warning(places.Of(places.Has("http") ? "http" : "operations"), "missing-key", "Without http.probe a wrong credential is met by the first verb only, and validation proves nothing.");
        }

        foreach (var operation in connector.Operations.Values)
        {
            CheckOperation(connector, operation, diagnostics);
        }
    }

    private static void CheckOperation(ConnectorDefinition connector, Operation operation, DiagnosticBag diagnostics)
    {
        var steps = TemplateWalk.Expanded(operation.AllSteps, connector.Fragments).ToList();
        var calls = steps.OfType<HttpStep>().ToList();
        if (operation.Extract is { RowPath: not null } extract)
        {
            if (calls.Count == 0)
            {
                diagnostics.Error(extract.Mark, "missing-key", "rows.json reads the answer of an http step; there is none before it.");
            }

            if (extract.SeatsText is not null)
            {
                diagnostics.Error(extract.Mark, "one-of", "Rows of an API's answer come without a page: seats are found by used and total.");
            }

            foreach (var field in extract.Fields.Values.Where(f => f is { Path: null, Value: null }))
            {
                diagnostics.Error(field.Mark, "one-of", "Rows of an API's answer have no columns or labels: a field is found by path, or has a value.");
            }
        }
        else if (operation.Extract is { } pages)
        {
            if (pages.SeatsPaths is not null)
            {
                diagnostics.Error(pages.Mark, "one-of", "'used' and 'total' read from an API's answer: they need rows.json; a page's seats are found by text.");
            }

            foreach (var field in pages.Fields.Values.Where(f => f.Path is not null))
            {
                diagnostics.Error(field.Mark, "one-of", "'path' reads from an API's answer: it needs rows.json.");
            }
        }

        if (operation.Verb != ConnectorVerb.Login)
        {
            foreach (var call in calls.Where(c => !c.Commit && c.Call.Method is "PUT" or "PATCH" or "DELETE"))
            {
                diagnostics.Warning(call.Mark, "commit", $"{call.Call.Method} writes, but the step has no commit: true.");
            }
        }
    }

    private static bool UsesInLogin(ConnectorDefinition connector, string name) =>
        connector.Operations.TryGetValue(ConnectorVerb.Login, out var login)
        && TemplateWalk.Expanded(login.Steps, connector.Fragments).SelectMany(TemplateWalk.Templates).Any(t => t.Placeholders.Any(p => p.Root == name));
}
