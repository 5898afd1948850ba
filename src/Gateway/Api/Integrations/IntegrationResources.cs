using System.Text.Json;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Sync;

namespace IdLcm.Gateway.Api;

/// <summary>An integration, as in lists.</summary>
internal class IntegrationResource(IntegrationView view, string scimBaseUrl)
{
    private readonly Integration integration = view.Integration;

    public string Id => integration.Id;

    public string Name => integration.Name;

    public string App => integration.ConnectorId;

    public string AppName => view.AppName;

    public string ConnectorVersion => integration.ConnectorVersion;

    public IntegrationStatus Status => view.Status;

    public DateTimeOffset? LastSynced => view.LastSynced;

    public Pause? Paused => integration.Paused;

    public Pause? WorkspacePaused => view.WorkspacePaused;

    public string ScimGatewayId => integration.Id;

    public string ScimBaseUrl => scimBaseUrl;

    public IReadOnlyDictionary<string, string> Settings => integration.Settings;

    /// <summary>The account without its secrets, which nobody reads back.</summary>
    public ServiceAccount? ServiceAccount => integration.ServiceAccount;

    public DeprovisionModel Deprovision => integration.Deprovision;

    /// <summary>Set while the integration only shows what it would do.</summary>
    public Pause? ObserveOnly => integration.ObserveOnly;

    /// <summary>The sync plan that a safeguard halted and that waits for a person.</summary>
    public string? HaltedPlanId => view.HaltedPlanId;

    /// <summary>Set while failures of the app as a whole hold the queue.</summary>
    public CircuitState? CircuitOpen => view.Circuit;

    /// <summary>How many operations wait for a person's word.</summary>
    public int HeldOperations => view.Held;

    public SyncSafeguard Safeguard => integration.Safeguard;

    public SyncSettings Sync => integration.Sync;

    public RetryPolicySettings? Retry => integration.Retry;

    public CircuitSettings Circuit => integration.Circuit;

    public InboundHoldSettings? InboundHold => integration.InboundHold;

    /// <summary>The seats of the app's plan; null where nothing is known of them.</summary>
    public SeatsResource? Seats => SeatsResource.Of(integration);

    /// <summary>The roles that the app offers, as the last sync read them; null where its connector cannot read them or none has yet.</summary>
    public OfferedRolesResource? OfferedRoles => OfferedRolesResource.Of(view);

    public IReadOnlyList<string> MatchBy => integration.MatchBy;

    public int? LeaverLimitMinutes => integration.LeaverLimitMinutes;

    public InviteModel Invite => integration.Invite;

    public bool ClaimMail => integration.ClaimMail;

    public int? ActivityDays => integration.ActivityDays;

    /// <summary>Set while the integration is being deleted and its accounts are taken away first.</summary>
    public Pause? Closing => integration.Closing;

    public ValidationReport? Validation => integration.Validation;

    public DateTimeOffset CreatedAt => integration.CreatedAt;

    public string CreatedBy => integration.CreatedBy;

    public DateTimeOffset ModifiedAt => integration.ModifiedAt;
}

/// <summary>What is known of the seats of the app's plan.</summary>
/// <param name="Used">How many are taken; null where the app does not show them.</param>
/// <param name="Total">How many there are; null where the app does not show them.</param>
/// <param name="ReadAt">When they were read; null where the app does not show them.</param>
/// <param name="Taken">Why new people are refused: no seat is free; null while one may be.</param>
internal sealed record SeatsResource(long? Used, long? Total, DateTimeOffset? ReadAt, SeatsTaken? Taken)
{
    public static SeatsResource? Of(Integration integration) => integration is { SeatCount: null, Seats: null }
        ? null
        : new SeatsResource(integration.SeatCount?.Used, integration.SeatCount?.Total, integration.SeatCount?.At, integration.Seats);
}

