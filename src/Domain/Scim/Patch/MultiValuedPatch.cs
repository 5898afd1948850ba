namespace IdLcm.Domain.Scim;

/// <summary>One operation on a multi-valued attribute. Null is the result that leaves no values.</summary>
internal sealed class MultiValuedPatch(ScimAttribute attribute, ScimAttribute? sub, ScimPath path, Conformance conformance)
{
    // Below this many comparisons, looking is cheaper than hashing.
    private const int FewComparisons = 64;

    private readonly ElementIdentity identity = new(attribute);

    private bool IsMembers => attribute.IsResourceReference;

    public ScimArray? Apply(ScimPatchVerb verb, ScimValue? value, ScimArray before)
    {
        var after = (path.Filter, sub) switch
        {
            (null, null) => ApplyToAll(verb, value, before),
            (null, not null) => SetPart(verb, value, before, Enumerable.Range(0, before.Count), seed: ScimComplex.Empty),
            (_, null) => ApplyToMatching(verb, value, before),
            _ => ApplyToMatchingPart(verb, value, before),
        };
        if (after is null || after.Count == 0)
        {
            return null;
        }

        if (after.Count > before.Count && after.Count > Limit)
        {
            throw ScimError.TooMany($"The attribute \"{attribute.Path}\" would have more than {Limit} values.").ToException();
        }

        return ReferenceEquals(after, before) ? before : PrimaryRule.KeepOne(attribute, before, after);
    }

    private int Limit => IsMembers ? int.MaxValue : conformance.Limits.ValuesPerAttribute;

    private ScimArray? ApplyToAll(ScimPatchVerb verb, ScimValue? value, ScimArray before)
    {
        if (verb == ScimPatchVerb.Remove)
        {
            return value is null or ScimNull ? null : RemoveNamed(value, before);
        }

        var given = conformance.Coerce(attribute, value!) as ScimArray;
        if (verb == ScimPatchVerb.Replace)
        {
            return given is null ? null : Append(ScimArray.Empty, given);
        }

        return given is null ? before : Append(before, given);
    }

    /// <summary>Adds what is not there, and completes what is there already (RFC 7644 §3.5.2.1).</summary>
    private ScimArray Append(ScimArray before, ScimArray given)
    {
        var result = new List<ScimValue>(before.Count + given.Count);
        result.AddRange(before.AsSpan());
        var index = (long)given.Count * (before.Count + given.Count) > FewComparisons ? new Dictionary<ScimValue, int>(identity) : null;
        if (index is not null)
        {
            for (var i = 0; i < result.Count; i++)
            {
                index.TryAdd(result[i], i);
            }
        }

        var changed = false;
        foreach (var item in given.AsSpan())
        {
            var at = index is null ? result.FindIndex(r => identity.Equals(r, item)) : index.GetValueOrDefault(item, -1);
            if (at < 0)
            {
                index?.Add(item, result.Count);
                result.Add(item);
                changed = true;
            }
            else if (!IsMembers && result[at] is ScimComplex old && item is ScimComplex add)
            {
                var merged = Overlay(old, add);
                changed |= !ReferenceEquals(merged, old);
                result[at] = merged;
            }
        }

        return changed ? new ScimArray([.. result]) : before;
    }

    private ScimArray RemoveNamed(ScimValue value, ScimArray before)
    {
        var given = conformance.Coerce(attribute, value) as ScimArray;
        if (given is null)
        {
            return before;
        }

        if ((long)given.Count * before.Count <= FewComparisons || !IsMembers)
        {
            return Keep(before, item => !given.Any(named => identity.IsNamedBy(item, named)));
        }

        var named = new HashSet<ScimValue>(given, identity);
        return Keep(before, item => !named.Contains(item));
    }

    private ScimArray? ApplyToMatching(ScimPatchVerb verb, ScimValue? value, ScimArray before)
    {
        var matches = Compile();
        if (!before.Any(matches))
        {
            return WithoutMatch(verb, before, part: false, () => conformance.CoerceOne(attribute, Unwrap(value)) as ScimComplex);
        }

        if (verb == ScimPatchVerb.Remove || value is null or ScimNull or ScimString { Value.Length: 0 })
        {
            return Keep(before, item => !matches(item));
        }

        var given = conformance.CoerceOne(attribute, Unwrap(value));
        if (given is null)
        {
            return before;
        }

        return Change(before, matches, item =>
        {
            if (item is not ScimComplex old || given is not ScimComplex add)
            {
                return given;
            }

            CheckImmutable(old, add);
            // What replaces a selected element stays what it was selected as, unless it says otherwise.
            return verb == ScimPatchVerb.Add ? Overlay(old, add) : Overlay(Seed() ?? ScimComplex.Empty, add);
        });
    }

