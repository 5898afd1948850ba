using IdLcm.Domain.Access;
using IdLcm.Domain.Integrations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>Who has access, and why.</summary>
internal static class AccessEndpoints
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/integrations/{integrationId}/access/export", ExportAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("exportAccess", "Access", "Export who has access, and why", "Every role and entitlement of every account that the app shows: since when, by which operation and whom, proved by which read. person and value narrow it; format=csv (RFC 4180) or format=jsonl.")
            .AnswersText();

    private static async Task<IResult> ExportAsync(
        string integrationId, HttpContext http, IntegrationProfiles profiles, AccessReport report, string? person = null, string? value = null, string? format = null)
    {
        if (format is not (null or "jsonl" or "csv"))
        {
            return ApiProblems.BadParameter("format", $"'{format}' must be jsonl or csv.");
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var lines = report.ReadAsync(profile, http.RequestAborted).Where(line =>
            (string.IsNullOrEmpty(value) || string.Equals(line.Value, value, StringComparison.OrdinalIgnoreCase))
            && (string.IsNullOrEmpty(person) || new[] { line.UserId, line.UserName, line.UpstreamUserId, line.UsernameInApp }.Contains(person, StringComparer.OrdinalIgnoreCase)));
        return AsFile(lines, format == "jsonl");
    }

    /// <summary>The report as a file, written while it is read.</summary>
    public static IResult AsFile(IAsyncEnumerable<AccessLine> lines, bool jsonLines) => jsonLines
        ? Exports.JsonLines("access.jsonl", lines)
        : Exports.Csv(
            "access.csv",
            ["userId", "userName", "upstreamUserId", "usernameInApp", "activeInApp", "matched", "value", "since", "operationId", "by", "provedAt"],
            lines.Select(line => new[]
            {
                line.UserId, line.UserName, line.UpstreamUserId, line.UsernameInApp, line.Active ? "yes" : "no", line.Owned ? "yes" : "no", line.Value,
                line.Since is { } since ? Exports.Time(since) : null, line.OperationId, line.By, Exports.Time(line.ProvedAt),
            }));
}
