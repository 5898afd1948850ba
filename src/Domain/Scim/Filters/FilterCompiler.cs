namespace IdLcm.Domain.Scim;

/// <summary>Turns a filter into one predicate, with every name looked up and every literal converted once.</summary>
/// <typeparam name="T">What the filter is tried on: a resource, or an element of a multi-valued attribute.</typeparam>
internal abstract class FilterCompiler<T>
{
    /// <summary>Where an attribute is, and what it is; the attribute is null where it is undefined and counts as empty.</summary>
    protected readonly record struct Binding(Func<T, ScimValue?> Get, ScimAttribute? Attribute, ScimAttribute? Sub);

    public Func<T, bool> Compile(ScimFilter filter)
    {
        switch (filter)
        {
            case ScimAndFilter and:
                var all = and.Terms.Select(Compile).ToArray();
                return target => AllMatch(all, target);
            case ScimOrFilter or:
                var any = or.Terms.Select(Compile).ToArray();
                return target => AnyMatches(any, target);
            case ScimNotFilter not:
                var inner = Compile(not.Inner);
                return target => !inner(target);
            case ScimPresentFilter present:
                return CompilePresent(Bind(present.Path));
            case ScimComparisonFilter comparison:
                return CompileComparison(comparison, Bind(comparison.Path));
            case ScimValuePathFilter path:
                return CompileValuePath(path);
            default:
                throw new InvalidOperationException($"Unknown filter {filter.GetType()}.");
        }
    }

    protected abstract Binding Bind(ScimAttributePath path);

    protected static ScimException Undefined(ScimAttributePath path) =>
        ScimError.InvalidFilter($"The filter names {ScimText.Quote(path.ToString())}, which is not an attribute here.").ToException();

    // Loops, because a lambda over the target would be allocated anew for every resource.
    private static bool AllMatch(Func<T, bool>[] terms, T target)
    {
        foreach (var term in terms)
        {
            if (!term(target))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AnyMatches(Func<T, bool>[] terms, T target)
    {
        foreach (var term in terms)
        {
            if (term(target))
            {
                return true;
            }
        }

        return false;
    }

    private static Func<T, bool> CompilePresent(Binding binding)
    {
        if (binding.Attribute is null)
        {
            return static _ => false;
        }

        var (get, _, sub) = binding;
        return target => get(target) is { } value && HasValue(value, sub);
    }

    private static bool HasValue(ScimValue value, ScimAttribute? sub) => value switch
    {
        ScimArray array => array.AsSpan().Length > 0 && Some(array, sub),
        ScimComplex complex when sub is not null => complex.TryGet(sub.Name, out var part) && HasValue(part, null),
        ScimComplex complex => complex.Count > 0,
        ScimString text => text.Value.Length > 0,
        ScimNull => false,
        _ => true,
    };

    private static bool Some(ScimArray array, ScimAttribute? sub)
    {
        foreach (var item in array.AsSpan())
        {
            if (HasValue(item, sub))
            {
                return true;
            }
        }

        return false;
    }

    private static Func<T, bool> CompileComparison(ScimComparisonFilter comparison, Binding binding)
    {
        var (get, attribute, sub) = binding;
        if (comparison.Value.Kind == ScimLiteralKind.Null)
        {
            var present = CompilePresent(binding);
            return comparison.Operator switch
            {
                ScimOperator.Equal => target => !present(target),
                ScimOperator.NotEqual => present,
                _ => throw ScimError.InvalidFilter($"The filter orders {ScimText.Quote(comparison.Path.ToString())} against null; only eq and ne do that.").ToException(),
            };
        }

        // What has no value differs from every value.
        var whenEmpty = comparison.Operator == ScimOperator.NotEqual;
        if (attribute is null)
        {
            return _ => whenEmpty;
        }

        var leaf = sub ?? attribute;
        if (sub is null && attribute.Type == ScimAttributeType.Complex)
        {
            // A complex attribute stands for its "value" (RFC 7644 §3.4.2.2, "emails co").
            sub = leaf = attribute.Value
                ?? throw ScimError.InvalidFilter($"{ScimText.Quote(comparison.Path.ToString())} is complex; the filter must name one of its sub-attributes.").ToException();
        }

        var test = LeafComparison.Create(comparison, leaf);
        return target =>
        {
            if (get(target) is not { } value)
            {
                return whenEmpty;
            }

            var matched = Test(value, sub, test, out var any);
            return any ? matched : whenEmpty;
        };
    }

    private static bool Test(ScimValue value, ScimAttribute? sub, LeafComparison test, out bool any)
    {
        switch (value)
        {
            case ScimArray array:
                any = false;
                foreach (var item in array.AsSpan())
                {
                    if (Test(item, sub, test, out var has))
                    {
                        any = true;
                        return true;
                    }

                    any |= has;
                }

                return false;
            case ScimComplex complex:
                any = false;
                return sub is not null && complex.TryGet(sub.Name, out var part) && Test(part, null, test, out any);
            default:
                any = true;
                return test.Matches(value);
        }
    }

    private Func<T, bool> CompileValuePath(ScimValuePathFilter path)
    {
        var (get, attribute, _) = Bind(path.Path);
        if (attribute is null)
        {
            return static _ => false;
        }

        var inner = new ElementFilterCompiler(attribute).Compile(path.Inner);
        return target => get(target) switch
        {
            null => false,
            ScimArray array => Matches(array, inner),
            var single => inner(single),
        };
    }

    private static bool Matches(ScimArray array, Func<ScimValue, bool> inner)
    {
        foreach (var item in array.AsSpan())
        {
            if (inner(item))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Filters over whole resources.</summary>
internal sealed class ResourceFilterCompiler(ScimResourceType type, bool undefinedMatchesNothing) : FilterCompiler<ScimResource>
{
    protected override Binding Bind(ScimAttributePath path)
    {
        if (!type.TryResolve(path, out var target))
        {
            return undefinedMatchesNothing ? default : throw Undefined(path);
        }

        if (target.Attribute is not { } attribute)
        {
            throw ScimError.InvalidFilter($"{ScimText.Quote(path.ToString())} is a whole extension; the filter must name one of its attributes.").ToException();
        }

        if (attribute.Returned == ScimReturned.Never)
        {
            throw ScimError.InvalidFilter($"{ScimText.Quote(path.ToString())} cannot be filtered by.").ToException();
        }

        if (target.Extension is { } extension)
        {
            var urn = extension.Schema.Id;
            return new Binding(r => (r.Attributes[urn] as ScimComplex)?[attribute.Name], attribute, target.SubAttribute);
        }

        return new Binding(r => r.GetValue(attribute), attribute, target.SubAttribute);
    }
}

/// <summary>Filters over the elements of one multi-valued attribute.</summary>
internal sealed class ElementFilterCompiler(ScimAttribute attribute) : FilterCompiler<ScimValue>
{
    protected override Binding Bind(ScimAttributePath path)
    {
        if (path is not { Schema: null, SubName: null })
        {
            throw Undefined(path);
        }

        if (attribute.Find(path.Name) is { } sub)
        {
            return new Binding(v => (v as ScimComplex)?[sub.Name], sub, null);
        }

        // An element of a simple multi-valued attribute is its own value.
        return attribute.Type != ScimAttributeType.Complex && path.Is("value")
            ? new Binding(v => v, attribute, null)
            : throw Undefined(path);
    }
}
