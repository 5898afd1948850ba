using System.Diagnostics;
using IdLcm.Domain.Integrations;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace IdLcm.Gateway.Api;

/// <summary>An error of the management API: problem details (RFC 9457) with a stable code.</summary>
/// <param name="Type">Always <c>about:blank</c>: the code tells what it is.</param>
/// <param name="Title">The phrase of the HTTP status.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What was wrong, and what to do.</param>
/// <param name="Code">A stable code for programs.</param>
/// <param name="Errors">For fields at fault: what is wrong with each.</param>
/// <param name="TraceId">The trace of the request, as in the logs.</param>
internal sealed record ApiProblem(
    string Type, string Title, int Status, string Detail, string Code, IReadOnlyDictionary<string, IReadOnlyList<string>>? Errors, string? TraceId);

/// <summary>The one place that writes an error.</summary>
internal static class ApiProblems
{
    public const string MediaType = "application/problem+json";

    public static IResult Of(int status, string code, string detail, IEnumerable<FieldProblem>? fields = null)
    {
        var errors = fields?.GroupBy(f => f.Field, StringComparer.Ordinal).ToDictionary(g => g.Key, IReadOnlyList<string> (g) => [.. g.Select(f => f.Problem)], StringComparer.Ordinal);
        var problem = new ApiProblem(
            "about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail, code, errors is { Count: > 0 } ? errors : null, Activity.Current?.TraceId.ToString());
        return Results.Json(problem, ApiJson.Info<ApiProblem>(), MediaType, status);
    }

    public static IResult Of(Refusal refusal) => Of(
        refusal.Kind switch
        {
            RefusalKind.Invalid => StatusCodes.Status400BadRequest,
            RefusalKind.NotFound => StatusCodes.Status404NotFound,
            RefusalKind.Forbidden => StatusCodes.Status403Forbidden,
            _ => StatusCodes.Status409Conflict,
        },
        refusal.Code,
        refusal.Detail,
        refusal.Fields);

    public static IResult BadParameter(string name, string problem) => Of(Refusal.Invalid(name, problem) with { Code = "invalid_parameter" });

    public static IResult NoIntegration(string id) => Of(Refusal.NotFound("integration_not_found", $"There is no integration '{id}'."));

    public static IResult NoOperation(string id) => Of(Refusal.NotFound("operation_not_found", $"There is no operation '{id}'."));
}
