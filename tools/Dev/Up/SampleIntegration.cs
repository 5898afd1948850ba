using System.Text.Json.Nodes;
using IdLcm.LocalHost.Cli.Remote;

namespace IdLcm.Dev.Up;

/// <summary>The integration of the sample app.</summary>
internal static class SampleIntegration
{
    /// <summary>The administrator that jobs sign in with, as the sample app has it.</summary>
    public const string AdminUser = "admin@sample.test";

    /// <summary>Its password.</summary>
    public const string AdminPassword = "Sample-admin-1!";

    private const string Name = "Sample workspace";
    private const string Connector = "sample-workspace";
    private static readonly TimeSpan ValidationLimit = TimeSpan.FromMinutes(3);

    /// <summary>Finds the integration or makes it, and waits until it is validated.</summary>
    /// <param name="client">The gateway.</param>
    /// <param name="state">The state.</param>
    /// <param name="save">Called with the state as soon as something of it must not be lost.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>The state with the integration and its token.</returns>
    /// <exception cref="DevException">The validation did not pass.</exception>
    public static async Task<DevState> EnsureAsync(ManagementClient client, DevState state, Action<DevState> save, CancellationToken cancellationToken)
    {
        var known = (await client.ListAsync("api/integrations", 1000, cancellationToken)).OfType<JsonObject>()
            .FirstOrDefault(item => state.IntegrationId is { } id ? (string?)item["id"] == id : (string?)item["name"] == Name);
        string? validation = null;
        if (known is null)
        {
            var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["appUrl"] = Stack.SampleUrl(state), ["workspaceId"] = "ws-1001" };
            var created = await client.SendAsync(
                HttpMethod.Post, "api/integrations", IntegrationRequest.Create(Name, Connector, settings, AdminUser, AdminPassword), cancellationToken);
            state = state with
            {
                IntegrationId = Required(created, "id"),
                GatewayToken = Required(created, "gatewayToken"),
                ScimBaseUrl = Required(created, "scimBaseUrl"),
            };
            save(state);
            validation = Required(created, "validationOperationId");
        }
        else
        {
            state = await ReuseAsync(client, known, state, save, cancellationToken);
            var integration = await client.GetAsync($"api/integrations/{state.IntegrationId}", cancellationToken);
            if ((bool?)integration["validation"]?["passed"] is not true)
            {
                var started = await client.SendAsync(HttpMethod.Post, $"api/integrations/{state.IntegrationId}/validate", body: null, cancellationToken);
                validation = Required(started, "operationId");
            }
        }

        if (validation is not null)
        {
            await ValidateAsync(client, validation, cancellationToken);
        }

        return state;
    }

    private static async Task<DevState> ReuseAsync(ManagementClient client, JsonObject known, DevState state, Action<DevState> save, CancellationToken cancellationToken)
    {
        state = state with { IntegrationId = Required(known, "id"), ScimBaseUrl = $"{Stack.ServerUrl(state)}/scim/v2/{Required(known, "id")}" };
        if (state.GatewayToken is null)
        {
            // It was made by an 'up' that was killed before it could keep the token.
            var token = await client.SendAsync(
                HttpMethod.Post, $"api/integrations/{state.IntegrationId}/tokens", new JsonObject { ["label"] = "./dev up" }, cancellationToken);
            state = state with { GatewayToken = Required(token, "token") };
        }

        save(state);
        return state;
    }

    private static async Task ValidateAsync(ManagementClient client, string operationId, CancellationToken cancellationToken)
    {
        await Console.Error.WriteLineAsync("Validating: Chromium signs in to the sample app and looks around …");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ValidationLimit);
        JsonObject operation;
        try
        {
            operation = await new OperationFollower(client, line => Console.Error.WriteLine("  " + line)).FollowAsync(operationId, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DevException(1, $"The validation did not end within {ValidationLimit.TotalMinutes:F0} minutes (operation {operationId}).");
        }

        if ((string?)operation["status"] != "Succeeded")
        {
            throw new DevException(1, $"The validation ended {operation["status"]}: {operation["failure"]?["code"]} {operation["failure"]?["detail"]}");
        }
    }

    private static string Required(JsonObject answer, string name) =>
        (string?)answer[name] ?? throw new DevException(1, $"The gateway's answer has no '{name}'.");
}
