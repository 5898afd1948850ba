using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Lint;

/// <summary>Every placeholder has somewhere to get its value from.</summary>
internal static class PlaceholderRules
{
    private static readonly ConnectorVerb[] OnOneAccount =
    [
        ConnectorVerb.GetUser, ConnectorVerb.UpdateUser, ConnectorVerb.SetRoles, ConnectorVerb.SetEntitlements, ConnectorVerb.Deactivate,
        ConnectorVerb.Reactivate, ConnectorVerb.Delete, ConnectorVerb.ResendInvite, ConnectorVerb.RotatePassword, ConnectorVerb.EnableMfa,
        ConnectorVerb.DisableMfa, ConnectorVerb.ResetPassword, ConnectorVerb.SignOutEverywhere,
    ];

    private static readonly string[] Credentials = ["password", "accessToken", "loginMethod"];

    private static readonly string[] OtherInputs = ["identifier", "roles", "entitlements", "newPassword", "status", "externalId", "addedRoles", "removedRoles", "addedEntitlements", "removedEntitlements", "addedAsset", "addedPermission", "removedAsset", "removedPermission"];

    public static void Check(ConnectorDefinition connector, LintPlaces places, DiagnosticBag diagnostics)
    {
        var settings = connector.Manifest.Settings.Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var setting in settings.Where(s => s is "username" or "password" or "accessToken" or "loginMethod" or "identifier" or "settings" or "row"))
        {
            diagnostics.Error(places.Of("settings", setting), "value", $"A setting cannot be named '{setting}': that placeholder has its own meaning.");
        }

        var check = new Checker(settings, [.. connector.Maps.Keys], diagnostics);
        check.Templates(connector.AllowedHosts.Append(connector.BaseUrl), []);
        if (connector.Probe is { } probe)
        {
            check.Templates([probe.Goto, .. See(probe.See)], []);
        }

        CheckHttp(connector, check);
        foreach (var operation in connector.Operations.Values)
        {
            CheckOperation(connector, operation, check, diagnostics);
        }

        var read = connector.Operations.Values.SelectMany(Fields).Select(f => f.Map).ToHashSet();
        foreach (var (unused, _) in connector.Maps.Where(m => !read.Contains(m.Value) && !check.UsedMaps.Contains(m.Key)))
        {
            diagnostics.Warning(places.Of("maps", unused), "unused", $"The map '{unused}' is not used.");
        }

