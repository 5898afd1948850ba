using IdLcm.Domain;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;

namespace IdLcm.Gateway.Api;

/// <summary>An API key that was made.</summary>
/// <param name="Kept">What is kept of it.</param>
/// <param name="Key">The key: shown this once and never again.</param>
internal sealed record NewApiKey(ApiKey Kept, string Key);

/// <summary>Makes, checks and revokes API keys.</summary>
internal sealed class ApiKeys(IntegrationStore store, TimeProvider clock) : IDisposable
{
    /// <summary>The start of every API key.</summary>
    public const string Prefix = "idlcm_key";

    private const int MaxLabel = 100;
    private const int MaxPresented = 200;

    // What a key that does not exist is compared with, so that it takes as long as one that does.
    private static readonly string NoHash = new('0', 64);

    private readonly SemaphoreSlim changing = new(1, 1);

    /// <summary>Finds the key of an Authorization header.</summary>
    /// <returns>The key, or null when it is none, wrong, revoked or expired.</returns>
    public async ValueTask<ApiKey?> AuthenticateAsync(string authorization, CancellationToken cancellationToken)
    {
        const string scheme = "Bearer ";
        if (authorization.Length > MaxPresented || !authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var presented = authorization[scheme.Length..].Trim();
        if (!presented.StartsWith(Prefix + "_", StringComparison.Ordinal) || presented[(Prefix.Length + 1)..].Split('_') is not [var id, _])
        {
            return null;
        }

        var key = await store.FindApiKeyAsync(id, cancellationToken);
        var matches = BearerSecrets.Matches(BearerSecrets.HashOf(presented), key?.Hash ?? NoHash);
        return matches && IsValid(key!) ? key : null;
    }

    /// <summary>True while a key that was let in before still is what it was.</summary>
    public async ValueTask<bool> IsStillValidAsync(ApiKey key, CancellationToken cancellationToken) =>
        await store.FindApiKeyAsync(key.Id, cancellationToken) is { } now && now.Hash == key.Hash && IsValid(now);

    /// <summary>Makes a key.</summary>
    public async Task<Result<NewApiKey>> CreateAsync(ApiCaller by, ApiKeyRequest request, CancellationToken cancellationToken)
    {
        var problems = new List<FieldProblem>();
        var label = request.Label?.Trim() ?? "";
        if (label.Length is 0 or > MaxLabel || label.Any(char.IsControl))
        {
            problems.Add(new FieldProblem("label", $"is required: one line of at most {MaxLabel} characters."));
        }

        if (request.Role is null)
        {
            problems.Add(new FieldProblem("role", $"is required: one of {string.Join(", ", Enum.GetNames<WorkspaceRole>())}."));
        }

        if (request.ExpiresAt <= clock.GetUtcNow())
        {
            problems.Add(new FieldProblem("expiresAt", "must be in the future."));
        }

        await CheckIntegrationsAsync(request, problems, cancellationToken);
        if (problems.Count > 0)
        {
            return Refusal.Invalid(problems);
        }

        if (request.Role > by.Role)
        {
            return Refusal.Forbidden("role_too_high", $"A key with the role {by.Role} makes no keys with the role {request.Role}.");
        }

        var (kept, key) = New(label, request.Role!.Value, clock.GetUtcNow(), request.ExpiresAt, request.IntegrationIds);
        await store.AddApiKeyAsync(kept, Event(ActivityKind.KeyCreated, by, kept), cancellationToken);
        return new NewApiKey(kept, key);
    }

    /// <summary>Revokes a key at once.</summary>
    public async Task<Result<ApiKey>> RevokeAsync(ApiCaller by, string id, CancellationToken cancellationToken)
    {
        await changing.WaitAsync(cancellationToken);
        try
        {
            if (await store.FindApiKeyAsync(id, cancellationToken) is not { } key)
            {
                return Refusal.NotFound("key_not_found", $"There is no API key '{id}'.");
            }

            if (key.Role > by.Role)
            {
                return Refusal.Forbidden("role_too_high", $"A key with the role {by.Role} revokes no keys with the role {key.Role}.");
            }

            if (key.Role == WorkspaceRole.Owner && IsValid(key)
                && !(await store.ListApiKeysAsync(cancellationToken)).Any(other => other.Role == WorkspaceRole.Owner && other.Id != id && IsValid(other)))
            {
                return Refusal.Conflict("last_owner_key", "This is the last valid Owner key: make another one first.");
            }

            await store.RemoveApiKeyAsync(id, Event(ActivityKind.KeyRevoked, by, key), cancellationToken);
            return key;
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>A new key and what is kept of it.</summary>
    public static (ApiKey Kept, string Key) New(
        string label, WorkspaceRole role, DateTimeOffset now, DateTimeOffset? expiresAt, IReadOnlyList<string>? integrationIds)
    {
        var id = Ids.NewShort(8);
        var key = BearerSecrets.New(Prefix, id);
        return (new ApiKey(id, label, role, BearerSecrets.HashOf(key), now, expiresAt, integrationIds), key);
    }

    private ActivityEvent Event(ActivityKind kind, ApiCaller by, ApiKey key)
    {
        var now = clock.GetUtcNow();
        return ActivityEvent.Of(now, by.Key.Label, kind, key.Label, $"key {key.Id} with role {key.Role}");
    }

    public void Dispose() => changing.Dispose();

    private bool IsValid(ApiKey key) => key.ExpiresAt is null || key.ExpiresAt > clock.GetUtcNow();

    private async Task CheckIntegrationsAsync(ApiKeyRequest request, List<FieldProblem> problems, CancellationToken cancellationToken)
    {
        if (request.Role != WorkspaceRole.IntegrationManager)
        {
            if (request.IntegrationIds is not null)
            {
                problems.Add(new FieldProblem("integrationIds", "is for the role IntegrationManager only."));
            }

            return;
        }

        if (request.IntegrationIds is not { Count: > 0 and <= 1000 } ids)
        {
            problems.Add(new FieldProblem("integrationIds", "is required for the role IntegrationManager: the integrations given to it."));
            return;
        }

        foreach (var id in ids)
        {
            if (id is null || await store.FindAsync(id, cancellationToken) is null)
            {
                problems.Add(new FieldProblem("integrationIds", $"names '{id}', which is no integration."));
            }
        }
    }
}

/// <summary>Makes the first key of a workspace, by which all others are made.</summary>
public static class ApiKeyBootstrap
{
    /// <summary>Makes an Owner key when there is no valid one.</summary>
    /// <param name="store">The integrations.</param>
    /// <param name="clock">The clock; null for the system's.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The key, to be shown this once; null when there is a valid Owner key already.</returns>
    public static async Task<string?> EnsureOwnerKeyAsync(IntegrationStore store, TimeProvider? clock = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        var now = (clock ?? TimeProvider.System).GetUtcNow();
        var keys = await store.ListApiKeysAsync(cancellationToken);
        if (keys.Any(key => key.Role == WorkspaceRole.Owner && (key.ExpiresAt is null || key.ExpiresAt > now)))
        {
            return null;
        }

        var (kept, key) = ApiKeys.New("First owner", WorkspaceRole.Owner, now, null, null);
        await store.AddApiKeyAsync(kept, cancellationToken);
        return key;
    }
}