/// <summary>The roles that the app offers, against those of the user schema.</summary>
/// <param name="Roles">The roles, as the app shows them.</param>
/// <param name="Missing">Roles of the user schema that the app does not show: nobody can be given them.</param>
/// <param name="BesideSchema">Roles that the app shows and the user schema does not have: nobody is given them by the gateway.</param>
/// <param name="ReadAt">When they were read.</param>
internal sealed record OfferedRolesResource(IReadOnlyList<OfferedRole> Roles, IReadOnlyList<string> Missing, IReadOnlyList<string> BesideSchema, DateTimeOffset ReadAt)
{
    public static OfferedRolesResource? Of(IntegrationView view) =>
        view.Integration.OfferedRoles is { } offered && (view.Integration.UserSchema ?? view.Manifest?.UserSchema) is { } schema
            ? new OfferedRolesResource(offered.Shown, offered.MissingOf(schema), offered.BesideSchema(schema), offered.At)
            : null;
}

/// <summary>An integration by itself: with its user schema and its gateway tokens.</summary>
internal class IntegrationDetails(IntegrationView view, string scimBaseUrl, DateTimeOffset now) : IntegrationResource(view, scimBaseUrl)
{
    /// <summary>The user schema in force; null where the catalog lost the connector that it comes from.</summary>
    public UserSchema? UserSchema { get; } = view.Integration.UserSchema ?? view.Manifest?.UserSchema;

    /// <summary>True when the user schema is the integration's own.</summary>
    public bool OwnUserSchema { get; } = view.Integration.UserSchema is not null;

    /// <summary>When it syncs next by its schedule; null where it has none.</summary>
    public DateTimeOffset? NextSync { get; } = view.Integration.Sync.Schedule?.Next(now);

    public IReadOnlyList<TokenResource> Tokens { get; } = [.. view.Integration.Tokens.Select(token => TokenResource.Of(token, now))];
}

/// <summary>An integration that was changed.</summary>
internal class SavedResource(SavedIntegration saved, string scimBaseUrl, DateTimeOffset now) : IntegrationDetails(saved.View, scimBaseUrl, now)
{
    /// <summary>The validation that the change asked for; null where it needed none.</summary>
    public string? ValidationOperationId { get; } = saved.ValidationOperationId;
}

/// <summary>An integration that was made. The token is shown this once.</summary>
internal sealed class CreatedIntegration(SavedIntegration saved, string scimBaseUrl, DateTimeOffset now) : SavedResource(saved, scimBaseUrl, now)
{
    public string? GatewayToken { get; } = saved.GatewayToken;
}

/// <summary>A gateway token, as kept.</summary>
internal sealed record TokenResource(string Id, string Label, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, bool Valid)
{
    public static TokenResource Of(GatewayToken token, DateTimeOffset now) =>
        new(token.Id, token.Label, token.CreatedAt, token.ExpiresAt, token.ExpiresAt > now);
}

/// <summary>A gateway token that was generated. The token is shown this once.</summary>
internal sealed record CreatedToken(string Id, string Label, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, string Token);

/// <summary>What a gateway token is to be.</summary>
internal sealed record TokenRequest
{
    public string? Label { get; init; }

    public int? LifetimeDays { get; init; }

    public int? OverlapHours { get; init; }
}

/// <summary>Why writes are to stop.</summary>
internal sealed record PauseRequest
{
    public string? Reason { get; init; }
}

/// <summary>What a new integration is made of.</summary>
internal sealed record IntegrationRequest
{
    public string? Name { get; init; }

    /// <summary>The id of a connector of the app catalog.</summary>
    public string? App { get; init; }

    /// <summary>The connector's settings by name.</summary>
    public IReadOnlyDictionary<string, string?>? Settings { get; init; }

    public ServiceAccountInput? ServiceAccount { get; init; }

    public DeprovisionPatch? Deprovision { get; init; }

    /// <summary>A user schema of its own; null for the connector's.</summary>
    public UserSchema? UserSchema { get; init; }

    /// <summary>What the first gateway token is for.</summary>
    public string? TokenLabel { get; init; }

    /// <summary>When the app's invitation is sent.</summary>
    public InviteModel? Invite { get; init; }

    /// <summary>As a whole; what is left out of it has its default.</summary>
    public SyncSafeguard? Safeguard { get; init; }

    /// <summary>As a whole; what is left out of it has its default.</summary>
    public SyncSettings? Sync { get; init; }

    /// <summary>True to only show what it would do, until it is promoted.</summary>
    public bool ObserveOnly { get; init; }

