namespace IdLcm.Domain.Scim;

/// <summary>A member that a request names.</summary>
/// <param name="Value">The member's id.</param>
/// <param name="Type">The resource type, if the client said one.</param>
/// <param name="Display">The name, if the client said one.</param>
public sealed record ScimGroupMember(string Value, string? Type = null, string? Display = null)
{
    /// <summary>Takes the members out of a group that a client sent, in order and without repetition.</summary>
    /// <param name="group">The group.</param>
    /// <param name="withoutMembers">The group without them.</param>
    public static IReadOnlyList<ScimGroupMember> TakeFrom(ScimResource group, out ScimResource withoutMembers)
    {
        ArgumentNullException.ThrowIfNull(group);
        var members = new OrderedDictionary<string, ScimGroupMember>(StringComparer.Ordinal);
        foreach (var item in group.Attributes["members"] as ScimArray ?? ScimArray.Empty)
        {
            var member = From(item);
            members.TryAdd(member.Value, member);
        }

        withoutMembers = group.With("members", null);
        return [.. members.Values];
    }

    /// <summary>The member as a value of the attribute <c>members</c>.</summary>
    /// <param name="baseUrl">The absolute base URL for <c>$ref</c>, or null for none.</param>
    public ScimValue ToValue(string? baseUrl)
    {
        var complex = new ScimComplex(new ScimMember("value", Value));
        var type = Type ?? "User";
        if (baseUrl is not null)
        {
            complex = complex.With("$ref", string.Concat(baseUrl, "/", type, "s/", Uri.EscapeDataString(Value)));
        }

        complex = complex.With("type", type);
        return Display is null ? complex : complex.With("display", Display);
    }

    internal static ScimGroupMember From(ScimValue value)
    {
        var complex = (ScimComplex)value;
        return complex.GetString("value") is { Length: > 0 } id
            ? new ScimGroupMember(id, complex.GetString("type"), complex.GetString("display"))
            : throw ScimError.InvalidValue("Every member of a group needs a \"value\": the id of a user or group.").ToException();
    }
}

/// <summary>
/// A PATCH of a group, split so that memberships need not be read to be changed: what to do to the group's other
/// attributes, and who comes and goes.
/// </summary>
public sealed record ScimGroupPatch
{
    private ScimGroupPatch(ScimPatchRequest? attributes, bool replacesMembers, IReadOnlyList<ScimGroupMember> adds, IReadOnlyList<string> removes, bool needsMembers)
    {
        Attributes = attributes;
        ReplacesMembers = replacesMembers;
        Adds = adds;
        Removes = removes;
        NeedsMembers = needsMembers;
    }

    /// <summary>The operations on other attributes, for <see cref="ScimPatch.Apply"/> on the group without members; null where there are none.</summary>
    public ScimPatchRequest? Attributes { get; }

    /// <summary>Whether all members go before <see cref="Adds"/> come.</summary>
    public bool ReplacesMembers { get; }

    /// <summary>Who is a member afterwards; each id once, none of them in <see cref="Removes"/>. Some may be members already.</summary>
    public IReadOnlyList<ScimGroupMember> Adds { get; }

    /// <summary>Who is not a member afterwards; each id once. Some may not be members now. Empty where all are replaced.</summary>
    public IReadOnlyList<string> Removes { get; }

    /// <summary>
    /// Whether an operation selects members by something else than their id, so that the whole group has to be loaded
    /// and given to <see cref="ScimPatch.Apply"/>. The other properties but this then say nothing.
    /// </summary>
    public bool NeedsMembers { get; }

    /// <summary>Whether memberships may change.</summary>
    public bool ChangesMembers => ReplacesMembers || Adds.Count > 0 || Removes.Count > 0;

    /// <summary>Splits a PATCH of a group.</summary>
    /// <param name="request">The PATCH.</param>
    /// <param name="type">The resource type of groups.</param>
    /// <param name="options">How it is read; null for the default.</param>
    /// <exception cref="ScimException">As <see cref="ScimPatch.Apply"/>, as far as members are concerned.</exception>
    public static ScimGroupPatch Analyze(ScimPatchRequest request, ScimResourceType type, ScimOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(type);
        return new Analysis(type, new Conformance(options ?? ScimOptions.Default)).Run(request);
    }

