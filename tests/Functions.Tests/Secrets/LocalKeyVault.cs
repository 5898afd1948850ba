using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using IdLcm.Functions.Secrets;
using IdLcm.Functions.Storage;
using IdLcm.Functions.Tests.Azurite;
using IdLcm.Functions.Tests.Secrets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

[assembly: AssemblyFixture(typeof(LocalKeyVault))]

namespace IdLcm.Functions.Tests.Secrets;

/// <summary>
/// The parts of Key Vault's REST protocol that secrets need (https://learn.microsoft.com/rest/api/keyvault/), over TLS, with
/// the challenge sign-in and soft delete.
/// </summary>
public sealed class LocalKeyVault : IAsyncLifetime
{
    public const string Host = "idlcm-test.vault.azure.net";

    private const int PageSize = 25;
    private const string Token = "token-of-the-test-tenant";

    private readonly LocalTls _tls = new(Host);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<Version>> _secrets = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, (List<Version> Versions, long DeletedAt)> _deleted = new(StringComparer.OrdinalIgnoreCase);
    private WebApplication? _app;

    internal TestCredential Credential { get; } = new(static _ => Token);

    /// <summary>What happens to a request instead of an answer: a status and Retry-After; null for nothing special.</summary>
    public Func<HttpRequest, (int Status, int RetryAfterSeconds)?>? Decide { get; set; }