    private ScimArray? ApplyToMatchingPart(ScimPatchVerb verb, ScimValue? value, ScimArray before)
    {
        var matches = Compile();
        var indexes = Enumerable.Range(0, before.Count).Where(i => matches(before[i])).ToArray();
        if (indexes.Length == 0 && (verb == ScimPatchVerb.Remove || Seed() is null))
        {
            return WithoutMatch(verb, before, part: true, () => null);
        }

        return SetPart(verb, value, before, indexes, Seed() ?? ScimComplex.Empty);
    }

    private ScimArray SetPart(ScimPatchVerb verb, ScimValue? value, ScimArray before, IEnumerable<int> indexes, ScimComplex seed)
    {
        var part = verb == ScimPatchVerb.Remove ? null : conformance.Coerce(sub!, value!);
        var items = before.ToArray();
        var any = false;
        foreach (var i in indexes)
        {
            any = true;
            var old = (ScimComplex)items[i];
            if (part is not null)
            {
                CheckImmutable(old, new ScimComplex(new ScimMember(sub!.Name, part)));
            }

            items[i] = old.Set(sub!.Name, part);
        }

        if (!any && part is not null)
        {
            return new ScimArray([.. items, seed.With(sub!.Name, part)]);
        }

        // Without its last part of substance an element is gone.
        return part is null
            ? Keep(new ScimArray(items), item => item is not ScimComplex complex || !Conformance.IsHollow(complex))
            : new ScimArray(items);
    }

    private ScimArray WithoutMatch(ScimPatchVerb verb, ScimArray before, bool part, Func<ScimComplex?> given)
    {
        // Removing a member that is not there succeeds.
        if (verb == ScimPatchVerb.Remove && IsMembers)
        {
            return before;
        }

        if (verb == ScimPatchVerb.Add && !part && Seed() is { } seed && given() is { } value)
        {
            return Append(before, new ScimArray(Overlay(seed, value)));
        }

        throw ScimError.NoTarget($"No value of \"{attribute.Path}\" matches {ScimText.Quote(path.ToString())}.").ToException();
    }

    /// <summary>The element that the filter describes, where it is made of equalities only; else null.</summary>
    private ScimComplex? Seed()
    {
        var terms = path.Filter is ScimAndFilter and ? and.Terms : [path.Filter!];
        var element = ScimComplex.Empty;
        foreach (var term in terms)
        {
            if (term is not ScimComparisonFilter { Operator: ScimOperator.Equal } equality
                || equality.Value.Kind == ScimLiteralKind.Null
                || attribute.Find(equality.Path.Name) is not { } part
                || conformance.Coerce(part, equality.Value.ToValue()) is not { } value)
            {
                return null;
            }

            element = element.With(part.Name, value);
        }

        return element;
    }

    private Func<ScimValue, bool> Compile()
    {
        try
        {
            return new ElementFilterCompiler(attribute).Compile(path.Filter!);
        }
        catch (ScimException e) when (e.Error.Type == ScimErrorType.InvalidFilter)
        {
            throw ScimError.InvalidPath(e.Error.Detail).ToException();
        }
    }

    private void CheckImmutable(ScimComplex old, ScimComplex next)
    {
        foreach (var (name, value) in next.AsSpan())
        {
            if (attribute.Find(name)?.Mutability == ScimMutability.Immutable && old[name] is { } has && !has.Equals(value))
            {
                throw ScimError.Mutability($"\"{attribute.Name}.{name}\" is immutable and has a value.").ToException();
            }
        }
    }

    private static ScimValue Unwrap(ScimValue? value) => value is ScimArray { Count: 1 } array ? array[0] : value ?? ScimNull.Instance;

    private static ScimComplex Overlay(ScimComplex under, ScimComplex over)
    {
        foreach (var (name, value) in over.AsSpan())
        {
            under = under.With(name, value);
        }

        return under;
    }

    private static ScimArray Keep(ScimArray items, Predicate<ScimValue> keep)
    {
        var kept = Array.FindAll(items.ToArray(), keep);
        return kept.Length == items.Count ? items : new ScimArray(kept);
    }

    private static ScimArray Change(ScimArray items, Func<ScimValue, bool> which, Func<ScimValue, ScimValue> change) =>
        new([.. items.Select(item => which(item) ? change(item) : item)]);
}
