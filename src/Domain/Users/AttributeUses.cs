using IdLcm.Domain.Connectors;
using IdLcm.Domain.Scim;

namespace IdLcm.Domain.Users;

/// <summary>How an app uses the attributes that SCIM defines: what the user schema says of them becomes part of their definition.</summary>
internal sealed class AttributeUses
{
    private const string Roles = "roles";

    private readonly List<Use> uses;
    private readonly IReadOnlyList<string> roles;

    private AttributeUses(List<Use> uses, IReadOnlyList<string> roles)
    {
        this.uses = uses;
        this.roles = roles;
    }

    public static AttributeUses Of(UserSchema schema)
    {
        var uses = new List<Use>();
        foreach (var own in schema.Attributes)
        {
            if (own.Scim is not { } text || !TryParse(text, out var path) || !ScimSchemas.UserType.TryResolve(path!.Attribute, out var target) || target.Attribute is not { } attribute)
            {
                continue;
            }

            uses.Add(new Use(attribute, target.SubAttribute ?? (path.SubName is { } sub ? attribute.Find(sub) : null), IsPart: path.Filter is not null, own));
        }

        return new AttributeUses(uses, [.. schema.Roles.Select(role => role.Value)]);
    }

    public static ScimReturned ReturnedOf(UserSchemaAttribute own) => own.Returned switch
    {
        "always" => ScimReturned.Always,
        "never" => ScimReturned.Never,
        "request" => ScimReturned.Request,
        _ => ScimReturned.Default,
    };

    /// <summary>The schema as the app uses it; the same where it says nothing of it.</summary>
    public ScimSchema Adapt(ScimSchema schema)
    {
        var attributes = schema.Attributes.Select(Adapt).ToList();
        return attributes.SequenceEqual(schema.Attributes) ? schema : new ScimSchema(schema.Id, schema.Name, schema.Description, attributes);
    }

    private ScimAttribute Adapt(ScimAttribute attribute)
    {
        var own = uses.Where(use => use.Attribute == attribute).ToList();
        var hasOptions = attribute.Name == Roles && roles.Count > 0;
        if (own.Count == 0 && !hasOptions)
        {
            return attribute;
        }

        var parts = attribute.SubAttributes.Select(sub => Part(sub, [.. own.Where(use => use.Sub == sub)], hasOptions)).ToList();
        return Adapted(attribute, own, [.. own.Where(use => use.Sub is null)], attribute.CanonicalValues, parts);
    }

    private ScimAttribute Part(ScimAttribute sub, List<Use> own, bool hasOptions)
    {
        var options = hasOptions && sub.Name == "value" ? roles : sub.CanonicalValues;
        return own.Count == 0 && options == sub.CanonicalValues ? sub : Adapted(sub, own, own, options, sub.SubAttributes);
    }

    private static ScimAttribute Adapted(
        ScimAttribute attribute, List<Use> own, List<Use> whole, IReadOnlyList<string> canonicalValues, IReadOnlyList<ScimAttribute> parts)
    {
        // What is said of one kind of value, such as the work address, is not said of the others.
        var returned = whole.FirstOrDefault(use => !use.IsPart && use.Own.Returned != "default") is { } use ? ReturnedOf(use.Own) : attribute.Returned;
        var classification = whole.Select(use => use.Own.DataClassification).Order(StringComparer.Ordinal).FirstOrDefault();
        return attribute.As(own.Exists(use => use.Own.Required && !use.IsPart), classification, returned, canonicalValues, parts);
    }

    private static bool TryParse(string text, out ScimPath? path)
    {
        try
        {
            path = ScimPath.Known(text);
            return true;
        }
        catch (ScimException)
        {
            path = null;
            return false;
        }
    }

    private sealed record Use(ScimAttribute Attribute, ScimAttribute? Sub, bool IsPart, UserSchemaAttribute Own);
}
