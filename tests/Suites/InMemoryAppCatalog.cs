using IdLcm.Domain.Connectors;

namespace IdLcm.Suites;

/// <summary>The catalog that holds the connector of <see cref="InMemoryApp"/> and nothing else.</summary>
public sealed class InMemoryAppCatalog : IConnectorCatalog
{
    /// <summary>The connector.</summary>
    public static ConnectorManifest Manifest { get; } = new()
    {
        Id = "memory-desk",
        Version = "1.2.0",
        AppName = "Memory Desk",
        Description = "A help desk that lives in memory.",
        Settings =
        [
            new ConnectorSetting("tenant", "Organization ID", Required: true, "[a-z]{3,20}", null, "Top left of every page."),
            new ConnectorSetting("region", "Region", Required: false, "eu|us", "eu"),
        ],
        Auth = new ConnectorAuth(["password", "accessToken"], ["totp"], ReuseSession: true, TimeSpan.FromHours(8)),
        SettleTime = TimeSpan.Zero,
        Capabilities = new ConnectorCapabilities
        {
            CreateUser = CreateUserMode.Direct,
            SetRoles = SetRolesMode.InPlace,
            UpdateAttributes = ["email", "firstName", "lastName"],
            Deactivate = true,
            Delete = true,
            PendingUsersVisible = true,
        },
        UserSchema = new UserSchema
        {
            Attributes =
            [
                new UserSchemaAttribute("email", "Email", Scim: "userName", Required: true, PrimaryIdentifier: true),
                new UserSchemaAttribute("firstName", "First name", Scim: "name.givenName"),
                new UserSchemaAttribute("lastName", "Last name", Scim: "name.familyName"),
            ],
            Roles = [new RoleOption("Member", "Member"), new RoleOption("Agent", "Agent", Ranking: 10), new RoleOption("Owner", "Owner", Ranking: 20, Exclusive: true)],
        },
        Verbs = new HashSet<ConnectorVerb>
        {
            ConnectorVerb.Login, ConnectorVerb.Validate, ConnectorVerb.ListUsers, ConnectorVerb.GetUser, ConnectorVerb.CreateUser, ConnectorVerb.UpdateUser,
            ConnectorVerb.SetRoles, ConnectorVerb.Deactivate, ConnectorVerb.Reactivate, ConnectorVerb.Delete, ConnectorVerb.ListRoles,
        },
    };

    /// <inheritdoc/>
    public IReadOnlyList<ConnectorManifest> List() => [Manifest];

    /// <inheritdoc/>
    public ConnectorManifest? Find(string id, string? version = null) =>
        id == Manifest.Id && (version is null || version == Manifest.Version) ? Manifest : null;

    /// <inheritdoc/>
    public IReadOnlyList<ConnectorManifest> Versions(string id) => id == Manifest.Id ? [Manifest] : [];

    /// <inheritdoc/>
    public IReadOnlyList<ConnectorChange>? Compare(string id, string from, string to) =>
        id == Manifest.Id && from == Manifest.Version && to == Manifest.Version ? [] : null;

    /// <inheritdoc/>
    public RepairedConnector Repair(string id, string version, LocatorRepair repair) => new(null, "The connector is not a file.");
}
