using IdLcm.Functions.Hosting;
using IdLcm.Functions.Orchestrations;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace IdLcm.Functions.Http;

/// <summary>
/// SCIM, one function for each resource (RFC 7644 section 3.2). The level is anonymous because the gateway checks its own
/// bearer tokens; a function key would be a second secret that identity providers cannot send.
/// </summary>
/// <param name="pipeline">The gateway.</param>
/// <param name="source">Takes the Durable client that comes with an invocation.</param>
public sealed class ScimFunctions(GatewayPipeline pipeline, DurableClientSource source)
{
    private const string Base = "scim/v2/{gatewayId}";

    /// <summary>Users.</summary>
    /// <param name="request">The request.</param>
    /// <param name="client">The Durable client.</param>
    /// <returns>The answer.</returns>
    [Function("scim-users")]
    public Task<IResult> UsersAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", "options", Route = Base + "/Users/{*id}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => HandleAsync(request, client);

    /// <summary>Groups.</summary>
    /// <param name="request">The request.</param>
    /// <param name="client">The Durable client.</param>
    /// <returns>The answer.</returns>
    [Function("scim-groups")]
    public Task<IResult> GroupsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", "options", Route = Base + "/Groups/{*id}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => HandleAsync(request, client);

    /// <summary>Roles.</summary>
    /// <param name="request">The request.</param>
    /// <param name="client">The Durable client.</param>
    /// <returns>The answer.</returns>
    [Function("scim-roles")]
    public Task<IResult> RolesAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", "options", Route = Base + "/Roles/{*id}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => HandleAsync(request, client);

    /// <summary>Entitlements.</summary>
    /// <param name="request">The request.</param>
    /// <param name="client">The Durable client.</param>
    /// <returns>The answer.</returns>
    [Function("scim-entitlements")]
    public Task<IResult> EntitlementsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", "options", Route = Base + "/Entitlements/{*id}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => HandleAsync(request, client);

    /// <summary>Bulk (RFC 7644 section 3.7).</summary>
    /// <param name="request">The request.</param>
    /// <param name="client">The Durable client.</param>
    /// <returns>The answer.</returns>
    [Function("scim-bulk")]
    public Task<IResult> BulkAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", "options", Route = Base + "/Bulk")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => HandleAsync(request, client);

    /// <summary>What the gateway can do (RFC 7644 section 4).</summary>
    /// <param name="request">The request.</param>
    /// <param name="client">The Durable client.</param>
    /// <returns>The answer.</returns>
    [Function("scim-service-provider-config")]
    public Task<IResult> ServiceProviderConfigAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", "options", Route = Base + "/ServiceProviderConfig")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => HandleAsync(request, client);

    /// <summary>Resource types.</summary>
    /// <param name="request">The request.</param>
    /// <param name="client">The Durable client.</param>
    /// <returns>The answer.</returns>
    [Function("scim-resource-types")]
    public Task<IResult> ResourceTypesAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", "options", Route = Base + "/ResourceTypes/{*id}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => HandleAsync(request, client);

    /// <summary>Schemas.</summary>
    /// <param name="request">The request.</param>
    /// <param name="client">The Durable client.</param>
    /// <returns>The answer.</returns>
    [Function("scim-schemas")]
    public Task<IResult> SchemasAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", "options", Route = Base + "/Schemas/{*id}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => HandleAsync(request, client);

    /// <summary>The server root, <c>.search</c>, <c>Me</c>, and everything that is not there, which is answered in SCIM's own form too.</summary>
    /// <param name="request">The request.</param>
    /// <param name="client">The Durable client.</param>
    /// <returns>The answer.</returns>
    [Function("scim-root")]
    public Task<IResult> RootAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", "options", Route = Base + "/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => HandleAsync(request, client);

    private Task<IResult> HandleAsync(HttpRequest request, DurableTaskClient client)
    {
        source.Attach(client);
        return pipeline.HandleAsync(request.HttpContext);
    }
}
