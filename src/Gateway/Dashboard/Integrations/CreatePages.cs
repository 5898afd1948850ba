using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Sync;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Scim;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the choice of an app shows.</summary>
/// <param name="Apps">The app catalog.</param>
internal sealed record ChooseAppModel(IReadOnlyList<ConnectorManifest> Apps);

/// <summary>What the create wizard shows.</summary>
/// <param name="App">The app.</param>
/// <param name="SchemaJson">The user schema as the editor shows it.</param>
/// <param name="Typed">What was typed before.</param>
/// <param name="Refusal">Why it was not created.</param>
/// <param name="SchemaDraft">The user schema as the form of fields had it; null for the connector's.</param>
internal sealed record CreateModel(ConnectorManifest App, string SchemaJson, IReadOnlyDictionary<string, string> Typed, Refusal? Refusal, UserSchema? SchemaDraft = null);

/// <summary>What is shown once an integration was created.</summary>
/// <param name="Saved">The integration with its validation and, this once, its gateway token.</param>
/// <param name="Operation">The validation.</param>
/// <param name="ScimBaseUrl">The SCIM base URL.</param>
internal sealed record CreatedModel(SavedIntegration Saved, Operation Operation, string ScimBaseUrl);

/// <summary>The create wizard: app, service account, settings, user schema, <i>Test and save</i>.</summary>
internal static class CreatePages
{
    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/new", (IConnectorCatalog catalog) => PageResult.Of<ChooseAppPage, ChooseAppModel>(new ChooseAppModel(catalog.List()))).Needs(Permission.CreateIntegrations);
        pages.MapGet("/integrations/new/{app}", (string app, IConnectorCatalog catalog) => catalog.Find(app) is { } manifest ? Form(manifest, null, null) : MissingApp())
            .Needs(Permission.CreateIntegrations);
        pages.MapPost("/integrations/new/{app}", CreateAsync).Needs(Permission.CreateIntegrations);
    }

    public static IResult MissingApp() => DashboardGate.Problem(StatusCodes.Status404NotFound, "There is no such app", "The app catalog does not have it.");

    private static IResult Form(ConnectorManifest manifest, IFormCollection? form, Refusal? refusal, UserSchema? draft = null) => PageResult.Of<CreatePage, CreateModel>(
        new CreateModel(manifest, SchemaText.Write(manifest.UserSchema), form?.Typed() ?? new Dictionary<string, string>(), refusal, draft),
        refusal is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);

    private static async Task<IResult> CreateAsync(string app, HttpContext http, IConnectorCatalog catalog, IntegrationService service, OperationService operations, GatewayAddress address)
    {
        if (catalog.Find(app) is not { } manifest)
        {
            return MissingApp();
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var schema = form.Text("schemaFrom") == "fields" ? SchemaForm.Read(form, manifest.UserSchema) : null;
        var draft = schema;
        if (form.Text("schemaFrom") == "json" && (schema = SchemaText.Read(form["schema"].ToString(), out var problem)) is null)
        {
            return Form(manifest, form, problem);
        }

        var result = await service.CreateAsync(
            new NewIntegration
            {
                Name = form.Text("name"),
                App = manifest.Id,
                Settings = form.Settings(),
                ServiceAccount = form.ServiceAccount(manifest, null),
                Policies = PolicyFields.Lifecycle(form) with { Safeguard = PolicyFields.Safeguard(form, new SyncSafeguard()), Sync = PolicyFields.Sync(form, new SyncSettings()) },
                ObserveOnly = form.Text("observeOnly") is not null,
                UserSchema = schema,
                TokenLabel = form.Text("tokenLabel"),
            },
            DashboardUser.Of(http).Provenance(http),
            http.RequestAborted);

        // A page and no redirect: the token must not lie anywhere to be fetched later.
        if (result.Value is not { } saved)
        {
            return Form(manifest, form, result.Refusal, draft);
        }

        var id = saved.View.Integration.Id;
        var operation = await operations.FindAsync(id, saved.ValidationOperationId ?? "", http.RequestAborted)
            ?? throw new InvalidOperationException($"The new integration {id} has no validation.");
        return PageResult.Of<CreatedPage, CreatedModel>(new CreatedModel(saved, operation, address.ScimBase(http.Request, id)));
    }
}
