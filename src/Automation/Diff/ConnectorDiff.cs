using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Diff;

/// <summary>Compares two versions of a connector.</summary>
public static class ConnectorDiff
{
    /// <summary>Compares two connector texts.</summary>
    /// <param name="before">The old version's YAML.</param>
    /// <param name="after">The new version's YAML.</param>
    /// <returns>What changed; null where one of them has errors.</returns>
    public static IReadOnlyList<ConnectorChange>? Compare(string before, string after)
    {
        var (old, oldTree) = Parse(before);
        var (now, newTree) = Parse(after);
        return old is null || now is null ? null : [.. Changes(old, now), .. Steps(oldTree!, newTree!)];
    }

    private static (ConnectorDefinition? Connector, YamlMapping? Tree) Parse(string text)
    {
        var connector = ConnectorParser.Parse(text, new DiagnosticBag("connector.yaml"), out var tree);
        return (connector, tree);
    }

    private static IEnumerable<ConnectorChange> Changes(ConnectorDefinition before, ConnectorDefinition after)
    {
        var (old, now) = (before.Manifest, after.Manifest);
        if (old.Id != now.Id)
        {
            yield return new("id", Breaking: true, $"The id is {now.Id}, was {old.Id}: another connector, not another version.");
        }

        foreach (var change in Sets("hosts", before.AllowedHosts.Select(h => h.Source), after.AllowedHosts.Select(h => h.Source), addedBreaks: true, removedBreaks: false)
            .Concat(Settings(old, now))
            .Concat(Sets("auth", old.Auth.Methods, now.Auth.Methods, addedBreaks: false, removedBreaks: true))
            .Concat(Sets("auth", old.Auth.Mfa, now.Auth.Mfa, addedBreaks: false, removedBreaks: true))
            .Concat(Capabilities(old.Capabilities, now.Capabilities))
            .Concat(Schema(old.UserSchema, now.UserSchema))
            .Concat(Sets("verbs", old.Verbs.Select(v => v.ToString()), now.Verbs.Select(v => v.ToString()), addedBreaks: false, removedBreaks: true)))
        {
            yield return change;
        }

        if (after.InsecureHttp && !before.InsecureHttp)
        {
            yield return new("hosts", Breaking: true, "Plain http to other machines is now allowed.");
        }

        if (old.Concurrency != now.Concurrency)
        {
            yield return new("timing", Breaking: false, $"concurrency is {now.Concurrency}, was {old.Concurrency}.");
        }
    }

    private static IEnumerable<ConnectorChange> Settings(ConnectorManifest before, ConnectorManifest after)
    {
        var old = before.Settings.ToDictionary(s => s.Name, StringComparer.Ordinal);
        foreach (var setting in after.Settings)
        {
            if (!old.Remove(setting.Name, out var was))
            {
                var needed = setting is { Required: true, Default: null };
                yield return new("settings", needed, $"{setting.Name} is new{(needed ? " and must be given" : "")}.");
            }
            else if (was with { Label = setting.Label, Description = setting.Description } != setting)
            {
                yield return new("settings", setting is { Required: true, Default: null } && !was.Required || was.Pattern != setting.Pattern, $"{setting.Name}: required, pattern or default changed.");
            }
        }

        foreach (var gone in old.Keys)
        {
            yield return new("settings", Breaking: false, $"{gone} is gone.");
        }
    }

    private static IEnumerable<ConnectorChange> Capabilities(ConnectorCapabilities old, ConnectorCapabilities now)
    {
        if (old.CreateUser != now.CreateUser)
        {
            yield return new("capabilities", Breaking: true, $"createUser is {now.CreateUser}, was {old.CreateUser}.");
        }

        if (old.SetRoles != now.SetRoles || old.MultipleRoles != now.MultipleRoles)
        {
            yield return new("capabilities", old.SetRoles != SetRolesMode.None, $"setRoles is {now.SetRoles}{(now.MultipleRoles ? " (several)" : "")}, was {old.SetRoles}{(old.MultipleRoles ? " (several)" : "")}.");
        }

        foreach (var change in Sets("capabilities", old.UpdateAttributes.Select(a => $"updateUser of {a}"), now.UpdateAttributes.Select(a => $"updateUser of {a}"), addedBreaks: false, removedBreaks: true)
            .Concat(Sets("capabilities", Flags(old), Flags(now), addedBreaks: false, removedBreaks: true)))
        {
            yield return change;
        }
    }