    public NewIntegration ToInput()
    {
        var deprovision = new DeprovisionModel();
        return new NewIntegration
        {
            Name = Name,
            App = App,
            Settings = Settings,
            ServiceAccount = ServiceAccount,
            Deprovision = deprovision with
            {
                OnDeactivate = Deprovision?.OnDeactivate ?? deprovision.OnDeactivate,
                OnDelete = Deprovision?.OnDelete ?? deprovision.OnDelete,
            },
            UserSchema = UserSchema is null ? null : Complete(UserSchema),
            TokenLabel = TokenLabel,
            Policies = new IntegrationChange
            {
                Invite = Invite,
                Safeguard = Safeguard,
                Sync = Sync,
                DeleteAfterDays = IntegrationPatch.Read(Deprovision?.DeleteAfterDays ?? default, IntegrationPatch.Number),
                DeleteNeedsApproval = Deprovision?.DeleteNeedsApproval,
            },
            ObserveOnly = ObserveOnly,
        };
    }

    /// <summary>Lists that a client left out come as null from the serializer, whatever the type says.</summary>
    public static UserSchema Complete(UserSchema given) => given with
    {
        Attributes = given.Attributes ?? [],
        Roles = given.Roles ?? [],
        EntitlementTypes = given.EntitlementTypes ?? [],
    };
}

/// <summary>A change of an integration; what is left out stays as it is.</summary>
internal sealed record IntegrationPatch
{
    public string? Name { get; init; }

    /// <summary>Settings to set; null removes one.</summary>
    public IReadOnlyDictionary<string, string?>? Settings { get; init; }

    public DeprovisionPatch? Deprovision { get; init; }

    /// <summary>A user schema of its own, or null to go back to the connector's.</summary>
    public JsonElement UserSchema { get; init; }

    /// <summary>As a whole; what is left out of it has its default.</summary>
    public SyncSafeguard? Safeguard { get; init; }

    /// <summary>As a whole; what is left out of it has its default.</summary>
    public SyncSettings? Sync { get; init; }

    /// <summary>As a whole; what is left out of it has the gateway's rule.</summary>
    public RetryPolicySettings? Retry { get; init; }

    /// <summary>As a whole; what is left out of it has its default.</summary>
    public CircuitSettings? Circuit { get; init; }

    /// <summary>As a whole, or null for none.</summary>
    public JsonElement InboundHold { get; init; }

    public IReadOnlyList<string>? MatchBy { get; init; }

    /// <summary>In minutes, or null for no alarm.</summary>
    public JsonElement LeaverLimitMinutes { get; init; }

    public InviteModel? Invite { get; init; }

    public bool? ClaimMail { get; init; }

    /// <summary>How long activity is kept, in days, or null for good.</summary>
    public JsonElement ActivityDays { get; init; }

    /// <summary>Reads a value that may be given as null; throws <see cref="JsonException"/> for what it cannot be.</summary>
    public static Maybe<T> Read<T>(JsonElement given, Func<JsonElement, T> read) => given.ValueKind switch
    {
        JsonValueKind.Undefined => default,
        JsonValueKind.Null => new Maybe<T>(true, default),
        _ => new Maybe<T>(true, read(given)),
    };

    /// <summary>Reads a whole number.</summary>
    public static int? Number(JsonElement given) =>
        given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out var number) ? number : throw new JsonException("It must be a whole number.");
}

/// <summary>A change of the deprovision model.</summary>
internal sealed record DeprovisionPatch
{
    public DeprovisionAction? OnDeactivate { get; init; }

    public DeprovisionAction? OnDelete { get; init; }

    /// <summary>Whoever leaves is deactivated at once and deleted after so many days; null to follow the other two.</summary>
    public JsonElement DeleteAfterDays { get; init; }

    public bool? DeleteNeedsApproval { get; init; }
}

/// <summary>How an integration is to end.</summary>
internal sealed record DeleteIntegrationRequest
{
    /// <summary>keep or takeAway.</summary>
    public string? Accounts { get; init; }

    public string? Reason { get; init; }
}

/// <summary>An operation that was accepted.</summary>
internal sealed record OperationAccepted(string OperationId);
