using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using IdLcm.Domain;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Scim;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>Integrations: list, make, read, change, validate, pause and resume.</summary>
internal static class IntegrationEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/integrations", ListAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listIntegrations", "Integrations", "List integrations", "By name. An Integration manager sees those given to it.")
            .Answers<Page<IntegrationResource>>();
        api.MapPost("/integrations", CreateAsync)
            .Requires(Permission.CreateIntegrations)
            .Documents("createIntegration", "Integrations", "Test and save", "Makes an integration and has it validated. The answer holds the gateway token, this once.")
            .Takes<IntegrationRequest>()
            .Answers<CreatedIntegration>(StatusCodes.Status201Created);
        api.MapGet("/integrations/{integrationId}", GetAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("getIntegration", "Integrations", "Read an integration", "Its configuration, its derived status and its gateway tokens (never the tokens themselves).")
            .Answers<IntegrationDetails>();
        api.MapPatch("/integrations/{integrationId}", ChangeAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("changeIntegration", "Integrations", "Change an integration", "Name, settings, deprovision model, user schema. Changed settings are validated again.")
            .Takes<IntegrationPatch>()
            .Answers<SavedResource>();
        api.MapPut("/integrations/{integrationId}/service-account", SaveServiceAccountAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("saveServiceAccount", "Integrations", "Save the service account", "Secrets are write-only. One that is left out stays the one on file; an empty totpSecret removes it. The integration is validated again.")
            .Takes<ServiceAccountInput>()
            .Answers<SavedResource>();
        api.MapPost("/integrations/{integrationId}/validate", ValidateAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("validateIntegration", "Integrations", "Validate", "Signs in, checks permissions and the business ID, reads users and roles. A validation that waits already is shared.")
            .Answers<OperationAccepted>(StatusCodes.Status202Accepted);
        api.MapPost("/integrations/{integrationId}/sync", SyncAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("syncIntegration", "Integrations", "Sync", "Reads every account of the app and brings the gateway's records up to it. Halts, and applies nothing, where the safeguard is exceeded. A sync that waits already is shared.")
            .Answers<OperationAccepted>(StatusCodes.Status202Accepted);
        api.MapPost("/integrations/{integrationId}/pause", PauseAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("pauseIntegration", "Integrations", "Pause", "Stops all writes of the integration; queued work is kept.")
            .Takes<PauseRequest>()
            .Answers<IntegrationDetails>();
        api.MapPost("/integrations/{integrationId}/delete", DeleteAsync)
            .Requires(Permission.CreateIntegrations)
            .Documents("deleteIntegration", "Integrations", "Delete an integration", "accounts says what becomes of the accounts that an identity provider claims: keep leaves them as they are, takeAway treats them as leavers first. Gateway tokens end at once; the activity is kept.")
            .Takes<DeleteIntegrationRequest>()
            .Answers(StatusCodes.Status202Accepted);
        api.MapPost("/integrations/{integrationId}/observe-only", ObserveAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("observeOnly", "Integrations", "Only show what would be done", "Operations are accepted and queued, and nothing is written to the app until the integration is promoted.")
            .Takes<PauseRequest>()
            .Answers<IntegrationDetails>();
        api.MapPost("/integrations/{integrationId}/promote", PromoteAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("promoteIntegration", "Integrations", "Do what is shown", "Ends observe only: what is queued is done.")
            .Takes<PauseRequest>()
            .Answers<IntegrationDetails>();
        api.MapPost("/integrations/{integrationId}/resume", ResumeAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("resumeIntegration", "Integrations", "Resume", "Lets the writes of the integration go on.")
            .Answers<IntegrationDetails>();
    }

    private static async Task<IResult> ListAsync(
        HttpContext http, IntegrationStore integrations, IntegrationViews views, GatewayAddress address,
        string? q = null, string? app = null, string? status = null, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryReadLimit(limit, out var count, out var problem) || !Filters.TryText(q, "q", out var text, out problem)
            || !Filters.TryEnum<IntegrationStatus>(status, "status", out var statuses, out problem) || !TryReadCursor(cursor, out var after, out problem))
        {
            return problem!;
        }

        var caller = ApiCaller.Of(http);
        var candidates = (await integrations.ListAsync(http.RequestAborted))
            .Where(i => caller.MayUse(i.Id) && (string.IsNullOrEmpty(app) || i.ConnectorId == app) && Filters.Contains(text, i.Name, i.Id, i.ConnectorId))
            .OrderBy(SortKey, StringComparer.Ordinal)
            .Where(i => after is null || string.CompareOrdinal(SortKey(i), after) > 0);
        var items = new List<IntegrationResource>(count);
        string? next = null;
        foreach (var integration in candidates)
        {
            var view = await views.ViewAsync(integration, http.RequestAborted);
            if (statuses?.Contains(view.Status) == false)
            {
                continue;
            }

            if (items.Count == count)
            {
                next = items[^1].Id;
                break;
            }

            items.Add(new IntegrationResource(view, address.ScimBase(http.Request, integration.Id)));
        }

        return ApiJson.Ok(new Page<IntegrationResource>(items, next is null ? null : Base64Url.EncodeToString(Encoding.UTF8.GetBytes(SortKey(items[^1].Name, items[^1].Id)))));
    }

    private static async Task<IResult> CreateAsync(HttpContext http, IntegrationService service, GatewayAddress address, TimeProvider clock)
    {
        var body = await RequestBody.ReadAsync<IntegrationRequest>(http);
        if (body.Value is null)
        {
            return body.Problem!;
        }

        NewIntegration input;
        try
        {
            input = body.Value.ToInput();
        }
        catch (JsonException error)
        {
            return ApiProblems.Of(Refusal.Invalid("deprovision.deleteAfterDays", error.Message));
        }

        var result = await service.CreateAsync(input, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        if (result.Value is not { } saved)
        {
            return ApiProblems.Of(result.Refusal!);
        }

        var id = saved.View.Integration.Id;
        http.Response.Headers.Location = $"{address.Base(http.Request)}/api/integrations/{id}";
        return ApiJson.With(StatusCodes.Status201Created, new CreatedIntegration(saved, address.ScimBase(http.Request, id), clock.GetUtcNow()));
    }

    private static async Task<IResult> GetAsync(string integrationId, HttpContext http, IntegrationViews views, GatewayAddress address, TimeProvider clock) =>
        await views.FindAsync(integrationId, http.RequestAborted) is { } view
            ? Show(view, http, address, clock)
            : ApiProblems.NoIntegration(integrationId);

    private static async Task<IResult> ChangeAsync(
        string integrationId, HttpContext http, IntegrationService service, IntegrationStore integrations, GatewayAddress address, TimeProvider clock)
    {
        var body = await RequestBody.ReadAsync<IntegrationPatch>(http);
        if (body.Value is not { } patch)
        {
            return body.Problem!;
        }

        if (await SettingsRule.CheckAsync(ApiCaller.Of(http), integrations, integrationId, patch.Settings, http.RequestAborted) is { } refusal)
        {
            return ApiProblems.Of(refusal);
        }

        UserSchema? schema = null;
        if (patch.UserSchema.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null))
        {
            try
            {
                schema = IntegrationRequest.Complete(patch.UserSchema.Deserialize(ApiJson.Info<UserSchema>())!);
            }
            catch (JsonException error)
            {
                return ApiProblems.Of(Refusal.Invalid("userSchema", $"is no user schema: see {error.Path}."));
            }
        }

        Maybe<InboundHoldSettings> hold;
        Maybe<int?> days, minutes, activityDays;
        try
        {
            hold = IntegrationPatch.Read(patch.InboundHold, given => given.Deserialize(ApiJson.Info<InboundHoldSettings>())!);
            minutes = IntegrationPatch.Read(patch.LeaverLimitMinutes, IntegrationPatch.Number);
            activityDays = IntegrationPatch.Read(patch.ActivityDays, IntegrationPatch.Number);
            days = patch.Deprovision is { } model ? IntegrationPatch.Read(model.DeleteAfterDays, IntegrationPatch.Number) : default;
        }
        catch (JsonException error)
        {
            return ApiProblems.Of(Refusal.Invalid("inboundHold, leaverLimitMinutes or deprovision.deleteAfterDays", $"cannot be read. {error.Message}"));
        }

        var change = new IntegrationChange
        {
            Safeguard = patch.Safeguard,
            Sync = patch.Sync,
            Retry = patch.Retry,
            Circuit = patch.Circuit,
            InboundHold = hold,
            ActivityDays = activityDays,
            LeaverLimitMinutes = minutes,
            DeleteAfterDays = days,
            DeleteNeedsApproval = patch.Deprovision?.DeleteNeedsApproval,
            MatchBy = patch.MatchBy,
            Invite = patch.Invite,
            ClaimMail = patch.ClaimMail,
            Name = patch.Name,
            Settings = patch.Settings,
            OnDeactivate = patch.Deprovision?.OnDeactivate,
            OnDelete = patch.Deprovision?.OnDelete,
            UserSchema = schema,
            ResetUserSchema = patch.UserSchema.ValueKind == JsonValueKind.Null,
        };
        return Show(await service.ChangeAsync(integrationId, change, ApiCaller.Of(http).Provenance(http), http.RequestAborted), http, address, clock);
    }

    private static async Task<IResult> SaveServiceAccountAsync(string integrationId, HttpContext http, IntegrationService service, GatewayAddress address, TimeProvider clock)
    {
        var body = await RequestBody.ReadAsync<ServiceAccountInput>(http);
        return body.Value is null
            ? body.Problem!
            : Show(await service.SaveServiceAccountAsync(integrationId, body.Value, ApiCaller.Of(http).Provenance(http), http.RequestAborted), http, address, clock);
    }

    private static async Task<IResult> ValidateAsync(string integrationId, HttpContext http, IntegrationService service) =>
        await service.ValidateAsync(integrationId, ApiCaller.Of(http).Provenance(http), http.RequestAborted) is { } operationId
            ? ApiJson.With(StatusCodes.Status202Accepted, new OperationAccepted(operationId))
            : ApiProblems.NoIntegration(integrationId);

    private static async Task<IResult> SyncAsync(string integrationId, HttpContext http, IntegrationService service) =>
        await service.SyncAsync(integrationId, ApiCaller.Of(http).Provenance(http), http.RequestAborted) is { } operationId
            ? ApiJson.With(StatusCodes.Status202Accepted, new OperationAccepted(operationId))
            : ApiProblems.NoIntegration(integrationId);

    private static async Task<IResult> PauseAsync(string integrationId, HttpContext http, IntegrationService service, GatewayAddress address, TimeProvider clock)
    {
        var body = await RequestBody.ReadAsync<PauseRequest>(http);
        if (body.Value is null)
        {
            return body.Problem!;
        }

        var result = await service.PauseAsync(integrationId, body.Value.Reason, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Value is { } view ? Show(view, http, address, clock) : ApiProblems.Of(result.Refusal!);
    }

    private static async Task<IResult> DeleteAsync(string integrationId, HttpContext http, IntegrationClosing closing)
    {
        var body = await RequestBody.ReadAsync<DeleteIntegrationRequest>(http);
        if (body.Value is null)
        {
            return body.Problem!;
        }

        if (body.Value.Accounts is not ("keep" or "takeAway"))
        {
            return ApiProblems.Of(Refusal.Invalid("accounts", "is required: keep or takeAway."));
        }

        var result = await closing.DeleteAsync(integrationId, body.Value.Accounts == "takeAway", body.Value.Reason, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Refusal is { } refusal ? ApiProblems.Of(refusal) : Results.StatusCode(StatusCodes.Status202Accepted);
    }

    private static Task<IResult> ObserveAsync(string integrationId, HttpContext http, IntegrationService service, GatewayAddress address, TimeProvider clock) =>
        SetObserveAsync(integrationId, observe: true, http, service, address, clock);

    private static Task<IResult> PromoteAsync(string integrationId, HttpContext http, IntegrationService service, GatewayAddress address, TimeProvider clock) =>
        SetObserveAsync(integrationId, observe: false, http, service, address, clock);

    private static async Task<IResult> SetObserveAsync(
        string integrationId, bool observe, HttpContext http, IntegrationService service, GatewayAddress address, TimeProvider clock)
    {
        var body = await RequestBody.ReadAsync<PauseRequest>(http);
        if (body.Value is null)
        {
            return body.Problem!;
        }

        var result = await service.ObserveAsync(integrationId, observe, body.Value.Reason, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Value is { } view ? Show(view, http, address, clock) : ApiProblems.Of(result.Refusal!);
    }

    private static async Task<IResult> ResumeAsync(string integrationId, HttpContext http, IntegrationService service, GatewayAddress address, TimeProvider clock)
    {
        var result = await service.ResumeAsync(integrationId, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Value is { } view ? Show(view, http, address, clock) : ApiProblems.Of(result.Refusal!);
    }

    private static IResult Show(IntegrationView view, HttpContext http, GatewayAddress address, TimeProvider clock) =>
        ApiJson.Ok(new IntegrationDetails(view, address.ScimBase(http.Request, view.Integration.Id), clock.GetUtcNow()));

    private static IResult Show(Result<SavedIntegration> result, HttpContext http, GatewayAddress address, TimeProvider clock) => result.Value is { } saved
        ? ApiJson.Ok(new SavedResource(saved, address.ScimBase(http.Request, saved.View.Integration.Id), clock.GetUtcNow()))
        : ApiProblems.Of(result.Refusal!);

    private static string SortKey(Integration integration) => SortKey(integration.Name, integration.Id);

    private static string SortKey(string name, string id) => $"{Ids.Fold(name)}\n{id}";

    private static bool TryReadCursor(string? cursor, out string? after, out IResult? problem)
    {
        after = null;
        problem = null;
        if (string.IsNullOrEmpty(cursor))
        {
            return true;
        }

        if (cursor.Length > 1000 || !Base64Url.IsValid(cursor) || !(after = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor))).Contains('\n'))
        {
            problem = PageRequest.BadCursor();
            return false;
        }

        return true;
    }
}