    private int Port { get; set; }

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(_tls.Certificate)));
        _app = builder.Build();
        _app.Use(SignInAsync);
        _app.MapPut("/secrets/{name}", SetAsync);
        _app.MapGet("/secrets/{name}/versions", Versions);
        _app.MapGet("/secrets/{name}/{version?}", Get);
        _app.MapPatch("/secrets/{name}/{version}", PatchAsync);
        _app.MapDelete("/secrets/{name}", Delete);
        _app.MapGet("/deletedsecrets/{name}", GetDeleted);
        _app.MapPost("/deletedsecrets/{name}/recover", Recover);
        await _app.StartAsync();
        Port = new Uri(_app.Urls.Single()).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await _app!.DisposeAsync();
        _tls.Dispose();
    }

    /// <summary>A store on this vault, as the product makes it.</summary>
    internal KeyVaultSecretStore Open(TimeProvider? clock = null, TimeSpan? cacheTime = null, TimeSpan? retryDelay = null)
    {
        var options = new AzureStorageOptions
        {
            KeyVaultEndpoint = new Uri($"https://{Host}"),
            Credential = Credential,
            SecretCacheTime = cacheTime ?? new AzureStorageOptions().SecretCacheTime,
            ConfigureClient = client =>
            {
                client.Transport = _tls.Transport(_ => Port);
                client.Retry.Delay = retryDelay ?? client.Retry.Delay;
            },
        };
        return AzureStorageServices.KeyVault(options, new StorageClients(options), clock ?? TimeProvider.System);
    }

    /// <summary>As a person does in the portal: a new version that nobody tagged.</summary>
    public string SetByHand(string name, string value) => Add(name, value, new JsonObject()).Id;

    /// <summary>As a person does in the portal: an expiry on every version.</summary>
    public void Expire(string name, DateTimeOffset when)
    {
        lock (_gate)
        {
            _secrets[name].ForEach(version => version.Expires = when.ToUnixTimeSeconds());
        }
    }

    /// <summary>As a person does in the portal: off, with no word to the gateway.</summary>
    public void DisableByHand(string name)
    {
        lock (_gate)
        {
            _secrets[name].ForEach(static version => version.Enabled = false);
        }
    }

    /// <summary>As a person does in the portal, with every version enabled as it was.</summary>
    public void DeleteByHand(string name)
    {
        lock (_gate)
        {
            _deleted[name] = (_secrets[name], Now() + 1);
            _secrets.Remove(name);
        }
    }

    private static long Now() => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    private static IResult Error(int status, string code, string message, string? inner = null)
    {
        var error = new JsonObject { ["code"] = code, ["message"] = message };
        if (inner is not null)
        {
            error["innererror"] = new JsonObject { ["code"] = inner };
        }

        return Results.Json(new JsonObject { ["error"] = error }, statusCode: status);
    }

    private static IResult Missing(string name) => Error(404, "SecretNotFound", $"A secret with (name/id) {name} was not found in this key vault.");

    private async Task SignInAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Request.Headers.Authorization != "Bearer " + Token)
        {
            http.Response.StatusCode = 401;
            http.Response.Headers.WWWAuthenticate =
                "Bearer authorization=\"https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555\", resource=\"https://vault.azure.net\"";
            return;
        }

        if (Decide?.Invoke(http.Request) is { } fault)
        {
            http.Response.StatusCode = fault.Status;
            http.Response.Headers.RetryAfter = fault.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
            return;
        }

        await next(http);
    }

    private async Task<IResult> SetAsync(string name, HttpRequest request)
    {
        var body = (await JsonNode.ParseAsync(request.Body))!;
        lock (_gate)
        {
            if (_deleted.ContainsKey(name))
            {
                return Error(409, "Conflict", $"Secret {name} is currently in a deleted but recoverable state.", "ObjectIsDeletedButRecoverable");
            }
        }

        var tags = body["tags"]?.DeepClone().AsObject() ?? [];
        return Results.Json(Add(name, (string)body["value"]!, tags).Bundle(name, withValue: true));
    }

    private Version Add(string name, string value, JsonObject tags)
    {
        lock (_gate)
        {
            var version = new Version { Id = Guid.NewGuid().ToString("N"), Value = value, Tags = tags, Created = Now() };
            if (!_secrets.TryGetValue(name, out var versions))
            {
                _secrets[name] = versions = [];
            }

            versions.Add(version);
            return version;
        }
    }

    private IResult Get(string name, string? version)
    {
        lock (_gate)
        {
            var found = _secrets.TryGetValue(name, out var versions)
                ? version is null ? versions[^1] : versions.Find(candidate => candidate.Id == version)
                : null;
            return found switch
            {
                null => Missing(name),
                { Enabled: false } => Error(403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled"),
                _ => Results.Json(found.Bundle(name, withValue: true)),
            };
        }
    }

    private IResult Versions(string name, int? skip)
    {
        lock (_gate)
        {
            var versions = _secrets.GetValueOrDefault(name) ?? [];
            var from = skip ?? 0;
            var page = new JsonArray([.. versions.Skip(from).Take(PageSize).Select(version => version.Bundle(name, withValue: false))]);
            var next = from + PageSize < versions.Count ? $"https://{Host}/secrets/{name}/versions?api-version=7.6&skip={from + PageSize}" : null;
            return Results.Json(new JsonObject { ["value"] = page, ["nextLink"] = next });
        }
    }

    private async Task<IResult> PatchAsync(string name, string version, HttpRequest request)
    {
        var body = (await JsonNode.ParseAsync(request.Body))!;
        lock (_gate)
        {
            if (_secrets.GetValueOrDefault(name)?.Find(candidate => candidate.Id == version) is not { } found)
            {
                return Missing(name);
            }

            found.Enabled = (bool?)body["attributes"]?["enabled"] ?? found.Enabled;
            found.Tags = body["tags"]?.DeepClone().AsObject() ?? found.Tags;
            return Results.Json(found.Bundle(name, withValue: false));
        }
    }

    private IResult Delete(string name)
    {
        lock (_gate)
        {
            if (!_secrets.Remove(name, out var versions))
            {
                return Missing(name);
            }

            _deleted[name] = (versions, Now());
            return Results.Json(Deleted(name));
        }
    }

    private IResult GetDeleted(string name)
    {
        lock (_gate)
        {
            return _deleted.ContainsKey(name) ? Results.Json(Deleted(name)) : Missing(name);
        }
    }

    private IResult Recover(string name)
    {
        lock (_gate)
        {
            if (!_deleted.Remove(name, out var deleted))
            {
                return Missing(name);
            }

            _secrets[name] = deleted.Versions;
            return Results.Json(deleted.Versions[^1].Bundle(name, withValue: false));
        }
    }

    private JsonObject Deleted(string name)
    {
        var bundle = _deleted[name].Versions[^1].Bundle(name, withValue: false);
        bundle["recoveryId"] = $"https://{Host}/deletedsecrets/{name}";
        bundle["deletedDate"] = _deleted[name].DeletedAt;
        bundle["scheduledPurgeDate"] = _deleted[name].DeletedAt + 7_776_000;
        return bundle;
    }

    private sealed class Version
    {
        public required string Id { get; init; }

        public required string Value { get; init; }

        public required JsonObject Tags { get; set; }

        public required long Created { get; init; }

        public bool Enabled { get; set; } = true;

        public long? Expires { get; set; }

        public JsonObject Bundle(string name, bool withValue)
        {
            var attributes = new JsonObject
            {
                ["enabled"] = Enabled, ["created"] = Created, ["updated"] = Created, ["recoveryLevel"] = "Recoverable", ["recoverableDays"] = 90,
            };
            if (Expires is { } expires)
            {
                attributes["exp"] = expires;
            }

            var bundle = new JsonObject
            {
                ["id"] = $"https://{Host}/secrets/{name}/{Id}", ["attributes"] = attributes, ["tags"] = Tags.DeepClone(),
            };
            if (withValue)
            {
                bundle["value"] = Value;
            }

            return bundle;
        }
    }
}
