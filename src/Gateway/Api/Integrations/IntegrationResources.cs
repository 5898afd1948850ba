using System.Text.Json;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;

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

    public ValidationReport? Validation => integration.Validation;

    public DateTimeOffset CreatedAt => integration.CreatedAt;

    public string CreatedBy => integration.CreatedBy;

    public DateTimeOffset ModifiedAt => integration.ModifiedAt;
}

/// <summary>An integration by itself: with its user schema and its gateway tokens.</summary>
internal class IntegrationDetails(IntegrationView view, string scimBaseUrl, DateTimeOffset now) : IntegrationResource(view, scimBaseUrl)
{
    /// <summary>The user schema in force; null where the catalog lost the connector that it comes from.</summary>
    public UserSchema? UserSchema { get; } = view.Integration.UserSchema ?? view.Manifest?.UserSchema;

    /// <summary>True when the user schema is the integration's own.</summary>
    public bool OwnUserSchema { get; } = view.Integration.UserSchema is not null;

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
}

/// <summary>A change of the deprovision model.</summary>
internal sealed record DeprovisionPatch(DeprovisionAction? OnDeactivate = null, DeprovisionAction? OnDelete = null);

/// <summary>An operation that was accepted.</summary>
internal sealed record OperationAccepted(string OperationId);
