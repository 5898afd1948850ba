using System.Text.Json.Nodes;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Sync;

/// <summary>Makes SCIM attributes of what an app shows of an account, so that identity providers can import it.</summary>
internal static class ImportedUser
{
    /// <summary>Reads an account out of a row of the app's list.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="row">The row, by the names of the user schema.</param>
    /// <param name="seenAt">When it was read.</param>
    /// <returns>The account, or null where the row does not name one.</returns>
    public static ObservedAccount? Observe(IntegrationProfile profile, JsonObject row, DateTimeOffset seenAt)
    {
        var identifier = AttributeValues.Text(row[profile.PrimaryIdentifier.Name]);
        if (string.IsNullOrWhiteSpace(identifier))
        {
            return null;
        }

        // A verb's rows are its caller's own.
        var attributes = row;
        attributes.Remove(Seats.UsedField);
        attributes.Remove(Seats.TotalField);
        return new ObservedAccount
        {
            Identifier = identifier.Trim(),
            Status = AttributeValues.Text(row["status"]) ?? "active",
            Attributes = attributes,
            SeenAt = seenAt,
        };
    }

    /// <summary>The account as a SCIM resource.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="seen">The account.</param>
    /// <returns>The resource, conforming to the integration's user type.</returns>
    public static ScimResource Resource(IntegrationProfile profile, ObservedAccount seen)
    {
        var resource = new ScimResource(profile.UserType, ScimComplex.Empty)
            .With("userName", new ScimString(seen.Identifier))
            .With("active", seen.Active ? ScimBoolean.True : ScimBoolean.False);
        foreach (var attribute in profile.Schema.Attributes)
        {
            var path = attribute.Scim ?? $"{UserResourceTypes.ExtensionUrn(profile.Manifest.Id)}:{attribute.Name}";
            if (path != "userName" && AttributeValues.Text(seen.Attributes[attribute.Name]) is { Length: > 0 } text)
            {
                resource = Set(resource, path, new ScimString(text.Trim()));
            }
        }

        if (seen.Roles.Count > 0)
        {
            resource = resource.With("roles", new ScimArray([.. seen.Roles.Select(role => (ScimValue)new ScimComplex(new ScimMember("value", role), new ScimMember("display", role)))]));
        }

        // Identity providers find the resource type of an entitlement by its type.
        if (seen.Entitlements.Count > 0 && profile.Schema.EntitlementTypes.Count > 0)
        {
            resource = resource.With("entitlements", new ScimArray([.. seen.Entitlements.Select(value => (ScimValue)new ScimComplex(
                new ScimMember("value", value), new ScimMember("display", value), new ScimMember("type", ScimSchemas.EntitlementType.Name)))]));
        }

        return resource;
    }

    /// <summary>A value that the app shows but SCIM's types do not allow is left out rather than made up.</summary>
    private static ScimResource Set(ScimResource resource, string path, ScimValue value)
    {
        try
        {
            var add = new ScimPatchOperation(ScimPatchVerb.Add, ScimPath.Parse(path), value);
            return ScimPatch.Apply(resource, new ScimPatchRequest([add])).Resource;
        }
        catch (ScimException)
        {
            return resource;
        }
    }
}
