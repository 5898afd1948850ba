using static IdLcm.Domain.Scim.ScimAttributeType;

namespace IdLcm.Domain.Scim;

public static partial class ScimSchemas
{
    private static ScimSchema BuildUser() => new(UserUrn, "User", "User account",
    [
        new("userName") { Required = true, Uniqueness = ScimUniqueness.Server, Description = "Identifier with which the user signs in; unique without regard to case" },
        new("name")
        {
            Type = Complex,
            Description = "The parts of the user's name",
            SubAttributes =
            [
                Text("formatted", "The full name, for display"),
                Text("familyName", "The family name"),
                Text("givenName", "The given name"),
                Text("middleName", "The middle names"),
                Text("honorificPrefix", "The title before the name"),
                Text("honorificSuffix", "The suffix after the name"),
            ],
        },
        Text("displayName", "The name shown to people"),
        Text("nickName", "The casual name"),
        new("profileUrl") { Type = Reference, CaseExact = true, ReferenceTypes = ["external"], Description = "Page that stands for the user" },
        Text("title", "The job title"),
        Text("userType", "The relation to the organization"),
        Text("preferredLanguage", "The preferred language, as in Accept-Language"),
        Text("locale", "The locale for dates, numbers and currency"),
        Text("timezone", "The IANA time zone"),
        new("active") { Type = ScimAttributeType.Boolean, Description = "Whether the account may be used; true where nothing else is said" },
        new("password") { Mutability = ScimMutability.WriteOnly, Returned = ScimReturned.Never, CaseExact = true, Description = "Taken and not kept" },
        Plural("emails", "E-mail addresses", ["work", "home", "other"]),
        Plural("phoneNumbers", "Telephone numbers", ["work", "home", "mobile", "fax", "pager", "other"]),
        Plural("ims", "Instant messaging addresses", ["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
        Plural("photos", "Pictures of the user", ["photo", "thumbnail"],
            new ScimAttribute("value") { Type = Reference, CaseExact = true, ReferenceTypes = ["external"], Description = "The picture's address" }),
        new("addresses")
        {
            Type = Complex,
            MultiValued = true,
            Description = "Postal addresses",
            SubAttributes =
            [
                Text("formatted", "The whole address, for a label"),
                Text("streetAddress", "Street and number"),
                Text("locality", "The city"),
                Text("region", "The state or region"),
                Text("postalCode", "The postal code"),
                Text("country", "The country, ISO 3166-1 alpha-2"),
                Label(["work", "home", "other"]),
                Preferred(),
            ],
        },
        new("groups")
        {
            Type = Complex,
            MultiValued = true,
            Mutability = ScimMutability.ReadOnly,
            Description = "Groups to which the user belongs; changed through the groups",
            SubAttributes =
            [
                new("value") { CaseExact = true, Mutability = ScimMutability.ReadOnly, Description = "The group's id" },
                new("$ref") { Type = Reference, CaseExact = true, Mutability = ScimMutability.ReadOnly, ReferenceTypes = ["User", "Group"], Description = "The group's address" },
                new("display") { Mutability = ScimMutability.ReadOnly, Description = "The group's name" },
                new("type") { Mutability = ScimMutability.ReadOnly, CanonicalValues = ["direct", "indirect"], Description = "How the user belongs" },
            ],
        },
        Plural("entitlements", "Things that the user has", []),
        Plural("roles", "Roles of the user", []),
        Plural("x509Certificates", "Certificates of the user", [],
            new ScimAttribute("value") { Type = Binary, CaseExact = true, Description = "The certificate, DER in base64" }),
    ]);

    private static ScimSchema BuildEnterpriseUser() => new(EnterpriseUserUrn, "EnterpriseUser", "Attributes of people in organizations",
    [
        Text("employeeNumber", "The number by which the organization knows the person"),
        Text("costCenter", "The cost centre"),
        Text("organization", "The organization"),
        Text("division", "The division"),
        Text("department", "The department"),
        new("manager")
        {
            Type = Complex,
            Description = "The user's manager",
            SubAttributes =
            [
                new("value") { CaseExact = true, Description = "The manager's id" },
                new("$ref") { Type = Reference, CaseExact = true, ReferenceTypes = ["User"], Description = "The manager's address" },
                new("displayName") { Mutability = ScimMutability.ReadOnly, Description = "The manager's name" },
            ],
        },
    ]);

    private static ScimSchema BuildGroup() => new(GroupUrn, "Group", "Group",
    [
        new("displayName") { Required = true, Description = "The name shown to people" },
        new("members")
        {
            Type = Complex,
            MultiValued = true,
            Description = "The members",
            SubAttributes =
            [
                new("value") { Required = true, CaseExact = true, Mutability = ScimMutability.Immutable, Description = "The member's id" },
                new("$ref") { Type = Reference, CaseExact = true, Mutability = ScimMutability.Immutable, ReferenceTypes = ["User", "Group"], Description = "The member's address" },
                new("type") { Mutability = ScimMutability.Immutable, CanonicalValues = ["User", "Group"], Description = "The member's resource type" },
                new("display") { Mutability = ScimMutability.Immutable, AddedOnRequest = true, Description = "The member's name; asked for by its path, because it is looked up for each member" },
            ],
        },
    ]);

    private static ScimAttribute Text(string name, string description) => new(name) { Description = description };

    private static ScimAttribute Label(IReadOnlyList<string> labels) =>
        new("type") { CanonicalValues = labels, Description = "What the value is for" };

    private static ScimAttribute Preferred() =>
        new("primary") { Type = ScimAttributeType.Boolean, Description = "Whether it is the preferred one; true for one value at most" };

    private static ScimAttribute Plural(string name, string description, IReadOnlyList<string> labels, ScimAttribute? value = null) => new(name)
    {
        Type = Complex,
        MultiValued = true,
        Description = description,
        SubAttributes =
        [
            value ?? Text("value", "The value itself"),
            Text("display", "The value, for display"),
            Label(labels),
            Preferred(),
        ],
    };
}
