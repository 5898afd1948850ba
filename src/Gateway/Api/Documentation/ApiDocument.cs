using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace IdLcm.Gateway.Api;

/// <summary>The OpenAPI document of the management API, at <c>/api/openapi.json</c>.</summary>
internal static class ApiDocument
{
    /// <summary>The document's name; the only one there is.</summary>
    public const string Name = "v1";

    private const string Scheme = "apiKey";

    public static void AddApiDocument(this IServiceCollection services) => services.AddOpenApi(Name, options =>
    {
        options.ShouldInclude = description => description.RelativePath?.StartsWith("api/", StringComparison.Ordinal) == true;
        options.AddDocumentTransformer((document, _, _) =>
        {
            Describe(document);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            Refine(operation, context);
            return Task.CompletedTask;
        });
    });

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "IdLCM management API",
            Version = "1",
            Description = "Everything that the dashboard shows and does. Lists answer {items, nextCursor}; errors are problem details (RFC 9457) with a stable code; dates are ISO 8601 in UTC.",
        };
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
        document.Components.SecuritySchemes[Scheme] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "idlcm_key_<id>_<secret>",
            Description = "An API key with a workspace role.",
        };

        // Relative: the document is right at whatever address it was fetched from.
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
    }

    private static void Refine(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var required = context.Description.ActionDescriptor.EndpointMetadata.OfType<RequiredPermission>().FirstOrDefault();
        if (required is not null)
        {
            operation.Description = $"{operation.Description} Needs the permission {required.Permission}.".Trim();
        }

        if (operation.RequestBody?.Content is { } content && content.Remove(EndpointDocumentation.AnyMediaType, out var body))
        {
            content["application/json"] = body;
        }

        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            switch (parameter.Name)
            {
                case "limit":
                    parameter.Description = "The most items of the page.";
                    parameter.Schema = Number(1, PageRequest.MaxLimit, PageRequest.DefaultLimit);
                    break;
                case "wait":
                    parameter.Description = "Seconds to wait for the end of the operation.";
                    parameter.Schema = Number(1, 55, null);
                    break;
                case "cursor":
                    parameter.Description = "The nextCursor of the page before.";
                    break;
                case "q":
                    parameter.Description = "Text search, whatever the letter case.";
                    break;
                case "closed" or "exempted":
                    parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Boolean };
                    break;
                case "from" or "to":
                    parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" };
                    break;
            }
        }
    }

    private static OpenApiSchema Number(int least, int most, int? fallback) => new()
    {
        Type = JsonSchemaType.Integer,
        Minimum = least.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Maximum = most.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Default = fallback is { } value ? JsonValue.Create(value) : null,
    };
}
