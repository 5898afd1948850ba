using IdLcm.Domain.Connectors;
using IdLcm.Domain.Scim;

namespace IdLcm.Domain.Users;

/// <summary>Builds the SCIM User resource type of an integration: core, enterprise and the app's own attributes.</summary>
public static class UserResourceTypes
{
    /// <summary>The URN of the extension that holds an app's own attributes.</summary>
    /// <param name="connectorId">The connector.</param>
    /// <returns>The URN.</returns>
    public static string ExtensionUrn(string connectorId) => $"urn:idlcm:params:scim:schemas:extension:{connectorId}:2.0:User";

    /// <summary>Builds the type.</summary>
    /// <param name="manifest">The connector.</param>
    /// <param name="schema">The user schema in force.</param>
    /// <returns>The type.</returns>
    public static ScimResourceType Build(ConnectorManifest manifest, UserSchema schema)
    {
        var type = new ScimResourceType("User", ScimSchemas.UserType.Endpoint, CoreOf(schema), [.. ScimSchemas.UserType.Extensions, new ScimSchemaExtension(ScimSchemas.Provisioning)])
        {
            Description = $"A person's account in {manifest.AppName}",
        };
        var own = schema.Attributes.Where(attribute => attribute.Scim is null).ToList();
        if (own.Count == 0)
        {
            return type;
        }

        var builder = new ScimSchemaBuilder(ExtensionUrn(manifest.Id), $"{manifest.AppName} user", $"Attributes that people have in {manifest.AppName} only");
        foreach (var attribute in own)
        {
            builder.Add(new ScimAttribute(attribute.Name)
            {
                Type = attribute.Type switch
                {
                    "boolean" => ScimAttributeType.Boolean,
                    "integer" => ScimAttributeType.Integer,
                    "decimal" => ScimAttributeType.Decimal,
                    "dateTime" => ScimAttributeType.DateTime,
                    "reference" => ScimAttributeType.Reference,
                    _ => ScimAttributeType.String,
                },
                MultiValued = attribute.MultiValued,
                Required = attribute.Required,
                Returned = attribute.Returned switch
                {
                    "always" => ScimReturned.Always,
                    "never" => ScimReturned.Never,
                    "request" => ScimReturned.Request,
                    _ => ScimReturned.Default,
                },
                Description = attribute.Label,
            });
        }

        return type.WithExtension(builder.Build());
    }

    /// <summary>The core schema, with the roles that the app has.</summary>
    private static ScimSchema CoreOf(UserSchema schema)
    {
        if (schema.Roles.Count == 0)
        {
            return ScimSchemas.User;
        }

        return new ScimSchema(ScimSchemas.User.Id, ScimSchemas.User.Name, ScimSchemas.User.Description, ScimSchemas.User.Attributes.Select(attribute =>
            attribute.Name != "roles" ? attribute : new ScimAttribute(attribute.Name)
            {
                Type = attribute.Type,
                MultiValued = attribute.MultiValued,
                Description = attribute.Description,
                SubAttributes = [.. attribute.SubAttributes.Select(sub => sub.Name != "value" ? sub : new ScimAttribute(sub.Name)
                {
                    Description = sub.Description,
                    CanonicalValues = [.. schema.Roles.Select(role => role.Value)],
                })],
            }));
    }
}
