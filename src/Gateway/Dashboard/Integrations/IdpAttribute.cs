using IdLcm.Domain.Connectors;

namespace IdLcm.Gateway.Dashboard;

/// <summary>An attribute as an identity provider's attribute list wants it.</summary>
/// <param name="Label">What people see.</param>
/// <param name="DataType">The data type.</param>
/// <param name="ExternalName">The SCIM name or path.</param>
/// <param name="Namespace">The schema that it belongs to.</param>
/// <param name="AllowedValues">The values that it may have; empty for any.</param>
/// <param name="Required">True when an account cannot be made without it.</param>
internal sealed record IdpAttribute(string Label, string DataType, string ExternalName, string Namespace, IReadOnlyList<string> AllowedValues, bool Required)
{
    public const string Core = "urn:ietf:params:scim:schemas:core:2.0:User";
    private const string Enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    /// <summary>The attributes of a user schema.</summary>
    public static IReadOnlyList<IdpAttribute> Of(UserSchema schema, string connectorId, bool multipleRoles)
    {
        var attributes = new List<IdpAttribute> { new("User name", "string", "userName", Core, [], Required: true) };
        foreach (var attribute in schema.Attributes.Where(a => a.Scim != "userName"))
        {
            var (name, home) = attribute.Scim switch
            {
                null => (attribute.Name, $"urn:idlcm:params:scim:schemas:extension:{connectorId}:2.0:User"),
                var path when path.StartsWith(Enterprise + ":", StringComparison.OrdinalIgnoreCase) => (path[(Enterprise.Length + 1)..], Enterprise),
                var path when path.StartsWith("urn:", StringComparison.OrdinalIgnoreCase) && path.LastIndexOf(':') is > 0 and var at => (path[(at + 1)..], path[..at]),
                var path => (path, Core),
            };
            attributes.Add(new IdpAttribute(attribute.Label, attribute.MultiValued ? attribute.Type + " array" : attribute.Type, name, home, [], attribute.Required));
        }

        attributes.Add(new IdpAttribute("Active", "boolean", "active", Core, ["true", "false"], Required: true));
        if (schema.Roles.Count > 0)
        {
            attributes.Add(new IdpAttribute(
                multipleRoles ? "Roles" : "Role", multipleRoles ? "string array" : "string", multipleRoles ? "roles" : "roles[primary eq \"True\"].value", Core, [.. schema.Roles.Select(role => role.Value)], Required: false));
        }

        return attributes;
    }
}