    private sealed class Analysis(ScimResourceType type, Conformance conformance)
    {
        // In order of first mention; a member for who comes, null for who goes.
        private readonly OrderedDictionary<string, ScimGroupMember?> changes = new(StringComparer.Ordinal);
        private readonly List<ScimPatchOperation> others = [];
        private readonly ScimAttribute members = type.Find("members")
            ?? throw new ArgumentException($"{type.Name} has no members.", nameof(type));

        private bool replaces;
        private bool needsMembers;

        public ScimGroupPatch Run(ScimPatchRequest request)
        {
            foreach (var operation in request.Operations)
            {
                if (operation.Path is null)
                {
                    SplitObject(operation, (ScimComplex)operation.Value!);
                }
                else if (IsMembers(operation.Path))
                {
                    Change(operation.Verb, operation.Path, operation.Value);
                }
                else
                {
                    others.Add(operation);
                }
            }

            var adds = changes.Values.OfType<ScimGroupMember>().ToArray();
            var removes = changes.Where(c => c.Value is null).Select(c => c.Key).ToArray();
            return new ScimGroupPatch(others.Count == 0 ? null : new ScimPatchRequest(others), replaces, adds, removes, needsMembers);
        }

        private void SplitObject(ScimPatchOperation operation, ScimComplex body)
        {
            var rest = body;
            foreach (var (key, value) in body.AsSpan())
            {
                if (key.Contains("members", StringComparison.OrdinalIgnoreCase)
                    && ScimPath.Parse(key, conformance.Limits) is var path && IsMembers(path))
                {
                    Change(operation.Verb, path, value);
                    rest = rest.Without(key);
                }
            }

            if (rest.Count > 0)
            {
                others.Add(operation with { Value = rest });
            }
        }

        private bool IsMembers(ScimPath path) =>
            type.TryResolve(path.Attribute, out var target) && ReferenceEquals(target.Attribute, members);

        private void Change(ScimPatchVerb verb, ScimPath path, ScimValue? value)
        {
            if (path.Filter is not null || path.Attribute.SubName is not null)
            {
                ChangeSelected(verb, path);
                return;
            }

            var isNothing = value is null or ScimNull;
            if (verb == ScimPatchVerb.Replace || verb == ScimPatchVerb.Remove && isNothing)
            {
                replaces = true;
                changes.Clear();
            }

            if (isNothing || conformance.Coerce(members, value!) is not ScimArray given)
            {
                return;
            }

            foreach (var item in given.AsSpan())
            {
                var member = ScimGroupMember.From(item);
                Note(member.Value, verb == ScimPatchVerb.Remove ? null : member);
            }
        }

        private void ChangeSelected(ScimPatchVerb verb, ScimPath path)
        {
            if (verb != ScimPatchVerb.Remove || path.SubName is not null || path.Filter is null || !TryGetIds(path.Filter, out var ids))
            {
                needsMembers = true;
                return;
            }

            foreach (var id in ids)
            {
                Note(id, null);
            }
        }

        private void Note(string id, ScimGroupMember? member)
        {
            if (member is null && replaces)
            {
                changes.Remove(id);
            }
            else
            {
                changes[id] = member;
            }

            if (changes.Count > conformance.Limits.MembersPerRequest)
            {
                throw ScimError.TooMany($"A request may change {conformance.Limits.MembersPerRequest} members of a group.").ToException();
            }
        }

        private static bool TryGetIds(ScimFilter filter, out IReadOnlyList<string> ids)
        {
            ids = [.. (filter is ScimOrFilter or ? or.Terms : [filter])
                .Select(t => t is ScimComparisonFilter { Operator: ScimOperator.Equal, Value.Kind: ScimLiteralKind.Text } c && c.Path.Is("value") ? c.Value.Text : null)
                .OfType<string>()];
            return ids.Count == (filter is ScimOrFilter all ? all.Terms.Count : 1);
        }
    }
}
