using IdLcm.Domain.Integrations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Api;

/// <summary>What an API key is to be.</summary>
internal sealed record ApiKeyRequest
{
    public string? Label { get; init; }

    public WorkspaceRole? Role { get; init; }

    /// <summary>Null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>For the role IntegrationManager: the integrations given to it.</summary>
    public IReadOnlyList<string>? IntegrationIds { get; init; }
}

/// <summary>An API key, as kept.</summary>
internal sealed record KeyResource(
    string Id, string Label, WorkspaceRole Role, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, IReadOnlyList<string>? IntegrationIds)
{
    public static KeyResource Of(ApiKey key) => new(key.Id, key.Label, key.Role, key.CreatedAt, key.ExpiresAt, key.IntegrationIds);
}

/// <summary>An API key that was made. The key is shown this once.</summary>
internal sealed record CreatedKey(
    string Id, string Label, WorkspaceRole Role, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, IReadOnlyList<string>? IntegrationIds, string Key);

/// <summary>API keys.</summary>
internal static partial class KeyEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/keys", ListAsync)
            .Requires(Permission.ManageKeys)
            .Documents("listKeys", "API keys", "List API keys", "What they are for and what they may do; never the keys themselves.")
            .Answers<Page<KeyResource>>();
        api.MapPost("/keys", CreateAsync)
            .Requires(Permission.ManageKeys)
            .Documents("createKey", "API keys", "Make an API key", "Shown this once. Nobody makes a key with a higher role than their own.")
            .Takes<ApiKeyRequest>()
            .Answers<CreatedKey>(StatusCodes.Status201Created);
        api.MapDelete("/keys/{keyId}", RevokeAsync)
            .Requires(Permission.ManageKeys)
            .Documents("revokeKey", "API keys", "Revoke an API key", "At once. The last valid Owner key stays.")
            .Answers(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> ListAsync(HttpContext http, IntegrationStore store, string? q = null, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryReadLimit(limit, out var count, out var problem) || !Filters.TryText(q, "q", out var text, out problem))
        {
            return problem!;
        }

        if (!string.IsNullOrEmpty(cursor) && !IntegrationStore.IsWellFormed(cursor))
        {
            return PageRequest.BadCursor();
        }

        var keys = (await store.ListApiKeysAsync(http.RequestAborted))
            .Where(key => (string.IsNullOrEmpty(cursor) || string.CompareOrdinal(key.Id, cursor) > 0) && Filters.Contains(text, key.Label, key.Id, key.Role.ToString()))
            .OrderBy(key => key.Id, StringComparer.Ordinal)
            .ToList();
        return ApiJson.Ok(new Page<KeyResource>([.. keys.Take(count).Select(KeyResource.Of)], keys.Count > count ? keys[count - 1].Id : null));
    }

    private static async Task<IResult> CreateAsync(HttpContext http, ApiKeys keys, ILogger<ApiKeys> logger)
    {
        var body = await RequestBody.ReadAsync<ApiKeyRequest>(http);
        if (body.Value is null)
        {
            return body.Problem!;
        }

        var caller = ApiCaller.Of(http);
        var result = await keys.CreateAsync(caller, body.Value, http.RequestAborted);
        if (result.Value is not { } made)
        {
            return ApiProblems.Of(result.Refusal!);
        }

        var kept = made.Kept;
        LogCreated(logger, kept.Id, kept.Role, caller.Key.Id);
        return ApiJson.With(StatusCodes.Status201Created, new CreatedKey(kept.Id, kept.Label, kept.Role, kept.CreatedAt, kept.ExpiresAt, kept.IntegrationIds, made.Key));
    }

    private static async Task<IResult> RevokeAsync(string keyId, HttpContext http, ApiKeys keys, ILogger<ApiKeys> logger)
    {
        var caller = ApiCaller.Of(http);
        var result = await keys.RevokeAsync(caller, keyId, http.RequestAborted);
        if (result.Value is not { } revoked)
        {
            return ApiProblems.Of(result.Refusal!);
        }

        LogRevoked(logger, revoked.Id, revoked.Role, caller.Key.Id);
        return Results.NoContent();
    }

    [LoggerMessage(2211, LogLevel.Information, "API key {KeyId} with role {Role} was made by key {ByKeyId}")]
    private static partial void LogCreated(ILogger logger, string keyId, WorkspaceRole role, string byKeyId);

    [LoggerMessage(2212, LogLevel.Information, "API key {KeyId} with role {Role} was revoked by key {ByKeyId}")]
    private static partial void LogRevoked(ILogger logger, string keyId, WorkspaceRole role, string byKeyId);
}
