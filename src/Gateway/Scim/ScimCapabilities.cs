using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Scim;

namespace IdLcm.Gateway.Scim;

/// <summary>The service provider configuration of an integration: what the protocol does here, and what its app can do.</summary>
internal static class ScimCapabilities
{
    private static readonly ScimServiceProviderConfig Common = new()
    {
        Bulk = true,
        Sort = true,
        CursorPagination = true,
        AsyncRequest = "request",
    };

    private static readonly ScimAuthenticationScheme Basic = new(
        "httpbasic", "HTTP Basic", "A user name that the integration lists, with a gateway token as password", new Uri("https://www.rfc-editor.org/rfc/rfc7617"));

    private static readonly ScimAuthenticationScheme Entra = new(
        "oauthbearertoken", "Microsoft Entra ID", "A token that Entra ID signs for its provisioning service, of a tenant that the integration lists", new Uri("https://www.rfc-editor.org/rfc/rfc7519"));

    public static ScimServiceProviderConfig Of(IntegrationProfile profile) => Common with
    {
        AuthenticationSchemes =
        [
            .. Common.AuthenticationSchemes,
            .. profile.Integration.EntraTenants.Count > 0 ? [Entra] : Array.Empty<ScimAuthenticationScheme>(),
            .. profile.Integration.BasicUserNames.Count > 0 ? [Basic] : Array.Empty<ScimAuthenticationScheme>(),
        ],
        Extension = new ScimMember(ScimSchemas.ConnectorUrn, Describe(profile.Manifest)),
    };

    private static ScimComplex Describe(ConnectorManifest manifest)
    {
        var can = manifest.Capabilities;
        return new ScimComplex(
            new ScimMember("app", manifest.AppName),
            new ScimMember("connector", manifest.Id),
            new ScimMember("version", manifest.Version),
            new ScimMember("createUser", can.CreateUser switch
            {
                CreateUserMode.InviteEmail => "invite-email",
                CreateUserMode.InviteLink => "invite-link",
                CreateUserMode.Direct => "direct",
                CreateUserMode.Jit => "jit",
                _ => "none",
            }),
            new ScimMember("updateAttributes", new ScimArray([.. can.UpdateAttributes.Select(name => (ScimValue)new ScimString(name))])),
            new ScimMember("setRoles", can.SetRoles switch
            {
                SetRolesMode.InPlace => "in-place",
                SetRolesMode.Recreate => "recreate",
                _ => "none",
            }),
            new ScimMember("multipleRoles", Flag(can.MultipleRoles)),
            new ScimMember("setEntitlements", Flag(can.SetEntitlements)),
            new ScimMember("deactivate", Flag(can.Deactivate)),
            new ScimMember("delete", Flag(can.Delete)),
            new ScimMember("pendingUsersVisible", Flag(can.PendingUsersVisible)));
    }

    private static ScimBoolean Flag(bool value) => value ? ScimBoolean.True : ScimBoolean.False;
}