        foreach (var unused in settings.Where(s => !check.UsedSettings.Contains(s)))
        {
            diagnostics.Warning(places.Of("settings", unused), "unused", $"The setting '{unused}' is not used anywhere.");
        }
    }

    private static IEnumerable<Field> Fields(Operation operation) =>
        operation.Also.Select(a => a.Extract).Append(operation.Extract).OfType<Extract>().SelectMany(e => e.Fields.Values)
            .Concat(operation.Detail?.Fields.Values ?? [])
            .Concat(TemplateWalk.Deep(operation.Steps).OfType<DownloadStep>().SelectMany(d => d.Fields.Values));

    private static IEnumerable<Template> See(See see) =>
        (see.Locator is { } locator ? TemplateWalk.Templates(locator) : []).Concat(see.Text is { } text ? [text] : []);

    /// <summary>Credentials, and what an http login saved, belong into the headers that all calls have.</summary>
    private static void CheckHttp(ConnectorDefinition connector, Checker check)
    {
        var http = connector.Http;
        var saved = connector.SignsInByHttp
            ? TemplateWalk.Expanded(connector.Operations[ConnectorVerb.Login].Steps, connector.Fragments).OfType<HttpStep>().SelectMany(s => s.Call.Save.Keys)
            : [];
        HashSet<string> names = [.. Credentials, "username", .. saved];
        check.Templates(http.Headers.Values, names);
        check.Templates(http.Probe?.Templates ?? [], ["username"]);
        check.Templates(http.BaseUrl is { } address ? [address] : [], []);
    }

    private static void CheckOperation(ConnectorDefinition connector, Operation operation, Checker check, DiagnosticBag diagnostics)
    {
        var name = CapabilityRules.Name(operation.Verb);
        var attributes = connector.Manifest.UserSchema.Attributes.Select(a => a.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var unknown in operation.Inputs.Where(i => !attributes.Contains(i.Name) && !OtherInputs.Contains(i.Name, StringComparer.Ordinal)))
        {
            diagnostics.Error(operation.Mark, "unknown-name", $"The input '{unknown.Name}' of '{name}' is not an attribute of the user schema; callers give those, and roles and entitlements.");
        }

        var names = new HashSet<string>(operation.Inputs.Select(i => i.Name), StringComparer.Ordinal) { "username" };
        if (OnOneAccount.Contains(operation.Verb))
        {
            names.Add("identifier");
        }

        if (operation.Verb == ConnectorVerb.CreateUser)
        {
            names.Add(Running.GeneratedPassword.Name);
        }

        if (operation.Verb is ConnectorVerb.Login or ConnectorVerb.RotatePassword or ConnectorVerb.EnableMfa or ConnectorVerb.DisableMfa)
        {
            names.UnionWith(Credentials);
        }

        check.Used.Clear();
        check.Steps(operation.Steps, names, connector, new(StringComparer.Ordinal));
        foreach (var rule in operation.Errors.Concat(connector.Detect))
        {
            check.Templates(TemplateWalk.Templates(rule.When).Concat(rule.Message is { } message ? [message] : []), names);
        }

        foreach (var field in operation.Extract?.Fields.Values.Select(f => f.Value).OfType<Template>() ?? [])
        {
            check.Templates([field], names);
        }

        if (operation.Verify is { } verify)
        {
            check.Templates(verify.Listed.Values.SelectMany(v => v).Concat(verify.Absent is { } absent ? [absent.Value] : []), [.. names, "identifier"]);
        }

        check.Templates(operation.Values.Values.Concat(operation.Also.SelectMany(a => a.Values.Values)), names);
        foreach (var further in operation.Also)
        {
            check.Steps(further.Steps, [.. names], connector, new(StringComparer.Ordinal));
        }

        if (operation.Detail is { } detail)
        {
            check.Steps(detail.Steps, [.. names, "row"], connector, new(StringComparer.Ordinal));
        }

        foreach (var unused in operation.Inputs.Where(i => !check.Used.Contains(i.Name)))
        {
            diagnostics.Warning(operation.Mark, "unused", $"The input '{unused.Name}' of '{name}' is not used.");
        }
    }

    private sealed class Checker(HashSet<string> settings, HashSet<string> maps, DiagnosticBag diagnostics)
    {
        private readonly HashSet<(Mark, string)> reported = [];

        public HashSet<string> Used { get; } = new(StringComparer.Ordinal);

        public HashSet<string> UsedMaps { get; } = new(StringComparer.Ordinal);

        public HashSet<string> UsedSettings { get; } = new(StringComparer.Ordinal);

        public void Steps(IReadOnlyList<Step> steps, HashSet<string> names, ConnectorDefinition connector, HashSet<string> entered)
        {
            foreach (var step in steps)
            {
                Templates(TemplateWalk.Templates(step), names);
                switch (step)
                {
                    case ReadStep read:
                        names.Add(read.To);
                        break;
                    case HttpStep call:
                        names.UnionWith(call.Call.Save.Keys);
                        break;
                    case FindStep:
                        names.Add("row");
                        break;
                    case ForEachStep each:
                        Steps(each.Steps, [.. names, each.As], connector, entered);
                        break;
                    case FrameStep or PopUpStep:
                        foreach (var inside in TemplateWalk.Inner(step))
                        {
                            Steps(inside, names, connector, entered);
                        }

                        break;
                    case WhenStep choice:
                        if (choice.Condition.Given is { } given)
                        {
                            Known(choice.Mark, new(given, []), names);
                        }

                        Steps(choice.Then, names, connector, entered);
                        Steps(choice.Else, names, connector, entered);
                        break;
                    case UseStep use when connector.Fragments.TryGetValue(use.Fragment, out var inner) && entered.Add(use.Fragment):
                        Steps(inner, names, connector, entered);
                        break;
                }
            }
        }

        public void Templates(IEnumerable<Template> templates, HashSet<string> names)
        {
            foreach (var template in templates)
            {
                foreach (var path in template.Placeholders)
                {
                    Known(template.Mark, path, names);
                }

                foreach (var map in template.Maps)
                {
                    UsedMaps.Add(map);
                    if (!maps.Contains(map) && reported.Add((template.Mark, ":" + map)))
                    {
                        var near = Nearest.Of(map, maps);
                        diagnostics.Error(template.Mark, "unknown-name", $"There is no map '{map}' under maps{(near is null ? "" : $"; did you mean '{near}'?")}");
                    }
                }
            }
        }

        private void Known(Mark mark, PlaceholderPath path, HashSet<string> names)
        {
            Used.Add(path.Root);
            var setting = path is { Root: "settings", Rest: [string member, ..] } ? member : path.Root;
            UsedSettings.Add(setting);
            if (!settings.Contains(setting) && !names.Contains(path.Root) && reported.Add((mark, path.ToString())))
            {
                var known = Nearest.Of(path.Root, names.Concat(settings));
                diagnostics.Error(mark, "unknown-placeholder", $"Nothing gives {{{path}}} a value here; {(known is null ? $"there are {string.Join(", ", names.Concat(settings).Order(StringComparer.Ordinal))}" : $"did you mean {{{known}}}?")}");
            }
        }
    }
}
