using System.Text.Json.Serialization;

namespace IdLcm.Domain.Connectors;

/// <summary>
/// What a connector says about itself: everything that the gateway, the dashboard and SCIM discovery need, without
/// the steps. It is honest: what is not declared is not promised.
/// </summary>
public sealed record ConnectorManifest
{
    /// <summary>The connector's id, for example <c>acme-crm</c>: lower-case letters, digits and '-'.</summary>
    public required string Id { get; init; }

    /// <summary>Its semantic version; immutable once published.</summary>
    public required string Version { get; init; }

    /// <summary>The app's name as people know it.</summary>
    public required string AppName { get; init; }

    /// <summary>One or two sentences about the app and the connector.</summary>
    public string Description { get; init; } = "";

    /// <summary>Settings an integration must or may give, in the order to show them.</summary>
    public IReadOnlyList<ConnectorSetting> Settings { get; init; } = [];

    /// <summary>How the service account signs in.</summary>
    public required ConnectorAuth Auth { get; init; }

    /// <summary>What the app demands of a new password.</summary>
    public PasswordRules PasswordRules { get; init; } = new();

    /// <summary>Where people sign in, for the launch extension; null where it cannot be used.</summary>
    public LaunchPage? Launch { get; init; }

    /// <summary>How many jobs one service account bears at a time, at least 1.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>How long the app may take until a write is visible to a read: waited before an unknown outcome is settled.</summary>
    public TimeSpan SettleTime { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>What the app can do.</summary>
    public required ConnectorCapabilities Capabilities { get; init; }

    /// <summary>The user attributes, roles and entitlement types of the app.</summary>
    public UserSchema UserSchema { get; init; } = new();

    /// <summary>The verbs that the connector implements.</summary>
    public IReadOnlySet<ConnectorVerb> Verbs { get; init; } = new HashSet<ConnectorVerb>();

    /// <summary>The inputs that each verb declares, by the names of the user schema; what is not among them the verb does not write.</summary>
    public IReadOnlyDictionary<ConnectorVerb, IReadOnlyList<string>> Inputs { get; init; } =
        new Dictionary<ConnectorVerb, IReadOnlyList<string>>();

    /// <summary>Whether a verb gives and takes one by one, rather than saving the whole set at once.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="input">The input that only such a verb declares: <c>addedRoles</c> or <c>addedEntitlements</c>.</param>
    /// <returns>True when it declares the input.</returns>
    public bool IsPiecemeal(ConnectorVerb verb, string input) => Inputs.GetValueOrDefault(verb)?.Contains(input) == true;
}

/// <summary>A setting of an integration that the connector asks for.</summary>
/// <param name="Name">The name in placeholders, for example <c>tenant</c>.</param>
/// <param name="Label">What a form shows, for example <c>Organization ID</c>.</param>
/// <param name="Required">True when it must be given.</param>
/// <param name="Pattern">A regular expression that the whole value must match, or null.</param>
/// <param name="Default">The value used where none is given, or null.</param>
/// <param name="Description">What it is and where in the app to find it.</param>
public sealed record ConnectorSetting(string Name, string Label, bool Required, string? Pattern, string? Default, string Description = "");

/// <summary>How the service account signs in.</summary>
/// <param name="Methods">The offered methods: <c>password</c>, <c>accessToken</c>, <c>sso</c>.</param>
/// <param name="Mfa">The second factors that the connector can answer: <c>totp</c>.</param>
/// <param name="ReuseSession">True when a signed-in session is kept between jobs.</param>
/// <param name="SessionMaxAge">How old a kept session may grow.</param>
public sealed record ConnectorAuth(IReadOnlyList<string> Methods, IReadOnlyList<string> Mfa, bool ReuseSession, TimeSpan SessionMaxAge);

/// <summary>How accounts come into being in the app.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CreateUserMode>))]
public enum CreateUserMode
{
    /// <summary>The connector cannot create accounts.</summary>
    None,

    /// <summary>The app sends its own invitation e-mail; making the account is the invite.</summary>
    InviteEmail,

    /// <summary>The app gives a link that must be handed to the person.</summary>
    InviteLink,

    /// <summary>The account exists at once.</summary>
    Direct,

    /// <summary>The app makes the account when the person first signs in.</summary>
    Jit,
}

/// <summary>How roles of an existing account change.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SetRolesMode>))]
public enum SetRolesMode
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>In place.</summary>
    InPlace,

    /// <summary>Only by removing the account and making it again; needs approval.</summary>
    Recreate,
}

/// <summary>What the app can do, as the connector declares it.</summary>
public sealed record ConnectorCapabilities
{
    /// <summary>How accounts come into being.</summary>
    public CreateUserMode CreateUser { get; init; }

    /// <summary>How roles change.</summary>
    public SetRolesMode SetRoles { get; init; }

    /// <summary>True when one account may have several roles.</summary>
    public bool MultipleRoles { get; init; }

    /// <summary>The user attributes that updateUser can change, by the names of the user schema; empty when it cannot.</summary>
    public IReadOnlyList<string> UpdateAttributes { get; init; } = [];

    /// <summary>True when an account can be deactivated and reactivated with its data kept.</summary>
    public bool Deactivate { get; init; }

    /// <summary>True when an account can be deleted.</summary>
    public bool Delete { get; init; }

    /// <summary>True when the app's list shows people who have not accepted their invitation yet.</summary>
    public bool PendingUsersVisible { get; init; }

    /// <summary>True when single entitlements can be granted and revoked.</summary>
    public bool SetEntitlements { get; init; }

    /// <summary>True when a pending invitation can be sent again.</summary>
    public bool ResendInvite { get; init; }
}

/// <summary>The things a connector can do; each is one entry under <c>operations:</c> of its YAML.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConnectorVerb>))]
public enum ConnectorVerb
{
    /// <summary>Signs the service account in.</summary>
    Login,

    /// <summary>Tells whether the session is still signed in.</summary>
    Probe,

    /// <summary>Signs out.</summary>
    Logout,

    /// <summary>Checks permissions and the business ID.</summary>
    Validate,

    /// <summary>Reads every account.</summary>
    ListUsers,

    /// <summary>Reads one account by its primary identifier; no row when there is none.</summary>
    GetUser,

    /// <summary>Makes an account.</summary>
    CreateUser,

    /// <summary>Changes attributes of an account.</summary>
    UpdateUser,

    /// <summary>Sets the roles of an account.</summary>
    SetRoles,

    /// <summary>Sets the entitlements of an account.</summary>
    SetEntitlements,

    /// <summary>Deactivates an account.</summary>
    Deactivate,

    /// <summary>Reactivates an account.</summary>
    Reactivate,

    /// <summary>Deletes an account.</summary>
    Delete,

    /// <summary>Sends a pending invitation again.</summary>
    ResendInvite,

    /// <summary>Reads the roles.</summary>
    ListRoles,

    /// <summary>Reads the entitlements.</summary>
    ListEntitlements,

    /// <summary>Reads the assets.</summary>
    ListAssets,

    /// <summary>Changes the password of an account.</summary>
    RotatePassword,

    /// <summary>Turns a second factor on for an account.</summary>
    EnableMfa,

    /// <summary>Turns the second factor of an account off.</summary>
    DisableMfa,

    /// <summary>Gives another account a new password, as an administrator.</summary>
    ResetPassword,

    /// <summary>Ends every session of another account, as an administrator.</summary>
    SignOutEverywhere,
}