    private static IEnumerable<string> Flags(ConnectorCapabilities can) => new (string Name, bool Has)[]
    {
        ("deactivate", can.Deactivate), ("delete", can.Delete), ("pendingUsersVisible", can.PendingUsersVisible),
        ("setEntitlements", can.SetEntitlements), ("resendInvite", can.ResendInvite),
    }.Where(f => f.Has).Select(f => f.Name);

    private static IEnumerable<ConnectorChange> Schema(UserSchema before, UserSchema after)
    {
        if (before.PrimaryIdentifier != after.PrimaryIdentifier)
        {
            yield return new("attributes", Breaking: true, $"People are known by {after.PrimaryIdentifier}, were by {before.PrimaryIdentifier}.");
        }

        var old = before.Attributes.ToDictionary(a => a.Name, StringComparer.Ordinal);
        foreach (var attribute in after.Attributes)
        {
            if (!old.Remove(attribute.Name, out var was))
            {
                yield return new("attributes", attribute.Required, $"{attribute.Name} is new{(attribute.Required ? " and must be given" : "")}.");
            }
            else if (was with { Label = attribute.Label } != attribute)
            {
                yield return new("attributes", (attribute.Required && !was.Required) || was.Type != attribute.Type || was.MultiValued != attribute.MultiValued || was.Scim != attribute.Scim, $"{attribute.Name} changed.");
            }
        }

        foreach (var gone in old.Keys)
        {
            yield return new("attributes", Breaking: true, $"{gone} is gone.");
        }

        foreach (var change in Sets("roles", before.Roles.Select(r => r.Value), after.Roles.Select(r => r.Value), addedBreaks: false, removedBreaks: true))
        {
            yield return change;
        }
    }

    /// <summary>What the runner does, compared as it is written, whatever the layout.</summary>
    private static IEnumerable<ConnectorChange> Steps(YamlMapping before, YamlMapping after)
    {
        foreach (var part in (string[])["operations", "fragments", "extracts"])
        {
            var old = Named(before, part);
            foreach (var (name, text) in Named(after, part))
            {
                if (old.TryGetValue(name, out var was) && was != text)
                {
                    yield return new("steps", Breaking: false, $"{part}.{name} changed.");
                }
            }
        }

        foreach (var part in (string[])["detect", "http", "auth"])
        {
            if (Text(before.Find(part)?.Value) != Text(after.Find(part)?.Value))
            {
                yield return new("steps", Breaking: false, $"{part} changed.");
            }
        }
    }

    private static Dictionary<string, string> Named(YamlMapping tree, string part) =>
        ((tree.Find(part)?.Value as YamlMapping)?.Entries ?? []).ToDictionary(e => e.Key.Value, e => Text(e.Value), StringComparer.Ordinal);

    private static string Text(YamlNode? node) => node switch
    {
        YamlMapping mapping => $"{{{string.Join(',', mapping.Entries.OrderBy(e => e.Key.Value, StringComparer.Ordinal).Select(e => $"{e.Key.Value}:{Text(e.Value)}"))}}}",
        YamlSequence sequence => $"[{string.Join(',', sequence.Items.Select(Text))}]",
        YamlScalar scalar => System.Text.Json.JsonSerializer.Serialize(scalar.Value),
        _ => "",
    };

    private static IEnumerable<ConnectorChange> Sets(string area, IEnumerable<string> before, IEnumerable<string> after, bool addedBreaks, bool removedBreaks)
    {
        var (old, now) = (before.ToHashSet(StringComparer.Ordinal), after.ToHashSet(StringComparer.Ordinal));
        foreach (var added in now.Where(n => !old.Contains(n)).Order(StringComparer.Ordinal))
        {
            yield return new(area, addedBreaks, $"{added} is new.");
        }

        foreach (var removed in old.Where(o => !now.Contains(o)).Order(StringComparer.Ordinal))
        {
            yield return new(area, removedBreaks, $"{removed} is gone.");
        }
    }
}
