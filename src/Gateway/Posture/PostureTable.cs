using System.Runtime.CompilerServices;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Posture;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Posture;

/// <summary>How the service accounts that somebody may see stand, line by line and as a file.</summary>
internal static class PostureTable
{
    private static readonly string[] Columns =
    [
        "integrationId", "integration", "app", "account", "canRotate", "passwordChangedAt", "passwordAgeDays", "passwordProvedAt", "pendingPassword",
        "rotationFailedAt", "mfa", "mfaManagedSince", "backupCodes", "problems", "exceptions",
    ];

    /// <summary>The lines by integration id.</summary>
    public static async IAsyncEnumerable<PostureLine> LinesAsync(
        IntegrationStore integrations, PostureReport report, ApiCaller caller, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var id in (await integrations.ListIdsAsync(cancellationToken)).Order(StringComparer.Ordinal).Where(caller.MayUse))
        {
            if (await report.FindAsync(id, cancellationToken) is { } line)
            {
                yield return line;
            }
        }
    }

    /// <summary>All of them as CSV.</summary>
    public static IResult Csv(IAsyncEnumerable<PostureLine> lines) => Exports.Csv("posture.csv", Columns, lines.Select(Row));

    private static string?[] Row(PostureLine line) =>
    [
        line.IntegrationId, line.Integration, line.App, line.Account, line.CanRotate ? "yes" : "no", Exports.Time(line.PasswordChangedAt), $"{line.PasswordAgeDays}",
        Time(line.PasswordProvedAt), line.PendingPassword?.ToString(), Time(line.RotationFailedAt), line.Mfa.ToString(), Time(line.MfaManagedSince),
        line.BackupCodes ? "yes" : "no", string.Join(' ', line.Problems), string.Join("; ", line.Exceptions.Select(e => $"{e.Rule} until {Exports.Time(e.ExpiresAt)}: {e.Reason}")),
    ];

    private static string? Time(DateTimeOffset? at) => at is { } moment ? Exports.Time(moment) : null;
}
