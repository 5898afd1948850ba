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
        var uses = AttributeUses.Of(schema);
        var extensions = ScimSchemas.UserType.Extensions.Select(e => e with { Schema = uses.Adapt(e.Schema) });
        var type = new ScimResourceType("User", ScimSchemas.UserType.Endpoint, uses.Adapt(ScimSchemas.User), [.. extensions, new ScimSchemaExtension(ScimSchemas.Provisioning)])
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
                RequiredByApp = attribute.Required,
                DataClassification = attribute.DataClassification,
                Returned = AttributeUses.ReturnedOf(attribute),
                Description = attribute.Label,
            });
        }

        return type.WithExtension(builder.Build());
    }
}
