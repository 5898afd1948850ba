namespace IdLcm.Domain.Launch;

/// <summary>Whether people may be launched into an app. Row <c>launch</c> of the integration's partition.</summary>
public sealed record LaunchSettings
{
    /// <summary>Its row.</summary>
    public const string Row = "launch";

    /// <summary>True when people may be signed in by the launch extension.</summary>
    public bool Enabled { get; init; }

    /// <summary>True when a person without the extension may see the credential, once for each launch, to copy it.</summary>
    public bool WithoutExtension { get; init; }

    /// <summary>True when the extension may offer to keep a credential that somebody types, for that person's own launches. Off unless somebody says otherwise.</summary>
    public bool Capture { get; init; }
}

/// <summary>Who wants to be launched, as the OpenID provider has proved it.</summary>
/// <param name="Name">The name to show and to note.</param>
/// <param name="Ids">Ids of the person at the provider: what identity providers send as externalId.</param>
/// <param name="Addresses">Verified e-mail address and user principal name.</param>
public sealed record LaunchPerson(string Name, IReadOnlyList<string> Ids, IReadOnlyList<string> Addresses);

/// <summary>How a launch stands.</summary>
public enum LaunchState
{
    /// <summary>The app cannot be launched, or launches are not allowed.</summary>
    NotOffered,

    /// <summary>No identity provider assigned the person.</summary>
    NotAssigned,

    /// <summary>The person has left, is disabled, all access was taken away, or somebody suspended the account in the app by hand.</summary>
    Suspended,

    /// <summary>The account is being made or changed.</summary>
    Waiting,

    /// <summary>The account could not be made.</summary>
    Failed,

    /// <summary>The account is there, and no credential of it is kept.</summary>
    NoCredential,

    /// <summary>The credential can be released.</summary>
    Ready,
}

/// <summary>Whether somebody can be launched now.</summary>
/// <param name="State">How it stands.</param>
/// <param name="UserId">The person's SCIM id, where there is one.</param>
public sealed record LaunchDecision(LaunchState State, string? UserId = null);

/// <summary>A credential as it leaves the gateway: once.</summary>
/// <param name="Url">The sign-in page.</param>
/// <param name="Origins">The origins that it may be typed on.</param>
/// <param name="UserName">The user name.</param>
/// <param name="Password">The password.</param>
/// <param name="Code">A one-time code that is good now; null where there is none.</param>
/// <param name="Fields">The fields of the page.</param>
public sealed record ReleasedCredential(string Url, IReadOnlyList<string> Origins, string UserName, string Password, string? Code, LaunchFields Fields)
{
    /// <summary>Leaves the secrets out.</summary>
    /// <returns>The address.</returns>
    public override string ToString() => $"release for {Url}";
}

/// <summary>CSS selectors of the fields.</summary>
/// <param name="UserName">Of the user name.</param>
/// <param name="Password">Of the password.</param>
/// <param name="Code">Of the one-time code.</param>
public sealed record LaunchFields(string? UserName, string Password, string? Code);

/// <summary>The right to have one credential released, once. Row <c>lr:{hash of the token}</c>.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="ExpiresAt">Until when.</param>
public sealed record LaunchRelease(string UserId, DateTimeOffset ExpiresAt)
{
    internal const string Rows = "lr:";
}
