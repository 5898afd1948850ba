using System.Collections.Frozen;

namespace IdLcm.Domain.Scim;

// The names are those of RFC 7643 §2.3.
#pragma warning disable CA1720
/// <summary>The data types of RFC 7643 §2.3.</summary>
public enum ScimAttributeType
{
    /// <summary>Text.</summary>
    String,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A real number.</summary>
    Decimal,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>An instant, as xsd:dateTime.</summary>
    DateTime,

    /// <summary>A URI.</summary>
    Reference,

    /// <summary>Base64 text.</summary>
    Binary,

    /// <summary>A set of sub-attributes.</summary>
    Complex,
}
#pragma warning restore CA1720

/// <summary>When an attribute may be written (RFC 7643 §2.2, §7).</summary>
public enum ScimMutability
{
    /// <summary>At any time.</summary>
    ReadWrite,

    /// <summary>Never by a client.</summary>
    ReadOnly,

    /// <summary>Once.</summary>
    Immutable,

    /// <summary>At any time, and never read back.</summary>
    WriteOnly,
}

/// <summary>When an attribute is part of an answer (RFC 7643 §7).</summary>
public enum ScimReturned
{
    /// <summary>Unless the client narrows the answer.</summary>
    Default,

    /// <summary>In every answer.</summary>
    Always,

    /// <summary>In no answer.</summary>
    Never,

    /// <summary>Only if asked for.</summary>
    Request,
}

/// <summary>How far a value is unique (RFC 7643 §7).</summary>
public enum ScimUniqueness
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Within the endpoint.</summary>
    Server,

    /// <summary>Everywhere.</summary>
    Global,
}

/// <summary>The definition of one attribute (RFC 7643 §7).</summary>
public sealed class ScimAttribute
{
    private readonly FrozenDictionary<string, ScimAttribute>? byName;
    private readonly IReadOnlyList<ScimAttribute> subAttributes = [];

    /// <summary>A definition with the given name.</summary>
    /// <param name="name">The name, in the spelling that answers use.</param>
    public ScimAttribute(string name) => Path = Name = name ?? throw new ArgumentNullException(nameof(name));

    /// <summary>The name, in the spelling that answers use.</summary>
    public string Name { get; }

    /// <summary>The data type.</summary>
    public ScimAttributeType Type { get; init; }

    /// <summary>Whether there may be several values.</summary>
    public bool MultiValued { get; init; }

    /// <summary>Whether there must be a value.</summary>
    public bool Required { get; init; }

    /// <summary>
    /// Whether the app needs a value, though the protocol does not: discovery says <c>required</c>, and whoever writes a user
    /// is told in the app's own words.
    /// </summary>
    public bool RequiredByApp { get; init; }

    /// <summary>How its values are treated, as discovery tells it: <c>plain</c>, <c>encrypted</c>; null where nothing is told.</summary>
    public string? DataClassification { get; init; }

    /// <summary>Whether case counts when values are compared.</summary>
    public bool CaseExact { get; init; }

    /// <summary>When it may be written.</summary>
    public ScimMutability Mutability { get; init; }

    /// <summary>When it is part of an answer.</summary>
    public ScimReturned Returned { get; init; }

    /// <summary>
    /// Whether the server looks it up and adds it only where its own path is asked for: discovery says <c>returned</c> is
    /// <c>request</c>, and answers without it need not be looked through for it.
    /// </summary>
    public bool AddedOnRequest { get; init; }

    /// <summary>How far a value is unique.</summary>
    public ScimUniqueness Uniqueness { get; init; }

    /// <summary>Values that a client may expect; others are taken too (RFC 7643 §7).</summary>
    public IReadOnlyList<string> CanonicalValues { get; init; } = [];

    /// <summary>For a reference: the resource types it may point to, <c>uri</c> or <c>external</c>.</summary>
    public IReadOnlyList<string> ReferenceTypes { get; init; } = [];

    /// <summary>What it means, for people.</summary>
    public string Description { get; init; } = string.Empty;

    /// <summary>The parts of a complex attribute.</summary>
    public IReadOnlyList<ScimAttribute> SubAttributes
    {
        get => subAttributes;
        init
        {
            subAttributes = value ?? throw new ArgumentNullException(nameof(value));
            byName = value.ToFrozenDictionary(a => a.Name, StringComparer.OrdinalIgnoreCase);
            Value = Find("value");
            Primary = Find("primary");
            TypeLabel = Find("type");
            // A value beside a $ref points to another resource: its parts belong together and are never merged.
            IsResourceReference = Value is not null && byName.ContainsKey("$ref");
            RequiresSubAttributes = value.Any(a => a.Required);
            NarrowsSubAttributes = value.Any(a => a.Returned is ScimReturned.Never or ScimReturned.Request);
            NameParts();
        }
    }

    /// <summary>The sub-attribute of that name in any case, or null.</summary>
    /// <param name="name">The name.</param>
    public ScimAttribute? Find(string name) => byName is not null && byName.TryGetValue(name, out var found) ? found : null;

    /// <summary>The attribute as one app uses it.</summary>
    /// <param name="requiredByApp">Whether the app needs a value.</param>
    /// <param name="dataClassification">How its values are treated, or null.</param>
    /// <param name="returned">When it is part of an answer.</param>
    /// <param name="canonicalValues">Values that a client may expect.</param>
    /// <param name="subAttributes">The parts of a complex attribute.</param>
    /// <returns>The attribute.</returns>
    internal ScimAttribute As(
        bool requiredByApp, string? dataClassification, ScimReturned returned, IReadOnlyList<string> canonicalValues, IReadOnlyList<ScimAttribute> subAttributes) =>
        new(Name)
        {
            Type = Type,
            MultiValued = MultiValued,
            Required = Required,
            RequiredByApp = requiredByApp,
            DataClassification = dataClassification,
            CaseExact = CaseExact,
            Mutability = Mutability,
            Returned = returned,
            AddedOnRequest = AddedOnRequest,
            Uniqueness = Uniqueness,
            CanonicalValues = canonicalValues,
            ReferenceTypes = ReferenceTypes,
            Description = Description,
            SubAttributes = subAttributes,
        };

    /// <summary>The name, for diagnostics.</summary>
    public override string ToString() => Name;

    /// <summary>How errors name it: a part with the attribute that it is of, and one of an extension with the URN.</summary>
    internal string Path { get; private set; }

    internal void BelongTo(string extensionUrn)
    {
        Path = $"{extensionUrn}:{Name}";
        NameParts();
    }

    private void NameParts()
    {
        foreach (var part in subAttributes)
        {
            part.Path = $"{Path}.{part.Name}";
        }
    }

    internal ScimAttribute? Value { get; private init; }

    internal ScimAttribute? Primary { get; private init; }

    internal ScimAttribute? TypeLabel { get; private init; }

    internal bool IsResourceReference { get; private init; }

    internal bool NarrowsSubAttributes { get; private init; }

    internal bool RequiresSubAttributes { get; private init; }

    internal bool IsText => Type is ScimAttributeType.String or ScimAttributeType.Reference or ScimAttributeType.Binary;

    internal StringComparison Comparison => CaseExact ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;

    internal StringComparer Comparer => CaseExact ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;
}
