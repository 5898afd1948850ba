using static IdLcm.Domain.Scim.ScimAttributeType;

namespace IdLcm.Domain.Scim;

/// <summary>The schemas of RFC 7643 §4, those that Okta discovers for roles and entitlements, and the gateway's own.</summary>
public static partial class ScimSchemas
{
    /// <summary>The URN of the core user schema.</summary>
    public const string UserUrn = "urn:ietf:params:scim:schemas:core:2.0:User";

    /// <summary>The URN of the enterprise extension.</summary>
    public const string EnterpriseUserUrn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    /// <summary>The URN of the core group schema.</summary>
    public const string GroupUrn = "urn:ietf:params:scim:schemas:core:2.0:Group";

    /// <summary>The URN by which Okta recognizes a resource type of roles.</summary>
    public const string RoleUrn = "urn:okta:scim:schemas:core:1.0:Role";

    /// <summary>The URN by which Okta recognizes a resource type of entitlements.</summary>
    public const string EntitlementUrn = "urn:okta:scim:schemas:core:1.0:Entitlement";

    /// <summary>The URN of the gateway's read-only extension on users.</summary>
    public const string ProvisioningUrn = "urn:idlcm:params:scim:schemas:extension:provisioning:1.0:User";

    /// <summary>The URN under which the service provider configuration tells what the integration's app can do.</summary>
    public const string ConnectorUrn = "urn:idlcm:params:scim:schemas:extension:connector:1.0:ServiceProviderConfig";

    /// <summary>The common attributes of every resource (RFC 7643 §3.1) and <c>schemas</c>.</summary>
    public static IReadOnlyList<ScimAttribute> Common { get; } =
    [
        new("schemas") { Type = Reference, MultiValued = true, CaseExact = true, Required = true, Returned = ScimReturned.Always, ReferenceTypes = ["uri"] },
        new("id") { CaseExact = true, Mutability = ScimMutability.ReadOnly, Returned = ScimReturned.Always, Uniqueness = ScimUniqueness.Server },
        new("externalId") { CaseExact = true },
        new("meta")
        {
            Type = Complex,
            Mutability = ScimMutability.ReadOnly,
            SubAttributes =
            [
                new("resourceType") { CaseExact = true, Mutability = ScimMutability.ReadOnly },
                new("created") { Type = ScimAttributeType.DateTime, Mutability = ScimMutability.ReadOnly },
                new("lastModified") { Type = ScimAttributeType.DateTime, Mutability = ScimMutability.ReadOnly },
                new("location") { Type = Reference, CaseExact = true, Mutability = ScimMutability.ReadOnly },
                new("version") { CaseExact = true, Mutability = ScimMutability.ReadOnly },
            ],
        },
    ];

    /// <summary>The core user (RFC 7643 §4.1).</summary>
    public static ScimSchema User { get; } = BuildUser();

    /// <summary>The enterprise extension (RFC 7643 §4.3).</summary>
    public static ScimSchema EnterpriseUser { get; } = BuildEnterpriseUser();

    /// <summary>The core group (RFC 7643 §4.2).</summary>
    public static ScimSchema Group { get; } = BuildGroup();

    /// <summary>A role that a user may hold, in the shape that Okta discovers.</summary>
    public static ScimSchema Role { get; } = BuildGrant(RoleUrn, "Role", "A role that a user may hold");

    /// <summary>An entitlement that a user may hold, in the shape that Okta discovers.</summary>
    public static ScimSchema Entitlement { get; } = BuildGrant(EntitlementUrn, "Entitlement", "An entitlement that a user may hold");

    /// <summary>What the gateway knows of a user's account; read-only, and sent only if asked for.</summary>
    public static ScimSchema Provisioning { get; } = BuildProvisioning();

    /// <summary>Users with the enterprise extension.</summary>
    public static ScimResourceType UserType { get; } =
        new("User", "/Users", User, new ScimSchemaExtension(EnterpriseUser)) { Description = "User account" };

    /// <summary>Groups.</summary>
    public static ScimResourceType GroupType { get; } = new("Group", "/Groups", Group) { Description = "Group" };

    /// <summary>Roles.</summary>
    public static ScimResourceType RoleType { get; } = new("Role", "/Roles", Role) { Description = "Role" };

    /// <summary>Entitlements.</summary>
    public static ScimResourceType EntitlementType { get; } =
        new("Entitlement", "/Entitlements", Entitlement) { Description = "Entitlement" };

    internal static ScimAttribute? FindCommon(string name)
    {
        foreach (var attribute in Common)
        {
            if (string.Equals(attribute.Name, name, StringComparison.OrdinalIgnoreCase))
            {
                return attribute;
            }
        }

        return null;
    }

    private static ScimSchema BuildGrant(string urn, string name, string description) => new(urn, name, description,
    [
        new("displayName") { Required = true, Mutability = ScimMutability.ReadOnly, Description = "The name that people see" },
        new("type") { Mutability = ScimMutability.ReadOnly, Description = "The name of the resource type" },
        new("description") { Mutability = ScimMutability.ReadOnly, Description = "What it grants; at most 1000 characters" },
    ]);

    private static ScimSchema BuildProvisioning()
    {
        static ScimAttribute Part(string name, string description, ScimAttributeType type = ScimAttributeType.String) => new(name)
        {
            Type = type,
            CaseExact = true,
            Mutability = ScimMutability.ReadOnly,
            Description = description,
        };

        return new(ProvisioningUrn, "Provisioning", "What the gateway knows of the account in the app",
        [
            new("state") { CaseExact = true, Mutability = ScimMutability.ReadOnly, Returned = ScimReturned.Request, Description = "The provisioning state" },
            new("userNameInApp") { CaseExact = true, Mutability = ScimMutability.ReadOnly, Returned = ScimReturned.Request, Description = "The user name in the app, as last seen" },
            new("lastOperation")
            {
                Type = Complex,
                Mutability = ScimMutability.ReadOnly,
                Returned = ScimReturned.Request,
                Description = "The operation that last concerned the account",
                SubAttributes =
                [
                    Part("id", "The operation's id"),
                    Part("status", "The operation's status"),
                    Part("failureCode", "Why it failed, if it did"),
                    Part("time", "When it last changed", ScimAttributeType.DateTime),
                ],
            },
        ]);
    }
}
